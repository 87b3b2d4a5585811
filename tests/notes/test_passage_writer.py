import itertools
import re

from dualalign.notes import Note, PassageWriter
from dualalign.packs import Pack
from dualalign.trajectories import NotePlan, Polarity, Trajectory
from dualalign.trajectories.plan import Reporter, Role

Pairs = list[tuple[NotePlan, Note]]
Written = list[tuple[Trajectory, list[Note]]]


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
        for layout in pack.layouts.layouts.values()
        for sections in layout.sections.values()
        for section in sections
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


def test_a_sentence_bears_the_labels_of_the_mentions_it_says(pairs: Pairs) -> None:
    checked = 0
    for plan, note in pairs:
        for span in note.mentions:
            mention = plan.mentions[span.mention]
            labels = note.sentences[span.sentence].labels
            if mention.polarity in (Polarity.AFFIRMED, Polarity.HISTORICAL):
                assert set(mention.labels) <= set(labels)
                checked += bool(mention.labels)
    assert checked > 1000


def test_a_sentence_that_only_denies_bears_no_label(pairs: Pairs) -> None:
    checked = 0
    for plan, note in pairs:
        roles: dict[int, set[Role]] = {}
        for span in note.mentions:
            roles.setdefault(span.sentence, set()).add(plan.mentions[span.mention].role)
        for sentence, said in roles.items():
            if said <= {Role.DENIED, Role.ABSENT, Role.FAMILY}:
                assert note.sentences[sentence].labels == ()
                checked += 1
    assert checked > 300


def test_what_an_informant_tells_names_the_informant(pairs: Pairs) -> None:
    told = 0
    for plan, note in pairs:
        for span in note.mentions:
            if plan.mentions[span.mention].reporter is Reporter.INFORMANT:
                assert plan.informant is not None
                told += 1
                assert plan.informant.relation in note.text.lower()
    assert told > 50


def test_no_slot_bracket_or_doubled_mark_is_left(pairs: Pairs) -> None:
    for _, note in pairs:
        assert not re.search(r"[{}|\x01\x02]|\[[^*]|  |,,|\.\.(?!\.)| ,", note.text)


def test_medicines_are_listed_as_the_chart_has_them(written: Written, pack: Pack) -> None:
    brands = {drug.name: drug.brand.lower() for drug in pack.medicines.medicines}
    lists = doses = 0
    for each, notes in written:
        for plan, note in zip(each.plans, notes, strict=True):
            assert plan.agenda is not None
            said = " ".join(note.text[s.start : s.end] for s in note.sentences if s.section == "medications")
            for drug, dose, _ in plan.agenda.medicines if said else ():
                named = [
                    name for name in (drug, brands.get(drug, "")) if name and name.lower() in said.lower()
                ]
                assert named
                lists += 1
                doses += any(f"{name} {dose}".lower() in said.lower() for name in named)
    assert lists > 300
    assert 0.6 < doses / lists < 0.95  # some clinics list names alone


def test_vital_signs_and_scores_are_those_of_the_chart(pairs: Pairs) -> None:
    for plan, note in pairs:
        assert plan.agenda is not None
        vitals = plan.agenda.vitals
        assert vitals is not None
        if plan.note_type != "neuropsychology":
            assert f"{vitals.systolic}/{vitals.diastolic}" in note.text
        for score in plan.scores:
            assert re.search(rf"\b{score.value:g}\b", note.text)


def test_the_same_seed_writes_the_same_notes(written: Written, writer: PassageWriter) -> None:
    each, notes = written[2]
    assert writer.write_patient(each, 3) == notes
    assert writer.write_patient(each, 4) != notes


def test_a_clinic_keeps_its_headers_and_its_copied_lists(written: Written) -> None:
    for each, notes in written:
        social: dict[tuple[str, str], set[str]] = {}
        for plan, note in zip(each.plans, notes, strict=True):
            said = " ".join(note.text[s.start : s.end] for s in note.sentences if s.section == "social")
            if said:
                social.setdefault((plan.note_type, plan.style.author), set()).add(said)
        # What was written once stays until the patient's life changes.
        assert all(len(texts) <= 6 for texts in social.values())


def test_a_danger_that_is_told_is_answered(pairs: Pairs) -> None:
    stove = answered = 0
    for _, note in pairs:
        if "left the stove on" in note.text:
            stove += 1
            answered += any(
                word in note.text for word in ("stove use", "shutoff", "Stove safety", "stove safety", "cook")
            )
    assert stove == answered


def test_a_score_of_mood_out_of_range_is_answered(pairs: Pairs, pack: Pack) -> None:
    screens = {each.id: each.screens for each in pack.instruments.instruments}
    answered = 0
    for plan, note in pairs:
        for score in plan.scores:
            if score.impaired and not screens[score.instrument]:
                said = [
                    note.text[sentence.start : sentence.end]
                    for sentence in note.sentences
                    if sentence.section in ("plan", "assessment_plan", "recommendations")
                ]
                answered += any(score.name in each for each in said)
    total = sum(
        score.impaired and not screens[score.instrument] for plan, _ in pairs for score in plan.scores
    )
    assert total > 10
    # A score of a label without such a line is left to the assessment.
    assert answered > total / 2
