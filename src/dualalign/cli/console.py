"""Where commands print: names and paths of users are shown as they are, whatever brackets or colons they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def new_console(**options: Any) -> Console:
    """Return a console that takes no text for markup; `options` are those of `rich.console.Console`."""
    from rich.console import Console

    return Console(markup=False, emoji=False, **options)


def print_led(console: Console, lead: object, rest: str, style: str = "bold") -> None:
    """Print a line whose first words stand out.

    Args:
        console: where to.
        lead: the first words.
        rest: what follows them.
        style: of the first words.
    """
    from rich.text import Text

    console.print(Text.assemble((str(lead), style), rest))
