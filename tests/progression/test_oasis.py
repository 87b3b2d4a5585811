"""The real data set: OASIS-2, where a copy lies beside the repository."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dualalign.progression.baselines import TableMethod, last_visit_logistic
from dualalign.progression.evaluation import Protocol, cross_validate
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.questions import next_visit_conversion_questions, state_questions
from dualalign.progression.readers import read_mapped_csv
from dualalign.progression.visits import to_visits
from dualalign.stats.ranking import resampled_roc_auc

FILE = Path(__file__).parents[2] / "../shared/data/oasis/oasis_longitudinal.csv"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="no copy of OASIS-2 in ../shared/data")


@pytest.fixture(scope="module")
def oasis() -> LongitudinalData:
    return read_mapped_csv(FILE, "oasis2")


def test_the_file_is_read_whole(oasis: LongitudinalData) -> None:
    visits = to_visits(oasis)
    assert (len(visits), len(visits.times)) == (150, 373)
    assert int(np.isnan(visits.column("mmse")).sum()) == 2
    now, later = state_questions(visits, 0), state_questions(visits, 1)
    assert (len(now), int(now.answers.sum())) == (373, 167)
    assert (len(later), int(later.answers.sum())) == (223, 102)
    at_risk = next_visit_conversion_questions(visits)
    assert (len(at_risk), int(at_risk.answers.sum())) == (132, 15)


@pytest.mark.slow
@pytest.mark.parametrize(("hidden", "published"), [(("cdr",), 0.897), (("cdr", "mmse"), 0.746)])
def test_the_known_line_per_scan_is_met(
    oasis: LongitudinalData, hidden: tuple[str, ...], published: float
) -> None:
    from sklearn.linear_model import LogisticRegression

    visits = to_visits(oasis)
    asked = state_questions(visits, 0)
    protocol = Protocol(visits, oasis.groups, {"now": asked}, hidden, 5, 5)
    plain = TableMethod("plain", [lambda seed: LogisticRegression(C=1.0, max_iter=2000)], ("last",))
    found = cross_validate(protocol, [plain, last_visit_logistic()])
    ones = np.ones((1, len(asked)))
    areas = [
        float(resampled_roc_auc(asked.answers, predicted, ones)[0]) for predicted in found["plain"]["now"]
    ]
    assert np.mean(areas) == pytest.approx(published, abs=0.012)
    assert found["Logistic, last visit"]["now"].shape == (5, 373)
