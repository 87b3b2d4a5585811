"""The terminal: text is printed as it stands, whatever brackets or colons a name or path holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


def screen(**options: Any) -> Console:
    """Return a console that takes nothing in a text for markup or for an emoji."""
    from rich.console import Console

    return Console(markup=False, emoji=False, **options)


def strong(text: object) -> Text:
    """Return a text in bold."""
    from rich.text import Text

    return Text(str(text), "bold")
