"""What makes a persona a person: genotype, work, what they do with their days, and who speaks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualalign.personas.persona import Informant

if TYPE_CHECKING:
    import random

    from dualalign.packs.schema.personas import AgeRange, Personas


@dataclass(frozen=True, slots=True)
class Life:
    """The details of one persona."""

    apoe: str
    work: str
    tags: frozenset[str]
    informants: tuple[Informant, ...]


def draw_life(
    factors: Personas, levels: dict[str, str], sex: str, age: int, is_case: bool, rng: random.Random
) -> Life:
    """Draw the details that fit a persona's levels, sex and age."""
    if is_case:
        genotypes = factors.apoe.get(levels[factors.apoe_factor]) or factors.apoe["other"]
    else:
        genotypes = factors.apoe_controls
    apoe = rng.choices(list(genotypes), weights=list(genotypes.values()))[0]
    tags = {
        rule.tag
        for rule in factors.tags
        if _holds(rule.when, levels) and _in_range(rule.age, age) and rng.random() < rule.share
    }
    groups = [group for group in factors.work if _holds(group.when, levels)]
    work = ""
    if groups:
        group = rng.choices(groups, weights=[each.weight for each in groups])[0]
        work = rng.choice(group.male if sex == "male" else group.female)
        tags.add(group.tag)
    return Life(apoe, work, frozenset(tags), tuple(_informants(factors, levels, sex, rng)))


def _informants(
    factors: Personas, levels: dict[str, str], sex: str, rng: random.Random
) -> list[Informant]:
    found: list[Informant] = []
    used: set[str] = set()
    for rule in factors.informants:
        if not _holds(rule.when, levels) or rng.random() >= rule.share:
            continue
        relation = rule.relation.get(sex) or rule.relation.get("any", "")
        if not relation:
            continue
        name = ""
        if rule.named:
            by_relation = factors.first_names.get(f"{rule.named}_{relation}") or factors.first_names[rule.named]
            name = rng.choice([each for each in by_relation if each not in used] or by_relation)
            used.add(name)
        found.append(Informant(relation, name, rule.is_professional))
    return found


def _holds(when: dict[str, list[str]], levels: dict[str, str]) -> bool:
    return all(levels[factor] in wanted for factor, wanted in when.items())


def _in_range(ages: AgeRange, age: int) -> bool:
    return (ages.at_least is None or age >= ages.at_least) and (ages.below is None or age < ages.below)
