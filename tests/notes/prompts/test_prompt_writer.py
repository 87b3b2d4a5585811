import pytest
from pydantic import ValidationError

from dualalign.charts import PatientSimulator
from dualalign.errors import PackError
from dualalign.labels import RulesAnnotator
from dualalign.notes.prompts import Alignment, PromptWriter, established
from dualalign.packs import load_pack
from dualalign.packs.pack import Pack
from dualalign.packs.schema.prompts import Prompts
from dualalign.personas import sample_personas
from dualalign.reading import split_sentences
from dualalign.trajectories import Trajectory


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="module")
def patient(pack: Pack) -> Trajectory:
    persona = next(iter(sample_personas(pack, 5, 2)))
    return PatientSimulator(pack, "clinical").simulate(persona, 2)


def test_says_everything_the_plan_says(pack: Pack, patient: Trajectory) -> None:
    writer, terms = PromptWriter(pack), pack.lexicon.terms()
    for plan in patient.plans[::10]:
        text = writer.messages(patient.persona, plan, patient.plans[: plan.visit])[-1]["content"]
        assert text.count("\n") > len(plan.mentions)
        for mention in plan.mentions:
            assert terms[mention.term].name in text
        for score in plan.scores:
            assert f"{score.name} {score.value:g}/{score.maximum:g}" in text
        for medicine in plan.medicines:
            assert medicine.drug in text
        assert plan.date.isoformat() in text


def test_what_is_constant_comes_first(pack: Pack, patient: Trajectory) -> None:
    writer = PromptWriter(pack)
    asked = [writer.messages(patient.persona, plan) for plan in patient.plans[:5]]
    assert len({messages[0]["content"] for messages in asked}) == 1
    assert len({messages[-1]["content"] for messages in asked}) == 5
    # A server can keep the example of each style as well.
    styles = {plan.style.author: messages[:-1] for plan, messages in zip(patient.plans, asked, strict=False)}
    assert all(
        styles[plan.style.author] == messages[:-1]
        for plan, messages in zip(patient.plans, asked, strict=False)
    )


def test_an_example_of_the_authors_style_is_shown_as_an_exchange(pack: Pack, patient: Trajectory) -> None:
    writer = PromptWriter(pack)
    for plan in patient.plans[:10]:
        example = pack.prompts.examples[plan.style.author]
        system, asked, answered, last = writer.messages(patient.persona, plan)
        assert [each["role"] for each in (system, asked, answered, last)] == [
            "system",
            "user",
            "assistant",
            "user",
        ]
        assert answered["content"] == example.note.strip()
        assert pack.prompts.authors[plan.style.author] in asked["content"]
        lines = asked["content"].splitlines()
        said = [
            mention for mention in example.mentions if any(f'"{mention.wording}"' in line for line in lines)
        ]
        assert said == example.mentions


def test_an_example_tells_as_much_as_the_request(pack: Pack, patient: Trajectory) -> None:
    plan = patient.plans[0]
    for alignment in Alignment:
        _, asked, _, last = PromptWriter(pack, alignment).messages(patient.persona, plan, patient.plans[1:4])
        for heading in ("PATIENT", "SYMPTOMS TO SAY", "ALREADY IN THE CHART"):
            assert (heading in asked["content"]) == (heading in last["content"])


def test_examples_are_of_other_illnesses(pack: Pack) -> None:
    rules = RulesAnnotator(pack)
    for example in pack.prompts.examples.values():
        sentences = [example.note[start:end] for start, end in split_sentences(example.note)]
        assert len(sentences) > 5
        assert not any(each.labels for each in rules.annotate(sentences))


def test_a_pack_without_examples_asks_at_once(pack: Pack, patient: Trajectory) -> None:
    plain = pack.prompts.model_copy(update={"examples": {}})
    bare = Pack(pack.folder, pack.parts | {"prompts": plain}, pack.material_paths, pack.fingerprint)
    assert len(PromptWriter(bare).messages(patient.persona, patient.plans[0])) == 2


def test_each_alignment_can_be_left_out(pack: Pack, patient: Trajectory) -> None:
    plan = next(plan for plan in patient.plans if plan.mentions)
    texts = {
        alignment: PromptWriter(pack, alignment).messages(patient.persona, plan, patient.plans[:3])[-1][
            "content"
        ]
        for alignment in Alignment
    }
    for alignment, text in texts.items():
        assert ("PATIENT" in text) == (alignment in (Alignment.PERSONA, Alignment.BOTH))
        assert ("SYMPTOMS TO SAY" in text) == (alignment in (Alignment.TRAJECTORY, Alignment.BOTH))
        assert ("ALREADY IN THE CHART" in text) == (alignment in (Alignment.TRAJECTORY, Alignment.BOTH))


def test_the_ledger_holds_what_came_before_and_nothing_after(pack: Pack, patient: Trajectory) -> None:
    names = {term: each.name for term, each in pack.lexicon.terms().items()}
    assert established([], names) == []
    earlier = patient.plans[:20]
    lines = "\n".join(established(earlier, names))
    assert lines.startswith(f"20 earlier notes, the last on {earlier[-1].date.isoformat()}")
    latest = {score.name: (score.value, plan.date) for plan in earlier for score in plan.scores}
    for name, (value, date) in latest.items():
        assert f"{name} {value:g}/" in lines
        assert date.isoformat() in lines


def test_a_repair_keeps_the_talk_and_gives_the_reasons(pack: Pack, patient: Trajectory) -> None:
    writer = PromptWriter(pack)
    messages = writer.messages(patient.persona, patient.plans[0])
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


def test_an_example_of_a_style_that_there_is_not_is_refused() -> None:
    example = {"visit": {"name": "Clinic", "date": "2015-01-01", "who": "alone"}, "note": "PLAN: rest."}
    with pytest.raises(ValidationError, match="'terse' is no author style; use brief"):
        Prompts(authors={"brief": "Short."}, examples={"terse": example})
