"""From a draft to a note: where each planned mention was said, and the labels that its sentences earn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dualalign.notes.llm.mention_finder import MentionFinder, Place, Said
from dualalign.notes.llm.quotes import Placement, QuoteReader, Unplaced
from dualalign.notes.note import MentionSpan, Note, SentenceSpan
from dualalign.trajectories.plan import Mention, Polarity

if TYPE_CHECKING:
    from dualalign.notes.llm.draft import Draft
    from dualalign.packs.pack import Pack
    from dualalign.trajectories.plan import NotePlan

Places = tuple[tuple[int, Place], ...]

_AS_PLANNED = {
    Polarity.AFFIRMED: (Said.PRESENT, Said.UNCLEAR),
    Polarity.NEGATED: (Said.ABSENT, Said.UNCLEAR),
    Polarity.FAMILY: (Said.OTHERS, Said.UNCLEAR),
    Polarity.HISTORICAL: (Said.PRESENT, Said.UNCLEAR, Said.ABSENT),
}
_GOES_ON = re.compile(
    r"(?:He|She|They|Also|Further)\b[\w ,]{0,20}\b(?:says?|adds?|reports?|notes?|notices?|describes?|states?|tells?)\b"
)
"""A sentence that goes on with what somebody tells."""


class Placer:
    """Finds planned mentions in drafts, and turns drafts into notes.

    A model's evidence says where a mention stands. Words are looked for by their stems only where there is none: in
    drafts without a block of evidence, and, in wordings of the lexicon alone, for items that the block leaves out.

    Args:
        pack: a loaded pack.
    """

    def __init__(self, pack: Pack) -> None:
        self._finder = MentionFinder(pack)
        self._quotes = QuoteReader(pack, self._finder)
        scheme = pack.labels.scheme()
        self._order = {label.id: rank for rank, label in enumerate(scheme.labels)}
        self._informant_label = pack.labels.informant_label

    def places(self, draft: Draft, plan: NotePlan) -> tuple[Places, ...]:
        """Return for each mention of the plan where its term is said, in whatever way."""
        meant = [self._finder.meant(mention.term) for mention in plan.mentions]
        wanted = frozenset(meant)
        found: dict[str, list[tuple[int, Place]]] = {term: [] for term in meant}
        for number, sentence in enumerate(draft.sentences if wanted else ()):
            for place in self._finder.find(sentence.text, sentence.lead, wanted):
                if sentence.start + place.start >= sentence.said_from:
                    found[place.term].append((number, place))
        return tuple(tuple(found[term]) for term in meant)

    def placements(
        self, draft: Draft, plan: NotePlan, places: Sequence[Places]
    ) -> tuple[Placement | Unplaced | None, ...]:
        """Return where each mention of the plan is said; why not, or None, if it is not.

        Args:
            draft: the reply.
            plan: what it was to say.
            places: result of `places` for the two.
        """
        placed: list[Placement | Unplaced | None] = []
        for number, (mention, found) in enumerate(zip(plan.mentions, places, strict=True)):
            quoted = self._quotes.place(draft, plan, number) if draft.evidence is not None else None
            if quoted is None or isinstance(quoted, Unplaced):
                best = _best(mention, found, exact_alone=draft.evidence is not None)
                if best is not None:
                    at, place = best
                    start = draft.sentences[at].start
                    quoted = Placement(at, start + place.start, start + place.end, quoted=False)
            placed.append(quoted)
        return tuple(placed)

    def note(
        self, draft: Draft, plan: NotePlan, placements: Sequence[Placement | Unplaced | None], writer: str
    ) -> Note:
        """Return the draft as a note; a mention that is not said as planned has no span.

        Labels are the plan's, of what it was found to say; tables add those of the rules.

        Args:
            draft: the reply that stands.
            plan: what it was to say.
            placements: result of `placements` for the two.
            writer: name of the model.
        """
        labels: list[set[str]] = [set() for _ in draft.sentences]
        spans: list[MentionSpan] = []
        for index, (mention, placed) in enumerate(zip(plan.mentions, placements, strict=True)):
            if not isinstance(placed, Placement) or any(name in _NOT_SAID for name, _ in placed.faults):
                continue
            spans.append(MentionSpan(index, placed.start, placed.end, placed.sentence))
            told = {*mention.labels}
            if not self._by_informant(draft, placed.sentence, plan):
                told.discard(self._informant_label)
            labels[placed.sentence] |= told
        sentences = [
            SentenceSpan(
                sentence.start,
                sentence.end,
                sentence.section,
                tuple(sorted(own & self._order.keys(), key=self._order.__getitem__)),
            )
            for sentence, own in zip(draft.sentences, labels, strict=True)
        ]
        spans.sort(key=lambda span: (span.start, span.end, span.mention))
        headings = frozenset(number for number, each in enumerate(draft.sentences) if each.is_heading)
        return Note(draft.text, sentences, spans, writer, headings=headings)

    def _by_informant(self, draft: Draft, number: int, plan: NotePlan) -> bool:
        """Return whether a sentence, or the one that it goes on from, speaks of somebody who tells it."""
        sentence = draft.sentences[number]
        if sentence.reading.other_person or _names_informant(sentence.text, plan):
            return True
        if number == 0 or not _GOES_ON.match(sentence.text):
            return False
        before = draft.sentences[number - 1]
        return before.section == sentence.section and (
            before.reading.other_person or _names_informant(before.text, plan)
        )


_NOT_SAID = frozenset({"mention_polarity", "past_as_present", "relative_as_patient"})
"""Faults with which the words say something else than was planned."""


def _best(mention: Mention, places: Places, exact_alone: bool) -> tuple[int, Place] | None:
    """Return the first place that says a mention as planned, in the clearest way there is."""
    for said in _AS_PLANNED[mention.polarity]:
        for exact in (True,) if exact_alone else (True, False):
            for number, place in places:
                if place.said is said and place.exact is exact:
                    return number, place
    return None


def _names_informant(text: str, plan: NotePlan) -> bool:
    return plan.informant is not None and bool(plan.informant.name) and plan.informant.name in text
