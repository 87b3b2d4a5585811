from dataclasses import replace

import pytest

from dualalign.packs import Pack, load_pack


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load_pack("alzheimers")


@pytest.fixture
def changed(pack):
    """Return a function that gives the pack with some parts in place of its own."""

    def change(**parts):
        return replace(pack, parts={**pack.parts, **parts})

    return change
