"""Whether the files from which personas are sampled name only factors, levels and tags that the pack has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dualalign.errors import PackError

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.conditions import Condition

BadReference = tuple[str, tuple[Any, ...], str]
"""File stem, path of the field within the file, what is wrong."""


def first_bad_reference(pack: Pack) -> None:
    """Refuse a pack whose persona files do not fit together.

    Raises:
        PackError: naming the file and field.
    """
    for stem, path, what in bad_references(pack):
        field = ".".join(map(str, path))
        raise PackError(
            f"{pack.folder}/{stem}.yaml: {field}: {what}", "correct the name, or add it to the pack"
        )


def bad_references(pack: Pack) -> Iterator[BadReference]:
    """Return every name in a persona file that stands for nothing."""
    for path, condition in _rule_conditions(pack):
        yield from _check("persona_rules", path, condition, pack)
    yield from _joint(pack)
    yield from _population(pack)
    yield from _people(pack)
    for g, group in enumerate(pack.names.groups):
        yield from _check("names", ("groups", g, "when"), group.when, pack)


def _rule_conditions(pack: Pack) -> Iterator[tuple[tuple[Any, ...], Condition]]:
    for r, rule in enumerate(pack.persona_rules.rules):
        yield ("rules", r, "never"), rule.never


def _check(stem: str, path: tuple[Any, ...], condition: Condition, pack: Pack) -> Iterator[BadReference]:
    for factor, levels in condition.factors.items():
        wrong = pack.factors.unknown(factor, levels)
        if wrong:
            yield stem, (*path, factor), wrong


def _joint(pack: Pack) -> Iterator[BadReference]:
    for name, variable in pack.joint.variables.items():
        wrong = pack.factors.unknown(variable.factor, variable.levels) if variable.factor else ""
        if wrong:
            yield "joint", ("variables", name), wrong
    drawn_late = [each.factor for each in pack.joint.factors]
    for f, each in enumerate(pack.joint.factors):
        if each.factor in (pack.factors.age_factor, pack.factors.sex_factor):
            yield (
                "joint",
                ("factors", f),
                f"'{each.factor}' is given before other factors and cannot be drawn",
            )
        for p, pick in enumerate(each.picks):
            path = ("factors", f, "picks", p)
            wrong = pack.factors.unknown(each.factor, pick.levels)
            if wrong:
                yield "joint", (*path, "levels"), wrong
            for s, shift in enumerate(pick.shifts):
                yield from _check("joint", (*path, "shifts", s, "when"), shift.when, pack)
                for factor in shift.when.factors:
                    if factor in drawn_late[f:]:
                        yield (
                            "joint",
                            (*path, "shifts", s),
                            f"'{factor}' is drawn no earlier than '{each.factor}'",
                        )


def _population(pack: Pack) -> Iterator[BadReference]:
    for r, risk in enumerate(pack.population.relative_risks):
        wrong = pack.factors.unknown(risk.factor, risk.levels)
        if wrong:
            yield "population", ("relative_risks", r), wrong
    for block in ("claims_shares", "control_shares"):
        for factor, shares in getattr(pack.population, block).items():
            wrong = pack.factors.unknown(factor, shares.levels)
            if wrong:
                yield "population", (block, factor), wrong
    for g, group in enumerate(pack.population.genotypes):
        yield from _check("population", ("genotypes", g, "when"), group.when, pack)


def _people(pack: Pack) -> Iterator[BadReference]:
    people = pack.people
    for w, row in enumerate(people.work):
        yield from _check("people", ("work", w, "when"), row.when, pack)
        for kind in row.kinds:
            if kind not in pack.jobs.kinds:
                yield "people", ("work", w, "kinds", kind), f"jobs.yaml has no kind '{kind}'"
    known: set[str] = set()
    for t, tag in enumerate(people.tags):
        for c, chance in enumerate(tag.chances):
            path = ("tags", t, "chances", c, "when")
            yield from _check("people", path, chance.when, pack)
            yield from _unknown_tags("people", path, chance.when, known)
        known.add(tag.id)
    for r, relation in enumerate(people.informants.relations):
        place = ("informants", "relations", r, "when")
        yield from _check("people", place, relation.when, pack)
        yield from _unknown_tags("people", place, relation.when, known)
    kinds = {relation.kind for relation in people.informants.relations}
    for p, plan in enumerate(people.informants.plans):
        place = ("informants", "plans", p, "when")
        yield from _check("people", place, plan.when, pack)
        yield from _unknown_tags("people", place, plan.when, known)
        for draw in plan.draws:
            if draw.kind not in kinds:
                yield "people", ("informants", "plans", p), f"no relation is of the kind '{draw.kind}'"


def _unknown_tags(
    stem: str, path: tuple[Any, ...], condition: Condition, known: set[str]
) -> Iterator[BadReference]:
    for tag in (*(condition.tags or ()), *(condition.without or ())):
        if tag not in known:
            yield stem, path, f"the tag '{tag}' is not given before it is asked for"
