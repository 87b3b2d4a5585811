"""Synthetic clinical notes aligned to a population and to a disease, labelled sentence by sentence."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dualalign.api import evaluate, generate, label, load_cohort
    from dualalign.cohort import Cohort
    from dualalign.errors import DualAlignError
    from dualalign.labels import LabelledSentence
    from dualalign.measures import Measure
    from dualalign.packs import Pack, available_packs, load_pack

__version__ = "0.1.0"

__all__ = [
    "Cohort",
    "DualAlignError",
    "LabelledSentence",
    "Measure",
    "Pack",
    "available_packs",
    "evaluate",
    "generate",
    "label",
    "load_cohort",
    "load_pack",
]

_HOMES = {
    "Cohort": "dualalign.cohort",
    "DualAlignError": "dualalign.errors",
    "LabelledSentence": "dualalign.labels",
    "Measure": "dualalign.measures",
    "Pack": "dualalign.packs",
    "available_packs": "dualalign.packs",
    "load_pack": "dualalign.packs",
}
"""Modules of the names that `dualalign.api` does not define."""


def __getattr__(name: str) -> object:
    # Imported at first use, so that `import dualalign` stays light.
    if name not in __all__:
        raise AttributeError(f"module 'dualalign' has no attribute {name!r}")
    found: object = getattr(import_module(_HOMES.get(name, "dualalign.api")), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
