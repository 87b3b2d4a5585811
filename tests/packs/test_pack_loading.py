"""Packs by name and by path, what they extend, and the fingerprint of their bytes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
import yaml

from dualalign.errors import PackError
from dualalign.packs import Pack, available_packs, find_pack, load_pack
from dualalign.packs import loader as loader_module
from dualalign.packs.loader import LIBRARY, MODELS, load_file, read_pack
from dualalign.packs.schema.note_material import Examination

TOY = Path(__file__).parent / "toy"
Replace = Callable[[Path, str, str], int]


def test_a_pack_loads_by_name_and_by_path(alzheimers: Pack) -> None:
    assert alzheimers.id == "alzheimers"
    assert alzheimers.folder == LIBRARY / "alzheimers"
    assert load_pack(LIBRARY / "alzheimers").fingerprint == alzheimers.fingerprint
    assert load_pack(str(LIBRARY / "alzheimers")).fingerprint == alzheimers.fingerprint


def test_a_pack_has_every_part_its_own_before_those_it_extends(alzheimers: Pack) -> None:
    assert set(alzheimers.parts) == set(MODELS)
    assert alzheimers.pack.id == "alzheimers"
    assert alzheimers.context.source == "dualalign"
    symptoms, complaints = (alzheimers.material_paths[kind] for kind in ("symptoms", "complaints"))
    assert {path.parents[1].name for path in symptoms} == {"alzheimers"}
    assert {path.parents[1].name for path in complaints} == {"old_age_medicine"}
    assert len(alzheimers.symptoms) == len(symptoms)
    assert len(alzheimers.complaints) == len(complaints)


def test_a_part_the_pack_does_not_have_is_an_attribute_error(alzheimers: Pack) -> None:
    with pytest.raises(AttributeError, match=r"no surgeries\.yaml"):
        _ = alzheimers.surgeries


def test_the_shared_english_is_sound_file_by_file_and_no_disease() -> None:
    folder = LIBRARY / "clinical_english"
    for file in folder.glob("*.yaml"):
        load_file(file, loader_module.model_of(file.stem))
    assert not (folder / "symptoms").exists(), "terms belong to a disease"
    with pytest.raises(
        PackError, match=r"names no disease and lacks .*lexicon\.yaml.* - give a pack that extends it"
    ):
        load_pack("clinical_english")


def test_the_fingerprint_is_that_of_the_bytes(alzheimers: Pack, shipped_copy: Path) -> None:
    assert read_pack(shipped_copy).fingerprint == read_pack(shipped_copy).fingerprint
    assert read_pack(shipped_copy).fingerprint == alzheimers.fingerprint


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("alzheimers/visits.yaml", "2.54", "2.55"),
        ("alzheimers/factors.yaml", "0.56", "0.57"),
        ("alzheimers/symptoms/thinking.yaml", "terms:", "terms: #"),
        ("clinical_english/layouts.yaml", "PCP VISIT", "PCP CALL"),
    ],
)
def test_the_fingerprint_changes_with_any_file_own_or_inherited(
    alzheimers: Pack, shipped_copy: Path, replace: Replace, file: str, old: str, new: str
) -> None:
    path = shipped_copy.parent / file
    if "factors" in file:
        replace(path, "male: 0.42", "male: 0.41")
    replace(path, old, new)
    assert read_pack(shipped_copy).fingerprint != alzheimers.fingerprint


def test_the_fingerprint_tells_a_renamed_file(toy_copy: Path) -> None:
    before = read_pack(toy_copy).fingerprint
    (toy_copy / "symptoms/movement.yaml").rename(toy_copy / "symptoms/motion.yaml")
    assert read_pack(toy_copy).fingerprint != before


def test_a_wrong_name_says_what_was_meant() -> None:
    with pytest.raises(PackError) as caught:
        find_pack("alzhiemers")
    assert "no pack is named 'alzhiemers'" in caught.value.message
    assert "did you mean 'alzheimers'?" in caught.value.remedy


def test_a_folder_without_a_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"holds no pack\.yaml - give the path"):
        load_pack(tmp_path)
    with pytest.raises(PackError, match="no such folder"):
        load_pack(tmp_path / "absent")


@pytest.mark.parametrize("value", ["toy_as_module", "toy_package.packs.toy"])
def test_packs_of_installed_packages_are_found_and_none_of_their_code_is_run(
    value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path.joinpath(*value.split("."))
    shutil.copytree(TOY, folder)
    for each in (folder, *folder.parents[: value.count(".")]):
        (each / "__init__.py").write_text("raise RuntimeError('run')")
    monkeypatch.syspath_prepend(str(tmp_path))
    entry = EntryPoint(name="toy", value=value, group="dualalign.packs")
    monkeypatch.setattr(loader_module, "entry_points", lambda group: [entry])
    assert available_packs()["toy"] == folder
    assert load_pack("toy").id == "toy"


def test_a_broken_entry_point_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint(name="ghost", value="no_such_module_at_all", group="dualalign.packs")
    monkeypatch.setattr(loader_module, "entry_points", lambda group: [entry])
    with pytest.raises(PackError, match=r"entry point 'ghost' \(no_such_module_at_all\)"):
        available_packs()


def test_a_pack_may_extend_its_neighbour(toy_copy: Path, tmp_path: Path, replace: Replace) -> None:
    child = tmp_path / "child"
    child.mkdir()
    (child / "pack.yaml").write_text(
        'id: child\nname: Child\nversion: "1"\ndescription: d\ndisease: x\nextends: [toy]\nsources: {}\nhorizon_years: 3\n'
    )
    pack = load_pack(child)
    assert pack.id == "child"
    assert list(pack.lexicon.terms()) == ["tremor", "slowness", "buttons", "handwriting"]


def test_entries_of_material_add_to_those_of_the_pack_extended(toy: Pack) -> None:
    """The toy gives normal lines for three systems and one order; all else of the examination is the shared one."""
    shared = load_file(LIBRARY / "clinical_english/examination.yaml", Examination)
    assert set(toy.examination.systems) == set(shared.systems)
    assert [line.say for line in toy.examination.systems["motor"].normal][1] == "normal bulk and strength"
    assert toy.examination.systems["heart"] == shared.systems["heart"]
    assert toy.examination.systems["motor"].words == shared.systems["motor"].words
    assert [next(iter(each)) for each in toy.examination.orders["neurology"]][-1] == "gait_normal"
    assert toy.examination.orders["default"] == shared.orders["default"]


def test_of_two_entries_of_one_id_the_pack_s_own_counts(toy_copy: Path) -> None:
    (toy_copy / "pack.yaml").write_text(
        (toy_copy / "pack.yaml")
        .read_text()
        .replace("[clinical_english]", "[clinical_english, old_age_medicine]")
    )
    before = load_pack(LIBRARY / "alzheimers").conditions.conditions
    own = yaml.safe_load((LIBRARY / "old_age_medicine/conditions.yaml").read_text())["conditions"][1]
    own["icd10"] = "Z99"
    (toy_copy / "conditions.yaml").write_text(yaml.safe_dump({"conditions": [own]}))
    after = {each.id: each for each in read_pack(toy_copy).conditions.conditions}
    assert set(after) == {each.id for each in before}
    assert after[own["id"]].icd10 == "Z99"


def test_extending_an_unknown_pack_names_the_line(toy_copy: Path, replace: Replace) -> None:
    line = replace(toy_copy / "pack.yaml", "[clinical_english]", "[clinical_englsh]")
    with pytest.raises(PackError) as caught:
        load_pack(toy_copy)
    assert f"pack.yaml:{line}: extends: no pack is named 'clinical_englsh'" in caught.value.message
    assert "did you mean 'clinical_english'?" in caught.value.remedy
