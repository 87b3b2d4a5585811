"""Notes read by an encoder: what becomes of sentences, and whose model may read them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from dualalign.classifiers.sentence_vectors import SentenceVectors  # noqa: E402
from dualalign.cohort import Cohort, generate_cohort, open_cohort  # noqa: E402
from dualalign.errors import ProgressionError  # noqa: E402
from dualalign.progression import note_vectors  # noqa: E402
from dualalign.progression.dualpath import DualPath  # noqa: E402
from dualalign.progression.explanation import explain  # noqa: E402
from dualalign.progression.figure import contribution_words  # noqa: E402
from dualalign.progression.history import history_at_visits  # noqa: E402
from dualalign.progression.longitudinal import LongitudinalData  # noqa: E402
from dualalign.progression.meds import write_meds  # noqa: E402
from dualalign.progression.model import ProgressionModel, fit_model, load_model, save_model  # noqa: E402
from dualalign.progression.network import NetworkOptions  # noqa: E402
from dualalign.progression.note_encoder import NoteEncoder  # noqa: E402
from dualalign.progression.note_vectors import own_sentences, with_note_vectors  # noqa: E402
from dualalign.progression.questions import Kind, Questions  # noqa: E402
from dualalign.progression.readers import open_data, read_cohort  # noqa: E402
from dualalign.progression.scaling import fit_scales  # noqa: E402
from dualalign.progression.schema import load_schema  # noqa: E402
from dualalign.progression.training import TrainingOptions, make_batch, shape_of  # noqa: E402
from dualalign.progression.visits import Visits, to_visits  # noqa: E402
from dualalign.stats.ranking import resampled_roc_auc  # noqa: E402
from tests.progression.command import run  # noqa: E402
from tests.progression.planted import SCHEMA, planted  # noqa: E402
from tests.progression.test_records import MEASURED, folder, omop  # noqa: E402

__all__ = ["folder"]

NUMBERS = 8
FORGETS = "She forgets appointments. Repeats questions and misplaces his keys."
WELL = "Blood pressure is well controlled. Refill of the water pill was sent."
QUICK = DualPath(
    options=TrainingOptions(NetworkOptions(dropout=0.0), epochs=25, patience=8, batch_subjects=32), folds=2
)


def with_notes(data: LongitudinalData) -> LongitudinalData:
    """Those who will meet the event forget, at every visit; the others are well."""
    rows = data.observations.to_pylist()
    times = dict.fromkeys((row["subject"], row["time"]) for row in rows)
    ill = {row["subject"] for row in data.events.to_pylist()}
    for subject, time in times:
        said = {"feature": "report", "value": None, "text": FORGETS if subject in ill else WELL}
        rows.append({"subject": subject, "time": time} | said)
    rows.sort(key=lambda row: (data.ids.index(row["subject"]), row["time"]))
    return replace(data, observations=pa.Table.from_pylist(rows, schema=data.observations.schema))


@pytest.fixture(scope="module")
def encoder(tiny_encoder: str) -> NoteEncoder:
    return NoteEncoder(tiny_encoder, NUMBERS)


@pytest.fixture(scope="module")
def data(encoder: NoteEncoder) -> LongitudinalData:
    return with_note_vectors(with_notes(planted(40)), encoder)


@pytest.fixture(scope="module")
def model(data: LongitudinalData) -> ProgressionModel:
    return fit_model(data, ("rating", "marker", "noise"), 0, QUICK)


def meaning(data: LongitudinalData) -> np.ndarray:
    visits = to_visits(data)
    return visits.values[:, [each.startswith("meaning_") for each in visits.schema.numeric]]


def test_a_visit_holds_the_mean_of_its_sentences(tiny_encoder: str, encoder: NoteEncoder) -> None:
    plain = planted(2, 2)
    said = [
        ("S000", 0.0, ["Denies forgetting anything.", "He is tearful."]),
        ("S000", 0.0, ["Denies forgetting anything."]),
        ("S001", 0.0, []),
    ]
    found = meaning(with_note_vectors(plain, encoder, said))
    vectors = SentenceVectors(tiny_encoder, "mean", 128, None)(
        ["Denies forgetting anything.", "He is tearful."]
    )
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    drawn, triangle = np.linalg.qr(np.random.Generator(np.random.PCG64(20)).standard_normal((32, NUMBERS)))
    expected = (2 * vectors[0] + vectors[1]) / 3 @ (drawn * np.sign(np.diag(triangle)))
    np.testing.assert_allclose(found[0], expected, atol=1e-5)
    assert np.isnan(found[1:]).all()


def test_each_sentence_is_read_once_and_portions_change_nothing(
    tiny_encoder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    compute = SentenceVectors.compute
    monkeypatch.setattr(
        SentenceVectors, "compute", lambda self, texts: asked.extend(texts) or compute(self, texts)
    )
    plain = with_notes(planted(6))
    done: list[int] = []
    whole = meaning(with_note_vectors(plain, NoteEncoder(tiny_encoder, NUMBERS), None, done.append))
    four = sorted(f"{each}." for text in (FORGETS, WELL) for each in text[:-1].split(". "))
    assert sorted(asked) == four
    assert done == [60]
    monkeypatch.setattr(note_vectors, "_AT_ONCE", 7)
    parts = meaning(with_note_vectors(plain, NoteEncoder(tiny_encoder, NUMBERS), None, done.append))
    np.testing.assert_allclose(parts, whole, atol=1e-6)
    assert sorted(asked[4:]) == four
    assert done[1:] == [8, 16, 24, 32, 40, 48, 56, 60]


def test_the_numbers_of_one_patient_depend_on_no_other(tiny_encoder: str, data: LongitudinalData) -> None:
    alone = with_note_vectors(with_notes(planted(40)).take(["S003"]), NoteEncoder(tiny_encoder, NUMBERS))
    np.testing.assert_allclose(meaning(alone), meaning(data.take(["S003"])), atol=1e-6)


def changed_copy(model: str, folder: Path, what: str) -> str:
    shutil.copytree(model, folder)
    if what == "weights":
        from transformers import BertModel

        network = BertModel.from_pretrained(folder)
        with torch.no_grad():
            network.encoder.layer[0].attention.self.query.weight[0, 0] += 0.1
        network.save_pretrained(folder)
    if what == "vocabulary":
        file = folder / "tokenizer.json"
        content = json.loads(file.read_text())
        words = content["model"]["vocab"]
        words["tearful"], words["forgets"] = words["forgets"], words["tearful"]
        file.write_text(json.dumps(content))
    return str(folder)


@pytest.mark.parametrize("what", ["path", "weights", "vocabulary"])
def test_an_encoder_is_known_by_what_it_is_and_not_by_where_it_lies(
    tiny_encoder: str, encoder: NoteEncoder, tmp_path: Path, what: str
) -> None:
    other = NoteEncoder(changed_copy(tiny_encoder, tmp_path / "elsewhere", what), NUMBERS).identity
    assert other.name == "elsewhere"
    assert (other.digest == encoder.identity.digest) == (what == "path")
    fingerprints = {
        encoder.schema_with(SCHEMA).fingerprint(),
        NoteEncoder(str(tmp_path / "elsewhere"), NUMBERS).schema_with(SCHEMA).fingerprint(),
    }
    assert len(fingerprints) == (1 if what == "path" else 2)


def test_ways_to_read_are_part_of_what_an_encoder_is(tiny_encoder: str, encoder: NoteEncoder) -> None:
    others = [
        NoteEncoder(tiny_encoder, NUMBERS - 1),
        NoteEncoder(tiny_encoder, NUMBERS, pooling="last"),
        NoteEncoder(tiny_encoder, NUMBERS, tokens=9),
    ]
    digests = {each.identity.digest for each in (encoder, *others)}
    assert len(digests) == 4
    with pytest.raises(ProgressionError, match="33 numbers of vectors of 32"):
        NoteEncoder(tiny_encoder, 33)(["Forgets."])


def test_schemas_without_an_encoder_keep_their_hash(encoder: NoteEncoder) -> None:
    assert SCHEMA.fingerprint() == "069a82212768e0cc"
    added = encoder.schema_with(SCHEMA)
    assert added.fingerprint() != SCHEMA.fingerprint()
    assert added.before_encoder() == SCHEMA
    with pytest.raises(ProgressionError, match="already holds what the encoder"):
        encoder.schema_with(added)


def test_the_linear_path_and_tables_leave_these_numbers_out_unless_asked(
    data: LongitudinalData, tiny_encoder: str
) -> None:
    visits = to_visits(data)
    plain = history_at_visits(to_visits(with_notes(planted(40))))
    assert history_at_visits(visits).names == plain.names
    np.testing.assert_array_equal(history_at_visits(visits).values, plain.values)
    schema = NoteEncoder(tiny_encoder, NUMBERS, linear=True).schema_with(SCHEMA)
    assert NoteEncoder.of(schema, tiny_encoder).schema_with(SCHEMA) == schema
    assert schema.fingerprint() != visits.schema.fingerprint()
    every = replace(visits, schema=schema)
    assert sum("meaning_" in name for name in history_at_visits(every).names) == 5 * NUMBERS
    for each, columns in ((visits, 0), (every, 3 * NUMBERS)):
        scales = fit_scales(each)
        assert shape_of(each.schema, scales).modalities[-1] == tuple(range(3, 3 + NUMBERS))
        assert (
            shape_of(each.schema, scales).wide == make_batch(each, scales, torch.device("cpu")).wide.shape[-1]
        )
        assert shape_of(each.schema, scales).wide == 3 * 3 + len(visits.static[0]) + 1 + columns


def test_what_only_the_notes_tell_is_learned(model: ProgressionModel, encoder: NoteEncoder) -> None:
    def area(visits: Visits) -> float:
        """Who of all will meet the event, said at the first visit."""
        everyone, zeros = np.arange(len(visits)), np.zeros(len(visits))
        ill = ~np.isnan(visits.event_times)
        asked = Questions(Kind.CONVERSION, everyone, visits.starts[:-1], zeros, zeros + 5, ill)
        found = model.fitted.predict(visits, asked)
        return float(resampled_roc_auc(ill, found, np.ones((1, len(found))))[0])

    others = to_visits(with_note_vectors(with_notes(planted(30, seed=5)), encoder))
    assert area(others) > 0.95
    read = [each for each in others.schema.numeric if each.startswith("meaning_")]
    assert area(others.without(read)) < 0.7


def test_an_explanation_takes_a_note_as_one(model: ProgressionModel, data: LongitudinalData) -> None:
    found = explain(model.fitted, data, "S000", 2.0, Kind.STATE)
    notes = [each for each in found.contributions if each.modality == "meaning"]
    assert len(notes) == len(found.times)
    assert {each.feature for each in notes} == {"meaning"}
    assert max(abs(each.change) for each in notes) > 0
    said = contribution_words(max(notes, key=lambda each: each.time), data.schema)
    assert said == f"meaning of the notes, year {found.times[-1]:.1f}"


def test_a_model_refuses_data_that_another_encoder_read_or_none(
    model: ProgressionModel, tiny_encoder: str, tmp_path: Path
) -> None:
    loaded = load_model(save_model(model, tmp_path / "model"))
    loaded.check_schema(NoteEncoder.of(loaded.schema, tiny_encoder).schema_with(SCHEMA))
    with pytest.raises(ProgressionError, match="give it with --encoder"):
        loaded.check_schema(SCHEMA)
    strange = changed_copy(tiny_encoder, tmp_path / "strange", "weights")
    with pytest.raises(ProgressionError, match=r"the data hold what 'strange' \(.{16}\) read"):
        loaded.check_schema(NoteEncoder(strange, NUMBERS).schema_with(SCHEMA))
    with pytest.raises(ProgressionError, match=r"'.*strange' is another"):
        NoteEncoder.of(loaded.schema, strange)
    with pytest.raises(ProgressionError, match="reads no notes"):
        NoteEncoder.of(SCHEMA, tiny_encoder)
    assert tiny_encoder not in (tmp_path / "model" / "model.json").read_text()
    card = (tmp_path / "model" / "README.md").read_text()
    assert f"- Meaning of the notes: 8 numbers of the encoder `{Path(tiny_encoder).name}` (" in card


def test_people_of_whom_nothing_is_written_are_no_slip(encoder: NoteEncoder) -> None:
    found = with_note_vectors(planted(3), encoder)
    assert found.schema.encoder == encoder.identity
    assert np.isnan(meaning(found)).all()
    assert found.observations.equals(planted(3).observations)


def test_data_without_texts_are_refused_by_name(encoder: NoteEncoder) -> None:
    with pytest.raises(ProgressionError, match="schema 'oasis2' holds no texts"):
        list(own_sentences(replace(planted(2), schema=load_schema("oasis2"))))


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    folder = tmp_path_factory.mktemp("notes") / "cohort"
    return open_cohort(generate_cohort("alzheimers", folder, 2, 2, None, 0, 1))


def test_a_cohorts_notes_are_read_day_by_day(cohort: Cohort, encoder: NoteEncoder) -> None:
    who = cohort.table("personas")["patient_id"].to_pylist()[1]
    found = read_cohort(cohort, patients=[who], encoder=encoder)
    assert found.ids == (who,)
    assert found.schema.encoder == encoder.identity
    notes = cohort.table("visits", ["note_id", "patient_id", "date"]).to_pylist()
    days = {row["note_id"]: row["date"] for row in notes if row["patient_id"] == who}
    sentences = cohort.table("sentences", ["note_id", "text"]).to_pylist()
    first = min(days.values())
    expected = {}
    for day in set(days.values()):
        words = [row["text"] for row in sentences if days.get(row["note_id"]) == day]
        expected[(day - first).days / 365.25] = encoder(words).mean(axis=0)
    read = [row for row in found.observations.to_pylist() if row["feature"].startswith("meaning")]
    assert len(read) == NUMBERS * len(expected)
    for row in read:
        number = int(row["feature"].removeprefix("meaning_")) - 1
        assert row["value"] == pytest.approx(expected[row["time"]][number], abs=1e-6)
    with pytest.raises(ProgressionError, match="no patient 'nobody'"):
        read_cohort(cohort, patients=["nobody"])
    days_kept = read_cohort(cohort, "alzheimers_as_oasis2", encoder=encoder).observations.to_pylist()
    assert {(row["subject"], row["time"]) for row in days_kept if row["feature"].startswith("meaning")} <= {
        (row["subject"], row["time"]) for row in days_kept if row["feature"] == "mmse"
    }


@pytest.mark.parametrize("subjects", [None, ["1"]])
def test_notes_of_records_are_split_and_read(
    folder: Path, encoder: NoteEncoder, subjects: list[str] | None
) -> None:
    note = 'person_id,note_date,note_text\n1,2020-07-01,"Mood is sad. Low mood, tearful in clinic."\n'
    place = omop(folder, measurement=MEASURED, note=note)
    found = meaning(open_data(place, folder / "omop.yaml", encoder=encoder, subjects=subjects))
    expected = encoder(["Mood is sad.", "Low mood, tearful in clinic."]).mean(axis=0)
    np.testing.assert_allclose(found[1], expected, atol=1e-6)
    assert np.isnan(found[[0, 2]]).all()


def test_the_commands_read_notes_through_an_encoder(
    model: ProgressionModel,
    tiny_encoder: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = save_model(model, tmp_path / "model")
    others = write_meds(with_notes(planted(6, seed=3)), tmp_path / "others")
    moved = changed_copy(tiny_encoder, tmp_path / "moved", "path")
    read = ("--encoder", moved, "--vectors", tmp_path / "kept")
    assert run(monkeypatch, "predict", folder, others, *read, "-o", tmp_path / "a.csv") == 0
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 7
    assert list((tmp_path / "kept").rglob("*.npz"))
    (others / "schema.yaml").unlink()
    assert run(monkeypatch, "predict", folder, others, *read, "-o", tmp_path / "b.csv") == 0
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "b.csv").read_text()
    write_meds(with_notes(planted(6, seed=3)), others)
    assert (
        run(
            monkeypatch,
            "explain",
            folder,
            others,
            *read,
            "-s",
            "S002",
            "--kind",
            "state",
            "-o",
            tmp_path / "f.svg",
        )
        == 0
    )
    assert "meaning of the notes, year" in capsys.readouterr().out
    assert run(monkeypatch, "evaluate", others, "--model", folder, "--encoder", moved) == 2
    assert "both folds" in capsys.readouterr().err
    assert run(monkeypatch, "predict", folder, others, "-o", tmp_path / "c.csv") == 2
    assert "give it with --encoder" in " ".join(capsys.readouterr().err.split())


@pytest.mark.slow
def test_fit_saves_what_the_encoder_is(
    tiny_encoder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = write_meds(with_notes(planted(16)), tmp_path / "notes")
    out = tmp_path / "fitted"
    assert (
        run(monkeypatch, "fit", notes, "--encoder", tiny_encoder, "--out", out, "--precision", "bfloat16")
        == 0
    )
    assert load_model(out).schema.encoder == NoteEncoder(tiny_encoder).identity
