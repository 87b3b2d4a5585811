"""Classifiers by name: the ones shipped here, and those that other packages register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from dualalign.classifiers.protocol import Classifier
from dualalign.errors import ClassifierError
from dualalign.files import parse_json

ENTRY_POINTS = "dualalign.classifiers"
"""Entry-point group under which other packages register a subclass of `SentenceClassifier`."""

_SHIPPED = {
    "linear": "dualalign.classifiers.linear:LinearClassifier",
    "embedding": "dualalign.classifiers.linear:EmbeddingClassifier",
    "encoder": "dualalign.classifiers.fine_tuned:EncoderClassifier",
    "decoder": "dualalign.classifiers.fine_tuned:DecoderClassifier",
    "blend": "dualalign.classifiers.blend:BlendClassifier",
}
# Made of a fitted classifier, so it can be loaded but not made by name.
_AROUND_OTHERS = {"calibrated": "dualalign.classifiers.calibrated:CalibratedClassifier"}


def classifier_names() -> tuple[str, ...]:
    """Return the names that `make_classifier` knows."""
    others = {each.name for each in entry_points(group=ENTRY_POINTS)} - set(_SHIPPED)
    return (*_SHIPPED, *sorted(others))


def make_classifier(
    name: str, heads: Sequence[str], seed: int = 0, prior: Classifier | None = None, **options: Any
) -> Classifier:
    """Return an unfitted classifier.

    Args:
        name: one of `classifier_names`.
        heads: names of the heads, in column order.
        seed: seed of whatever it draws.
        prior: a classifier of the same heads, fitted on other text, that this one leans on.
        options: settings as plain values, under the names of the classifier's settings.

    Raises:
        ClassifierError: an unknown name or setting, no head or one twice, or a prior with other heads.
    """
    kind = _class(name, _SHIPPED)
    made: Classifier = kind(heads, kind.options_type.parse(options, name), seed, prior)
    return made


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
