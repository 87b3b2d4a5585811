"""Sentence patterns, compiled and pooled by what they can carry."""

from __future__ import annotations

import re

from dualalign.errors import PackError
from dualalign.notes.inflection import Verbs
from dualalign.notes.phrase_book import compile_all
from dualalign.notes.phrase_language import Parts, slots
from dualalign.packs.schema.frames import Frame, Frames

CARRIERS = frozenset({"event", "noun", "Noun", "nouns", "finding", "intact"})
COMPANIONS = ("consequence", "baseline", "setting")
_HABITS = frozenset({"often", "since", "Since"})
_HABITUAL_EVENT = re.compile(r"\{event:(?:s|base)\}")
_ONE_MENTION_S = frozenset({"often", "since", "Since", "setting"})

FramePool = tuple[Parts, ...]
FrameKey = tuple[str, str, str, str, str, frozenset[str], frozenset[str], bool]


class FrameBook:
    """Frames by polarity, reporter, kind, author, course and available companions.

    Weights become repetition, so that drawing a frame is one index.
    """

    _REPEATS = 2

    def __init__(self, frames: Frames, verbs: Verbs) -> None:
        self._entries: dict[tuple[str, str, str], list[tuple[Parts, frozenset[str], Frame]]] = {}
        self._pools: dict[FrameKey, FramePool] = {}
        for group in frames.groups:
            key = (group.polarity, group.reporter, group.kind)
            for item in group.frames:
                frame = item if isinstance(item, Frame) else Frame(say=item)
                (parts,) = compile_all([frame.say], verbs, f"frames, {' '.join(key)}")
                names = frozenset(slots(parts))
                _check(frame.say, names, f"frames, {' '.join(key)}")
                if frame.repeats or frame.courses or names & _HABITS or _HABITUAL_EVENT.search(frame.say):
                    names |= {"repeats"}
                self._entries.setdefault(key, []).append((parts, names, frame))

    def pool(
        self,
        polarity: str,
        reporter: str,
        kind: str,
        author: str,
        course: str,
        companions: frozenset[str],
        barred: frozenset[str],
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
            barred: slots that the phrase at hand does not bear, `repeats` for frames of habit.
            several: whether the frame must carry more than one mention.
        """
        key = (polarity, reporter, kind, author, course, companions, barred, several)
        pool = self._pools.get(key)
        if pool is None:
            # A phrase that nothing suits is better said with a repetition than not at all.
            pool = self._select(key) or self._select((*key[:6], frozenset(), several))
            self._pools[key] = pool
        return pool

    def _select(self, key: FrameKey) -> FramePool:
        polarity, reporter, kind, author, course, companions, barred, several = key
        missing = (frozenset(COMPANIONS) - companions) | barred
        if several:
            missing |= _ONE_MENTION_S
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


def _check(say: str, names: frozenset[str], where: str) -> None:
    carriers = names & CARRIERS
    if len(carriers) != 1:
        raise PackError(
            f"{where}: '{say}' must hold exactly one of {sorted(CARRIERS)}",
            "give the frame one slot for what it says",
        )
    carrier = say.find("{" + next(iter(carriers)))
    for agreeing in ("{now:", "{then:"):
        if 0 <= say.find(agreeing) < carrier:
            raise PackError(
                f"{where}: '{say}' has {agreeing}...}} before the noun it agrees with",
                "move the verb behind the noun phrase",
            )
