"""From a persona to ten years: severity, stages, scores, symptoms, visits, measurements, and one note plan per visit."""

from dualalign.trajectories.measurements import Measured
from dualalign.trajectories.plan import (
    Course,
    Medicine,
    Mention,
    NotePlan,
    Polarity,
    Reporter,
    Score,
    Style,
)
from dualalign.trajectories.simulate import Trajectory, TrajectorySimulator

__all__ = [
    "Course",
    "Measured",
    "Medicine",
    "Mention",
    "NotePlan",
    "Polarity",
    "Reporter",
    "Score",
    "Style",
    "Trajectory",
    "TrajectorySimulator",
]
