"""Faults planted in the notes of a cohort, typed and located: a test with known answers for whoever looks for them."""

from dualalign.measures.planting.plant import PLANTED, plant_faults
from dualalign.measures.planting.recall import Recall, recall_of

__all__ = ["PLANTED", "Recall", "plant_faults", "recall_of"]
