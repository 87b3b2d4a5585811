import itertools
import sys
from importlib import machinery
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.errors import MeasureError
from dualalign.measures import Context, Measure
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.privacy.finder import Identifier, find_identifiers
from dualalign.measures.privacy.identifiers import copied_identifiers, identifiers
from dualalign.measures.privacy.second_opinion import second_opinion
from dualalign.measures.privacy.written_dates import date_key
from dualalign.packs import load_pack


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("seen by Dr. Marlowe today", "name", "Marlowe"),
        ("Patient: Harriet Vane", "name", "Harriet Vane"),
        ("accompanied by her daughter Prudence", "name", "Prudence"),
        ("read by Peter Wimsey, MD", "name", "Peter Wimsey"),
        ("admitted 03/14/2011", "date", "03/14/2011"),
        ("on March 14, 2011", "date", "March 14, 2011"),
        ("MRN: 00482913", "record_number", "00482913"),
        ("SSN 123-45-6789", "record_number", "123-45-6789"),
        ("call (555) 010-4477", "phone", "(555) 010-4477"),
        ("call 555-010-4477", "phone", "555-010-4477"),
        ("lives at 12 Mill Lane", "address", "12 Mill Lane"),
        ("h.vane@example.org", "email", "h.vane@example.org"),
        ("admitted 17 June 2014", "date", "17 June 2014"),
        ("since June 17th, 2014", "date", "June 17th, 2014"),
        ("at 2014-06-17T09:30:00+02:00", "date", "2014-06-17T09:30:00+02:00"),
        ("on 17.06.2014", "date", "17.06.2014"),
        ("on 06-17-14", "date", "06-17-14"),
        ("on 30/11/2014", "date", "30/11/2014"),
        ("on 17-Jun-2014", "date", "17-Jun-2014"),
        ("in June 2014", "date", "June 2014"),
        ("on [**2131-6-17**]", "date", "2131-6-17"),
        ("readmitted 6/17 with sepsis", "date", "6/17"),
        ("seen by [**First Name (un) 881**]", "name", "[**First Name (un) 881**]"),
        ("at [**Hospital6 12**]", "place", "[**Hospital6 12**]"),
        ("seen [DATE]", "placeholder", "[DATE]"),
        ("Ms WIMSEY came", "name", "WIMSEY"),
        ("Mrs. Schäfer came", "name", "Schäfer"),
        ("Mr. D’Angelo came", "name", "D’Angelo"),
        ("Mr. van der Meer came", "name", "van der Meer"),
        ("Patient Name: VANE, HARRIET", "name", "VANE, HARRIET"),
        ("spoke with Harriet Vane about the scan", "name", "Harriet Vane"),
        ("Oluwaseun Thornbury, a 71-year-old woman", "name", "Oluwaseun Thornbury"),
        ("MRN: 11-22-33", "record_number", "11-22-33"),
        ("medical record number is 48-2913", "record_number", "48-2913"),
        ("call +1 555 010 4477", "phone", "+1 555 010 4477"),
        ("fax +44 20 7946 0018", "phone", "+44 20 7946 0018"),
        ("pager 55102", "phone", "55102"),
        ("Medicare number 1EG4-TE5-MK72", "health_plan", "1EG4-TE5-MK72"),
        ("Aetna member ID W12345678", "health_plan", "W12345678"),
        ("acct# 88123004", "account", "88123004"),
        ("driver's license D1234567", "licence", "D1234567"),
        ("VIN 1HGCM82633A004352", "vehicle", "1HGCM82633A004352"),
        ("serial number PJN728114H", "device", "PJN728114H"),
        ("fingerprint ID BIO-44810", "other_number", "BIO-44810"),
        ("see www.example.org/p/12", "web", "www.example.org/p/12"),
        ("from 192.0.2.41 by video", "ip_address", "192.0.2.41"),
        ("a 93-year-old man", "age", "93"),
        ("she turned 90", "age", "90"),
        ("ZIP code 02139", "address", "02139"),
        ("P.O. Box 1881", "address", "P.O. Box 1881"),
        ("moved to Wolverton, Ohio", "place", "Wolverton, Ohio"),
        ("followed at St. Brigid's Hospital", "place", "St. Brigid's Hospital"),
    ],
)
def test_each_kind_is_found(text: str, kind: str, value: str) -> None:
    assert Identifier(kind, value) in list(find_identifiers(text))


@pytest.mark.parametrize(
    "text",
    [
        "BP 120/80, pulse 72",
        "MMSE 24/30",
        "his daughter reports that",
        "ratio 38/41/88",
        "takes 10 mg",
        "Dr. X",
        "strength 5/5, clock 2/5, pain 7/10",
        "Parkinson's disease, Babinski sign, Foley catheter, Charles Bonnet syndrome",
        "Mini-Mental State 24/30, Glasgow Coma Scale 15",
        "an 89-year-old woman, 98 F, weighs 92 kg",
        "seen on Monday; in 10-14 days; 3-4 times",
        "Hypertension, MI, Stroke; soft, ND, NT",
        "mild MR. INR 2.4 and BNP 142",
        "the Memory Clinic and the Emergency Department",
        "sodium 138, glucose 101, room 412 of 500",
        "may repeat 2 tablets; march in place",
        "step 1.2.3, L4-L5, T12, ICD-10 G30.1",
    ],
)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert list(find_identifiers(text)) == []


def test_the_same_day_in_two_forms_is_one_identifier() -> None:
    keys = {
        each.key for text in ("03/14/2011", "March 14, 2011", "2011-03-14") for each in find_identifiers(text)
    }
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("seen 14.03.2011", "on 14 March 2011"),
        ("on 2011-03-14T08:00:00Z", "on 14-Mar-11"),
        ("call (555) 010-4477", "call +1 555.010.4477"),
        ("MRN 11-22-33", "MRN: 112233"),
        ("Patient Name: VANE, HARRIET", "Patient: Harriet Vane"),
    ],
)
def test_one_identifier_written_in_two_ways_is_the_same(first: str, second: str) -> None:
    (one,), (other,) = find_identifiers(first), find_identifiers(second)
    assert one.key == other.key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("March 2011", "2011-03"),
        ("14 March", "--03-14"),
        ("20110314", "2011-03-14"),
        ("13/14/2011", None),
        ("2/30/2011", None),
    ],
)
def test_a_part_of_a_date_keeps_its_part(written: str, key: str | None) -> None:
    assert date_key(written) == key


def test_no_two_identifiers_share_a_character_and_each_says_where_it_stands() -> None:
    text = (
        "MRN 123-45-6789, DOB 03/14/1931, Dr. Vane at 12 Mill Lane, Wolverton, OH 44123, call 555-010-4477."
    )
    found = sorted(find_identifiers(text), key=lambda each: each.start)
    assert len(found) >= 6
    for each in found:
        assert text[each.start :].startswith(each.value)
    assert all(a.start + len(a.value) <= b.start for a, b in itertools.pairwise(found))


def test_a_zero_says_what_was_not_looked_for() -> None:
    notes = NoteSet(("Walks well. MRN 70001.",) * 2, ("a", "b"), (None, None))
    found = copied_identifiers(notes, notes, NoteSet(("MRN 80001",), ("c",), (None,)))
    assert "not looked for" in found.caution
    empty = NoteSet(("Walks well.",), ("a",), (None,))
    assert "nothing to try" in copied_identifiers(empty, empty, empty).caution
    heard = copied_identifiers(notes, notes, NoteSet(("MRN 80001",), ("c",), (None,)), lambda text: [])
    assert "not looked for" not in heard.caution


def test_a_second_opinion_adds_and_never_takes_away() -> None:
    text = "Ottilie knits. Call 555-010-4477."

    def model(text: str) -> list[Identifier]:
        return [Identifier("name", "Ottilie", 0), Identifier("other_number", "555-010-4477", 20)]

    assert [(each.kind, each.value) for each in find_identifiers(text, model)] == [
        ("phone", "555-010-4477"),
        ("name", "Ottilie"),
    ]


def test_without_presidio_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MeasureError, match=r"dualalign\[presidio\]"):
        second_opinion("presidio")


def test_presidio_is_asked_for_names_and_places(monkeypatch: pytest.MonkeyPatch) -> None:
    class Engine:
        def __init__(self, **_: object) -> None: ...

        def analyze(self, text: str, language: str, entities: list[str]) -> list[SimpleNamespace]:
            assert entities == ["PERSON", "LOCATION"]
            return [
                SimpleNamespace(entity_type="PERSON", start=0, end=7, score=0.85),
                SimpleNamespace(entity_type="LOCATION", start=16, end=25, score=0.2),
            ]

    class Provider:
        def __init__(self, nlp_configuration: dict[str, object]) -> None:
            assert "en_core_web_sm" in str(nlp_configuration)

        def create_engine(self) -> None: ...

    made = {
        "spacy": {"util": SimpleNamespace(get_installed_models=lambda: ["en_core_web_sm"])},
        "presidio_analyzer": {"AnalyzerEngine": Engine},
        "presidio_analyzer.nlp_engine": {"NlpEngineProvider": Provider},
    }
    for name, content in made.items():
        module = ModuleType(name)
        module.__spec__ = machinery.ModuleSpec(name, None)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    opinion = second_opinion("presidio")
    assert list(opinion("Ottilie lives in Wolverton.")) == [Identifier("name", "Ottilie")]
    monkeypatch.setattr(sys.modules["spacy"], "util", SimpleNamespace(get_installed_models=list))
    with pytest.raises(MeasureError, match="spacy download"):
        second_opinion("presidio")


def test_a_model_on_this_machine_marks_tokens(tmp_path: Path) -> None:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {"[UNK]": 0, "[PAD]": 1, "Ottilie": 2, "knits": 3}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]"
    ).save_pretrained(tmp_path)
    labels = {0: "O", 1: "B-PER"}
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=128,
        id2label=labels,
        label2id={"O": 0, "B-PER": 1},
    )
    model = transformers.BertForTokenClassification(config)
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor([-9.0, 9.0]))
    model.save_pretrained(tmp_path)
    opinion = second_opinion(str(tmp_path))
    assert list(opinion("Ottilie")) == [Identifier("name", "Ottilie")]
    assert list(opinion("")) == []
    assert sum(len(each.value) for each in opinion("Ottilie " * 400)) >= 400 * len("Ottilie")
    with pytest.raises(MeasureError, match="no model for token classification"):
        second_opinion(str(tmp_path / "absent"))


def test_planned_dates_and_names_do_not_count_and_others_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = open_cohort(generate_cohort("alzheimers", tmp_path / "c", 3, seed=1))
    pack = load_pack("alzheimers")
    clean = _scanned(Context(pack, cohort))
    assert clean.breakdown["planned: date"] > 100
    assert clean.value < 30
    original = type(cohort).iterate

    def with_phone(self: object, name: str, columns: list[str] | None = None) -> object:
        for part in original(self, name, columns):  # type: ignore[arg-type]
            place = part.schema.get_field_index("text")
            texts = [f"{text} call 555-010-4477 on 03/14/1991" for text in part["text"].to_pylist()]
            yield part.set_column(place, "text", [texts])

    monkeypatch.setattr(type(cohort), "iterate", with_phone)
    dirty = _scanned(Context(pack, cohort))
    assert dirty.value == pytest.approx(clean.value + 2000)
    assert dirty.breakdown["phone"] == cohort.manifest["counts"]["notes"]


def test_copied_identifiers_are_told_from_chance() -> None:
    def notes(first: int) -> NoteSet:
        texts = tuple(f"MRN {70000 + number} seen by Dr. Marlowe" for number in range(first, first + 30))
        return NoteSet(texts, tuple(map(str, range(30))), (None,) * 30)

    saw, held_out = notes(0), notes(100)
    copied = copied_identifiers(notes(0), saw, held_out)
    assert copied.breakdown["copied: record_number"] == 30
    assert copied.value == 1
    clean = copied_identifiers(notes(200), saw, held_out)
    assert clean.value == 0


def _scanned(context: Context) -> Measure:
    return identifiers(context.written, context.invented)


def test_of_notes_alone_nothing_is_known_to_be_invented() -> None:
    notes = NoteSet(("Seen on 03/14/1991.", "Walks well."), ("a", "b"), (None, None))
    found = _scanned(Context(notes=notes))
    assert found.value == 500
    assert found.breakdown["date"] == 1
    assert "none is known to be invented" in found.note
