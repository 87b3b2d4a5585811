import json
from pathlib import Path

import pytest

pytest.importorskip("json_repair", reason="the llm extra is not installed")

from dualalign.cohort.bronze_by_model import compose_by_model
from dualalign.errors import BudgetExceeded, CohortError, ModelError
from dualalign.labels.composing import Composing
from dualalign.llm import Budget, Journal
from dualalign.llm.choice import ModelChoice
from dualalign.packs import load_pack
from tests.labels.novel_sentences import novel
from tests.labels.scripted_model import Scripted, scripted

TOY = load_pack(Path(__file__).parents[1] / "packs" / "toy")
CHOICE = ModelChoice("llm", base_url="http://127.0.0.1:9/v1", model="scripted")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Scripted]:
    """Every backend opened; the first one has a budget of some requests."""
    opened: list[Scripted] = []

    def open_model(choice: ModelChoice, journal: Path, keep_requests: bool):
        assert keep_requests, "prompts of composed sentences hold no patient"
        model, backend = scripted(novel, journal, None if opened else Budget(tokens=700))
        opened.append(backend)
        return model

    monkeypatch.setattr("dualalign.llm.choice.open_model", open_model)
    return opened


def test_a_run_whose_budget_is_spent_goes_on_and_pays_for_nothing_twice(
    tmp_path: Path, asked: list[Scripted]
) -> None:
    out = tmp_path / "b"
    with pytest.raises(BudgetExceeded):
        compose_by_model(CHOICE, TOY, out, Composing(40))
    assert json.loads((out / "manifest.json").read_text())["complete"] is False
    with Journal(out / "journal.sqlite") as journal:
        paid = len(journal)
    assert 0 < paid < 15
    manifest = compose_by_model(CHOICE, TOY, out, Composing(40))
    assert manifest["complete"]
    assert manifest["counts"]["sentences"] == 120
    assert len(asked[1].asked) == 15 - paid
    assert compose_by_model(CHOICE, TOY, tmp_path / "whole", Composing(40)) == manifest
    first, second = (folder / "sentences" / "part-00000.parquet" for folder in (out, tmp_path / "whole"))
    assert first.read_bytes() == second.read_bytes()


def test_other_options_need_overwrite_and_keep_the_journal(tmp_path: Path, asked: list[Scripted]) -> None:
    out = tmp_path / "b"
    with pytest.raises(BudgetExceeded):
        compose_by_model(CHOICE, TOY, out, Composing(40))
    with pytest.raises(CohortError, match="holds a bronze set already"):
        compose_by_model(CHOICE, TOY, out, Composing(39))
    manifest = compose_by_model(CHOICE, TOY, out, Composing(39), overwrite=True)
    assert manifest["counts"]["sentences"] == 117
    assert len(asked[1].asked) < 15, "replies of the journal serve again"


def test_a_set_to_be_replaced_stays_until_another_takes_its_place(tmp_path: Path, monkeypatch) -> None:
    from dualalign.cohort.sentence_set import write_bronze
    from dualalign.notes.compose import ComposedSentence

    def gone(*_, **__):
        raise ModelError("the server is gone")

    out = tmp_path / "b"
    write_bronze([ComposedSentence("Forgets names.", ("cognitive",), "cognitive", "names")], out, {"seed": 1})
    monkeypatch.setattr("dualalign.llm.choice.open_model", gone)
    with pytest.raises(ModelError, match="the server is gone"):
        compose_by_model(CHOICE, TOY, out, Composing(40), overwrite=True)
    assert json.loads((out / "manifest.json").read_text())["complete"] is True
    assert (out / "sentences" / "part-00000.parquet").is_file()
