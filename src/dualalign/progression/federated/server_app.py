"""The Flower ServerApp: agrees on scales, averages weights over rounds, calibrates, and saves the model."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.common import ndarrays_to_parameters
from flwr.server import LegacyContext, ServerConfig, strategy
from flwr.server.workflow import DefaultWorkflow, SecAggPlusWorkflow
from flwr.serverapp import Grid, ServerApp

from dualalign.errors import ProgressionError
from dualalign.progression.dualpath import FittedDualPath, Member
from dualalign.progression.federated.settings import FederatedSettings, epsilon
from dualalign.progression.federated.site import (
    Arrays,
    SharedCalibration,
    kinds_of,
    network_of,
    pooled_scales,
    scale_arrays,
    weights_of,
)
from dualalign.progression.model import ProgressionModel, save_model
from dualalign.progression.scaling import Scales
from dualalign.progression.schema import load_schema

app = ServerApp()
_MODULUS_BITS = 32
_FINEST_BITS = 22


@app.main()  # type: ignore[untyped-decorator,unused-ignore]
def main(grid: Grid, context: Context) -> None:
    """Train over all sites and save the model.

    What leaves a site: its weights after each round (masked with `secure-aggregation`, clipped with
    `noise-multiplier`), its number of subjects, and its counts, sums and sums of squares for scaling, which are
    neither masked nor made noisy. To calibrate, each site also tells sums over the answers of subjects that it held
    out, some times: the loss of a slope and a shift, its slopes and curvature, and how many are yes.

    Raises:
        ProgressionError: settings that do not go together, sites of another schema, or a round without result.
    """
    settings = FederatedSettings.of(context.run_config)
    schema = load_schema(settings.data_schema)
    nodes = _wait(grid, settings.sites)
    replies = _ask(grid, nodes, "query.scales", RecordDict())
    about = [reply.config_records["about"] for reply in replies]
    for each in about:
        if each["schema"] != schema.fingerprint():
            raise ProgressionError(f"site '{each['name']}' has another schema", "agree on one schema")
    scales = pooled_scales([reply.array_records["sums"].to_numpy_ndarrays() for reply in replies])
    first = weights_of(network_of(schema, scales, settings))
    largest = max(int(str(each["weight"])) for each in about)
    weights = _train(grid, context, settings, first, scales, largest)
    calibration = _calibrate(grid, nodes, settings, weights, scales, kinds_of(schema))
    network = network_of(schema, scales, settings, weights)
    fitted = FittedDualPath((Member(network.eval(), scales),), calibration)
    facts = {name: sum(int(str(each[name])) for each in about) for name in ("subjects", "visits")}
    privacy = {"epsilon": epsilon(settings), "delta": 1e-5} if settings.noise_multiplier else {}
    model = ProgressionModel(
        fitted, schema, facts | {"sites": len(nodes), "rounds": settings.rounds} | privacy
    )
    print(f"{save_model(model, settings.out)}: fitted over {len(nodes)} sites, {facts['subjects']} subjects")


def _wait(grid: Grid, sites: int) -> list[int]:
    """Return the nodes once there are as many as asked for."""
    while len(nodes := sorted(grid.get_node_ids())) < sites:
        time.sleep(1.0)
    return nodes


def _ask(grid: Grid, nodes: Sequence[int], what: str, content: RecordDict) -> list[RecordDict]:
    """Return each site's answer, in the order of nodes."""
    messages = [Message(content, dst_node_id=node, message_type=what) for node in nodes]
    replies = list(grid.send_and_receive(messages))
    failed = [reply for reply in replies if reply.has_error()]
    if failed or len(replies) < len(nodes):
        reason = failed[0].error.reason if failed else "no answer"
        raise ProgressionError(f"a site did not answer '{what}': {reason}", "see the log of that site")
    return [reply.content for reply in sorted(replies, key=lambda each: int(each.metadata.src_node_id))]


def _train(
    grid: Grid, context: Context, settings: FederatedSettings, first: Arrays, scales: Scales, largest: int
) -> Arrays:
    """Return the weights after all rounds of Flower's federated averaging (McMahan et al., AISTATS 2017)."""
    latest = first
    sent = json.dumps([each.tolist() for each in scale_arrays(scales)])

    def keep(number: int, weights: Arrays, config: dict[str, Any]) -> None:
        nonlocal latest
        if number and all(np.array_equal(new, old) for new, old in zip(weights, latest, strict=True)):
            raise ProgressionError(f"round {number}: no weights came back", "see the log of the sites")
        latest = [np.array(each) for each in weights]

    rule: Any = strategy.FedAvg(
        fraction_fit=1.0,
        fraction_evaluate=0.0,
        min_fit_clients=settings.sites,
        min_available_clients=settings.sites,
        accept_failures=False,
        initial_parameters=ndarrays_to_parameters(first),
        on_fit_config_fn=lambda number: {"round": number, "scales": sent},
        evaluate_fn=keep,
    )
    if settings.noise_multiplier:
        rule = strategy.DifferentialPrivacyClientSideFixedClipping(
            rule, settings.noise_multiplier, settings.clipping_norm, settings.sites
        )
        # Flower draws noise from numpy's own generator.
        np.random.seed(None if settings.noise_seed < 0 else settings.noise_seed)
    secure = None
    if settings.secure_aggregation:
        # The sum of all sites' rounded numbers must stay below the modulus. Every site holds a share of every key
        # and all are needed to open the sum.
        bits = min(_FINEST_BITS, _MODULUS_BITS - (settings.sites - 1).bit_length())
        secure = SecAggPlusWorkflow(
            num_shares=1.0,
            reconstruction_threshold=1.0,
            max_weight=float(largest),
            clipping_range=settings.largest_weight,
            quantization_range=2**bits,
            modulus_range=2**_MODULUS_BITS,
        )
    legacy = LegacyContext(context, ServerConfig(num_rounds=settings.rounds), rule)
    DefaultWorkflow(fit_workflow=secure)(grid, legacy)
    return latest


def _calibrate(
    grid: Grid,
    nodes: Sequence[int],
    settings: FederatedSettings,
    weights: Arrays,
    scales: Scales,
    kinds: Sequence[str],
) -> dict[str, Any]:
    if settings.noise_multiplier or not settings.calibration_share:
        return {}
    model = {"weights": ArrayRecord(weights), "scales": ArrayRecord(scale_arrays(scales))}
    _ask(grid, nodes, "query.hold_out", RecordDict(model))
    shared = SharedCalibration(kinds)
    while shared.asks():
        pairs = MetricRecord({kind: pair.tolist() for kind, pair in shared.pairs.items()})
        replies = _ask(grid, nodes, "query.calibrate", RecordDict({"pairs": pairs}))
        told = [reply.metric_records["told"] for reply in replies]
        shared.take({kind: [each[kind] for each in told] for kind in kinds})
    return shared.result()
