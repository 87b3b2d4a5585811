"""Who speaks for a patient: the same few people, by name and role, in every year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dualalign.personas.conditions import person_meets
from dualalign.personas.persona import Informant

if TYPE_CHECKING:
    import random

    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.names import NameEra
    from dualalign.packs.schema.people import InformantDraw, Relation


class InformantBook:
    """Draws informants who fit a patient's family, care, home and age.

    Args:
        pack: supplies people.yaml and names.yaml.
    """

    def __init__(self, pack: Pack) -> None:
        self._informants = pack.people.informants
        self._names = pack.names.groups
        self._pools: dict[str, list[Relation]] = {}
        for relation in self._informants.relations:
            self._pools.setdefault(relation.kind, []).append(relation)

    def draw(
        self, factors: dict[str, str], age: int, index_year: int, tags: frozenset[str], rng: random.Random
    ) -> tuple[Informant, ...]:
        """Return who speaks for one patient, the main informant first; nobody for some."""
        found: list[Informant] = []
        for draw in self._plan(factors, age, tags):
            if draw.share < 1.0 and rng.random() >= draw.share:
                continue
            fitting = [
                relation
                for relation in self._pools.get(draw.kind, ())
                if person_meets(relation.when, factors, age, tags)
                and not (relation.once and any(known.relation == relation.relation for known in found))
            ]
            if not fitting:
                continue
            relation = rng.choices(fitting, weights=[each.weight for each in fitting])[0]
            name = self._name(relation, factors, age, index_year, {known.name for known in found}, rng)
            found.append(Informant(relation.relation, name, relation.kind in self._informants.paid))
        return tuple(found)

    def _plan(self, factors: dict[str, str], age: int, tags: frozenset[str]) -> list[InformantDraw]:
        for plan in self._informants.plans:
            if person_meets(plan.when, factors, age, tags):
                return list(plan.draws)
        return []

    def _name(
        self,
        relation: Relation,
        factors: dict[str, str],
        age: int,
        index_year: int,
        taken: set[str],
        rng: random.Random,
    ) -> str:
        eras = self._eras(factors, age, rng)
        if not eras:
            return ""
        known = self._informants
        if relation.generation == "any":
            born = index_year - rng.randint(*known.other_ages)
        else:
            younger = rng.randint(*known.years_younger[relation.generation])
            born = min(index_year - age + younger, index_year - known.least_age)
        era = next((each for each in eras if born <= each.last), eras[-1])
        sex = relation.sex or rng.choice(("female", "male"))
        names = era.female if sex == "female" else era.male
        return rng.choice([name for name in names if name not in taken] or names)

    def _eras(self, factors: dict[str, str], age: int, rng: random.Random) -> list[NameEra]:
        for group in self._names:
            if person_meets(group.when, factors, age) and (group.share == 1.0 or rng.random() < group.share):
                return list(group.eras)
        return []
