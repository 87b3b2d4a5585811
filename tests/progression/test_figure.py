from __future__ import annotations

import pytest

pytest.importorskip("torch")

from dualalign.progression import load_schema
from dualalign.progression.explanation import Contribution
from dualalign.progression.figure import contribution_words


def test_words_name_the_feature_once_with_its_unit() -> None:
    schema = load_schema("alzheimers")
    said = {
        Contribution(2.0, "tests", "mmse", 21.0, 0.1): "MMSE: 21 points, year 2.0",
        Contribution(2.0, "notes", "sentences", 31.0, 0.1): "sentences: 31, year 2.0",
        Contribution(2.0, "notes", "cognitive", 1.0, 0.1, "She forgets.\nOften."): (
            "cognitive symptoms: 1 sentences, year 2.0\n“She forgets.”"
        ),
    }
    for contribution, words in said.items():
        assert contribution_words(contribution, schema) == words
