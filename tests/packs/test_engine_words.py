"""Nothing in the engine names the disease: its words come from packs."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import dualalign
from dualalign.packs import Pack

ENGINE = Path(dualalign.__file__).parent
CODE = sorted(ENGINE.rglob("*.py"))
# Words that are no person's name, of every field of medicine: nothing is done differently for one of them.
NO_NAMES = ENGINE / "measures/privacy/identifiers.yaml"
DATA = [path for path in sorted(ENGINE.rglob("*.yaml")) if "library" not in path.parts and path != NO_NAMES]
DISEASE = re.compile(r"alzheimer|dementia|memory[ _-]clinic", re.IGNORECASE)

# The command line and the Python door offer the shipped pack where the user names none; help shows it in examples.
DEFAULT_PACK = '"alzheimers"'
EXAMPLE = '"Example: dualalign '


def outside_docstrings(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of every name, string and comment that is no docstring."""
    docstrings = {
        (node.body[0].value.lineno, node.body[0].value.col_offset)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    }
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in (tokenize.NAME, tokenize.STRING, tokenize.COMMENT) or token.start in docstrings:
            continue
        yield token.start[0], token.string


def test_the_reading_of_code_skips_docstrings_only() -> None:
    source = (
        '"""Alzheimer."""\ndef f() -> str:\n    """Dementia."""\n    return "memory clinic"  # dementia\n'
    )
    assert [(line, text) for line, text in outside_docstrings(source) if DISEASE.search(text)] == [
        (4, '"memory clinic"'),
        (4, "# dementia"),
    ]


@pytest.mark.parametrize("path", CODE, ids=[str(path.relative_to(ENGINE)) for path in CODE])
def test_code_does_not_name_the_disease(path: Path) -> None:
    named = [
        (line, text)
        for line, text in outside_docstrings(path.read_text(encoding="utf-8"))
        if DISEASE.search(text)
        and not (text == DEFAULT_PACK and path.name == "api.py")
        and not (path.parent.name == "cli" and (text == DEFAULT_PACK or text.startswith(EXAMPLE)))
    ]
    assert named == []


def test_data_beside_the_code_does_not_name_the_disease() -> None:
    assert DATA, "the engine's own YAML files have moved"
    named = [
        str(path.relative_to(ENGINE)) for path in DATA if DISEASE.search(path.read_text(encoding="utf-8"))
    ]
    assert named == []


def test_code_names_no_stage_label_domain_test_drug_or_note_type_of_the_pack(alzheimers: Pack) -> None:
    """Terms and factors are left out: `recall` is a measure too, and `age` everybody's."""
    words = {stage.id for stage in alzheimers.stages.stages}
    words |= {label.id for scheme in alzheimers.labels.schemes for label in scheme.labels}
    words |= {domain.id for domain in alzheimers.lexicon.domains}
    words |= {kind.id for kind in alzheimers.visits.types}
    for instrument in alzheimers.instruments.instruments:
        words |= {instrument.id, *instrument.names}
    for drug in alzheimers.drugs.drugs:
        words |= {drug.id, *drug.names}
    assert len(words) > 50
    found = [
        (str(path.relative_to(ENGINE)), line, text)
        for path in CODE
        for line, text in outside_docstrings(path.read_text(encoding="utf-8"))
        if text[:1] in "\"'" and text.strip("\"'") in words
    ]
    assert found == []
