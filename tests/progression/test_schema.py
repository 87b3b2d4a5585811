from __future__ import annotations

from pathlib import Path

import pytest

from dualalign.errors import ProgressionError
from dualalign.progression.schema import LIBRARY, LongitudinalSchema, load_schema
from tests.progression.planted import SCHEMA


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.schema.yaml")), ids=lambda path: path.name)
def test_the_library_loads(path: Path) -> None:
    schema = load_schema(path.name.removesuffix(".schema.yaml"))
    assert schema.numeric


def changed(**parts: object) -> dict[str, object]:
    return SCHEMA.model_dump(mode="json") | parts


def test_fingerprint_follows_meaning_and_not_prose() -> None:
    assert (
        LongitudinalSchema.model_validate(changed(description="other")).fingerprint() == SCHEMA.fingerprint()
    )
    assert LongitudinalSchema.model_validate(changed(visit_days=7)).fingerprint() != SCHEMA.fingerprint()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: x\nmodalities: []\nhat: 1\n", "hat"),
        ("name: x\nmodalities: []\nforecast: [y]\n", "'y' is asked for"),
        ("name: x\nmodalities: []\nconversion: {event: e, horizons: [2, 1]}\n", "ascending"),
        (
            "name: x\nmodalities: [{id: m, name: M, features: [{id: f}]}, {id: n, name: N, features: [{id: f}]}]\n",
            "twice",
        ),
        (
            "name: x\nmodalities: [{id: m, name: M, features: [{id: f}]}]\n"
            "decline: {feature: f, points: 1, years: 1, window: 1}\n",
            "worse",
        ),
        ("{", "cannot be read"),
    ],
)
def test_wrong_schemas_are_refused_by_name(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text(text)
    with pytest.raises(ProgressionError, match=words):
        load_schema(path)


def test_unknown_names_list_the_library() -> None:
    with pytest.raises(ProgressionError, match="oasis2"):
        load_schema("nothing")
