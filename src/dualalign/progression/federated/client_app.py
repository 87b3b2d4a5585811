"""The Flower ClientApp: a site that holds its own file, and answers the server's messages with weights and sums."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.client.mod import fixedclipping_mod, secaggplus_mod
from flwr.clientapp import ClientApp
from flwr.common import Code, FitRes, Status, ndarrays_to_parameters, parameters_to_ndarrays
from flwr.compat.common.recorddict_compat import fitres_to_recorddict, recorddict_to_fitins

from dualalign.errors import ProgressionError
from dualalign.progression.federated.settings import FederatedSettings
from dualalign.progression.federated.site import Site, scales_from, site_answer
from dualalign.progression.readers.open_data import open_data
from dualalign.progression.visits import to_visits

app = ClientApp()


def _settings(context: Context) -> FederatedSettings:
    return FederatedSettings.of(context.run_config)


def _site(context: Context) -> Site:
    """Return the site whose file the node names, or, in a simulation, the partition's of a folder."""
    settings, node = _settings(context), context.node_config
    if "data" in node:
        path = Path(str(node["data"]))
    elif settings.folder:
        files = sorted(Path(settings.folder).iterdir())
        path = files[int(str(node["partition-id"]))]
    else:
        raise ProgressionError(
            "the node names no data", "start it with --node-config 'data=\"PATH\"', or give `folder`"
        )
    return _opened(str(path), str(node.get("mapping", settings.mapping)), settings)


@lru_cache(maxsize=4)
def _opened(path: str, mapping: str, settings: FederatedSettings) -> Site:
    return Site(Path(path).stem, to_visits(open_data(path, mapping or None)), settings)


@app.query("scales")  # type: ignore[untyped-decorator,unused-ignore]
def scales(message: Message, context: Context) -> Message:
    """Tell the sums that scale inputs, and of which schema and how many subjects they are."""
    site = _site(context)
    schema = site.learning.schema
    about = ConfigRecord(
        {
            "name": site.name,
            "schema": schema.fingerprint(),
            "weight": site.weight,
            "subjects": len(site.learning) + len(site.held_out),
            "visits": len(site.learning.times) + len(site.held_out.times),
        }
    )
    return Message(RecordDict({"sums": ArrayRecord(site.sums()), "about": about}), reply_to=message)


def masked(message: Message, context: Context, call_next: Callable[[Message, Context], Message]) -> Message:
    """Mask what a site sends, if aggregation is secure."""
    if not _settings(context).secure_aggregation:
        return call_next(message, context)
    return secaggplus_mod(message, context, call_next)


def clipped(message: Message, context: Context, call_next: Callable[[Message, Context], Message]) -> Message:
    """Clip the update of a site, if noise is added."""
    if not _settings(context).noise_multiplier:
        return call_next(message, context)
    return fixedclipping_mod(message, context, call_next)


# Outermost first: an update is clipped by the site itself, and only then masked.
@app.train(mods=[masked, clipped])  # type: ignore[untyped-decorator,unused-ignore]
def train(message: Message, context: Context) -> Message:
    """Learn from the site's subjects, starting from the weights that came."""
    asked = recorddict_to_fitins(message.content, keep_input=True)
    site = _site(context)
    learned = site.learn(
        parameters_to_ndarrays(asked.parameters),
        scales_from(_numbers(json.loads(str(asked.config["scales"])))),
        int(asked.config["round"]),
    )
    result = FitRes(Status(Code.OK, ""), ndarrays_to_parameters(learned), site.weight, {})
    return Message(fitres_to_recorddict(result, keep_input=True), reply_to=message)


@app.query("hold_out")  # type: ignore[untyped-decorator,unused-ignore]
def hold_out(message: Message, context: Context) -> Message:
    """Predict for the subjects held out, and keep the log odds and answers at the site."""
    content = message.content.array_records
    site = _site(context)
    weights = content["weights"].to_numpy_ndarrays()
    found = site.held_out_logits(weights, scales_from(content["scales"].to_numpy_ndarrays()))
    for kind, arrays in found.items():
        context.state.array_records[kind] = ArrayRecord(list(arrays))
    return Message(RecordDict({"kept": MetricRecord({"subjects": len(site.held_out)})}), reply_to=message)


@app.query("calibrate")  # type: ignore[untyped-decorator,unused-ignore]
def calibrate(message: Message, context: Context) -> Message:
    """Tell how well a slope and a shift fit the answers kept, as sums."""
    told = MetricRecord()
    for kind, pair in message.content.metric_records["pairs"].items():
        logits, answers = context.state.array_records[kind].to_numpy_ndarrays()
        told[kind] = site_answer(np.array(pair), logits, answers)
    return Message(RecordDict({"told": told}), reply_to=message)


def _numbers(lists: list[list[float]]) -> list[Any]:
    return [np.array(each, dtype=np.float64) for each in lists]
