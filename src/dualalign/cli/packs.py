"""`dualalign packs`: list, show and check disease packs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dualalign.cli.screen import screen, strong

if TYPE_CHECKING:
    from dualalign.packs import Pack


def register(app: typer.Typer) -> None:
    """Add the command group to the application."""
    group = typer.Typer(help="List, show and check disease packs.", no_args_is_help=True)
    group.command("list")(list_packs)
    group.command("show")(show)
    group.command("check")(check)
    app.add_typer(group, name="packs")


def list_packs() -> None:
    """List the packs that can be used by name."""
    from rich.table import Table

    from dualalign.packs import available_packs
    from dualalign.packs.loader import load_head

    table = Table("pack", "version", "what it is", box=None, header_style="bold")
    for name, folder in sorted(available_packs().items()):
        head = load_head(folder)
        if head.is_disease:
            table.add_row(name, head.version, head.description)
    screen().print(table)


def show(
    pack: Annotated[str, typer.Argument(help="Name of a pack or a pack's folder.")],
    unverified: Annotated[
        bool, typer.Option("--unverified", help="List the placeholders: figures that nobody has checked.")
    ] = False,
) -> None:
    """Show what a pack holds and where its figures come from."""
    from rich.table import Table

    from dualalign.packs import load_pack

    loaded = load_pack(pack)
    console = screen()
    sourced = list(sourced_blocks(loaded))
    placeholders = [(path, block) for path, block in sourced if not block.verified]
    if unverified:
        table = Table("where", "source", "note", box=None, header_style="bold")
        for path, block in placeholders:
            table.add_row(path, block.source, block.note)
        console.print(table)
        return
    head = loaded.pack
    console.print(strong(head.name), f"({head.id} {head.version})\n{head.description}\n")
    table = Table(box=None, show_header=False)
    table.add_row("profiles", ", ".join(loaded.profiles.profiles) + f" (default {loaded.profiles.default})")
    table.add_row("factors", str(len(loaded.factors.ids())))
    table.add_row("stages", ", ".join(stage.id for stage in loaded.stages.stages))
    table.add_row("labels", ", ".join(label.id for label in loaded.labels.scheme().labels))
    for domain in loaded.lexicon.domains:
        names = ", ".join(term.name for term in domain.terms[:6])
        table.add_row(f"terms: {domain.name}", f"{len(domain.terms)} ({names}, ...)")
    table.add_row("tests", ", ".join(i.names[0] for i in loaded.instruments.instruments))
    table.add_row("drugs", ", ".join(f"{d.names[0]} ({d.approved})" for d in loaded.drugs.drugs))
    table.add_row("sourced blocks", f"{len(sourced)}, of which {len(placeholders)} unverified (--unverified)")
    console.print(table)
    console.print(strong("\nSources"))
    for key, source in loaded.sources.items():
        console.print(f"  {key}: {source.citation} {source.link}", highlight=False)


def check(pack: Annotated[str, typer.Argument(help="Name of a pack or a pack's folder.")]) -> None:
    """Look for everything wrong with a pack; exit code 2 if anything is."""
    from dualalign.packs import load_pack
    from dualalign.packs.check import check_pack

    problems = check_pack(pack)
    for problem in problems:
        typer.echo(str(problem), err=True)
    if problems:
        raise typer.Exit(2)
    loaded = load_pack(pack)
    terms = len(loaded.lexicon.terms())
    typer.echo(f"{loaded.id} {loaded.version}: ok ({len(loaded.factors.ids())} factors, {terms} terms)")


def sourced_blocks(pack: Pack) -> Iterator[tuple[str, Any]]:
    """Yield every part of a pack that names a source, with its path."""
    from dualalign.packs.schema.base import Sourced

    def walk(node: Any, path: str) -> Iterator[tuple[str, Any]]:
        if isinstance(node, Sourced):
            yield path, node
        if hasattr(type(node), "model_fields"):
            for name in type(node).model_fields:
                yield from walk(getattr(node, name), f"{path}.{name}")
        elif isinstance(node, list):
            for index, item in enumerate(node):
                yield from walk(item, f"{path}.{getattr(item, 'id', index)}")
        elif isinstance(node, dict):
            for name, item in node.items():
                yield from walk(item, f"{path}.{name}")

    for stem, part in pack.parts.items():
        yield from walk(part, stem)
