"""Pages of the site that stand elsewhere: help of the commands, and the files in the root of the repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from typer.cli import get_docs_for_click

from dualalign.cli.app import application

_ROOT = Path(__file__).parents[1]
_FROM_ROOT = {
    "architecture.md": "ARCHITECTURE.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for page, source in _FROM_ROOT.items():
        text = (_ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=_LINK.sub(_from_docs, text)))
    files.append(File.generated(config, "commands.md", content=help_of_commands()))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Name files of the repository that the site does not hold, instead of linking to them."""
    return _LINK.sub(_named, markdown)


def help_of_commands() -> str:
    """Return the help of every command as one page."""
    command = typer.main.get_command(application())
    context = typer.Context(command, info_name="dualalign")
    text: str = get_docs_for_click(obj=command, ctx=context, name="dualalign", title="Commands")
    return text


def _from_docs(link: re.Match[str]) -> str:
    """Return a link of a file in the root as a page of docs has to give it."""
    text, target, anchor = link.groups()
    if "://" in target:
        return link.group()
    pages = {source: page for page, source in _FROM_ROOT.items()}
    target = pages.get(target) or (
        target.removeprefix("docs/") if target.startswith("docs/") else f"../{target}"
    )
    return f"[{text}]({target}{anchor or ''})"


def _named(link: re.Match[str]) -> str:
    text, target, _ = link.groups()
    if not target.startswith("../"):
        return link.group()
    path = target.removeprefix("../")
    return f"`{path}`" if text.strip("`") in path else f"{text} (`{path}`)"
