import itertools
import re
from collections.abc import Sequence

import pytest

from dualalign.notes import GrammarWriter, Note
from dualalign.notes.phrase_book import KINDS
from dualalign.packs import Pack
from dualalign.packs.schema.phrases import Phrase
from dualalign.trajectories import NotePlan, Polarity
from tests.notes.conftest import Written, restyle

Pairs = list[tuple[NotePlan, Note]]


def test_every_mention_is_said_once_and_inside_its_sentence(pairs: Pairs) -> None:
    for plan, note in pairs:
        assert sorted(span.mention for span in note.mentions) == list(range(len(plan.mentions)))
        for span in note.mentions:
            sentence = note.sentences[span.sentence]
            assert sentence.start <= span.start < span.end <= sentence.end
            said = note.text[span.start : span.end]
            assert said == said.strip()
            assert said


def test_spans_of_different_mentions_do_not_overlap(pairs: Pairs) -> None:
    for _, note in pairs:
        ordered = sorted(note.mentions, key=lambda span: span.start)
        assert all(a.end <= b.start for a, b in itertools.pairwise(ordered))


def test_sentences_are_exact_in_order_and_leave_only_headers(pairs: Pairs, pack: Pack) -> None:
    headers = {
        header
        for layout in pack.layouts.note_types.values()
        for section in layout.sections
        for header in section.headers
    }
    for _, note in pairs:
        position = note.text.index("\n", note.text.index("Date:"))
        for sentence in note.sentences:
            between = note.text[position : sentence.start].strip().removesuffix("-").strip()
            assert between == "" or between in headers
            said = note.text[sentence.start : sentence.end]
            assert said == said.strip()
            assert "\n" not in said
            position = sentence.end
        assert note.text[position:] == "\n"


def _own_labels_only(pack: Pack) -> set[str]:
    """Terms none of whose wordings earns other labels than the term."""
    changed = {
        term
        for file in pack.phrases
        for term, material in file.terms.items()
        for kind in KINDS
        for phrase in getattr(material, kind)
        if isinstance(phrase, Phrase) and phrase.labels is not None
    }
    return set(pack.lexicon.terms()) - changed


def test_labels_of_a_sentence_are_those_of_its_mentions(pairs: Pairs, pack: Pack) -> None:
    plain = _own_labels_only(pack)
    checked = 0
    for plan, note in pairs:
        said: dict[int, list[int]] = {}
        for span in note.mentions:
            said.setdefault(span.sentence, []).append(span.mention)
        for number, indices in said.items():
            mentions = [plan.mentions[index] for index in indices]
            labels = note.sentences[number].labels
            if mentions[0].polarity in (Polarity.NEGATED, Polarity.FAMILY):
                assert labels == ()
            elif all(mention.term in plain for mention in mentions):
                assert set(labels) == {label for mention in mentions for label in mention.labels}
                checked += 1
            else:
                assert labels
    assert checked > 500


def test_mentions_that_share_a_sentence_agree(pairs: Pairs) -> None:
    for plan, note in pairs:
        by_sentence: dict[int, set[tuple[str, str]]] = {}
        for span in note.mentions:
            mention = plan.mentions[span.mention]
            by_sentence.setdefault(span.sentence, set()).add((mention.polarity, mention.reporter))
        assert all(len(kinds) == 1 for kinds in by_sentence.values())


def test_impaired_scores_carry_their_label_and_normal_ones_none(pairs: Pairs, pack: Pack) -> None:
    labels_of = {each.id: set(each.labels) for each in pack.instruments.instruments}
    for plan, note in pairs:
        for score in plan.scores:
            value = f"{score.value:g}"
            texts = [
                (note.text[s.start : s.end], s.labels)
                for s in note.sentences
                if re.search(rf"(?<![\d.]){re.escape(value)}(?![\d.]\d)", note.text[s.start : s.end])
                and score.name in note.text[s.start : s.end]
            ]
            assert texts, f"{score.name} {value} is not in the note"
            if score.impaired:
                assert any(labels_of[score.instrument] <= set(labels) for _, labels in texts)


def test_same_seed_same_text_other_seed_other_text(writer: GrammarWriter, patients: list[Written]) -> None:
    each = patients[0]
    again = writer.write_patient(each.persona, each.plans, 3)
    assert [note.text for note in again] == [note.text for note in each.notes]
    other = writer.write_patient(each.persona, each.plans, 4)
    assert all(a.text != b.text for a, b in zip(other, each.notes, strict=True))


def _bullets(notes: Sequence[Note]) -> float:
    return sum(note.text.count("\n- ") for note in notes) / len(notes)


def test_authors_differ_in_form(writer: GrammarWriter, patients: list[Written]) -> None:
    each = patients[1]
    by_author = {
        author: writer.write_patient(each.persona, restyle(each.plans, author=author), 3)
        for author in ("telegraphic", "narrative", "templated")
    }
    assert _bullets(by_author["templated"]) > 5
    assert _bullets(by_author["narrative"]) == _bullets(by_author["telegraphic"]) == 0
    texts = {author: " ".join(note.text for note in notes) for author, notes in by_author.items()}
    assert texts["telegraphic"].count(" w/ ") > 0
    assert texts["narrative"].count(" w/ ") == 0
    assert not re.search(r"\bx \d+ (mos|yrs)\b", texts["narrative"])


def _unlabelled(note: Note) -> list[str]:
    said = {span.sentence for span in note.mentions}
    return [
        note.text[s.start : s.end]
        for number, s in enumerate(note.sentences)
        if number not in said and not s.labels and s.section in ("history", "plan")
    ]


@pytest.mark.parametrize(("share", "least", "most"), [(1.0, 0.6, 1.0), (0.0, 0.0, 0.3)])
def test_copied_forward_passages_repeat(
    writer: GrammarWriter, patients: list[Written], share: float, least: float, most: float
) -> None:
    each = patients[2]
    plans = restyle(each.plans, copied_forward=share, author="narrative")
    seen: dict[str, set[str]] = {}
    repeated = total = 0
    for plan, note in zip(plans, writer.write_patient(each.persona, plans, 3), strict=True):
        before = seen.setdefault(plan.note_type, set())
        texts = _unlabelled(note)
        if before:
            repeated += sum(text in before for text in texts)
            total += len(texts)
        before.update(texts)
    assert total > 50
    assert least <= repeated / total <= most


def test_a_note_speaks_of_allergies_once(pairs: Pairs) -> None:
    for _, note in pairs:
        texts = [note.text[s.start : s.end] for s in note.sentences]
        assert sum(text.startswith(("ALLERGIES", "NKDA", "No known drug allergies")) for text in texts) <= 1


def test_vital_signs_stand_once_and_only_where_they_are_taken(pairs: Pairs) -> None:
    signs = re.compile(
        r"(BP|Vitals|VS|Vital signs|Blood pressure (is|was)|Temp|Afebrile|T|Weight)\b.*\d\d/\d\d"
    )
    for plan, note in pairs:
        texts = [note.text[s.start : s.end] for s in note.sentences if s.section == "objective"]
        found = [text for text in texts if signs.match(text)]
        assert len(found) <= (plan.note_type != "neuropsychology"), found


def test_text_is_clean_english(pairs: Pairs) -> None:
    for _, note in pairs:
        for s in note.sentences:
            text = note.text[s.start : s.end]
            assert not re.search(r"[{}<>\[\]|\x01\x02]| {2}| [,;.]|,,|\.\.|,:|\bno an? [a-z]", text), text
            assert text[-1] in ".?!:", text
