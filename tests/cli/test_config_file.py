"""`--config`: options from a YAML file, the command line before it, and mistakes told by name."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dualalign.cohort import open_cohort

Run = Callable[..., tuple[int, str, str]]
TOY = Path(__file__).parents[1] / "packs" / "toy"


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes a config file for a small cohort, with more lines."""

    def write(more: str = "") -> Path:
        file = tmp_path / "run.yaml"
        file.write_text(f"pack: {TOY}\nout: {tmp_path / 'cohort'}\nquiet: true\n{more}", encoding="utf-8")
        return file

    return write


def test_options_come_from_the_file_and_the_command_line_goes_before_it(
    config: Callable[[str], Path], tmp_path: Path, run: Run
) -> None:
    file = config("patients: 2\nseed: 4\nworkers:\n")
    assert run("generate", "--config", file) == (0, "", "")
    options = open_cohort(tmp_path / "cohort").manifest["options"]
    assert (options["patients"], options["seed"], options["controls"]) == (2, 4, 0)
    assert run("generate", "--config", file, "-n", "1", "-o", tmp_path / "other")[0] == 0
    options = open_cohort(tmp_path / "other").manifest["options"]
    assert (options["patients"], options["seed"]) == (1, 4)


def test_an_option_of_several_values_is_a_list_or_a_mapping(config: Callable[[str], Path], run: Run) -> None:
    model = "writer: llm\nmodel: m\nmodel-base-url: http://localhost:9/v1\ndry_run: true\npatients: 1\n"
    code, out, _ = run(
        "generate", "--config", config(model + "model-option: {max_tokens: 7, temperature: null}")
    )
    assert code == 0
    assert "prompt 1" in out
    for given in ("{max_tokens: 0.5}", "[max_tokens=0.5]", "max_tokens=0.5"):
        code, _, err = run("generate", "--config", config(model + f"model-option: {given}"))
        assert code == 2
        assert "-M max_tokens is not a whole number" in err


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("patiens: 3", "run.yaml:4: patiens: there is no such option - did you mean 'patients'?"),
        ("most_note: 3", "run.yaml:4: most_note: there is no such option - did you mean 'most-notes'?"),
        ("config: other.yaml", "run.yaml:4: config: there is no such option"),
        ("patients: [1, 2]", "run.yaml:4: patients: takes one value"),
        ("most-notes: 1\nmost_notes: 2", "run.yaml:5: most_notes: the option is given twice"),
        ("seed: [", "not valid YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    lines: str, said: str, config: Callable[[str], Path], tmp_path: Path, run: Run
) -> None:
    code, out, err = run("generate", "--config", config(lines))
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "cohort").exists()


@pytest.mark.parametrize("value", ["1.5", "many", "true"])
def test_a_value_is_checked_as_on_the_command_line(
    value: str, config: Callable[[str], Path], tmp_path: Path, run: Run
) -> None:
    code, _, err = run("generate", "--config", config(f"patients: {value}"))
    assert code == 2
    assert "--patients" in err
    assert not (tmp_path / "cohort").exists()


def test_a_file_that_is_missing_or_no_mapping_is_refused(tmp_path: Path, run: Run) -> None:
    assert "no such file" in run("generate", "--config", tmp_path / "none.yaml")[2]
    (tmp_path / "list.yaml").write_text("- patients")
    code, _, err = run("generate", "--config", tmp_path / "list.yaml")
    assert (code, "list.yaml: holds no options" in err) == (2, True)


def test_an_experiment_takes_a_config_too(tmp_path: Path, run: Run) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"text": "Forgets names.", "labels": [], "group": "g", "fold": "train"}))
    file = tmp_path / "run.yaml"
    file.write_text(f"gold: {gold}\nsynthetic: {{mine: {tmp_path / 'none'}}}\ngold-fraction: [1.0, 0.5]\n")
    code, _, err = run("experiment", "--config", file)
    assert code == 2
    assert str(tmp_path / "none") in err
    file.write_text("seedz: 1\n")
    assert "seedz: there is no such option - did you mean 'seeds'?" in run("experiment", "--config", file)[2]


def test_the_shell_can_complete(run: Run) -> None:
    code, out, _ = run("--show-completion", "bash")
    assert code == 0
    assert "COMPLETE" in out
