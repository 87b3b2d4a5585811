from pathlib import Path

import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.measures.note_sets import NoteSet
from dualalign.measures.privacy import find_identifiers, measure_copied_identifiers, scan_identifiers
from dualalign.measures.privacy.identifiers import Identifier
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
    ],
)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert list(find_identifiers(text)) == []


def test_the_same_day_in_two_forms_is_one_identifier() -> None:
    keys = {
        each.key for text in ("03/14/2011", "March 14, 2011", "2011-03-14") for each in find_identifiers(text)
    }
    assert len(keys) == 1


def test_planned_dates_and_names_do_not_count_and_others_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = open_cohort(generate_cohort("alzheimers", tmp_path / "c", 3, seed=1))
    pack = load_pack("alzheimers")
    clean = scan_identifiers(cohort, pack)
    assert clean.breakdown["planned: date"] > 100
    assert clean.value < 30
    original = type(cohort).iterate

    def with_phone(self: object, name: str, columns: list[str] | None = None) -> object:
        for part in original(self, name, columns):  # type: ignore[arg-type]
            place = part.schema.get_field_index("text")
            texts = [f"{text} call 555-010-4477 on 03/14/1991" for text in part["text"].to_pylist()]
            yield part.set_column(place, "text", [texts])

    monkeypatch.setattr(type(cohort), "iterate", with_phone)
    dirty = scan_identifiers(cohort, pack)
    assert dirty.value == pytest.approx(clean.value + 2000)
    assert dirty.breakdown["phone"] == cohort.manifest["counts"]["notes"]


def test_copied_identifiers_are_told_from_chance() -> None:
    def notes(first: int) -> NoteSet:
        texts = tuple(f"MRN {70000 + number} seen by Dr. Marlowe" for number in range(first, first + 30))
        return NoteSet(texts, tuple(map(str, range(30))), (None,) * 30)

    saw, held_out = notes(0), notes(100)
    copied = measure_copied_identifiers(notes(0), saw, held_out)
    assert copied.breakdown["copied: record_number"] == 30
    assert copied.value == 1
    clean = measure_copied_identifiers(notes(200), saw, held_out)
    assert clean.value == 0
