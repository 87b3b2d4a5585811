import json
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from shutil import copytree

import pytest

import dualalign
from dualalign.cohort import generate_cohort, open_cohort
from dualalign.cohort.manifest import RowOptions, read_manifest, write_manifest
from dualalign.errors import CohortError
from dualalign.packs import load_pack

OPTIONS = RowOptions("alzheimers", "1.0", "abc", "clinical", 100, 20, 7, "passages", 10, "0.1.0", {})
CHANGED = {
    "pack": "other",
    "pack_version": "1.1",
    "pack_fingerprint": "abd",
    "profile": "paper",
    "patients": 101,
    "controls": 21,
    "seed": 8,
    "writer": "some-model",
    "part_patients": 11,
    "software": "0.2.0",
    "extra": {"temperature": 1.0},
}


def test_manifest_says_how_to_make_the_cohort_again(real: Path, asked: dict) -> None:
    manifest = json.loads((real / "manifest.json").read_text())
    pack = load_pack("alzheimers")
    assert manifest["synthetic"] is True
    assert "Not for care" in manifest["notice"]
    assert manifest["software"] == f"dualalign {dualalign.__version__}"
    assert manifest["complete"] is True
    assert manifest["options"] == {
        "pack": "alzheimers",
        "pack_version": pack.version,
        "pack_fingerprint": pack.fingerprint,
        "profile": pack.profiles.default,
        **asked,
        "writer": "passages",
        "software": dualalign.__version__,
        "extra": {},
    }


def test_counts_are_those_of_the_tables(made: Path) -> None:
    cohort = open_cohort(made)
    counts = cohort.manifest["counts"]
    labels = cohort.table("sentences", ["labels"])["labels"].to_pylist()
    assert counts["parts"] == len(cohort.parts("notes")) == 4
    assert counts["patients"] == cohort.table("personas").num_rows == 4
    assert counts["notes"] == cohort.table("notes").num_rows == cohort.table("visits").num_rows
    assert counts["mentions"] == cohort.table("mentions").num_rows
    assert counts["sentences"] == len(labels)
    assert counts["unlabelled_sentences"] == sum(not each for each in labels)
    assert counts["labels"] == dict(sorted(Counter(label for each in labels for label in each).items()))


def test_every_option_that_changes_rows_changes_the_fingerprint() -> None:
    assert set(CHANGED) == {field.name for field in fields(RowOptions)}
    prints = [replace(OPTIONS, **{name: value}).fingerprint() for name, value in CHANGED.items()]
    assert len({OPTIONS.fingerprint(), *prints}) == len(CHANGED) + 1
    assert OPTIONS.fingerprint() == replace(OPTIONS).fingerprint()
    assert OPTIONS.fingerprint().startswith("v1:")


def test_each_argument_reaches_the_fingerprint(tmp_path: Path, monkeypatch, toy: Path) -> None:
    class Stop(Exception):
        pass

    seen = []

    def stop(folder, options, overwrite):
        seen.append(options.fingerprint())
        raise Stop

    monkeypatch.setattr("dualalign.cohort.generate.claim_folder", stop)
    base = {"pack_name": "alzheimers", "patients": 4}
    same = [{}, {"workers": 2}, {"overwrite": True}, {"profile": load_pack("alzheimers").profiles.default}]
    other = [
        {"patients": 5},
        {"controls": 1},
        {"profile": "paper"},
        {"seed": 1},
        {"part_patients": 3},
        {"pack_name": toy},
    ]
    for change in (*same, *other):
        with pytest.raises(Stop):
            generate_cohort(folder=tmp_path / "c", **{**base, **change})
    assert len(set(seen[: len(same)])) == 1
    assert len(set(seen)) == 1 + len(other)


def test_a_changed_pack_file_changes_the_fingerprint(toy: Path, tmp_path: Path) -> None:
    edited = copytree(toy, tmp_path / "edited")
    with (edited / "visits.yaml").open("a") as stream:
        stream.write("# one more line\n")
    assert load_pack(edited).fingerprint != load_pack(toy).fingerprint


def test_a_manifest_half_written_is_never_seen(tmp_path: Path, monkeypatch) -> None:
    write_manifest(tmp_path, OPTIONS, False, None)
    before = (tmp_path / "manifest.json").read_bytes()

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(CohortError, match="No space left on device"):
        write_manifest(tmp_path, replace(OPTIONS, seed=8), True, {"parts": 1})
    assert (tmp_path / "manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot be read"),
        (b'{"options": {"pack"', "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"[1, 2]", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b'{"options": "alzheimers"}', "not the manifest of a cohort"),
        (
            b'{"options": {"pack": "a", "profile": "p"}, "fingerprint": "v1:0", "complete": true, "counts": null}',
            "not the manifest of a cohort",
        ),
        (b'{"kind": "bronze", "options": {"pack": "a"}}', "holds a bronze set of sentences, not a cohort"),
    ],
)
def test_another_manifest_is_refused_in_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(CohortError, match=said) as caught:
        read_manifest(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
