"""From a draft to a note: where each planned mention was said, and the labels that its sentence earns by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dualalign.notes.llm.mention_finder import MentionFinder, Place, Said
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


class Placer:
    """Finds planned mentions in drafts, and turns drafts into notes.

    Args:
        pack: a loaded pack.
    """

    def __init__(self, pack: Pack) -> None:
        self._finder = MentionFinder(pack)
        scheme = pack.labels.scheme()
        self._order = {label.id: rank for rank, label in enumerate(scheme.labels)}
        self._informant_label = pack.labels.informant_label
        self._score_labels = {test.id: tuple(test.labels) for test in pack.instruments.instruments}

    def places(self, draft: Draft, plan: NotePlan) -> tuple[Places, ...]:
        """Return for each mention of the plan where its term is said, in whatever way."""
        meant = [self._finder.meant(mention.term) for mention in plan.mentions]
        wanted = frozenset(meant)
        found: dict[str, list[tuple[int, Place]]] = {term: [] for term in meant}
        for number, sentence in enumerate(draft.sentences if wanted else ()):
            for place in self._finder.find(sentence.text, sentence.lead, wanted):
                found[place.term].append((number, place))
        return tuple(tuple(found[term]) for term in meant)

    def note(self, draft: Draft, plan: NotePlan, places: Sequence[Places], writer: str) -> Note:
        """Return the draft as a note; a mention that is not said as planned has no span.

        Args:
            draft: the reply that stands.
            plan: what it was to say.
            places: result of `places` for the two.
            writer: name of the model.
        """
        spans: list[MentionSpan] = []
        labels: list[set[str]] = [set() for _ in draft.sentences]
        for index, (mention, found) in enumerate(zip(plan.mentions, places, strict=True)):
            best = _best(mention, found)
            if best is None:
                continue
            number, place = best
            sentence = draft.sentences[number]
            spans.append(MentionSpan(index, sentence.start + place.start, sentence.start + place.end, number))
            told = {*mention.labels}
            if not (sentence.reading.other_person or _names_informant(sentence.text, plan)):
                told.discard(self._informant_label)
            labels[number] |= told
        impaired = {(score.instrument, score.value) for score in plan.scores if score.impaired}
        for number, sentence in enumerate(draft.sentences):
            for instrument, value in sentence.reading.scores:
                if (instrument, value) in impaired:
                    labels[number].update(self._score_labels[instrument])
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
        return Note(draft.text, sentences, spans, writer)


def _best(mention: Mention, places: Places) -> tuple[int, Place] | None:
    """Return the first place that says a mention as planned, in the clearest way there is."""
    for said in _AS_PLANNED[mention.polarity]:
        for exact in (True, False):
            for number, place in places:
                if place.said is said and place.exact is exact:
                    return number, place
    return None


def _names_informant(text: str, plan: NotePlan) -> bool:
    return plan.informant is not None and bool(plan.informant.name) and plan.informant.name in text
