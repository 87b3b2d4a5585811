"""The `progress` commands in this process."""

from __future__ import annotations

import sys

import pytest

from dualalign.cli.app import main


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run one with these words and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["dualalign", "progress", *(str(each) for each in arguments)])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0
