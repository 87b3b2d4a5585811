"""Figures that follow the reader's light or dark theme: matplotlib draws, style sheets colour."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_Arguments = ParamSpec("_Arguments")

# Colours nobody would pick, which the saved SVG carries until they become CSS variables.
INK, FAINT, MEASURED, TARGET = "#010203", "#010204", "#010205", "#010206"
SERIES = ("#010211", "#010212", "#010213", "#010214", "#010215", "#010216")
_VARIABLES = {
    INK: "var(--ink)",
    FAINT: "var(--faint)",
    MEASURED: "var(--measured)",
    TARGET: "var(--target)",
    **{colour: f"var(--series-{rank})" for rank, colour in enumerate(SERIES, 1)},
}

STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": FAINT,
    "grid.linewidth": 0.4,
    "axes.grid": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "svg.fonttype": "none",
    "text.parse_math": False,
    "svg.hashsalt": "dualalign",
}


def styled(draw: Callable[_Arguments, str]) -> Callable[_Arguments, str]:
    """Draw a figure in the page's style, and leave the style of the caller's own figures alone."""

    @wraps(draw)
    def drawn(*arguments: _Arguments.args, **options: _Arguments.kwargs) -> str:
        import matplotlib

        with matplotlib.rc_context(STYLE):
            return draw(*arguments, **options)

    return drawn


def new_figure(
    width: float, height: float, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[Any, Any]:
    """Return a figure and its axes in the page's style; width and height in inches."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    return pyplot.subplots(rows, columns, figsize=(width, height), layout="constrained", **options)


def to_svg(figure: Figure, title: str) -> str:
    """Return a figure as inline SVG that scales with the page and takes its colours from CSS.

    Args:
        figure: drawn with the colours of this module.
        title: read out by screen readers.
    """
    from matplotlib import pyplot

    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    pyplot.close(figure)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    head, body = svg.split(">", 1)
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    svg = f'{head} role="img" aria-label="{_escape(title)}">{body}'
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    # Identifiers must differ between the figures of one page.
    prefix = f"f{abs(hash_of(title)) % 10**8}-"
    svg = re.sub(r'id="([^"]+)"', lambda m: f'id="{prefix}{m.group(1)}"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{prefix}{m.group(1)})", svg)
    return re.sub(r'href="#([^"]+)"', lambda m: f'href="#{prefix}{m.group(1)}"', svg)


def hash_of(text: str) -> int:
    """Return a hash that is the same in every process."""
    import zlib

    return zlib.crc32(text.encode())


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
