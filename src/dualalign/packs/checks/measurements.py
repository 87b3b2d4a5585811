"""Names in measurements.yaml that stand for nothing: note types, stages, factors, levels and tags."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from dualalign.packs.checks.problem import Problem, one_of, problem_at

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack
    from dualalign.packs.schema.conditions import Condition

Path = tuple[Any, ...]


def unknown_measurement_names(pack: Pack) -> Iterator[Problem]:
    """Find panels and measurements that name what the pack does not have."""
    types = [kind.id for kind in pack.visits.types]
    stages = [stage.id for stage in pack.stages.stages]
    for p, panel in enumerate(pack.measurements.panels):
        at: Path = ("panels", p)
        for name in panel.ordered:
            yield from _unless(name in types, pack, (*at, "ordered", name), name, "note type", types)
        for name in panel.by_stage:
            yield from _unless(name in stages, pack, (*at, "by_stage", name), name, "stage", stages)
        for g, group in enumerate(panel.more_often):
            yield from _condition(pack, (*at, "more_often", g, "when"), group.when)
        for m, each in enumerate(panel.measurements):
            here = (*at, "measurements", m)
            for t, typical in enumerate(each.typical):
                yield from _condition(pack, (*here, "typical", t, "when"), typical.when)
            for d, effect in enumerate(each.disease):
                where = (*here, "disease", d, "stage")
                yield from _unless(effect.stage in stages, pack, where, effect.stage, "stage", stages)


def _condition(pack: Pack, path: Path, condition: Condition) -> Iterator[Problem]:
    for factor, levels in condition.factors.items():
        wrong = pack.factors.unknown(factor, levels)
        if wrong:
            yield problem_at(
                pack,
                "measurements",
                (*path, factor),
                wrong,
                "correct the name, or add it to the pack",
            )
    tags = [tag.id for tag in pack.people.tags]
    for field in ("tags", "without"):
        for tag in getattr(condition, field) or ():
            yield from _unless(tag in tags, pack, (*path, field), tag, "tag", tags)


def _unless(
    known: bool, pack: Pack, path: Path, name: str, kind: str, options: Iterable[str]
) -> Iterator[Problem]:
    if not known:
        yield problem_at(pack, "measurements", path, f"'{name}' is no {kind}", one_of(name, options))
