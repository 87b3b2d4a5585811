"""A classifier on disk: a folder with its settings, its arrays and its card."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dualalign.errors import ClassifierError
from dualalign.files import folder_beside, parse_json, refusals_said

FORMAT = 1


def write_folder(
    folder: str | Path,
    kind: str,
    config: dict[str, Any],
    arrays: dict[str, npt.NDArray[Any]],
    card: str,
    write_more: Callable[[Path], object] = lambda folder: None,
) -> Path:
    """Write `classifier.json`, `arrays.npz` and `README.md` and return the folder; all of them or none.

    Args:
        folder: where to; what else lies there is left alone.
        kind: of classifier.
        config: its settings.
        arrays: its numbers.
        card: what it is and its limits, in Markdown.
        write_more: writes what else belongs to it into the folder that it is given.

    Raises:
        ClassifierError: the folder cannot be written.
    """
    out = Path(folder)
    text = json.dumps({"format": FORMAT, "kind": kind} | config, indent=2)
    with refusals_said(out, ClassifierError, "choose another folder"), folder_beside(out) as half:
        np.savez_compressed(half / "arrays.npz", allow_pickle=False, **arrays)
        (half / "README.md").write_text(card, encoding="utf-8")
        (half / "classifier.json").write_text(text, encoding="utf-8")
        write_more(half)
    return out


def read_folder(folder: str | Path, kind: str) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Return the settings and arrays that `write_folder` wrote.

    Raises:
        ClassifierError: no classifier there, one of another kind or format, or a damaged one.
    """
    path = Path(folder)
    try:
        config = parse_json((path / "classifier.json").read_bytes())
        with np.load(path / "arrays.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except FileNotFoundError as error:
        raise ClassifierError(f"{error.filename}: missing", "give a folder that holds a classifier") from None
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise ClassifierError(f"{path}: damaged classifier ({error})", "train it again") from None
    if not isinstance(config, dict):
        raise ClassifierError(f"{path}: damaged classifier (its settings are no object)", "train it again")
    if config.get("kind") != kind or config.get("format") != FORMAT:
        raise ClassifierError(
            f"{path}: a classifier of kind '{config.get('kind')}', format {config.get('format')}; "
            f"not '{kind}', format {FORMAT}",
            "load it with the kind and the version that wrote it",
        )
    return config, arrays
