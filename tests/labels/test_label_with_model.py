import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

pytest.importorskip("json_repair", reason="the llm extra is not installed")

from dualalign.errors import LabelError, ModelError
from dualalign.labels import Asking, LlmAnnotator, label_file
from dualalign.labels.label_estimate import estimate_labels
from dualalign.labels.model_source import model_source
from dualalign.labels.silver import ModelSource
from dualalign.llm import ChatRequest, Journal, UnusableBackendError
from dualalign.llm.choice import ModelChoice
from dualalign.packs import load_pack

from .scripted_model import Scripted, by_words, scripted, sentences_of

PACK = load_pack("alzheimers")
NOTES = ["She forgets names.\nGait is steady.", "", "Wife reports that he is depressed. He fell twice."]
# The rules give cognitive, -, concern + neuropsychiatric, physiological.
ANSWER = by_words(cognitive="forgets", assistance="steady", neuropsychiatric="depressed", concern="Wife")


def write(folder: Path, notes: list[str]) -> Path:
    path = folder / "notes.jsonl"
    path.write_text("".join(json.dumps({"TEXT": note}) + "\n" for note in notes))
    return path


def source(answer=ANSWER, asked: list[Scripted] | None = None, **more: Any) -> ModelSource:
    @contextmanager
    def opened(folder: Path) -> Iterator[LlmAnnotator]:
        model, backend = scripted(answer, folder / "journal.sqlite")
        if asked is not None:
            asked.append(backend)
        annotator = LlmAnnotator(model, PACK, more.get("scheme"))
        try:
            yield annotator
        finally:
            annotator.close()
            model.journal.close()

    return ModelSource("llm", {"name": "scripted"}, opened, **{"choose": "llm", **more})


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return [
        row
        for part in sorted((folder / "sentences").iterdir())
        for row in pq.read_table(part, partitioning=None).to_pylist()
    ]


def test_every_source_s_labels_are_written_and_one_is_chosen(tmp_path: Path) -> None:
    manifest = label_file(write(tmp_path, NOTES), "TEXT", tmp_path / "s", PACK, model=source())
    rows = rows_of(tmp_path / "s")
    told = [(row["rules_labels"], row["llm_labels"]) for row in rows]
    assert told == [
        (["cognitive"], ["cognitive"]),
        ([], ["assistance"]),
        (["concern", "neuropsychiatric"], ["concern", "neuropsychiatric"]),
        (["physiological"], []),
    ]
    assert [row["labels"] for row in rows] == [llm for _, llm in told]
    assert {row["label_source"] for row in rows} == {"llm"}
    assert all(set(row["adjudicated_labels"]) <= {*row["rules_labels"], *row["llm_labels"]} for row in rows)
    assert json.loads(rows[0]["llm_shares"]) == {"cognitive": 1.0}
    assert manifest["counts"]["labels"]["assistance"] == 1
    assert manifest["counts"]["unlabelled_sentences"] == 1
    (pair,) = manifest["agreement"]["pairs"]
    assert (pair["first"], pair["second"]) == ("rules", "llm")
    assert pair["labels"]["cognitive"]["kappa"] == 1.0
    assert pair["labels"]["physiological"]["first_only"] == 1
    assert set(manifest["agreement"]["sensitivity_and_specificity"]) == {"rules", "llm"}


@pytest.mark.parametrize("choose", ["rules", "adjudicated"])
def test_another_source_can_be_chosen(tmp_path: Path, choose: str) -> None:
    label_file(write(tmp_path, NOTES), "TEXT", tmp_path / "s", PACK, model=source(choose=choose))
    for row in rows_of(tmp_path / "s"):
        assert row["labels"] == row[f"{choose}_labels"]
        assert row["label_source"] == choose


def test_where_the_model_abstains_the_rules_stand_in(tmp_path: Path) -> None:
    def unsure(request: ChatRequest) -> str:
        return json.dumps(
            {key: ["unsure"] if "fell" in text else [] for key, text in sentences_of(request).items()}
        )

    manifest = label_file(write(tmp_path, NOTES), "TEXT", tmp_path / "s", PACK, model=source(unsure))
    *_, last = rows_of(tmp_path / "s")
    assert last["llm_abstained"]
    assert (last["labels"], last["label_source"]) == (["physiological"], "rules")
    assert manifest["agreement"]["abstained"] == {"rules": 0, "llm": 1}


def test_nine_categories_are_the_model_s_alone_and_abstention_is_no_label(tmp_path: Path) -> None:
    def nine(request: ChatRequest) -> str:
        texts = sentences_of(request)
        return json.dumps(
            {key: ["unsure"] if "fell" in text else ["coping_strategy"] for key, text in texts.items()}
        )

    manifest = label_file(
        write(tmp_path, NOTES),
        "TEXT",
        tmp_path / "s",
        PACK,
        model=source(nine, scheme="nine", beside_rules=False),
    )
    rows = rows_of(tmp_path / "s")
    assert [row["labels"] for row in rows] == [["coping_strategy"]] * 3 + [None]
    assert "rules_labels" not in rows[0]
    assert manifest["counts"]["labels"]["coping_strategy"] == 3
    assert manifest["counts"]["unlabelled_sentences"] == 0


@pytest.mark.parametrize("file_format", ["csv", "jsonl"])
def test_text_formats_hold_the_same(tmp_path: Path, file_format: Any) -> None:
    label_file(write(tmp_path, NOTES), "TEXT", tmp_path / "s", PACK, model=source(), file_format=file_format)
    part = tmp_path / "s" / "sentences" / f"part-00000.{file_format}"
    if file_format == "csv":
        with part.open(newline="") as stream:
            assert [row["llm_labels"] for row in csv.DictReader(stream)][2] == "concern;neuropsychiatric"
    else:
        assert json.loads(part.read_text().splitlines()[1])["labels"] == ["assistance"]


def test_a_killed_run_asks_for_nothing_twice_and_gives_the_same_bytes(tmp_path: Path) -> None:
    notes = write(tmp_path, [f"She forgets {i}. Gait is steady {i}." for i in range(9)])
    whole: list[Scripted] = []
    label_file(notes, "TEXT", tmp_path / "whole", PACK, model=source(asked=whole, part_rows=2))
    asked: list[Scripted] = []

    def dying(request: ChatRequest) -> str:
        if len(asked[0].asked) > 5:
            raise KeyboardInterrupt
        return ANSWER(request)

    with pytest.raises(KeyboardInterrupt):
        label_file(notes, "TEXT", tmp_path / "s", PACK, model=source(dying, asked, part_rows=2))
    with Journal(tmp_path / "s" / "journal.sqlite") as journal:
        kept = len(journal)
    assert kept > 0
    label_file(notes, "TEXT", tmp_path / "s", PACK, model=source(asked=asked, part_rows=2))
    assert len(asked[1].asked) == len(whole[0].asked) - kept
    for part in sorted((tmp_path / "whole" / "sentences").iterdir()):
        assert part.read_bytes() == (tmp_path / "s" / "sentences" / part.name).read_bytes()


def test_a_model_that_cannot_be_used_leaves_nothing_behind_but_paid_replies(tmp_path: Path) -> None:
    notes = write(tmp_path, NOTES)

    def missing(request: ChatRequest):
        return UnusableBackendError("no such model")

    with pytest.raises(ModelError, match="no such model"):
        label_file(notes, "TEXT", tmp_path / "s", PACK, model=source(missing))
    assert [each.name for each in (tmp_path / "s").iterdir()] == ["journal.sqlite"]
    manifest = label_file(notes, "TEXT", tmp_path / "s", PACK, model=source())
    assert manifest["complete"], "the folder can be used by another model"


def test_refused_input_leaves_no_folder(tmp_path: Path) -> None:
    from dualalign.errors import InputDataError

    with pytest.raises(InputDataError, match="none of its 2 rows"):
        label_file(write(tmp_path, ["", " "]), "TEXT", tmp_path / "s", PACK)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("part_rows", [1, 1000])
def test_near_duplicates_are_left_out_and_counted(
    tmp_path: Path, part_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dualalign.labels import silver

    monkeypatch.setattr(silver, "PART_ROWS", part_rows)
    notes = [
        "Gait is unsteady. She forgets names.",
        "Gait is unsteady! She sleeps badly.",
        "She forgets  names",
    ]
    path = write(tmp_path, notes)
    manifest = label_file(path, "TEXT", tmp_path / "s", PACK, near_duplicates=0.8)
    rows = rows_of(tmp_path / "s")
    assert [row["text"] for row in rows] == ["Gait is unsteady.", "She forgets names.", "She sleeps badly."]
    assert [row["sentence"] for row in rows] == [0, 1, 1], "numbered as in the note"
    assert manifest["counts"]["near_duplicates"] == 2


def test_a_choice_that_no_source_makes_is_refused() -> None:
    with pytest.raises(LabelError, match="no source is called 'plan' - choose llm, rules, adjudicated"):
        source(choose="plan")
    with pytest.raises(LabelError, match="choose llm"):
        source(choose="rules", beside_rules=False)


def test_real_text_does_not_go_to_a_public_host_unasked() -> None:
    public = ModelChoice("llm", base_url="https://8.8.8.8/v1", model="m")
    with pytest.raises(ModelError, match="--send-real-text-to-public-host"):
        model_source(public, PACK)
    assert model_source(public, PACK, public_host_allowed=True).beside_rules
    local = ModelChoice("llm", base_url="http://127.0.0.1:1/v1", model="m")
    assert not model_source(local, PACK, "nine").beside_rules


def test_an_estimate_shows_no_word_of_a_note(tmp_path: Path) -> None:
    path = write(tmp_path, ["She forgets SECRETNAME. " * 10, "", "Gait is steady."])
    found = estimate_labels(path, "TEXT", PACK, asking=Asking(votes=3, second_pass=True))
    assert (found.notes, found.sentences, found.requests) == (2, 11, 18)
    assert found.prompt_tokens > 18 * 900
    assert len(found.prompts) == 3
    assert not any("SECRET" in each or "forgets" in each for each in found.prompts)
    assert "s1: xxx xxxxxxx xxxxxxxxxx." in found.prompts[0]


def test_a_run_that_goes_on_remembers_the_sentences_of_the_parts_it_skips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dualalign.labels import RulesAnnotator, silver

    class Dying(RulesAnnotator):
        def annotate(self, sentences, context=""):
            if "sleeps" in context:
                raise KeyboardInterrupt
            return super().annotate(sentences, context)

    monkeypatch.setattr(silver, "PART_ROWS", 1)
    path = write(tmp_path, ["Gait is unsteady.", "She sleeps badly.", "Gait is unsteady!"])
    with pytest.raises(KeyboardInterrupt):
        label_file(path, "TEXT", tmp_path / "s", PACK, Dying(PACK), near_duplicates=0.8)
    manifest = label_file(path, "TEXT", tmp_path / "s", PACK, near_duplicates=0.8)
    assert [row["text"] for row in rows_of(tmp_path / "s")] == ["Gait is unsteady.", "She sleeps badly."]
    assert manifest["counts"]["near_duplicates"] == 1
