"""The decoder classifier: a large language model with a classification head, fine-tuned in full or through LoRA."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dualalign.classifiers.encoder import recompute
from dualalign.classifiers.fine_tune_options import FineTuneOptions
from dualalign.classifiers.fine_tuned import FineTunedClassifier
from dualalign.classifiers.libraries import require
from dualalign.errors import ClassifierError

if TYPE_CHECKING:
    from torch import nn

    from dualalign.classifiers.sentence_model import SentenceModel


@dataclass(frozen=True, slots=True)
class LoraOptions:
    """Settings of low-rank adaptation: small matrices are learned beside the frozen ones.

    Args:
        rank: of the small matrices, 1 or more.
        alpha: their sum is scaled by alpha / rank.
        dropout: of what goes into them.
        targets: names of the layers that get them; every linear layer if empty.
        four_bit: hold the frozen weights in four bits (QLoRA); needs bitsandbytes and a GPU.
    """

    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.05
    targets: tuple[str, ...] = ()
    four_bit: bool = False


@dataclass(frozen=True, slots=True)
class DecoderOptions(FineTuneOptions):
    """Settings of the decoder classifier.

    Args:
        lora: learn through small matrices; None trains every weight.
        weights: number format in which the model's weights are held. In bfloat16 an 8-billion-parameter model and its
            optimiser take a quarter of the memory, but steps below a 250th of a weight are rounded away.
    """

    lora: LoraOptions | None = None
    weights: Literal["float32", "bfloat16"] = "float32"


class DecoderClassifier(FineTunedClassifier):
    """A decoder-only model; its last token's state goes through dropout and a linear head, one output a label."""

    kind = "decoder"
    extra = "decoders"
    needs = ("torch", "transformers", "safetensors", "peft", "accelerate")
    settings_type = DecoderOptions
    options: DecoderOptions

    def _what(self) -> str:
        lora = self.options.lora
        how = "in full" if lora is None else f"through matrices of rank {lora.rank} beside its own"
        return f"{Path(self.options.model).name}, fine-tuned {how}, read at its last token."

    def _pretrained(self) -> nn.Module:
        backbone = self._base()
        if self.options.training.recompute:
            recompute(backbone)
        return backbone if self.options.lora is None else _with_lora(backbone, self.options.lora)

    def _base(self) -> nn.Module:
        import torch

        from dualalign.classifiers.sentence_model import read_backbone

        how: dict[str, Any] = {"dtype": getattr(torch, self.options.weights)}
        if self.options.lora is not None and self.options.lora.four_bit:
            how["quantization_config"] = _four_bits()
        return read_backbone(self.options.model, **how)

    def _network_around(self, backbone: nn.Module, heads: int) -> SentenceModel:
        from dualalign.classifiers.sentence_model import SentenceModel

        return SentenceModel(backbone, heads, "last", self.options.dropout, bias=False)

    def _save_backbone(self, network: SentenceModel, folder: Path) -> None:
        # With LoRA this writes the small matrices only; the model they belong to is named in the settings.
        backbone: Any = network.backbone
        backbone.save_pretrained(folder / "network")

    def _load_backbone(self, folder: Path) -> nn.Module:
        from dualalign.classifiers.sentence_model import read_backbone

        if self.options.lora is None:
            return read_backbone(str(folder / "network"))
        loaded: nn.Module = import_module("peft").PeftModel.from_pretrained(
            self._base(), str(folder / "network"), is_trainable=True
        )
        return loaded


def _with_lora(backbone: nn.Module, options: LoraOptions) -> nn.Module:
    peft: Any = import_module("peft")
    config = peft.LoraConfig(
        r=options.rank,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules=list(options.targets) or "all-linear",
        task_type="FEATURE_EXTRACTION",
    )
    try:
        adapted: nn.Module = peft.get_peft_model(backbone, config)
    except ValueError as error:
        raise ClassifierError(
            f"the model has no layers {', '.join(options.targets) or '(linear)'}: {error}",
            "name layers of the model in lora.targets, or leave it out",
        ) from None
    return adapted


def _four_bits() -> Any:
    import torch

    require("decoders", "bitsandbytes")
    if not torch.cuda.is_available():
        raise ClassifierError(
            "four-bit weights need a GPU, and there is none", "set lora.four_bit to false, or run on a GPU"
        )
    return import_module("transformers").BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
