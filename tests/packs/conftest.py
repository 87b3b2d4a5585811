"""Copies of packs that tests may break."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dualalign.packs import Pack, load_pack
from dualalign.packs.loader import LIBRARY

TOY = Path(__file__).parent / "toy"


@pytest.fixture(scope="session")
def alzheimers() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture(scope="session")
def toy() -> Pack:
    return load_pack(TOY)


@pytest.fixture
def toy_copy(tmp_path: Path) -> Path:
    """A folder with a copy of the toy pack."""
    return Path(shutil.copytree(TOY, tmp_path / "toy"))


@pytest.fixture
def english_copy(toy_copy: Path) -> Path:
    """A folder with a copy of the pack that the toy extends, beside `toy_copy`."""
    return Path(shutil.copytree(LIBRARY / "clinical_english", toy_copy.parent / "clinical_english"))


@pytest.fixture
def shipped_copy(tmp_path: Path) -> Path:
    """A folder with a copy of the shipped disease pack, beside copies of the packs that it extends."""
    for name in ("clinical_english", "old_age_medicine"):
        shutil.copytree(LIBRARY / name, tmp_path / name)
    return Path(shutil.copytree(LIBRARY / "alzheimers", tmp_path / "alzheimers"))


@pytest.fixture
def replace() -> Callable[[Path, str, str], int]:
    """A function that replaces text in a file, once, and returns the line on which it stood."""

    def replace_once(file: Path, old: str, new: str) -> int:
        text = file.read_text(encoding="utf-8")
        assert text.count(old) >= 1, f"{file.name} no longer holds {old!r}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    return replace_once
