"""One seed, one independent stream per patient and purpose."""

from __future__ import annotations

import random
from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a stream of random numbers is for; the value is part of the key, so never renumber."""

    PERSONAS = 0
    TRAJECTORY = 1
    NOTES = 2
    CONTROLS = 3
    COMPOSE = 4
    EXPERIMENT = 5
    MEASURE = 6
    LABELS = 7
    PROGRESSION = 8
    MEASUREMENTS = 9
    CHART = 10


def sequence(seed: int, stream: Stream, patient: int | None = None) -> np.random.SeedSequence:
    """Return the seed sequence of one purpose, and of one patient within it.

    The same seed, stream and patient give the same numbers whatever the order in which patients are made
    or the number of workers.

    Args:
        seed: the run's seed, 0 or greater.
        stream: what the numbers are for.
        patient: the patient's row in the cohort, from 0; None for a stream shared by the whole cohort.
    """
    key = (int(stream),) if patient is None else (int(stream), patient)
    return np.random.SeedSequence(seed, spawn_key=key)


def generator(seed: int, stream: Stream, patient: int | None = None) -> np.random.Generator:
    """Return a numpy generator for one purpose and patient."""
    return np.random.Generator(np.random.PCG64(sequence(seed, stream, patient)))


def fast_random(seed: int, stream: Stream, patient: int | None = None) -> random.Random:
    """Return a standard-library generator for one purpose and patient.

    Drawing one number at a time costs a tenth of what numpy asks, which is what writing text needs.
    """
    words = sequence(seed, stream, patient).generate_state(4)
    return random.Random(int.from_bytes(words.tobytes(), "little"))
