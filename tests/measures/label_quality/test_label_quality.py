from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.errors import MeasureError
from dualalign.labels.gold import GoldSentences
from dualalign.measures.label_quality.plan_error import plan_against_rules
from dualalign.measures.label_quality.source_error import (
    label_error_classifier,
    label_error_rules,
    label_errors,
    source_error,
)
from dualalign.packs import load_pack

LABELS = ("x", "y")


def _gold(marks: list[list[int]], fold: str = "") -> GoldSentences:
    rows = range(len(marks))
    return GoldSentences(
        tuple(f"s{row}" for row in rows),
        tuple(f"sentence {row}" for row in rows),
        LABELS,
        np.array(marks, dtype=bool),
        tuple(f"g{row // 2}" for row in rows),
        tuple(fold or ("train" if row < 2 else "test") for row in rows),
    )


TRUTH = [[1, 0], [1, 0], [0, 1], [0, 0], [0, 0], [1, 1]]
GIVEN = [[1, 0], [0, 1], [0, 1], [0, 1], [0, 0], [1, 0]]


def test_errors_and_confusions_by_hand() -> None:
    found = source_error(_gold(TRUTH), np.array(GIVEN, dtype=bool))
    assert found.value == pytest.approx(3 / 6)
    assert found.breakdown["x: missed"] == pytest.approx(1 / 3)
    assert found.breakdown["x: given wrongly"] == 0
    assert found.breakdown["y: given wrongly"] == pytest.approx(2 / 4)
    assert found.breakdown["x read as y"] == pytest.approx(1 / 2)
    assert "y read as x" not in found.breakdown
    assert found.baseline["no label ever"] == pytest.approx(4 / 6)
    assert found.baseline["macro F1"] == pytest.approx((2 * 2 / 5 + 2 * 1 / 5) / 2)
    assert found.interval is not None
    assert found.interval[0] <= found.value <= found.interval[1]


def test_a_classifier_is_held_against_the_test_fold_only() -> None:
    class Constant:
        heads = ("y", "x")

        def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
            return np.tile([0.1, 0.9], (len(texts), 1))

    found = label_error_classifier(_gold(TRUTH), Constant())  # type: ignore[arg-type]
    assert "4 sentences" in found.note
    assert found.breakdown["x: missed"] == 0
    assert found.breakdown["y: missed"] == 1
    Constant.heads = ("y", "z")
    with pytest.raises(MeasureError, match="no head 'x'"):
        label_error_classifier(_gold(TRUTH), Constant())  # type: ignore[arg-type]


def test_other_labels_are_joined_by_id() -> None:
    other = _gold(GIVEN).take([3, 1])
    found = label_errors(_gold(TRUTH), {"model": other})["model"]
    assert found.name == "label_error_model"
    assert found.value == 1
    assert "2 sentences" in found.note
    strange = GoldSentences(("q",), ("?",), LABELS, np.zeros((1, 2), dtype=bool), ("q",), ("",))
    with pytest.raises(MeasureError, match="no id"):
        label_errors(_gold(TRUTH), {"model": strange})


def test_the_plan_is_held_against_the_rules(tmp_path: Path) -> None:
    pack = load_pack("alzheimers")
    cohort = open_cohort(generate_cohort("alzheimers", tmp_path / "c", 3, seed=1))
    found = plan_against_rules(cohort, pack, 0.1, most=3000)
    assert 0 < found.value < 0.3
    assert found.baseline == {"rules against gold": 0.1}
    assert "the plan would err on" in found.note
    parts = sum(found.breakdown.values())
    assert found.value <= parts <= 3 * found.value
    assert plan_against_rules(cohort, pack, most=3000).baseline == {}


def test_rules_on_the_public_benchmark() -> None:
    file = Path(__file__).parents[4] / "shared" / "data" / "symptom-benchmark" / "sentences.jsonl"
    if not file.is_file():
        pytest.skip("the symptom benchmark is not here")
    from dualalign.labels import read_gold

    pack = load_pack("alzheimers")
    found = label_error_rules(read_gold(file, pack.labels.scheme()).fold("test"), pack)
    assert found.value < found.baseline["no label ever"]
    assert found.baseline["macro F1"] > 0.6
