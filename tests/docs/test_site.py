"""The site builds without a warning, leads to every page, and has the help of every command."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dualalign.cli.app import COMMAND_MODULES

ROOT = Path(__file__).parents[2]


def test_every_page_stands_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert f": {page.name}\n" in navigation


def test_the_site_builds(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="the docs extra is not installed")
    pytest.importorskip("mkdocstrings")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    ended = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    commands = (tmp_path / "commands" / "index.html").read_text(encoding="utf-8")
    for name in (*COMMAND_MODULES, "packs check", "progress fit"):
        assert f"dualalign {name}</code>" in commands
    reference = (tmp_path / "api" / "index.html").read_text(encoding="utf-8")
    for name in ("api.generate", "cohort.Cohort.to_pandas", "labels.LabelledSentence", "measures.Measure"):
        assert f'id="dualalign.{name}"' in reference
    contributing = (tmp_path / "contributing" / "index.html").read_text(encoding="utf-8")
    assert 'href="../packs/"' in contributing
    assert 'href="../architecture/"' in contributing
    assert "<code>SECURITY.md</code>" in contributing
