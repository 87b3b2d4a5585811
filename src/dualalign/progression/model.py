"""A fitted model: made from a data set, kept on disk with its schema and card, held against other people's data."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

import dualalign
from dualalign.errors import ProgressionError
from dualalign.files import folder_beside, parse_json, refusals_said
from dualalign.progression.calibration import Calibration
from dualalign.progression.dualpath import DualPath, FittedDualPath, Member
from dualalign.progression.evaluation import MethodScores, Protocol, compare
from dualalign.progression.folds import check_folds
from dualalign.progression.longitudinal import LongitudinalData
from dualalign.progression.methods import Learning
from dualalign.progression.network import DualPathNetwork, NetworkOptions, Shape
from dualalign.progression.questions import schema_questions
from dualalign.progression.scaling import Scale, Scales
from dualalign.progression.schema import LongitudinalSchema
from dualalign.progression.training import Device, device_of
from dualalign.progression.visits import to_visits

FORMAT = 1
_SCALES = ("values", "person", "wide")


@dataclass(frozen=True)
class ProgressionModel:
    """A fitted model with what is needed to use it rightly.

    Args:
        fitted: the ensemble.
        schema: of the data it was fitted on.
        facts: what the card says: subjects, visits and, by task, questions and yes among them.
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
            f"'{schema.name}' ({schema.fingerprint()}): {self.schema.first_difference(schema)}",
            "read the data with the model's schema, or fit a model on them",
        )

    def check_unseen(self, subjects: Iterable[str]) -> None:
        """Refuse a test on subjects that the model has learned from.

        Raises:
            ProgressionError: one of them is among the training subjects.
        """
        known = [each for each in subjects if digest(each, self.salt) in self.subjects]
        check_folds(known, known)


def digest(subject: str, salt: str) -> str:
    """Return a salted digest of a subject's id."""
    return hashlib.sha256(f"{salt}:{subject}".encode()).hexdigest()[:16]


def fit_model(
    data: LongitudinalData,
    hidden: Sequence[str] = (),
    seed: int = 0,
    method: DualPath | None = None,
) -> ProgressionModel:
    """Fit DualPath on all subjects of a data set.

    Args:
        data: what to learn from.
        hidden: features that the model may not see, though it may be asked about them.
        seed: the same seed and data give the same model on the same machine.
        method: how to fit; small and quick if None.

    Raises:
        ProgressionError: a seed below 0, a hidden feature that the schema does not have, or nothing to learn.
    """
    from threadpoolctl import threadpool_limits

    if seed < 0:
        raise ProgressionError(f"seed is {seed}", "give a whole number of at least 0")
    visits = to_visits(data)
    visits.check_hidden(hidden)
    questions = schema_questions(visits)
    chosen = replace(method or DualPath(), hidden=tuple(hidden))
    with threadpool_limits(1):
        fitted = chosen.fit(Learning(visits, visits, data.groups, questions), seed)
    tasks = {
        task: {"questions": len(asked), "yes": int(asked.answers.sum())} for task, asked in questions.items()
    }
    facts = {"subjects": len(data), "visits": len(visits.times), "seed": seed, "tasks": tasks}
    salt = digest(data.schema.fingerprint(), str(seed))
    known = frozenset(digest(each, salt) for each in data.ids)
    return ProgressionModel(fitted, data.schema, facts, salt, known)


def score_model(
    model: ProgressionModel, data: LongitudinalData, name: str = "saved model"
) -> list[MethodScores]:
    """Return the scores of a saved model on each task that the data can answer.

    Args:
        model: the model.
        data: of the model's schema, about subjects it has not learned from.
        name: as tables show it.

    Raises:
        ProgressionError: data of another schema, or of a subject that the model has learned from.
    """
    model.check_schema(data.schema)
    model.check_unseen(data.ids)
    visits = to_visits(data)
    protocol = Protocol(visits, data.groups, schema_questions(visits))
    found = {
        task: np.atleast_2d(model.fitted.predict(visits, asked, task))
        for task, asked in protocol.questions.items()
    }
    return compare(protocol, {name: found}, name)


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
        for name in _SCALES:
            scale: Scale = getattr(member.scales, name)
            arrays[f"{place}/{name}/mean"], arrays[f"{place}/{name}/spread"] = scale.mean, scale.spread
    with refusals_said(out, ProgressionError, "choose another folder"), folder_beside(out) as half:
        np.savez_compressed(half / "weights.npz", allow_pickle=False, **arrays)
        (half / "README.md").write_text(model_card(model), encoding="utf-8")
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
        return ProgressionModel(
            fitted, schema, config["facts"], config["salt"], frozenset(config["subjects"])
        )
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
    modalities = tuple(tuple(each) for each in config["shape"]["modalities"])
    shape = Shape(**config["shape"] | {"modalities": modalities})
    network = DualPathNetwork(shape, NetworkOptions(**config["network"]))
    start = f"{number}/weights/"
    network.load_state_dict(
        {
            name.removeprefix(start): torch.from_numpy(array)
            for name, array in arrays.items()
            if name.startswith(start)
        }
    )
    scales = (Scale(arrays[f"{number}/{name}/mean"], arrays[f"{number}/{name}/spread"]) for name in _SCALES)
    return Member(network.to(device).eval(), Scales(*scales))


_CARD = """# DualPath on {schema.name}

Schema `{schema.name}`, fingerprint `{fingerprint}`; data of another schema are refused.

## Says
{says}

## Reads
{reads}

## Learned from
{learned}

## Not for
Research only: no device, no diagnosis, no decision about a person. Probabilities hold for people like those it
learned from, measured as they were; elsewhere test and calibrate first (`dualalign progress evaluate`). Explanations
say what moved the model, not what causes the disease. The folder holds salted digests of the training subjects'
ids, so that a test on them is refused: whoever can guess an id can tell that it was used.
"""


def model_card(model: ProgressionModel) -> str:
    """Return the card in Markdown: what it reads, what it says, what it learned from, what it is not for."""
    schema, facts, hidden = model.schema, model.facts, model.fitted.hidden
    says = []
    if schema.conversion is not None:
        horizons = ", ".join(f"{years:g}" for years in schema.conversion.horizons)
        says.append(f"the risk of {schema.conversion.event} within {horizons} years")
    if schema.state is not None:
        says.append(
            f"the chance that {schema.state.feature} lies above {schema.state.above:g} at a later time"
        )
    if schema.decline is not None:
        decline = schema.decline
        says.append(
            f"the chance that {decline.feature} worsens by {decline.points:g} in {decline.years:g} years"
        )
    if schema.forecast:
        says.append(f"later values of {', '.join(schema.forecast)}, with their spread")
    reads = []
    for modality in schema.modalities:
        seen = [each.id for each in modality.features if not each.text and each.id not in hidden]
        if seen and modality.encoder is not None:
            read = modality.encoder
            reads.append(f"{modality.name}: {len(seen)} numbers of the encoder `{read.name}` ({read.digest})")
        elif seen:
            reads.append(f"{modality.name}: {', '.join(seen)}")
    reads.append(f"Person: {', '.join(each.id for each in schema.static) or 'nothing'}")
    if hidden:
        reads.append(f"Never saw: {', '.join(hidden)}")
    learned = [f"{facts.get('subjects')} subjects, {facts.get('visits')} visits"]
    learned += [
        f"{task}: {count['questions']} questions, {count['yes']} of them yes"
        for task, count in facts.get("tasks", {}).items()
    ]
    learned += [f"Source: {schema.source}"] if schema.source else []
    lists = {
        name: "\n".join(f"- {line}" for line in lines)
        for name, lines in (("says", says), ("reads", reads), ("learned", learned))
    }
    if schema.acknowledgement:
        lists["learned"] += f"\n\n{schema.acknowledgement}"
    return _CARD.format(schema=schema, fingerprint=schema.fingerprint(), **lists)
