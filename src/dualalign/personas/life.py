"""What makes a persona a person: genotype, work, what they do with their days, and who speaks for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dualalign.personas.conditions import person_meets
from dualalign.personas.informants import InformantBook

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from dualalign.packs.pack import Pack
    from dualalign.personas.persona import Informant


@dataclass(frozen=True, slots=True)
class Life:
    """The details of one person that the table of factors does not hold."""

    genotype: str
    work: str
    tags: frozenset[str]
    informants: tuple[Informant, ...]


class LifeBook:
    """Draws the details that fit a person's levels, sex and age.

    Args:
        pack: supplies population.yaml, people.yaml, jobs.yaml and names.yaml.
    """

    def __init__(self, pack: Pack) -> None:
        self._people = pack.people
        self._informants = InformantBook(pack)
        self._jobs = {
            kind: {"female": jobs.any + jobs.female, "male": jobs.any + jobs.male}
            for kind, jobs in pack.jobs.kinds.items()
        }
        self._genotypes = [
            (
                group.when,
                list(group.frequencies),
                [frequency * group.odds.get(g, 1.0) for g, frequency in group.frequencies.items()],
                list(group.frequencies.values()),
            )
            for group in pack.population.genotypes
        ]

    def draw(
        self, factors: dict[str, str], sex: str, age: int, index_year: int, is_case: bool, rng: random.Random
    ) -> Life:
        """Draw one person's details from their own stream of random numbers."""
        genotype = self._genotype(factors, age, is_case, rng)
        kind = self._work_kind(factors, age, rng)
        work = self._job(kind, sex, rng)
        tags = self._tags(factors, age, kind, rng)
        informants = self._informants.draw(factors, age, index_year, tags, rng)
        return Life(genotype, work, tags, informants)

    def _genotype(self, factors: dict[str, str], age: int, is_case: bool, rng: random.Random) -> str:
        for when, genotypes, among_cases, among_others in self._genotypes:
            if person_meets(when, factors, age):
                return choose(genotypes, among_cases if is_case else among_others, rng)
        return ""

    def _work_kind(self, factors: dict[str, str], age: int, rng: random.Random) -> str:
        for row in self._people.work:
            if person_meets(row.when, factors, age):
                return choose(list(row.kinds), list(row.kinds.values()), rng)
        return ""

    def _job(self, kind: str, sex: str, rng: random.Random) -> str:
        lists = self._jobs.get(kind)
        if lists is None:
            return ""
        jobs = lists.get(sex) or lists[rng.choice(("female", "male"))]
        return rng.choice(jobs) if jobs else ""

    def _tags(self, factors: dict[str, str], age: int, kind: str, rng: random.Random) -> frozenset[str]:
        tags: set[str] = set()
        for tag in self._people.tags:
            share = 0.0
            for chance in tag.chances:
                if person_meets(chance.when, factors, age, tags, kind):
                    share = chance.share
                    break
            if share and (share == 1.0 or rng.random() < share):
                tags.add(tag.id)
        return frozenset(tags)


def choose(items: Sequence[str], weights: Sequence[float], rng: random.Random) -> str:
    """Return one item with chances in proportion to the weights."""
    return rng.choices(items, weights=weights)[0]
