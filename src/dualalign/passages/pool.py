"""Pools of lines: one is drawn that fits the scene and was not said before in the note."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from dualalign.errors import PackError
from dualalign.passages.language import LineSyntaxError, Parts, expand, parse, slots
from dualalign.passages.scene import Gate, Scene

if TYPE_CHECKING:
    from dualalign.packs.schema.lines import Line

_TRIES = 5
Reserved = tuple[re.Pattern[str], str]
"""Names of something, and the token that says that it is so."""


class CompiledLine:
    """A line ready to be said; see `dualalign.packs.schema.lines.Line`."""

    __slots__ = (
        "also",
        "blocked_by",
        "by",
        "danger",
        "denies",
        "follows",
        "gate",
        "labelled",
        "labels",
        "needs",
        "parts",
        "requires",
        "style",
    )

    def __init__(
        self, line: Line, stages: Mapping[str, int], place: str, reserved: Sequence[Reserved] = ()
    ) -> None:
        try:
            self.parts: Parts = parse(line.say)
        except LineSyntaxError as error:
            raise PackError(f"{place}: '{line.say}': {error}", "correct the line") from None
        self.needs = frozenset(slots(self.parts))
        self.gate = Gate(line.when, stages) if line.when else None
        self.by = line.by
        self.danger = line.danger or ""
        self.also = tuple(line.also)
        self.labels = tuple(line.labels)
        self.labelled = "labels" in line.model_fields_set
        self.denies = frozenset(line.denies)
        self.style = line.style or ""
        self.follows = line.follows
        self.requires = frozenset(token for names, token in reserved if names.search(line.say))
        self.blocked_by = frozenset(line.blocked_by)

    def fits(self, scene: Scene) -> bool:
        """Return whether the line may be said in a scene."""
        if self.style and self.style != scene.style:
            return False
        if self.blocked_by and not self.blocked_by.isdisjoint(scene.tokens):
            return False
        if self.requires and not self.requires <= scene.tokens:
            return False
        if self.gate is not None and not self.gate.opens(scene):
            return False
        return self.needs <= scene.values.keys()

    def text(self, scene: Scene) -> str:
        """Return one expansion."""
        return expand(self.parts, scene.values, scene.draw)


class Pool:
    """Lines that say the same kind of thing.

    Args:
        lines: of the pack.
        stages: stage id -> rank.
        place: where the lines stand, for errors.
        reserved: names that no line may use before what they name is so, each with its token.
    """

    __slots__ = ("_first", "_informant", "_patient", "lines")

    def __init__(
        self,
        lines: Iterable[Line],
        stages: Mapping[str, int],
        place: str,
        reserved: Sequence[Reserved] = (),
    ) -> None:
        self.lines = tuple(CompiledLine(line, stages, place, reserved) for line in lines)
        self._first: tuple[CompiledLine, ...] | None = None
        self._patient: tuple[CompiledLine, ...] | None = None
        self._informant: tuple[CompiledLine, ...] | None = None

    def __bool__(self) -> bool:
        return bool(self.lines)

    def draw(self, scene: Scene, said: set[int], absent: Container[str] | None = None) -> CompiledLine | None:
        """Return a line that fits, None if there is none; what was said already is taken last.

        Args:
            scene: of the visit.
            said: identities of lines said in this note; the line drawn is added.
            absent: if given, what may be denied is not in it: terms and threads that are or were there.
        """
        if self._first is None:
            self._first = tuple(line for line in self.lines if not line.follows)
        return _draw(self._first, scene, said, absent)

    def draw_liked(
        self, scene: Scene, said: set[int], liked: Callable[[CompiledLine], bool], draws: int
    ) -> tuple[CompiledLine | None, bool]:
        """Return the first of some draws that is liked, and True; the last of them and False if none is."""
        line = None
        for _ in range(draws):
            line = self.draw(scene, said)
            if line is not None and liked(line):
                return line, True
        return line, False

    def first(self, scene: Scene) -> CompiledLine | None:
        """Return the first line that fits: the plainest name, where the lines are names; None if there is none."""
        return next((line for line in self.lines if line.fits(scene)), None)

    def draw_next(self, scene: Scene, said: set[int]) -> CompiledLine | None:
        """Return a line that only makes sense after another of the pool, None if there is none."""
        return _draw([line for line in self.lines if line.follows], scene, said, None)

    def draw_by(self, speaker: str, scene: Scene, said: set[int]) -> CompiledLine | None:
        """Return a line that a patient or an informant could say."""
        if speaker == "informant":
            if self._informant is None:
                self._informant = tuple(line for line in self.lines if line.by != "patient")
            return _draw(self._informant, scene, said, None)
        if self._patient is None:
            self._patient = tuple(line for line in self.lines if line.by != "informant")
        return _draw(self._patient, scene, said, None)


def _draw(
    lines: Sequence[CompiledLine], scene: Scene, said: set[int], known: Container[str] | None
) -> CompiledLine | None:
    count = len(lines)
    if not count:
        return None
    draw = scene.draw
    for _ in range(_TRIES):
        line = lines[int(draw() * count)]
        if id(line) not in said and line.fits(scene) and (known is None or _may_deny(line, known)):
            said.add(id(line))
            return line
    start = int(draw() * count)
    second: CompiledLine | None = None
    for step in range(count):
        line = lines[(start + step) % count]
        if line.fits(scene) and (known is None or _may_deny(line, known)):
            if id(line) not in said:
                said.add(id(line))
                return line
            second = second or line
    return second


def _may_deny(line: CompiledLine, known: Container[str]) -> bool:
    return not any(term in known for term in line.denies)
