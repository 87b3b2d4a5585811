"""Does the data give away what its generator saw? Each figure is an attack, a naive guess and a control."""

from dualalign.measures.privacy.attack import Attack, Rate, attack_measure
from dualalign.measures.privacy.canaries import (
    Canaries,
    measure_canaries,
    plant_canaries,
    read_canaries,
    write_canaries,
)
from dualalign.measures.privacy.copying import measure_copying, without_shared
from dualalign.measures.privacy.finder import SecondOpinion, find_identifiers
from dualalign.measures.privacy.identifiers import measure_copied_identifiers, scan_identifiers
from dualalign.measures.privacy.nearest import measure_nearness
from dualalign.measures.privacy.persona_attacks import measure_persona_attacks
from dualalign.measures.privacy.persona_tables import PersonaSets, read_persona_sets

MOST_NOTES = 50_000
"""Notes of a cohort that are searched for copies, about; a larger cohort is sampled."""

__all__ = [
    "MOST_NOTES",
    "Attack",
    "Canaries",
    "PersonaSets",
    "Rate",
    "SecondOpinion",
    "attack_measure",
    "find_identifiers",
    "measure_canaries",
    "measure_copied_identifiers",
    "measure_copying",
    "measure_nearness",
    "measure_persona_attacks",
    "plant_canaries",
    "read_canaries",
    "read_persona_sets",
    "scan_identifiers",
    "without_shared",
    "write_canaries",
]
