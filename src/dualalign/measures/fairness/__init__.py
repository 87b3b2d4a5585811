"""Are groups of patients treated alike? Label rates, a classifier's errors, and labels under swapped personas."""

from dualalign.measures.fairness.classifier_errors import measure_classifier_errors
from dualalign.measures.fairness.label_rates import measure_label_rates
from dualalign.measures.fairness.persona_swaps import MOST_PATIENTS, measure_persona_swaps

__all__ = ["MOST_PATIENTS", "measure_classifier_errors", "measure_label_rates", "measure_persona_swaps"]
