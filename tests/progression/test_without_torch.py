from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT = "import sys; sys.modules['torch'] = None; sys.argv[0] = 'dualalign'; from dualalign.cli import main; main()"


@pytest.mark.parametrize(
    "words",
    [
        ("fit", "data", "--out", "model"),
        ("predict", "model", "data"),
        ("evaluate", "data"),
        ("explain", "model", "data", "--subject", "a"),
    ],
    ids=lambda words: words[0],
)
def test_every_command_says_what_to_install(words: tuple[str, ...]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT, "progress", *words], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "torch is not installed" in ended.stderr
    assert "Traceback" not in ended.stderr
