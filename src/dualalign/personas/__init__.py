"""Statistical alignment: who the patients are."""

from dualalign.personas.persona import Informant, Persona
from dualalign.personas.rules import broken_rules
from dualalign.personas.sample import match_controls, sample_personas
from dualalign.personas.table import PersonaTable

__all__ = ["Informant", "Persona", "PersonaTable", "broken_rules", "match_controls", "sample_personas"]
