from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from dualalign.cohort import generate_cohort, open_cohort
from dualalign.cohort.reader import Cohort
from dualalign.errors import MeasureError
from dualalign.labels.annotation import Annotation
from dualalign.measures.fairness.classifier_errors import classifier_error_gap
from dualalign.measures.fairness.label_rates import label_rate_gap
from dualalign.measures.fairness.persona_swaps import swap_changes
from dualalign.packs.pack import Pack


class _Says:
    """A classifier that raises every label in sentences with some word."""

    heads = ("cognitive", "physiological")

    def __init__(self, word: str) -> None:
        self._word = word

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        raised = np.array([self._word in text.lower().split() for text in texts])
        return np.tile(raised[:, None].astype(float), (1, len(self.heads)))


def test_rates_are_those_of_the_tables(cohort: Cohort, pack: Pack) -> None:
    found = label_rate_gap(cohort, pack)
    people = {row["patient_id"]: row for row in cohort.table("personas").to_pylist() if row["is_case"]}
    women = {patient for patient, row in people.items() if row["sex"] == "female"}
    said = [row for row in cohort.table("sentences").to_pylist() if row["patient_id"] in people]
    notes = [row for row in cohort.table("notes").to_pylist() if row["patient_id"] in people]

    def rate(who: set[str]) -> float:
        labelled = sum("cognitive" in row["labels"] for row in said if row["patient_id"] in who)
        return labelled / sum(row["patient_id"] in who for row in notes)

    expected = rate(women) / rate(set(people))
    assert found.breakdown["gender: female, cognitive impairment"] == pytest.approx(expected)
    assert "too few patients" in found.note


def test_few_patients_are_refused(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("few") / "cohort"
    few = open_cohort(generate_cohort("alzheimers", folder, 4, seed=1))
    with pytest.raises(MeasureError, match="no groups of 10"):
        label_rate_gap(few, pack)


def test_a_classifier_that_errs_on_women_is_found(cohort: Cohort, pack: Pack) -> None:
    unfair = classifier_error_gap(cohort, pack, _Says("she"))  # type: ignore[arg-type]
    assert unfair.value > unfair.baseline["noise, 1 in 20"]
    assert unfair.breakdown["gender: female, physiological changes raised wrongly"] > 0.01
    fair = classifier_error_gap(cohort, pack, _Says("the"))  # type: ignore[arg-type]
    assert fair.value < unfair.value


def test_a_classifier_of_other_labels_is_refused(cohort: Cohort, pack: Pack) -> None:
    class Other(_Says):
        heads = ("spam",)

    with pytest.raises(MeasureError, match="heads are spam"):
        classifier_error_gap(cohort, pack, Other("the"))  # type: ignore[arg-type]


class _PronounReader:
    source = "pronouns"

    def annotate(self, sentences: Sequence[str], context: str = "") -> list[Annotation]:
        return [
            Annotation(("cognitive",) if " she " in f" {text.lower()}" else (), 1.0, self.source)
            for text in sentences
        ]


def _planned(pack: Pack) -> Cohort:
    options = {"profile": pack.profiles.default, "seed": 0, "patients": 3}
    return Cohort(Path(), {"options": options})


def test_labels_that_follow_a_pronoun_change_with_sex_and_not_with_race(pack: Pack) -> None:
    found = swap_changes(_planned(pack), pack, _PronounReader())
    assert found.breakdown["swapped gender"] > 0.5
    assert found.breakdown["swapped race"] < 0.05
    assert found.breakdown["label cognitive"] > found.breakdown["label physiological"] == 0


@pytest.mark.slow
def test_rules_read_no_sex(pack: Pack) -> None:
    found = swap_changes(_planned(pack), pack)
    assert found.value < 0.05
    assert found.baseline["another wording"] > 0.5
