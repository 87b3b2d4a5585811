"""What a site does with its own subjects, and what the server makes of all sites' sums; nothing here knows Flower."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import torch

from dualalign.errors import ProgressionError
from dualalign.progression.calibration import LEAST_ANSWERS, PULL, Calibration, calibration_sums
from dualalign.progression.dualpath import FittedDualPath, Member
from dualalign.progression.federated.settings import FederatedSettings
from dualalign.progression.history import history_at_visits
from dualalign.progression.network import DualPathNetwork, NetworkOptions
from dualalign.progression.questions import (
    Kind,
    Questions,
    conversion_questions,
    decline_questions,
    state_questions,
)
from dualalign.progression.scaling import WIDE, Scale, Scales, scale_of_sums
from dualalign.progression.schema import LongitudinalSchema
from dualalign.progression.targets import make_targets, scaled_targets
from dualalign.progression.training import WEIGHTS, TrainingOptions, one_pass, shape_of, training_parts
from dualalign.progression.visits import Floats, Visits
from dualalign.randomness import Stream, generator

Arrays = list[np.ndarray]
SUMS = 3
"""Counts, sums and sums of squares of each column."""
_STEPS = 25


class Site:
    """A site's subjects, some held out to calibrate on.

    Args:
        name: of the site, for errors and its own random batches.
        visits: of its subjects.
        settings: how sites learn together.
    """

    def __init__(self, name: str, visits: Visits, settings: FederatedSettings) -> None:
        self._settings = settings
        self._stream = zlib.crc32(name.encode())
        # Every site draws for itself, whatever the order in which sites are asked.
        order = generator(settings.seed, Stream.PROGRESSION, self._stream).permutation(len(visits))
        share = 0.0 if settings.noise_multiplier else settings.calibration_share
        held_out = round(share * len(visits))
        self.held_out = visits.take(np.sort(order[:held_out]).tolist())
        self.learning = visits.take(np.sort(order[held_out:]).tolist())
        # Noise is as large as one site's share of an equal mean. A site that counted more would outweigh it.
        self.name, self.weight = name, 1 if settings.noise_multiplier else len(self.learning)
        self._all = visits

    def sums(self) -> Arrays:
        """Return counts, sums and sums of squares of values, static columns and history."""
        visits = self._all
        tables = (visits.values, visits.person_at_rows(), history_at_visits(visits).columns(WIDE))
        return [
            part
            for table in tables
            for part in (
                (~np.isnan(table)).sum(axis=0).astype(np.float64),
                np.nansum(table, axis=0),
                np.nansum(table**2, axis=0),
            )
        ]

    def learn(self, weights: Arrays, scales: Scales, round_number: int) -> Arrays:
        """Return the weights after some passes over the site's subjects.

        Raises:
            ProgressionError: nothing to learn from, or weights that ran away or are too large to be masked.
        """
        options = training_options(self._settings)
        random = generator(self._settings.seed, Stream.PROGRESSION, self._stream + round_number)
        seen = self.learning
        targets = scaled_targets(make_targets(seen, seen, self._all.knows_state()), scales, seen)
        mixed = random.permutation(len(seen)).tolist()
        size = options.batch_subjects
        groups = [mixed[at : at + size] for at in range(0, len(mixed), size)]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(random.integers(2**31)))
            network = network_of(seen.schema, scales, self._settings, weights)
            optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=options.decay)
            parts = training_parts(seen, targets, scales, groups, torch.device("cpu"))
            for _ in range(self._settings.local_epochs):
                one_pass(network, optimiser, parts, WEIGHTS, random)
        learned = weights_of(network)
        if all(np.array_equal(new, old) for new, old in zip(learned, weights, strict=True)):
            raise ProgressionError(
                f"site '{self.name}': no visit of its subjects has an outcome to learn from", "leave it out"
            )
        largest = max(float(np.abs(array).max(initial=0.0)) for array in learned)
        if not np.isfinite(largest):
            raise ProgressionError(
                f"site '{self.name}': training ran away to weights that are no numbers", "lower the rate"
            )
        if self._settings.secure_aggregation and largest > self._settings.largest_weight:
            raise ProgressionError(
                f"site '{self.name}': a weight of {largest:.3g} lies outside the {self._settings.largest_weight:g} that "
                "secure aggregation rounds in",
                "lower the rate or local-epochs, or raise largest-weight",
            )
        return learned

    def held_out_logits(self, weights: Arrays, scales: Scales) -> dict[str, tuple[Floats, Floats]]:
        """Return uncalibrated log odds and answers of subjects held out, by kind of question."""
        network = network_of(self._all.schema, scales, self._settings, weights)
        model = FittedDualPath((Member(network.eval(), scales),), {})
        return {
            kind.value: (
                np.concatenate([model.logits(self.held_out, each) for each in asked]),
                np.concatenate([each.answers for each in asked]).astype(np.float64),
            )
            for kind, asked in _questions(self.held_out).items()
        }


def training_options(settings: FederatedSettings) -> TrainingOptions:
    """Return how each site fits its network; epochs and patience are not used."""
    network = NetworkOptions(dropout=settings.dropout)
    return TrainingOptions(network, rate=settings.rate, batch_subjects=settings.batch_subjects)


def network_of(
    schema: LongitudinalSchema, scales: Scales, settings: FederatedSettings, weights: Arrays | None = None
) -> DualPathNetwork:
    """Return a network with these weights, random ones of the seed if None."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        network = DualPathNetwork(shape_of(schema, scales), training_options(settings).network)
    if weights is not None:
        names = network.state_dict().keys()
        network.load_state_dict(
            {name: torch.from_numpy(np.array(each)) for name, each in zip(names, weights, strict=True)}
        )
    return network


def weights_of(network: DualPathNetwork) -> Arrays:
    """Return a copy of the weights, in the network's order."""
    return [tensor.detach().numpy().copy() for tensor in network.state_dict().values()]


def pooled_scales(sites: Sequence[Arrays]) -> Scales:
    """Return the scales of all sites together, from what `Site.sums` gave."""
    totals = [np.sum(parts, axis=0) for parts in zip(*sites, strict=True)]
    return Scales(*(scale_of_sums(*totals[at : at + SUMS]) for at in range(0, len(totals), SUMS)))


def scale_arrays(scales: Scales) -> Arrays:
    """Return scales as arrays, for a message."""
    return [part for each in (scales.values, scales.person, scales.wide) for part in (each.mean, each.spread)]


def scales_from(arrays: Sequence[Floats]) -> Scales:
    """Return scales from what `scale_arrays` gave."""
    return Scales(*(Scale(arrays[at], arrays[at + 1]) for at in range(0, len(arrays), 2)))


def site_answer(pair: Floats, logits: Floats, answers: Floats) -> list[float]:
    """Return what a site tells of a slope's logarithm and a shift: sums over its answers, and how many are yes and no."""
    marks = answers > 0
    loss, gradient, curvature = calibration_sums(pair, logits, marks)
    return [loss, *gradient, *curvature.ravel(), float(marks.sum()), float((~marks).sum())]


class SharedCalibration:
    """Calibrates by Newton's method on sums over sites, as one fit on all their subjects would.

    Args:
        kinds: kinds of questions that the schema asks.
    """

    def __init__(self, kinds: Sequence[str]) -> None:
        self.pairs: dict[str, Floats] = {kind: np.zeros(2) for kind in kinds}
        self._done: dict[str, bool] = dict.fromkeys(kinds, False)
        self._left = _STEPS

    def asks(self) -> bool:
        """Return whether sites are to be asked once more."""
        return self._left > 0 and not all(self._done.values())

    def take(self, answers: Mapping[str, Sequence[Sequence[float]]]) -> None:
        """Take one step for each kind, from what each site told."""
        self._left -= 1
        for kind, told in answers.items():
            total = np.sum(told, axis=0)
            if total[-2:].min() < LEAST_ANSWERS:
                self._done[kind] = True
                continue
            pair = self.pairs[kind]
            gradient = total[1:3] + 2 * PULL * pair
            step = np.linalg.solve(total[3:7].reshape(2, 2) + 2 * np.diag(PULL), gradient)
            # Short steps keep Newton's method on its way.
            step /= max(1.0, float(np.abs(step).max()))
            self.pairs[kind] = np.clip(pair - step, (-3, -10), (3, 10))
            self._done[kind] = float(np.abs(step).max()) < 1e-5

    def result(self) -> dict[str, Calibration]:
        """Return the calibration of each kind of question."""
        return {
            kind: Calibration(float(np.exp(pair[0])), float(pair[1])) for kind, pair in self.pairs.items()
        }


def kinds_of(schema: LongitudinalSchema) -> list[str]:
    """Return the kinds of questions that a schema asks."""
    parts = {Kind.STATE: schema.state, Kind.CONVERSION: schema.conversion, Kind.DECLINE: schema.decline}
    return [kind.value for kind, part in parts.items() if part is not None]


def _questions(visits: Visits) -> dict[Kind, list[Questions]]:
    schema = visits.schema
    found = {}
    if schema.state is not None:
        found[Kind.STATE] = [state_questions(visits)]
    if schema.conversion is not None:
        # One calibration for all horizons keeps risk from falling as horizons lengthen.
        found[Kind.CONVERSION] = [conversion_questions(visits, years) for years in schema.conversion.horizons]
    if schema.decline is not None:
        found[Kind.DECLINE] = [decline_questions(visits)]
    return found
