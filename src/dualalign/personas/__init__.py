"""Statistical alignment: who the patients are."""

from dualalign.personas.dependence import LatentCorrelations, latent_correlations
from dualalign.personas.persona import Informant, Persona
from dualalign.personas.rules import broken_rules
from dualalign.personas.sample import match_controls, sample_personas
from dualalign.personas.table import PersonaTable
from dualalign.personas.targets import target_shares

__all__ = [
    "Informant",
    "LatentCorrelations",
    "Persona",
    "PersonaTable",
    "broken_rules",
    "latent_correlations",
    "match_controls",
    "sample_personas",
    "target_shares",
]
