"""Flower in this process: its workflows, strategies and client apps, with messages handed over instead of sent."""

from __future__ import annotations

import copy
import logging
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.client import ClientApp, NumPyClient
from flwr.client.mod import fixedclipping_mod
from flwr.common import ndarrays_to_parameters, parameters_to_ndarrays
from flwr.compat.common.recorddict_compat import arrayrecord_to_parameters, parameters_to_arrayrecord
from flwr.server import Grid, LegacyContext, SimpleClientManager, strategy
from flwr.server.compat.grid_client_proxy import GridClientProxy
from flwr.server.workflow import DefaultWorkflow
from flwr.server.workflow.constant import MAIN_CONFIGS_RECORD, MAIN_PARAMS_RECORD, Key
from flwr.supercore.task_identity import TaskIdentity

from dualalign.errors import ProgressionError
from dualalign.progression.federated.options import FederatedOptions
from dualalign.progression.federated.secure_aggregation import check_secure, masking, secure_workflow
from dualalign.progression.federated.site import Arrays, Site

_OWN_PRIVACY = (
    strategy.DifferentialPrivacyClientSideAdaptiveClipping,
    strategy.DifferentialPrivacyClientSideFixedClipping,
    strategy.DifferentialPrivacyServerSideAdaptiveClipping,
    strategy.DifferentialPrivacyServerSideFixedClipping,
    strategy.DPFedAvgAdaptive,
    strategy.DPFedAvgFixed,
)


def run_rounds(
    sites: Sequence[Site], chosen: Any, weights: Arrays, options: FederatedOptions, seed: int
) -> Arrays:
    """Return the weights after all rounds.

    Args:
        sites: in a fixed order.
        chosen: a strategy of Flower or what makes one of the first weights, None for averaging.
        weights: that go out first.
        options: how sites learn together.
        seed: of what Flower draws, except noise.

    Raises:
        ProgressionError: options that do not go together, or a round that gave nothing back.
    """
    first = ndarrays_to_parameters(weights)
    made = chosen(first) if callable(chosen) else chosen
    rule = _strategy(made, len(sites), options)
    if options.secure_aggregation:
        check_secure(len(sites), rule)
    grid = InProcessGrid(
        {node: ClientApp(_client_of(site), _mods(site, options)) for node, site in enumerate(sites, 1)},
        rule if options.secure_aggregation else None,
    )
    manager = SimpleClientManager()
    for node in grid.get_node_ids():
        manager.register(GridClientProxy(node, grid, run_id=0))
    context = LegacyContext(_context(0), strategy=rule, client_manager=manager)
    state = context.state
    state[MAIN_CONFIGS_RECORD] = ConfigRecord()
    state[MAIN_PARAMS_RECORD] = parameters_to_arrayrecord(first, keep_input=True)
    with _in_a_run(), _quiet(), _draws(options.noise_seed if options.noise_multiplier else seed):
        for number in range(1, options.rounds + 1):
            state[MAIN_CONFIGS_RECORD][Key.CURRENT_ROUND] = number
            before = state[MAIN_PARAMS_RECORD]
            # Without secure aggregation the round is Flower's usual one.
            workflow = DefaultWorkflow().fit_workflow
            if options.secure_aggregation:
                workflow = secure_workflow(_arrays(before), sites)
            workflow(grid, context)
            if state[MAIN_PARAMS_RECORD] is before:
                raise ProgressionError(
                    f"round {number}: no weights came back",
                    "see Flower's log, and ask for fewer sites per round",
                )
    return _arrays(state[MAIN_PARAMS_RECORD])


class InProcessGrid(Grid):  # type: ignore[misc]
    """Hands each message to the client app of its node and the reply back.

    Args:
        apps: client app of each node.
        secure_for: strategy whose rounds are to be refused if they ask too few sites for secure aggregation.
    """

    def __init__(self, apps: Mapping[int, Any], secure_for: Any = None) -> None:
        self._apps, self._secure_for = apps, secure_for
        # What a client app keeps between messages, such as its keys, stays with it.
        self._contexts = {node: _context(node) for node in apps}
        self._replies: dict[str, Any] = {}
        self._run: Any = None

    def send_and_receive(self, messages: Iterable[Any], *, timeout: float | None = None) -> list[Any]:
        """Return the replies, in the order of nodes: sums of floats do not depend on whom a strategy drew first."""
        asked = sorted(messages, key=lambda message: int(message.metadata.dst_node_id))
        if self._secure_for is not None:
            check_secure(len(asked), self._secure_for)
        return [self._answer(message) for message in asked]

    def push_messages(self, messages: Iterable[Any]) -> list[str]:
        """Answer messages and return the names under which replies wait."""
        names = []
        for message in messages:
            names.append(str(len(self._replies)))
            self._replies[names[-1]] = self._answer(message)
        return names

    def pull_messages(self, message_ids: Iterable[str]) -> list[Any]:
        """Return replies by name."""
        return [self._replies[name] for name in message_ids]

    def create_message(
        self, content: Any, message_type: str, dst_node_id: int, group_id: str, ttl: float | None = None
    ) -> Any:
        """Return a message to a node."""
        return Message(content, dst_node_id, message_type, ttl=ttl, group_id=group_id)

    def get_node_ids(self) -> list[int]:
        """Return all nodes."""
        return list(self._apps)

    def set_run(self, run: Any) -> None:
        """Keep what Flower says of the run."""
        self._run = run

    @property
    def run(self) -> Any:
        """What Flower said of the run, None if nothing."""
        return self._run

    def _answer(self, message: Any) -> Any:
        node = message.metadata.dst_node_id
        # A copy, as over a network: client apps take records out of the messages that they are given.
        return self._apps[node](copy.deepcopy(message), self._contexts[node])


class _Client(NumPyClient):  # type: ignore[misc]
    def __init__(self, site: Site) -> None:
        self._site = site

    def fit(self, parameters: Arrays, config: Any) -> tuple[Arrays, int, dict[str, Any]]:
        return self._site.learn(parameters), self._site.weight, {}


def _client_of(site: Site) -> Any:
    def client(context: Context) -> Any:
        return _Client(site).to_client()

    return client


def _mods(site: Site, options: FederatedOptions) -> list[Any]:
    # Outermost first: an update is clipped by the site itself, and only then masked.
    masks = masking(site) if options.secure_aggregation else []
    return [*masks, fixedclipping_mod] if options.noise_multiplier else masks


def _strategy(chosen: Any, sites: int, options: FederatedOptions) -> Any:
    if isinstance(chosen, _OWN_PRIVACY):
        raise ProgressionError(
            f"{type(chosen).__name__} would add noise to a mean in which sites do not count the same",
            "set noise_multiplier and clipping_norm instead",
        )
    if chosen is not None and options.noise_multiplier:
        raise ProgressionError(
            "the noise of noise_multiplier is meant for an equal mean, not for a strategy of your own",
            "leave out one of the two",
        )
    if getattr(chosen, "min_available_clients", 0) > sites:
        raise ProgressionError(
            f"the strategy waits for {chosen.min_available_clients} sites and there are {sites}",
            "lower its min_available_clients",
        )
    if chosen is not None:
        return chosen
    average = strategy.FedAvg(
        fraction_fit=1.0,
        min_fit_clients=sites,
        min_available_clients=sites,
        accept_failures=False,
        fit_metrics_aggregation_fn=lambda metrics: {},
    )
    if not options.noise_multiplier:
        return average
    return strategy.DifferentialPrivacyClientSideFixedClipping(
        average, options.noise_multiplier, options.clipping_norm, sites
    )


def _context(node: int) -> Any:
    return Context(run_id=0, node_id=node, node_config={}, state=RecordDict(), run_config={})


def _arrays(record: Any) -> Arrays:
    found: Arrays = parameters_to_ndarrays(arrayrecord_to_parameters(record, keep_input=True))
    return found


@contextmanager
def _in_a_run() -> Iterator[None]:
    """Flower stamps messages with the task of the process, which its servers would have set."""
    names = ("_run_id", "_node_id", "_task_id")
    before = {name: getattr(TaskIdentity, name) for name in names}
    for name in names:
        setattr(TaskIdentity, name, 0)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(TaskIdentity, name, value)


@contextmanager
def _quiet() -> Iterator[None]:
    """Flower tells every step of every round; its warnings and errors still come through."""
    logger = logging.getLogger("flwr")
    before = logger.level
    logger.setLevel(max(before, logging.WARNING))
    try:
        yield
    finally:
        logger.setLevel(before)


@contextmanager
def _draws(seed: int | None) -> Iterator[None]:
    """Flower draws sites, rounding and noise from the process's own generators: seed them for it, then put them back."""
    before, numpy_before = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(None if seed is None else np.random.SeedSequence(seed).generate_state(4))
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(numpy_before)
