from pathlib import Path

from dualalign.cohort import generate_cohort
from dualalign.cohort.part_maker import PartMaker, PartRun
from dualalign.personas import sample_personas


def test_two_workers_write_the_bytes_that_one_writes(
    real: Path, asked: dict, tmp_path: Path, digests
) -> None:
    """Spawned workers also hash strings by another key, so no set may leak its order into the rows."""
    folder = generate_cohort("alzheimers", tmp_path / "two", workers=2, **asked)
    assert digests(folder) == digests(real)


def test_order_of_the_parts_does_not_matter(real: Path, asked: dict, tmp_path: Path, digests) -> None:
    from dualalign.cohort.folder import open_parts
    from dualalign.packs import load_pack

    pack = load_pack("alzheimers")
    people = list(sample_personas(pack, asked["patients"], asked["seed"], pack.profiles.default))
    open_parts(tmp_path)
    maker = PartMaker(PartRun(pack.folder, pack.profiles.default, asked["seed"], tmp_path))
    for part in (2, 0, 1, 0):
        maker.make(part, [people[part]])
    finished = digests(real)
    for name in ("notes", "sentences"):
        for part in (0, 1, 2):
            path = f"{name}/part-{part:05d}.parquet"
            assert digests(tmp_path)[path] == finished[path]


def test_the_same_patient_in_a_part_of_another_size(
    made: Path, toy: Path, asked: dict, tmp_path: Path
) -> None:
    from dualalign.cohort import open_cohort

    folder = generate_cohort(toy, tmp_path / "c", **{**asked, "part_patients": 3})
    wide, narrow = open_cohort(folder), open_cohort(made)
    assert len(wide.parts("notes")) == 2
    for name in ("personas", "visits", "mentions", "measurements", "notes", "sentences"):
        assert wide.table(name).to_pylist() == narrow.table(name).to_pylist()


def test_another_seed_gives_other_people_and_notes(
    made: Path, toy: Path, asked: dict, tmp_path: Path, digests
) -> None:
    other = digests(generate_cohort(toy, tmp_path / "c", **{**asked, "seed": 6}))
    same = digests(made)
    assert other.keys() == same.keys()
    # The toy pack measures nothing, whoever its people are.
    alike = [name for name in same if other[name] == same[name] != "folder"]
    assert alike == ["measurements.parquet"]


def test_a_pack_named_by_a_relative_path_reaches_the_workers(toy: Path, tmp_path: Path, monkeypatch) -> None:
    """`Path("toy")` is a folder; its bare name alone would be looked up among installed packs."""
    monkeypatch.chdir(toy.parent)
    folder = generate_cohort(Path("toy"), tmp_path / "c", patients=2, part_patients=1, workers=2)
    assert (folder / "notes" / "part-00001.parquet").exists()
