"""Classifiers by name: the ones shipped here, and those that other packages register."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from dualalign.classifiers.checks import check_prior
from dualalign.classifiers.protocol import Classifier
from dualalign.errors import ClassifierError
from dualalign.files import parse_json

ENTRY_POINTS = "dualalign.classifiers"
"""Entry-point group under which other packages register a class with `build` and `load`."""

_SHIPPED = {
    "linear": "dualalign.classifiers.linear:LinearClassifier",
    "embedding": "dualalign.classifiers.embedding:EmbeddingClassifier",
    "encoder": "dualalign.classifiers.encoder:EncoderClassifier",
    "decoder": "dualalign.classifiers.decoder:DecoderClassifier",
    "blend": "dualalign.classifiers.blend:BlendClassifier",
}
# Made of a fitted classifier, so it can be loaded but not made by name.
_AROUND_OTHERS = {"calibrated": "dualalign.classifiers.calibrated:CalibratedClassifier"}


def classifier_names() -> tuple[str, ...]:
    """Return the names that `make_classifier` knows."""
    return tuple(_SHIPPED) + tuple(
        sorted({each.name for each in entry_points(group=ENTRY_POINTS)} - set(_SHIPPED))
    )


def make_classifier(
    name: str, labels: Sequence[str], seed: int = 0, prior: Classifier | None = None, **options: Any
) -> Classifier:
    """Return an unfitted classifier.

    Args:
        name: one of `classifier_names`.
        labels: names of the heads it will have, in column order.
        seed: seed of whatever it draws.
        prior: a classifier of the same heads, fitted on other text, that this one leans on.
        options: settings as plain values, under the names of the classifier's settings.

    Raises:
        ClassifierError: an unknown name or setting, no label or one twice, or a prior with other heads.
    """
    if not labels or len(set(labels)) != len(labels):
        raise ClassifierError(
            f"labels {', '.join(labels) or '(none)'}", "give at least one label, and each only once"
        )
    check_prior(prior, labels)
    build: Callable[..., Classifier] = _class(name, _SHIPPED).build
    return build(options, seed, prior)


def load_classifier(folder: str | Path) -> Classifier:
    """Read a classifier of whatever kind from a folder that its `save` wrote.

    Raises:
        ClassifierError: no classifier there, or one of a kind that is not known here.
    """
    place = Path(folder) / "classifier.json"
    try:
        kind = parse_json(place.read_bytes()).get("kind")
    except (OSError, ValueError, AttributeError) as error:
        raise ClassifierError(
            f"{place}: missing or damaged ({error})", "give a folder that a classifier was saved to"
        ) from None
    loaded: Classifier = _class(str(kind), _SHIPPED | _AROUND_OTHERS).load(folder)
    return loaded


def _class(name: str, known: Mapping[str, str]) -> Any:
    if name in known:
        module, _, attribute = known[name].partition(":")
        return getattr(import_module(module), attribute)
    for each in entry_points(group=ENTRY_POINTS):
        if each.name == name:
            return each.load()
    raise ClassifierError(
        f"there is no classifier '{name}'", f"choose one of {', '.join(classifier_names())}"
    )
