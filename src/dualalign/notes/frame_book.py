"""Sentence patterns, compiled and pooled by what they can carry."""

from __future__ import annotations

from dualalign.errors import PackError
from dualalign.notes.inflection import Verbs
from dualalign.notes.phrase_book import compile_all
from dualalign.notes.phrase_language import Parts, slots
from dualalign.packs.schema.frames import Frame, Frames

CARRIERS = frozenset({"event", "noun", "Noun", "nouns", "finding", "intact"})
COMPANIONS = ("consequence", "baseline", "setting")
_AUTHORS = ("telegraphic", "narrative", "templated")
_COURSES = ("new", "ongoing", "worse", "better")

FramePool = tuple[Parts, ...]


class FrameBook:
    """Frames by polarity, reporter, kind, author, course and available companions.

    Weights become repetition, so that drawing a frame is one index.
    """

    _REPEATS = 2

    def __init__(self, frames: Frames, verbs: Verbs) -> None:
        self._entries: dict[tuple[str, str, str], list[tuple[Parts, frozenset[str], Frame]]] = {}
        self._pools: dict[tuple[str, str, str, str, str, frozenset[str], bool], FramePool] = {}
        for group in frames.groups:
            key = (group.polarity, group.reporter, group.kind)
            for item in group.frames:
                frame = item if isinstance(item, Frame) else Frame(say=item)
                (parts,) = compile_all([frame.say], verbs, f"frames, {' '.join(key)}")
                names = frozenset(slots(parts))
                if len(names & CARRIERS) != 1:
                    raise PackError(
                        f"frames, {' '.join(key)}: '{frame.say}' must hold exactly one of {sorted(CARRIERS)}",
                        "give the frame one slot for what it says",
                    )
                self._entries.setdefault(key, []).append((parts, names, frame))

    def pool(
        self,
        polarity: str,
        reporter: str,
        kind: str,
        author: str,
        course: str,
        companions: frozenset[str],
        several: bool,
    ) -> FramePool:
        """Return the frames that fit.

        Args:
            polarity: as in the plan.
            reporter: as in the plan.
            kind: `event`, `noun`, `finding` or `intact`.
            author: style of the note's author.
            course: of the mention.
            companions: which of `COMPANIONS` the term has material for.
            several: whether the frame must carry more than one mention.
        """
        key = (polarity, reporter, kind, author, course, companions, several)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._select(key)
            self._pools[key] = pool
        return pool

    def _select(self, key: tuple[str, str, str, str, str, frozenset[str], bool]) -> FramePool:
        polarity, reporter, kind, author, course, companions, several = key
        missing = frozenset(COMPANIONS) - companions
        chosen: list[Parts] = []
        for parts, names, frame in self._entries.get((polarity, reporter, kind), ()):
            if frame.authors and author not in frame.authors:
                continue
            if frame.courses and course not in frame.courses:
                continue
            if names & missing or (several and "nouns" not in names):
                continue
            chosen.extend([parts] * max(1, round(frame.weight * self._REPEATS)))
        return tuple(chosen)
