import re

import pytest
from pydantic import ValidationError

from dualalign.charts import PatientSimulator
from dualalign.errors import PackError
from dualalign.labels import RulesAnnotator
from dualalign.notes.prompts import Alignment, PromptWriter
from dualalign.packs import load_pack
from dualalign.packs.pack import Pack
from dualalign.packs.schema.prompts import Prompts
from dualalign.personas import sample_personas
from dualalign.reading import split_sentences
from dualalign.trajectories import Trajectory
from dualalign.trajectories.plan import NotePlan

HEADINGS = ("PROBLEM LIST", "MEDICINES", "LAST NOTES", "TODAY'S AGENDA", "TO SAY", "PLAN OF THE DAY")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="module")
def patient(pack: Pack) -> Trajectory:
    """A patient with many visits, to whom relatives come along."""
    simulator = PatientSimulator(pack, "clinical")
    people = (simulator.simulate(persona, 2) for persona in sample_personas(pack, 20, 2))
    return next(
        each
        for each in people
        if len(each.plans) > 60 and any(p.informant and p.informant.name for p in each.plans)
    )


@pytest.fixture(scope="module")
def writers(pack: Pack) -> dict[Alignment, PromptWriter]:
    return {alignment: PromptWriter(pack, alignment) for alignment in Alignment}


def request(writer: PromptWriter, patient: Trajectory, plan: NotePlan) -> str:
    assert patient.chart is not None
    return writer.messages(patient.persona, patient.chart, plan, patient.plans[: plan.visit])[-1]["content"]


def test_tells_the_visit_its_chart_and_every_item(
    writers: dict[Alignment, PromptWriter], patient: Trajectory
) -> None:
    for plan in patient.plans[::7]:
        text, agenda = request(writers[Alignment.BOTH], patient, plan), plan.agenda
        assert agenda is not None
        numbers = [int(each) for each in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
        assert sorted(numbers) == list(range(1, len(plan.mentions) + 1))
        for score in plan.scores:
            assert f"{score.name} {score.value:g}/{score.maximum:g}" in text
        for drug, dose, _ in agenda.medicines:
            assert f"{drug} {dose}" in text
        for condition in agenda.conditions:
            assert condition.name in text
        assert all(name in text for name, _ in agenda.syndromes)
        assert plan.date.isoformat() in text
        assert f"{plan.age}-year-old" in text


def test_says_nothing_in_ids_nor_in_empty_brackets(
    writers: dict[Alignment, PromptWriter], patient: Trajectory
) -> None:
    for plan in patient.plans[::7]:
        text = request(writers[Alignment.BOTH], patient, plan)
        assert not re.search(r"\w_\w|\(\)|\(; |: ;|; ;|None|\{|\[", text), text


def test_two_items_of_a_visit_are_not_alike(
    writers: dict[Alignment, PromptWriter], patient: Trajectory
) -> None:
    for plan in patient.plans[::5]:
        text = request(writers[Alignment.BOTH], patient, plan)
        items = re.findall(r"^\d+\. (.+)$", text, re.MULTILINE)
        assert len(set(items)) == len(items), [each for each in items if items.count(each) > 1]


def test_a_later_visit_tells_what_the_last_notes_were_asked_to_say(
    writers: dict[Alignment, PromptWriter], patient: Trajectory
) -> None:
    writer = writers[Alignment.BOTH]
    plan = next(p for p in patient.plans[40:] if p.note_type in {q.note_type for q in patient.plans[:40]})
    text = request(writer, patient, plan)
    ledger = text[text.index("LAST NOTES") :].split("\n")[1:6]
    same = [each for each in patient.plans[: plan.visit] if each.note_type == plan.note_type]
    assert any(same[-1].date.isoformat() in line and ", here" in line for line in ledger)
    last = patient.plans[plan.visit - 1]
    line = next(line for line in ledger if line.startswith(f"- {last.date.isoformat()}"))
    told = re.findall(r"^\d+\. ([^(\n]+?)(?: \(.*)?$", request(writer, patient, last), re.MULTILINE)
    assert sum(words in line for words in told) >= sum(m.role in ("told", "seen") for m in last.mentions) > 0
    assert "LAST NOTES" not in request(writer, patient, patient.plans[0])


def test_who_can_know_it_is_named(writers: dict[Alignment, PromptWriter], patient: Trajectory) -> None:
    plan = next(
        p for p in patient.plans if p.informant and any(m.reporter == "informant" for m in p.mentions)
    )
    text = request(writers[Alignment.BOTH], patient, plan)
    assert plan.informant is not None
    for number, mention in enumerate(plan.mentions, 1):
        line = next(line for line in text.split("\n") if line.startswith(f"{number}. "))
        assert (f"{plan.informant.name} says" in line) == (
            mention.reporter == "informant" and mention.role == "told"
        )


def test_what_is_constant_comes_first(writers: dict[Alignment, PromptWriter], patient: Trajectory) -> None:
    assert patient.chart is not None
    writer, plans = writers[Alignment.BOTH], patient.plans[:5]
    asked = [writer.messages(patient.persona, patient.chart, plan) for plan in plans]
    assert len({messages[0]["content"] for messages in asked}) == 1
    assert len({messages[-1]["content"] for messages in asked}) == 5
    # A server can keep the example of each style as well.
    styles = {plan.style.author: messages[:-1] for plan, messages in zip(plans, asked, strict=True)}
    assert all(
        styles[plan.style.author] == messages[:-1] for plan, messages in zip(plans, asked, strict=True)
    )


def test_an_example_answers_as_the_note_is_to_be_answered(
    pack: Pack, writers: dict[Alignment, PromptWriter], patient: Trajectory
) -> None:
    assert patient.chart is not None
    plan = next(each for each in patient.plans if each.mentions)
    example = pack.prompts.examples[plan.style.author]
    for alignment, writer in writers.items():
        _, asked, answered, last = writer.messages(patient.persona, patient.chart, plan)
        assert answered["content"].startswith(example.note.strip())
        assert (
            ("EVIDENCE" in answered["content"])
            == ("EVIDENCE" in last["content"])
            == alignment.tells_trajectory
        )
        for heading in HEADINGS:
            assert heading not in asked["content"] or heading in last["content"] or heading == "LAST NOTES"


def test_examples_are_of_other_illnesses(pack: Pack) -> None:
    rules = RulesAnnotator(pack)
    for example in pack.prompts.examples.values():
        sentences = [example.note[start:end] for start, end in split_sentences(example.note)]
        assert len(sentences) > 5
        assert not any(each.labels for each in rules.annotate(sentences))


def test_a_pack_without_examples_asks_at_once(pack: Pack, patient: Trajectory) -> None:
    assert patient.chart is not None
    plain = pack.prompts.model_copy(update={"examples": {}})
    bare = Pack(pack.folder, pack.parts | {"prompts": plain}, pack.material_paths, pack.fingerprint)
    assert len(PromptWriter(bare).messages(patient.persona, patient.chart, patient.plans[0])) == 2


def test_each_alignment_tells_its_part(writers: dict[Alignment, PromptWriter], patient: Trajectory) -> None:
    plan = patient.plans[20]
    texts = {alignment: request(writer, patient, plan) for alignment, writer in writers.items()}
    for alignment, text in texts.items():
        assert ("PROBLEM LIST" in text) == alignment.tells_persona
        for heading in ("LAST NOTES", "TODAY'S AGENDA", "TO SAY"):
            assert (heading in text) == alignment.tells_trajectory
        # Without the guidance the disease and the setting are named, and the same length is asked for.
        assert ("Alzheimer's disease" in text) == (not alignment.tells_trajectory)
        assert f"About {round(plan.style.words / 10) * 10} words" in text
        assert (f"{plan.age}-year-old" in text) == (alignment is not Alignment.NONE)
    assert patient.persona.work not in texts[Alignment.TRAJECTORY].split("LAST NOTES")[0]


def test_a_repair_keeps_the_talk_and_gives_the_reasons(
    writers: dict[Alignment, PromptWriter], patient: Trajectory
) -> None:
    assert patient.chart is not None
    writer = writers[Alignment.BOTH]
    messages = writer.messages(patient.persona, patient.chart, patient.plans[0])
    again = writer.repair(messages, "A note.", ["apathy is not said", "MMSE 21 is not the visit's 24"])
    assert again[:-2] == messages
    assert again[-2] == {"role": "assistant", "content": "A note."}
    assert "apathy is not said" in again[-1]["content"]


def test_a_pack_without_prompts_is_refused(pack: Pack) -> None:
    bare = Pack(pack.folder, pack.parts | {"prompts": Prompts()}, pack.material_paths, pack.fingerprint)
    with pytest.raises(PackError, match=r"has no prompts\.yaml"):
        PromptWriter(bare)


@pytest.mark.parametrize(
    ("field", "template", "said"),
    [
        ("note", "Write about {{ pateint }}.", "unknown variable 'pateint'"),
        ("system", "{% for form in forms %}", "cannot be read"),
        ("repair", "{{ reason }}", "unknown variable 'reason'"),
    ],
)
def test_a_faulty_template_is_refused_when_loaded(field: str, template: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Prompts(**{field: template})


VISIT = {"name": "Clinic", "date": "2015-01-01", "who": "alone", "reason": "a cough"}


def test_an_example_of_a_style_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValidationError, match="'terse' is no author style; use brief"):
        Prompts(authors={"brief": "Short."}, examples={"terse": {"visit": VISIT, "note": "PLAN: rest."}})


def test_an_example_whose_words_are_not_in_its_note_is_refused() -> None:
    say = [{"about": "Cough", "items": [{"say": "cough", "words": "coughs at night"}]}]
    example = {"visit": VISIT, "say": say, "note": "HISTORY: Coughs by day."}
    with pytest.raises(ValidationError, match="'coughs at night' does not stand in the note"):
        Prompts(authors={"brief": "Short."}, examples={"brief": example})
