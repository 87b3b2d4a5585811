"""A file that does not load is refused with its path, the line, the field and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dualalign.errors import PackError
from dualalign.packs import load_pack
from dualalign.packs.check import check_pack
from dualalign.packs.loader import load_file
from dualalign.packs.schema.factors import Factors

Replace = Callable[[Path, str, str], int]


def refusal(folder: Path) -> PackError:
    with pytest.raises(PackError) as caught:
        load_pack(folder)
    return caught.value


@pytest.mark.parametrize(
    ("file", "old", "new", "field", "says", "remedy"),
    [
        (
            "visits",
            "control_intensity:",
            "controlintensity:",
            "control_intensity",
            "Field required",
            "add the key",
        ),
        ("mentions", "historical: 0.012", "historic: 0.035", "historical", "Field required", "add the key"),
        (
            "stages",
            "typical: 28.2",
            "typical: 28.2\n  severity: 3",
            "stages.0.severity",
            "Extra inputs are not permitted",
            "remove the key, or correct its spelling",
        ),
        (
            "factors",
            "male: 0.42, female: 0.56",
            "male: 0.42, female: 0.46",
            "factors.1",
            "the shares of 'gender' sum to 0.9000; make them sum to 1",
            "correct the value",
        ),
        (
            "factors",
            "share: 0.68",
            "share: 68",
            "factors.12",
            "share 68 is not a proportion between 0 and 1",
            "correct",
        ),
        (
            "stages",
            "1: moderate",
            "1: severe",
            "(whole file)",
            "year 1 is mapped to 'severe', which is no stage; use one of",
            "correct the value",
        ),
        (
            "stages",
            "scores: {mmse: [24, 26.5], moca: [17, 21], cdr_sb: [0.5, 4]}",
            "scores: {}",
            "(whole file)",
            "stage 'mci' has no scores for 'mmse'; add its band",
            "correct the value",
        ),
        (
            "profiles",
            "default: clinical",
            "default: clinic",
            "(whole file)",
            "default profile 'clinic' is not among ['clinical', 'paper', 'sparse']",
            "correct the value",
        ),
        (
            "drugs",
            "approved: 1996",
            "approved: soon",
            "drugs.1.approved",
            "valid integer",
            "correct the value",
        ),
        (
            "drugs",
            "withdrawn: 2013",
            "withdrawn: 1990",
            "drugs.0",
            "withdrawn in 1990, before its approval in 1993",
            "correct the value",
        ),
    ],
)
def test_a_wrong_value_names_file_line_field_and_remedy(
    shipped_copy: Path, replace: Replace, file: str, old: str, new: str, field: str, says: str, remedy: str
) -> None:
    path = shipped_copy / f"{file}.yaml"
    line = replace(path, old, new)
    error = refusal(shipped_copy)
    place, _, rest = error.message.partition(": ")
    assert place.rpartition(":")[0] == str(path)
    assert rest.startswith(f"{field}: ")
    assert says in rest
    assert remedy in error.remedy
    told = int(place.rpartition(":")[2])
    if field == "(whole file)" or "required" in says:
        assert told == 1
    else:
        assert told == line + new.count("\n")


def test_a_prevalence_table_in_per_cent_is_refused_as_no_proportion(
    shipped_copy: Path, replace: Replace
) -> None:
    line = replace(
        shipped_copy / "factors.yaml", "{urban: 0.55, suburban: 0.30", "{urban: 55, suburban: 0.30"
    )
    assert f"factors.yaml:{line}: factors.4.levels.urban: Input should be less than or equal to 1" in str(
        refusal(shipped_copy)
    )


def test_a_term_in_two_domains_is_named_with_both(shipped_copy: Path, replace: Replace) -> None:
    replace(shipped_copy / "lexicon.yaml", "{id: amnesia,", "{id: speech,")
    error = refusal(shipped_copy)
    assert "term 'speech' stands in domain 'memory' and in 'speech_language'" in error.message
    assert "give each term one domain" in error.message


def test_broken_yaml_names_the_line(shipped_copy: Path, replace: Replace) -> None:
    line = replace(shipped_copy / "visits.yaml", "words_reference_year: 2014", 'words_reference_year: "2014')
    message = refusal(shipped_copy).message
    assert message.startswith(f"{shipped_copy}/visits.yaml:")
    assert int(message.split(":")[1]) >= line
    assert "not valid YAML" in message


def test_broken_yaml_in_the_head_of_a_pack_is_one_clear_line_too(toy_copy: Path) -> None:
    (toy_copy / "pack.yaml").write_text("id: toy\nname: [toy\n")
    assert "pack.yaml:" in refusal(toy_copy).message
    (toy_copy / "pack.yaml").write_text("- id: toy\n")
    assert "pack.yaml:1: (whole file): Input should be a valid dictionary" in refusal(toy_copy).message


def test_a_character_that_yaml_forbids_is_one_clear_line(toy_copy: Path) -> None:
    with (toy_copy / "drugs.yaml").open("a", encoding="utf-8") as file:
        file.write("note: bell \x07\n")
    assert "drugs.yaml" in refusal(toy_copy).message
    assert "not valid YAML" in refusal(toy_copy).message


def test_missing_files_are_all_named(shipped_copy: Path) -> None:
    (shipped_copy / "lexicon.yaml").unlink()
    (shipped_copy / "visits.yaml").unlink()
    error = refusal(shipped_copy)
    assert error.message == f"{shipped_copy}: lacks visits.yaml, lexicon.yaml"
    assert "docs/packs.md says what it holds" in error.remedy


def test_a_file_in_another_encoding_names_the_byte(shipped_copy: Path) -> None:
    path = shipped_copy / "labels.yaml"
    path.write_bytes(b"# r\xe9sum\xe9\n" + path.read_bytes())
    error = refusal(shipped_copy)
    assert error.message == f"{path}: byte 3 is not UTF-8"
    assert error.remedy == "save the file as UTF-8"


def test_an_empty_file_is_refused(toy_copy: Path) -> None:
    (toy_copy / "mentions.yaml").write_text("")
    assert "mentions.yaml:1: (whole file)" in refusal(toy_copy).message


def test_a_line_with_a_wrong_key_is_told_by_that_key(toy_copy: Path, replace: Replace) -> None:
    path = toy_copy / "symptoms/movement.yaml"
    line = replace(path, "when: {has: married}", "when: {tag: married}")
    with pytest.raises(PackError) as caught:
        check_pack(toy_copy)
    assert (
        f"{path}:{line}: terms.buttons.told.2.when.tag: Extra inputs are not permitted"
        in caught.value.message
    )


def test_several_wrong_fields_are_counted(toy_copy: Path, replace: Replace) -> None:
    replace(toy_copy / "mentions.yaml", "worse: 0.2", "worse: 2")
    replace(toy_copy / "mentions.yaml", "better: 0.1", "better: -1")
    assert refusal(toy_copy).message.endswith("(1 more)")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_cut_out_of_a_file_it_loads_or_is_refused_in_one_line(
    tmp_path: Path, data: st.DataObject
) -> None:
    text = (Path(__file__).parent / "toy/factors.yaml").read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    file = tmp_path / "factors.yaml"
    file.write_text(text[:start] + text[end:], encoding="utf-8")
    error = None
    try:
        factors = load_file(file, Factors)
    except PackError as refused:
        error = refused
    if error is None:
        assert all(sum(factor.levels.values()) == pytest.approx(1.0) for factor in factors.factors)
    else:
        assert str(file) in error.message
        assert error.remedy
        assert "\n" not in str(error)
