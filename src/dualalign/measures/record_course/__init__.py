"""Does the record run as a disease does? Symptoms that stay, scores that fit, stages that last."""

from dualalign.measures.record_course.persistence import measure_persistence
from dualalign.measures.record_course.stages import measure_score_agreement, measure_stage_times

__all__ = ["measure_persistence", "measure_score_agreement", "measure_stage_times"]
