"""The methods that are held against one another: DualPath, its ablations and the baselines."""

from __future__ import annotations

from dataclasses import replace

from dualalign.progression.baselines import (
    LandmarkCox,
    Persistence,
    gradient_boosting,
    history_logistic,
    last_visit_logistic,
)
from dualalign.progression.dualpath import DualPath, FittedDualPath
from dualalign.progression.method import Method
from dualalign.progression.network import NetworkOptions
from dualalign.progression.schema import LongitudinalSchema
from dualalign.progression.training import State, TrainingOptions


def baselines() -> list[Method]:
    """Return the methods that are not networks."""
    return [last_visit_logistic(), history_logistic(), gradient_boosting(), LandmarkCox(), Persistence()]


def ablations(
    schema: LongitudinalSchema, options: TrainingOptions | None = None, hidden: tuple[str, ...] = ()
) -> list[Method]:
    """Return networks fitted in one way only, and with a part changed or taken away.

    Args:
        schema: of the data.
        options: how DualPath itself is fitted.
        hidden: features that no method sees; a modality of nothing else gets no network of its own.
    """
    chosen = options or TrainingOptions()

    def with_network(**changes: object) -> TrainingOptions:
        return replace(chosen, network=replace(chosen.network, **changes))  # type: ignore[arg-type]

    found: list[Method] = [
        DualPath("Both paths together", chosen, also=()),
        DualPath("Linear path first", replace(chosen, linear_first=True), also=()),
        DualPath("GRU", replace(chosen, network=_recurrent(chosen.network))),
        DualPath("Without times", chosen, use_time=False),
        DualPath("Linear path only", with_network(deep=False)),
        DualPath("Deep path only", with_network(wide=False)),
    ]
    for modality in schema.modalities:
        own = {each.id for each in modality.features if not each.text}
        if own - set(hidden):
            others = tuple(each for each in schema.numeric if each not in own)
            found.append(DualPath(f"{modality.name} alone", chosen, hidden=others))
    return found


def _recurrent(network: NetworkOptions) -> NetworkOptions:
    return replace(network, mixer="recurrent", wide=False)


def start_from(fitted: FittedDualPath) -> tuple[State, ...]:
    """Return the weights of a fitted model, for `DualPath(start=...)` on other data of the same schema."""
    return tuple(each.network.state_dict() for each in fitted.members)
