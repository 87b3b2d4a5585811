"""A second opinion on identifiers: Presidio, or a model on this machine that marks names and places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import util
from typing import Any

from dualalign.errors import MeasureError
from dualalign.measures.privacy.finder import Identifier, SecondOpinion

PRESIDIO = "presidio"

_KINDS = {
    "per": "name",
    "name": "name",
    "patient": "name",
    "staff": "name",
    "doctor": "name",
    "hcw": "name",
    "loc": "place",
    "gpe": "place",
    "fac": "place",
    "hosp": "place",
    "org": "place",
    "city": "place",
    "vendor": "place",
    "date": "date",
    "phone": "phone",
    "email": "email",
    "url": "web",
    "ip": "ip_address",
    "age": "age",
    "id": "other_number",
    "nrp": "",
}
"""Kind by the beginning of a model's label; labels of no kind here are left out."""

_SPACY = ("en_core_web_trf", "en_core_web_lg", "en_core_web_md", "en_core_web_sm")
_ENTITIES = ("PERSON", "LOCATION")
"""What Presidio is asked for: the rest has a form, and the rules know forms."""

_LEAST_SCORE = 0.5
_STRIDE = 64
_SPECIAL = 2


def second_opinion(name: str) -> SecondOpinion:
    """Return what a model says beside the rules.

    Args:
        name: `presidio`, or the Hugging Face id or folder of a model for token classification.

    Raises:
        MeasureError: a library or the model is missing.
    """
    return _presidio() if name == PRESIDIO else _token_model(name)


def _presidio() -> SecondOpinion:
    _require("presidio", "presidio_analyzer", "spacy")
    import spacy
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    installed = set(spacy.util.get_installed_models())
    model = next((each for each in _SPACY if each in installed), None)
    # Left alone, Presidio would fetch one from the network.
    if model is None:
        raise MeasureError(
            "--names-by presidio: no English model of spaCy is installed",
            f"install one: python -m spacy download {_SPACY[1]}",
        )
    made = NlpEngineProvider(
        nlp_configuration={"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}
    )
    engine = AnalyzerEngine(nlp_engine=made.create_engine(), supported_languages=["en"])

    def opinion(text: str) -> Iterator[Identifier]:
        for each in engine.analyze(text=text, language="en", entities=list(_ENTITIES)):
            if each.score >= _LEAST_SCORE:
                yield from _identifier(each.entity_type, text, each.start, each.end)

    return opinion


def _token_model(name: str) -> SecondOpinion:
    _require("encoders", "torch", "transformers")
    from transformers import pipeline

    try:
        marker: Any = pipeline(
            "token-classification", model=name, aggregation_strategy="simple", stride=_STRIDE
        )
    except Exception as error:  # the library raises many kinds
        raise MeasureError(
            f"--names-by {name}: is no model for token classification that can be loaded ({type(error).__name__})",
            "give `presidio`, or the folder of such a model",
        ) from None

    # Some tokenizers do not say how much the model reads at once; longer notes are read in pieces that overlap.
    most = getattr(marker.model.config, "max_position_embeddings", 512) - _SPECIAL
    marker.tokenizer.model_max_length = min(marker.tokenizer.model_max_length, most)

    def opinion(text: str) -> Iterator[Identifier]:
        for each in marker(text) if text.strip() else ():
            if each["score"] >= _LEAST_SCORE:
                yield from _identifier(each["entity_group"], text, each["start"], each["end"])

    return opinion


def _identifier(label: str, text: str, start: int, end: int) -> Iterable[Identifier]:
    bare = label.lower().removeprefix("b-").removeprefix("i-")
    kind = next((kind for beginning, kind in _KINDS.items() if bare.startswith(beginning)), "")
    value = text[start:end].strip()
    return [Identifier(kind, value, text.index(value, start))] if kind and value else []


def _require(extra: str, *modules: str) -> None:
    missing = [each for each in modules if util.find_spec(each) is None]
    if missing:
        raise MeasureError(
            f"--names-by needs {', '.join(missing)}, which is not installed",
            f"install it: pip install 'dualalign[{extra}]'",
        )
