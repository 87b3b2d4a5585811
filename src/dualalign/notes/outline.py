"""Which mentions share a sentence, what form the sentence takes and where in the note it stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualalign.notes.patient_voice import PatientVoice
    from dualalign.notes.sentence import SentenceComposer
    from dualalign.trajectories.plan import Mention, NotePlan

Indexed = tuple[int, "Mention"]

_WORDS_PER_OWN_SENTENCE = 13.0
_MOST_TOGETHER = 4
_MOST_DENIED_TOGETHER = 6


@dataclass(frozen=True, slots=True)
class SentenceOutline:
    """One sentence to be written: its section, the kind of material and the mentions it carries."""

    section: str
    kind: str
    mentions: tuple[Indexed, ...]


def outline(
    plan: NotePlan, sections: Sequence[str], voice: PatientVoice, composer: SentenceComposer
) -> list[SentenceOutline]:
    """Share a plan's mentions out over sentences and sections.

    Mentions that agree in polarity, reporter and course may share a sentence, the more so when the plan asks for
    many mentions in few words.
    """
    draw = voice.draw
    alike: dict[tuple[str, str, str], list[Indexed]] = {}
    for index, mention in enumerate(plan.mentions):
        key = (mention.polarity, mention.reporter, mention.course)
        alike.setdefault(key, []).append((index, mention))
    room = plan.style.words / (_WORDS_PER_OWN_SENTENCE * max(1, len(plan.mentions)))
    alone = min(0.9, 0.75 * room)
    outlines: list[SentenceOutline] = []
    for (polarity, reporter, course), group in alike.items():
        if len(group) > 1:
            _shuffle(group, draw)
        position = 0
        while position < len(group):
            single = polarity in ("historical", "family") or course == "new" or position == len(group) - 1
            if single or draw() < alone:
                taken = 1
            else:
                most = _MOST_DENIED_TOGETHER if polarity == "negated" else _MOST_TOGETHER
                taken = min(2 + int(draw() * (most - 1)), len(group) - position)
            mentions = _without_repeats(group[position : position + taken])
            position += len(mentions)
            kind = _kind(polarity, reporter, plan, mentions, voice, composer)
            outlines.append(SentenceOutline(_section(polarity, reporter, kind, sections), kind, mentions))
    return outlines


def _without_repeats(group: list[Indexed]) -> tuple[Indexed, ...]:
    terms: set[str] = set()
    kept: list[Indexed] = []
    for item in group:
        if item[1].term in terms:
            break
        terms.add(item[1].term)
        kept.append(item)
    return tuple(kept)


def _shuffle(items: list[Indexed], draw: Callable[[], float]) -> None:
    for i in range(len(items) - 1, 0, -1):
        j = int(draw() * (i + 1))
        items[i], items[j] = items[j], items[i]


def _kind(
    polarity: str,
    reporter: str,
    plan: NotePlan,
    mentions: tuple[Indexed, ...],
    voice: PatientVoice,
    composer: SentenceComposer,
) -> str:
    if len(mentions) > 1 or polarity in ("historical", "family"):
        return "noun"
    chance = voice.draw()
    telegraphic = plan.style.author == "telegraphic"
    wanted: tuple[str, ...]
    if polarity == "negated":
        wanted = ("intact", "noun", "event") if chance < 0.45 else ("noun", "intact", "event")
        if reporter != "clinician" and chance > 0.94:
            wanted = ("event", "noun", "intact")
    elif reporter == "clinician":
        wanted = ("finding", "noun", "event") if chance < 0.6 else ("noun", "finding", "event")
        if chance > 0.93:
            wanted = ("event", "finding", "noun")
    else:
        event_share = 0.55 if telegraphic else 0.68
        wanted = ("event", "noun") if chance < event_share else ("noun", "event")
    mention = mentions[0][1]
    for kind in wanted:
        if kind == "event" and polarity == "negated" and reporter == "clinician":
            continue
        if composer.available(voice, mention, kind):
            return kind
    return wanted[0]


def _section(polarity: str, reporter: str, kind: str, sections: Sequence[str]) -> str:
    if polarity in ("historical", "family"):
        wanted = "history"
    elif reporter != "clinician":
        wanted = "subjective"
    elif polarity == "negated" or kind == "finding":
        wanted = "objective"
    else:
        wanted = "assessment"
    return wanted if wanted in sections else "subjective"
