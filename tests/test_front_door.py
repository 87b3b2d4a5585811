"""The library as a newcomer meets it: `import dualalign as da` and four calls."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import dualalign as da

TOY = Path(__file__).parent / "packs" / "toy"
ROOT = Path(__file__).parents[1]
NOTE = "HPI: Forgets names and repeats questions. Denies falls."


@pytest.fixture(scope="module")
def cohort() -> da.Cohort:
    return da.generate(TOY, patients=2, controls=1, seed=3)


def test_a_cohort_says_what_it_is(cohort: da.Cohort) -> None:
    assert "of pack 'toy': 3 patients" in repr(cohort)
    assert "<Cohort" in repr(cohort)


def test_every_table_is_an_attribute(cohort: da.Cohort) -> None:
    from dualalign.cohort.folder import PARTED, WHOLE

    for name in (*PARTED, *WHOLE):
        assert getattr(cohort, name).equals(cohort.table(name)), name


def test_the_same_arguments_give_the_same_bytes(cohort: da.Cohort, tmp_path: Path) -> None:
    again = da.generate(TOY, tmp_path / "cohort", patients=2, controls=1, seed=3)
    assert again.folder == tmp_path / "cohort"
    assert again.folder != cohort.folder
    assert again.notes.equals(cohort.notes)
    assert not again.notes.equals(da.generate(TOY, patients=2, controls=1, seed=4).notes)


def test_a_cohort_without_a_folder_is_gone_when_python_ends() -> None:
    script = f"import dualalign as da; print(da.generate({str(TOY)!r}, patients=1).folder)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    folder = Path(ended.stdout.strip())
    assert folder.name.startswith("dualalign-")
    assert not folder.exists()


def test_tables_leave_as_pandas_and_datasets(cohort: da.Cohort) -> None:
    opened = da.load_cohort(cohort.folder)
    pytest.importorskip("pandas")
    frame = opened.to_pandas("sentences", ["text", "labels"])
    assert list(frame.columns) == ["text", "labels"]
    assert len(frame) == len(opened.sentences)
    pytest.importorskip("datasets")
    assert opened.to_datasets("notes")[0]["text"] == opened.notes["text"][0].as_py()


def test_a_missing_extra_is_named(cohort: da.Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dualalign.cohort.reader.find_spec", lambda name: None)
    for name, ask in (("pandas", cohort.to_pandas), ("datasets", cohort.to_datasets)):
        with pytest.raises(
            da.DualAlignError, match=rf"{name} is not installed - pip install 'dualalign\[{name}\]'"
        ):
            ask()


def test_notes_are_labelled_sentence_by_sentence() -> None:
    found = da.label([NOTE, "", NOTE.upper()])
    assert [(each.note, each.sentence) for each in found] == [(0, 0), (0, 1), (2, 0), (2, 1)]
    assert found[0].labels == ("cognitive",)
    assert found[1].labels == ()
    assert {each.label_source for each in found} == {"rules"}
    for each in found[:2]:
        assert NOTE[each.start : each.end] == each.text
    assert da.label(NOTE) == found[:2]
    assert da.label(NOTE, da.load_pack("alzheimers")) == found[:2]


def test_a_sentence_is_read_in_its_note() -> None:
    assert da.label("She denies:\n- confusion")[-1].labels == ()
    assert da.label("- confusion")[-1].labels == ("cognitive",)


def test_an_annotator_of_ones_own_labels_instead_of_the_rules() -> None:
    from dualalign.labels import Annotation

    class Everything:
        source = "mine"

        def annotate(self, sentences: list[str], context: str = "") -> list[Annotation]:
            return [Annotation(("concern",), 0.5, self.source) for _ in sentences]

    said = {
        (each.labels, each.label_source, each.confidence) for each in da.label(NOTE, annotator=Everything())
    }
    assert said == {(("concern",), "mine", 0.5)}


def test_a_note_that_is_no_text_is_refused_by_position() -> None:
    with pytest.raises(da.DualAlignError, match="note 1 is float, not text"):
        da.label([NOTE, float("nan")])  # type: ignore[list-item]


def test_a_cohort_is_evaluated_as_by_the_command(cohort: da.Cohort) -> None:
    by_object = da.evaluate(cohort, TOY, only=["privacy"])
    assert list(by_object) == ["privacy"]
    assert by_object == da.evaluate(cohort.folder, TOY, only=["privacy"])
    with pytest.raises(da.DualAlignError, match="made with pack 'toy', which is not installed"):
        da.evaluate(cohort)
    with pytest.raises(da.DualAlignError, match="made with pack 'toy', not 'alzheimers'"):
        da.evaluate(cohort, "alzheimers")


def test_every_public_name_is_there_and_no_other() -> None:
    for name in da.__all__:
        assert getattr(da, name).__doc__, name
        assert name in dir(da)
    with pytest.raises(AttributeError, match="no attribute 'generat'"):
        _ = da.generat  # type: ignore[attr-defined]


def test_the_import_is_light() -> None:
    script = "import sys, json, dualalign; print(json.dumps(sorted(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(ended.stdout)}
    assert not loaded & {"pyarrow", "numpy", "sklearn", "pydantic", "rich", "typer", "yaml"}


def test_there_is_one_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == da.__version__
    assert f"## {da.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
