"""The rules must not get worse on the benchmark's validation fold; the test fold is never used here."""

import os
from pathlib import Path

import pytest

from dualalign.labels import RulesAnnotator, read_gold
from dualalign.packs import load_pack

DATA = Path(os.environ.get("DUALALIGN_DATA", Path(__file__).parents[3] / "shared" / "data"))
GOLD = DATA / "symptom-benchmark" / "sentences.jsonl"


@pytest.mark.skipif(
    not GOLD.exists(), reason="the public benchmark is not here; set DUALALIGN_DATA to its folder"
)
def test_rules_on_the_validation_fold() -> None:
    pack = load_pack("alzheimers")
    gold = read_gold(GOLD, pack.labels.scheme("five")).fold("val")
    given = [bool(each.labels) for each in RulesAnnotator(pack).annotate(gold.texts)]
    truth = gold.labels.any(axis=1)
    right = sum(bool(a) and b for a, b in zip(truth, given, strict=True))
    assert right / sum(given) >= 0.9
    assert right / truth.sum() >= 0.9
