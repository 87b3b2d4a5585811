"""The encoder classifier: a pretrained transformer encoder, fine-tuned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.classifiers.fine_tune_options import FineTuneOptions
from dualalign.classifiers.fine_tuned import FineTunedClassifier
from dualalign.classifiers.training_options import Pooling

if TYPE_CHECKING:
    from torch import nn

    from dualalign.classifiers.sentence_model import SentenceModel


@dataclass(frozen=True, slots=True)
class EncoderOptions(FineTuneOptions):
    """Settings of the encoder classifier.

    Args:
        pooling: how the tokens become one vector.
    """

    pooling: Pooling = "mean"


class EncoderClassifier(FineTunedClassifier):
    """Any encoder of the Hugging Face hub or of a folder, mean-pooled, with one head a label."""

    kind = "encoder"
    settings_type = EncoderOptions
    options: EncoderOptions

    def _what(self) -> str:
        return f"{Path(self.options.model).name}, fine-tuned, its tokens pooled ({self.options.pooling})."

    def _pretrained(self) -> nn.Module:
        from dualalign.classifiers.sentence_model import read_backbone

        backbone = read_backbone(self.options.model)
        if self.options.training.recompute:
            recompute(backbone)
        return backbone

    def _network_around(self, backbone: nn.Module, heads: int) -> SentenceModel:
        from dualalign.classifiers.sentence_model import SentenceModel

        return SentenceModel(backbone, heads, self.options.pooling, self.options.dropout, bias=True)

    def _save_backbone(self, network: SentenceModel, folder: Path) -> None:
        backbone: Any = network.backbone
        backbone.save_pretrained(folder / "network")

    def _load_backbone(self, folder: Path) -> nn.Module:
        from dualalign.classifiers.sentence_model import read_backbone

        return read_backbone(str(folder / "network"))


def recompute(backbone: Any) -> None:
    """Make a transformer forget activations and compute them again for the gradient."""
    # Newer versions of transformers call it by another name.
    new = getattr(backbone, "activation_checkpointing_enable", None)
    (new or backbone.gradient_checkpointing_enable)({"use_reentrant": False})
