"""What the model is held against: simpler methods on the same questions and splits."""

from dualalign.progression.baselines.landmark_cox import LandmarkCox
from dualalign.progression.baselines.persistence import Persistence
from dualalign.progression.baselines.table_methods import (
    gradient_boosting,
    history_logistic,
    last_visit_logistic,
)

__all__ = ["LandmarkCox", "Persistence", "gradient_boosting", "history_logistic", "last_visit_logistic"]
