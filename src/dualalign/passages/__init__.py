"""Passages: lines of material, their preconditions, and how one is drawn."""

from dualalign.passages.language import LineSyntaxError, expand, parse
from dualalign.passages.pool import CompiledLine, Pool
from dualalign.passages.scene import Gate, Scene

__all__ = ["CompiledLine", "Gate", "LineSyntaxError", "Pool", "Scene", "expand", "parse"]
