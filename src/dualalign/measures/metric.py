"""The contract of every measure: its name, which way is better, its bounds, what it needs, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from inspect import signature
from math import inf
from typing import Any, TypeVar, cast

from dualalign.measures.measure import Goal, Measure, NotGiven

Computes = TypeVar("Computes", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Contract:
    """Which way is better, and the least and the greatest value possible."""

    goal: Goal
    bounds: tuple[float, float]


def lower(low: float = 0.0, high: float = inf) -> Contract:
    """Return the contract of a measure of which less is better."""
    return Contract("min", (low, high))


def higher(low: float = 0.0, high: float = 1.0) -> Contract:
    """Return the contract of a measure of which more is better."""
    return Contract("max", (low, high))


def neither(low: float = -inf, high: float = inf) -> Contract:
    """Return the contract of a measure of which neither less nor more is better."""
    return Contract("none", (low, high))


@dataclass(frozen=True, slots=True)
class Metric:
    """A function that computes one measure, or several that share their work.

    Args:
        function: its parameters are inputs, of which those that `Context` knows by name come from there. It returns a
            `Figure`, None where there is none, a list with one for each contract, or endings of the name with theirs.
        contracts: name of each measure -> contract.
        needs: names of inputs and of further properties of `Context` that must hold.
    """

    function: Callable[..., object]
    contracts: Mapping[str, Contract]
    needs: tuple[str, ...]

    def lacking(self, context: object) -> str | None:
        """Return why it cannot be computed of a `Context`, as far as that is known at once; None if nothing is missing.

        The reason is empty where the measure has no meaning for the data.
        """
        for need in self.needs:
            # What is given is a property; what must be worked out first is a cached one.
            if isinstance(getattr(type(context), need, None), property):
                try:
                    getattr(context, need)
                except NotGiven as missing:
                    return missing.message
        return None

    def compute(self, context: object) -> list[Measure]:
        """Return its measures of a `Context`; none where it has no value.

        Raises:
            MeasureError: an input is missing or too small.
        """
        known = (name for name in signature(self.function).parameters if hasattr(type(context), name))
        found = self.named(self.function(**{name: getattr(context, name) for name in known}))
        if isinstance(found, dict):
            return list(found.values())
        return [found] if isinstance(found, Measure) else cast(list[Measure], found or [])

    def named(self, found: object) -> object:
        """Return figures that the function found as measures, in the same form."""
        (first, contract), *_ = self.contracts.items()
        if isinstance(found, list):
            return [_named(each, *named) for each, named in zip(found, self.contracts.items(), strict=True)]
        if isinstance(found, dict):
            return {end: _named(each, f"{first}_{end}", contract) for end, each in found.items()}
        return _named(found, first, contract) if isinstance(found, Measure) else found


def measured(*conditions: str, **contracts: Contract) -> Callable[[Computes], Computes]:
    """Make a function a metric: `@measured(note_form=lower(0, 1))`; called directly, it returns its measures as well.

    Args:
        conditions: properties of `Context` that must hold, beside the function's parameters.
        contracts: name of each measure and its contract.
    """

    def decorate(function: Computes) -> Computes:
        metric = Metric(function, contracts, (*conditions, *signature(function).parameters))

        @wraps(function)
        def called(*args: Any, **kwargs: Any) -> object:
            return metric.named(function(*args, **kwargs))

        called.metric = metric  # type: ignore[attr-defined]  # functions take attributes
        return cast(Computes, called)

    return decorate


def _named(figure: Measure, name: str, contract: Contract) -> Measure:
    return replace(figure, name=name, goal=contract.goal, bounds=contract.bounds)
