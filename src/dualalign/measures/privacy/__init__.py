"""Does the data give away what its generator saw? Each figure is an attack, a naive guess and a control."""

from dualalign.measures.privacy.attack import Attack, Rate, attack_measure
from dualalign.measures.privacy.canaries import Canaries, measure_canaries, plant_canaries
from dualalign.measures.privacy.copying import measure_copying
from dualalign.measures.privacy.identifiers import (
    find_identifiers,
    measure_copied_identifiers,
    scan_identifiers,
)
from dualalign.measures.privacy.nearest import measure_nearness

__all__ = [
    "Attack",
    "Canaries",
    "Rate",
    "attack_measure",
    "find_identifiers",
    "measure_canaries",
    "measure_copied_identifiers",
    "measure_copying",
    "measure_nearness",
    "plant_canaries",
    "scan_identifiers",
]
