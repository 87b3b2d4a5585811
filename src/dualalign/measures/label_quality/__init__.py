"""How right are the labels? Each source against sentences that people labelled, and the plan against a reader."""

from dualalign.measures.label_quality.plan_error import measure_plan
from dualalign.measures.label_quality.source_error import (
    measure_classifier,
    measure_other_labels,
    measure_rules,
    measure_source,
)

__all__ = ["measure_classifier", "measure_other_labels", "measure_plan", "measure_rules", "measure_source"]
