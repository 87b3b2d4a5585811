from collections.abc import Callable
from pathlib import Path

import pytest

from dualalign.cli import main
from dualalign.cohort import generate_cohort

TOY = Path(__file__).parents[1] / "packs" / "toy"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished cohort of the toy pack: three patients, one control."""
    return generate_cohort(TOY, tmp_path_factory.mktemp("toy") / "cohort", 3, 1, seed=1)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs `dualalign` in this process: words -> exit code, output, errors."""

    def ran(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["dualalign", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return ran
