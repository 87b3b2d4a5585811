"""Fine-tuning that was stopped, on disk: what is needed to go on exactly as if it had not been."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from dualalign.errors import ClassifierError
from dualalign.files import written_beside

_LATEST = "latest"
_BEST = "best.safetensors"


class Checkpoints:
    """A folder with the latest state of training, and the best weights found so far.

    Args:
        folder: where; None keeps the best weights in memory and nothing else.
        fingerprint: of everything the weights depend on.
    """

    def __init__(self, folder: Path | None, fingerprint: str) -> None:
        self.folder = folder
        self._fingerprint = fingerprint
        self._best: dict[str, torch.Tensor] | None = None

    def save(self, model: nn.Module, optimizer: Any, progress: dict[str, Any]) -> None:
        """Replace the latest state, whole or not at all."""
        if self.folder is None:
            return
        part = self.folder / f"{_LATEST}.part"
        shutil.rmtree(part, ignore_errors=True)
        try:
            part.mkdir(parents=True)
            save_file(learned(model), part / "weights.safetensors")
            torch.save(optimizer.state_dict(), part / "optimizer.pt")
            text = json.dumps({"fingerprint": self._fingerprint} | progress)
            (part / "progress.json").write_text(text, encoding="utf-8")
            shutil.rmtree(self.folder / _LATEST, ignore_errors=True)
            part.rename(self.folder / _LATEST)
        except OSError as error:
            raise ClassifierError(
                f"{self.folder}: a checkpoint cannot be written ({error.strerror})", "choose another folder"
            ) from None

    def resume(self, model: nn.Module, optimizer: Any) -> dict[str, Any] | None:
        """Put model and optimiser into the latest state and return its progress; None where there is none.

        Raises:
            ClassifierError: a checkpoint of other sentences or settings, or a damaged one.
        """
        if self.folder is None or not (self.folder / _LATEST).is_dir():
            return None
        latest = self.folder / _LATEST
        try:
            progress: dict[str, Any] = json.loads((latest / "progress.json").read_text(encoding="utf-8"))
            weights = load_file(latest / "weights.safetensors")
            state = torch.load(latest / "optimizer.pt", map_location="cpu", weights_only=True)
        except Exception as error:
            raise ClassifierError(
                f"{latest}: damaged checkpoint ({error})", "remove the folder and train again"
            ) from None
        if progress.pop("fingerprint", None) != self._fingerprint:
            raise ClassifierError(
                f"{latest}: a checkpoint of other sentences, labels or settings",
                "give another folder for checkpoints, or remove this one",
            )
        model.load_state_dict(weights, strict=False)
        optimizer.load_state_dict(state)
        return progress

    def keep_best(self, model: nn.Module, write: bool) -> None:
        """Remember the weights as they are now; with a folder, the process with `write` puts them there."""
        if self.folder is None:
            self._best = {name: value.clone() for name, value in learned(model).items()}
        elif write:
            self.folder.mkdir(parents=True, exist_ok=True)
            with written_beside(self.folder / _BEST) as half:
                save_file(learned(model), half)

    def restore_best(self, model: nn.Module) -> None:
        """Put the model back to the weights remembered, if any were."""
        best = self._best
        if self.folder is not None and (self.folder / _BEST).is_file():
            best = load_file(self.folder / _BEST)
        if best is not None:
            model.load_state_dict(best, strict=False)


def learned(model: nn.Module) -> dict[str, torch.Tensor]:
    """Return the weights that training changes, on the processor."""
    return {
        name: value.detach().to("cpu").contiguous()
        for name, value in model.named_parameters()
        if value.requires_grad
    }
