from collections.abc import Iterator
from dataclasses import replace

from dualalign.notes import GrammarWriter
from dualalign.notes.outline import SentenceOutline, outline
from dualalign.notes.patient_voice import PatientVoice
from dualalign.notes.sentence import SentenceComposer
from dualalign.randomness import Stream, fast_random
from dualalign.trajectories import NotePlan, Polarity, Reporter
from tests.notes.conftest import Written, restyle


def _outlines(
    writer: GrammarWriter, each: Written, words: int | None = None
) -> Iterator[tuple[NotePlan, list[str], list[SentenceOutline]]]:
    plans = each.plans if words is None else restyle(each.plans, words=words)
    rng = fast_random(1, Stream.NOTES, each.persona.patient)
    voice = PatientVoice(each.persona, writer.tables, rng)
    composer = SentenceComposer(writer.tables)
    for plan in plans:
        voice.begin_visit(plan)
        sections: list[str] = [section.section for section in writer.tables.layout(plan.note_type).sections]
        yield plan, sections, outline(plan, sections, voice, composer)


def test_each_mention_is_given_to_one_sentence(writer: GrammarWriter, patients: list[Written]) -> None:
    for plan, _, items in _outlines(writer, patients[0]):
        indices = [index for item in items for index, _ in item.mentions]
        assert sorted(indices) == list(range(len(plan.mentions)))
        assert all(plan.mentions[index] is mention for item in items for index, mention in item.mentions)


def test_sentences_hold_mentions_that_agree_and_no_term_twice(
    writer: GrammarWriter, patients: list[Written]
) -> None:
    for _, _, items in _outlines(writer, patients[1]):
        for item in items:
            mentions = [mention for _, mention in item.mentions]
            assert len({(m.polarity, m.reporter, m.course) for m in mentions}) == 1
            assert len({m.term for m in mentions}) == len(mentions)
            assert len(mentions) == 1 or item.kind == "noun"
            if mentions[0].polarity in (Polarity.HISTORICAL, Polarity.FAMILY):
                assert len(mentions) == 1


def test_sections_suit_the_reporter(writer: GrammarWriter, patients: list[Written]) -> None:
    for _, sections, items in _outlines(writer, patients[2]):
        for item in items:
            mention = item.mentions[0][1]
            if mention.polarity in (Polarity.HISTORICAL, Polarity.FAMILY):
                assert item.section == ("history" if "history" in sections else "subjective")
            elif mention.reporter is not Reporter.CLINICIAN:
                assert item.section == "subjective"
            else:
                assert item.section in ("objective", "assessment")


def test_fewer_words_put_more_mentions_into_a_sentence(
    writer: GrammarWriter, patients: list[Written]
) -> None:
    counts = [sum(len(items) for _, _, items in _outlines(writer, patients[3], words)) for words in (40, 600)]
    assert counts[0] < 0.8 * counts[1]


def test_a_term_asked_for_twice_is_said_in_two_sentences(
    writer: GrammarWriter, patients: list[Written]
) -> None:
    each = patients[0]
    plan = next(plan for plan in each.plans if any(m.polarity is Polarity.NEGATED for m in plan.mentions))
    denied = next(mention for mention in plan.mentions if mention.polarity is Polarity.NEGATED)
    twice = Written(each.persona, [replace(plan, mentions=(denied, denied, denied))], each.notes)
    ((_, _, items),) = _outlines(writer, twice, words=5)
    assert [len(item.mentions) for item in items] == [1, 1, 1]
