"""A fitted model on disk: settings and schema as JSON, weights as plain arrays, a card."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import dualalign
from dualalign.errors import ProgressionError
from dualalign.files import folder_beside, parse_json, refusals_said
from dualalign.progression.calibration import Calibration
from dualalign.progression.card import model_card
from dualalign.progression.dualpath import FittedDualPath
from dualalign.progression.member import Member
from dualalign.progression.network import DualPathNetwork, NetworkOptions, Shape
from dualalign.progression.placement import Device, device_of
from dualalign.progression.scaling import Scale, Scales
from dualalign.progression.schema import LongitudinalSchema

FORMAT = 1


@dataclass(frozen=True)
class ProgressionModel:
    """A fitted model with what is needed to use it rightly.

    Args:
        fitted: the ensemble.
        schema: of the data it was fitted on.
        facts: what the card says: subjects, visits, scores on held-out subjects.
        salt: kept with the digests.
        subjects: salted digests of the subjects it has learned from, to refuse a test on them.
    """

    fitted: FittedDualPath
    schema: LongitudinalSchema
    facts: Mapping[str, Any]
    salt: str = ""
    subjects: frozenset[str] = frozenset()

    def check_schema(self, schema: LongitudinalSchema) -> None:
        """Refuse data of another schema.

        Raises:
            ProgressionError: their schema is not the model's; says where they part.
        """
        if schema.fingerprint() == self.schema.fingerprint():
            return
        encoder = self.schema.encoder
        if encoder is not None and schema.encoder is None:
            raise ProgressionError(
                f"the model reads notes through the encoder '{encoder.name}' ({encoder.digest}), and none was given",
                "give it with --encoder",
            )
        raise ProgressionError(
            f"the model was fitted on schema '{self.schema.name}' ({self.schema.fingerprint()}), the data are of "
            f"'{schema.name}' ({schema.fingerprint()}): {_first_difference(self.schema, schema)}",
            "read the data with the model's schema, or fit a model on them",
        )

    def check_unseen(self, subjects: Iterable[str]) -> None:
        """Refuse a test on subjects that the model has learned from.

        Raises:
            ProgressionError: one of them is among the training subjects.
        """
        known = [each for each in subjects if digest(each, self.salt) in self.subjects]
        if known:
            raise ProgressionError(
                f"{len(known)} subjects are in both folds: the model has learned from '{known[0]}'",
                "test on others",
            )


def digest(subject: str, salt: str) -> str:
    """Return a salted digest of a subject's id."""
    return hashlib.sha256(f"{salt}:{subject}".encode()).hexdigest()[:16]


def save_model(model: ProgressionModel, folder: str | Path) -> Path:
    """Write `model.json`, `weights.npz` and the card `README.md`, and return the folder.

    Raises:
        ProgressionError: it cannot be written.
    """
    out = Path(folder)
    fitted = model.fitted
    config = {
        "format": FORMAT,
        "kind": "dualpath",
        "software": dualalign.__version__,
        "fingerprint": model.schema.fingerprint(),
        "schema": model.schema.model_dump(mode="json"),
        "shape": asdict(fitted.members[0].network.shape),
        "network": asdict(fitted.members[0].network.options),
        "members": len(fitted.members),
        "answering": {kind: list(places) for kind, places in fitted.answering.items()},
        "calibration": {name: asdict(each) for name, each in fitted.calibration.items()},
        "hidden": list(fitted.hidden),
        "use_time": fitted.use_time,
        "facts": dict(model.facts),
        "salt": model.salt,
        "subjects": sorted(model.subjects),
    }
    arrays: dict[str, Any] = {}
    for place, member in enumerate(fitted.members):
        for name, tensor in member.network.state_dict().items():
            arrays[f"{place}/weights/{name}"] = tensor.cpu().numpy()
        for name in ("values", "person", "wide"):
            scale: Scale = getattr(member.scales, name)
            arrays[f"{place}/{name}/mean"], arrays[f"{place}/{name}/spread"] = scale.mean, scale.spread
    card = model_card(model.schema, model.facts, fitted.hidden)
    with refusals_said(out, ProgressionError, "choose another folder"), folder_beside(out) as half:
        np.savez_compressed(half / "weights.npz", allow_pickle=False, **arrays)
        (half / "README.md").write_text(card, encoding="utf-8")
        (half / "model.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    return out


def load_model(folder: str | Path, device: Device = "cpu") -> ProgressionModel:
    """Load a model.

    Args:
        folder: written by `save_model`, wherever the model was fitted.
        device: where it predicts: `cpu`, `cuda`, or `auto` for a GPU with CUDA if there is one.

    Raises:
        ProgressionError: none there, a damaged one, one of another format, or no such device.
    """
    path, place = Path(folder), device_of(device)
    try:
        config = parse_json((path / "model.json").read_bytes())
        if config.get("kind") != "dualpath" or config.get("format") != FORMAT:
            raise ProgressionError(
                f"{path}: kind '{config.get('kind')}', format {config.get('format')}; not 'dualpath', {FORMAT}",
                "load it with the version that wrote it",
            )
        with np.load(path / "weights.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        schema = LongitudinalSchema.model_validate(config["schema"])
        members = tuple(_member(config, arrays, number, place) for number in range(config["members"]))
        calibration = {name: Calibration(**each) for name, each in config["calibration"].items()}
        answering = {kind: tuple(places) for kind, places in config["answering"].items()}
        fitted = FittedDualPath(members, calibration, tuple(config["hidden"]), config["use_time"], answering)
        subjects = frozenset(config["subjects"])
        return ProgressionModel(fitted, schema, config["facts"], config["salt"], subjects)
    except FileNotFoundError as error:
        raise ProgressionError(
            f"{error.filename}: missing", "give a folder written by `progress fit`"
        ) from None
    except (
        AttributeError,
        KeyError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
        zipfile.BadZipFile,
    ) as error:
        raise ProgressionError(f"{path}: damaged model ({error})", "fit it again") from None


def _member(
    config: Mapping[str, Any], arrays: Mapping[str, Any], number: int, device: torch.device
) -> Member:
    shape = dict(config["shape"])
    shape["modalities"] = tuple(tuple(each) for each in shape["modalities"])
    network = DualPathNetwork(Shape(**shape), NetworkOptions(**config["network"]))
    start = f"{number}/weights/"
    weights = {
        name.removeprefix(start): torch.from_numpy(array)
        for name, array in arrays.items()
        if name.startswith(start)
    }
    network.load_state_dict(weights)
    scales = Scales(
        *(
            Scale(arrays[f"{number}/{name}/mean"], arrays[f"{number}/{name}/spread"])
            for name in ("values", "person", "wide")
        )
    )
    return Member(network.to(device).eval(), scales)


def _first_difference(one: LongitudinalSchema, other: LongitudinalSchema) -> str:
    mine = {each.id: each for each in one.features}
    theirs = {each.id: each for each in other.features}
    if one.encoder is not None and other.encoder is not None and one.encoder.digest != other.encoder.digest:
        return (
            f"the model reads notes through the encoder '{one.encoder.name}' ({one.encoder.digest}), the data hold what "
            f"'{other.encoder.name}' ({other.encoder.digest}) read"
        )
    lacking = [each for each in mine if each not in theirs]
    more = [each for each in theirs if each not in mine]
    changed = [each for each in mine if each in theirs and mine[each] != theirs[each]]
    if lacking:
        return f"'{lacking[0]}' is not in the data's schema"
    if more:
        return f"'{more[0]}' is not in the model's schema"
    if changed:
        return f"'{changed[0]}' differs in unit, range or reading"
    for part in ("static", "state", "conversion", "decline", "forecast", "visit_days", "modalities"):
        if getattr(one, part) != getattr(other, part):
            return f"they differ in `{part}`"
    return "they differ in name"
