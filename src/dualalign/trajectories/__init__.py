"""From a persona to ten years: severity, stages, scores, symptoms, visits, and one note plan per visit."""

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
