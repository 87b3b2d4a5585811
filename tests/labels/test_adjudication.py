import numpy as np
import pytest

from dualalign.errors import LabelError
from dualalign.labels import Annotation, adjudicate

LABELS = ("memory", "mood")
SILENT = Annotation((), 0.0, "model", abstained=True)


def _simulated(
    rates: dict[str, tuple[float, float]], size: int = 3000, share: float = 0.2
) -> tuple[np.ndarray, dict[str, list[Annotation]]]:
    random = np.random.default_rng(0)
    truth = random.random((size, len(LABELS))) < share
    sources = {}
    for name, (sensitivity, specificity) in rates.items():
        chance = np.where(truth, sensitivity, 1 - specificity)
        votes = random.random(truth.shape) < chance
        sources[name] = [
            Annotation(tuple(label for label, yes in zip(LABELS, row, strict=True) if yes), 1.0, name)
            for row in votes
        ]
    return truth, sources


def _accuracy(truth: np.ndarray, annotations: list[Annotation]) -> float:
    said = np.array([[label in each.labels for label in LABELS] for each in annotations])
    return float((said == truth).mean())


def test_finds_how_good_each_source_is() -> None:
    rates = {"rules": (0.7, 0.97), "model": (0.9, 0.9), "noisy": (0.55, 0.8)}
    _, sources = _simulated(rates)
    found = adjudicate(sources, LABELS)
    for name, (sensitivity, specificity) in rates.items():
        for label in LABELS:
            assert found.quality[name][label].sensitivity == pytest.approx(sensitivity, abs=0.08)
            assert found.quality[name][label].specificity == pytest.approx(specificity, abs=0.03)
    for label in LABELS:
        assert found.prevalence[label] == pytest.approx(0.2, abs=0.03)


def test_is_far_better_than_the_majority_and_near_the_best_source() -> None:
    truth, sources = _simulated({"good": (0.92, 0.95), "poor": (0.6, 0.75), "worse": (0.5, 0.7)})
    found = _accuracy(truth, adjudicate(sources, LABELS).annotations)
    votes = [
        np.array([[label in each.labels for label in LABELS] for each in annotations])
        for annotations in sources.values()
    ]
    majority = float(((sum(vote.astype(int) for vote in votes) >= 2) == truth).mean())
    assert found > majority + 0.05
    assert found >= _accuracy(truth, sources["good"]) - 0.012


def test_confidence_is_calibrated() -> None:
    truth, sources = _simulated({"a": (0.8, 0.9), "b": (0.75, 0.92), "c": (0.85, 0.88)})
    probabilities = adjudicate(sources, LABELS).probabilities
    for low, high in ((0.05, 0.35), (0.35, 0.65), (0.65, 0.95)):
        chosen = (probabilities >= low) & (probabilities < high)
        if chosen.sum() > 60:
            assert truth[chosen].mean() == pytest.approx(probabilities[chosen].mean(), abs=0.12)


def test_who_abstains_does_not_vote_and_silence_stays_silence() -> None:
    _, sources = _simulated({"a": (0.8, 0.9), "b": (0.75, 0.92), "c": (0.85, 0.88)}, 200)
    quiet = {name: [SILENT, *annotations[1:]] for name, annotations in sources.items()}
    assert adjudicate(quiet, LABELS).annotations[0].abstained
    one = dict(quiet, a=sources["a"])
    assert not adjudicate(one, LABELS).annotations[0].abstained


def test_refuses_what_it_cannot_weigh() -> None:
    one = [Annotation((), 1.0, "rules")]
    with pytest.raises(LabelError, match="1 source"):
        adjudicate({"rules": one}, LABELS)
    with pytest.raises(LabelError, match="different length: rules 1, model 2"):
        adjudicate({"rules": one, "model": [*one, *one]}, LABELS)
    with pytest.raises(LabelError, match="no sentences"):
        adjudicate({"rules": [], "model": []}, LABELS)
