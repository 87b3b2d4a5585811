"""A bronze set written by a language model: the folder, the journal in it, and what a killed run finds again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dualalign.cohort.sentence_set import JOURNAL, abandon_bronze, begin_bronze, finish_bronze
from dualalign.errors import DualAlignError
from dualalign.files import sole_run
from dualalign.labels.llm_composer import LlmComposer

if TYPE_CHECKING:
    from dualalign.labels.composing import Composing
    from dualalign.llm import LanguageModel
    from dualalign.llm.choice import ModelChoice
    from dualalign.packs.pack import Pack

LABEL_SOURCE = "prompt"


def compose_by_model(
    choice: ModelChoice,
    pack: Pack,
    folder: str | Path,
    composing: Composing,
    scheme: str | None = None,
    overwrite: bool = False,
    on_kept: Callable[[int, LanguageModel], None] | None = None,
) -> dict[str, Any]:
    """Ask a model for sentences of every label and write them; a run that was killed pays for no reply twice.

    Args:
        choice: which model.
        pack: whose labels.
        folder: created if absent.
        composing: how the model is asked.
        scheme: id of the label scheme, the default one if None.
        overwrite: replace the bronze set that lies in the folder; its journal stays.
        on_kept: called with the number of sentences kept so far, and the model.

    Returns:
        The manifest.

    Raises:
        CohortError: the folder holds something else or cannot be written.
        ModelError: the model cannot be used; replies so far are in the journal.
    """
    from dualalign.llm.choice import open_model

    options = {
        "pack": pack.id,
        "pack_fingerprint": pack.fingerprint,
        "writer": choice.name,
        "scheme": pack.labels.scheme(scheme).id,
        "extra_body": choice.extra_body,
        **asdict(composing),
    }
    out = Path(folder)
    with sole_run(out):
        journal = begin_bronze(out, options, overwrite)
        replies = 0
        try:
            model = open_model(choice, journal, keep_requests=True)
            try:
                composer = LlmComposer(model, pack, composing, scheme)
                if on_kept is not None:
                    composer.on_kept = lambda kept: on_kept(kept, model)
                result = composer.compose()
            finally:
                if model.journal is not None:
                    replies = len(model.journal)
                    model.journal.close()
        except DualAlignError:
            if not replies:
                for each in out.glob(f"{JOURNAL}*"):
                    with suppress(OSError):
                        each.unlink()
                abandon_bronze(out)
            raise
        refused = [asdict(each) for each in result.refused]
        return finish_bronze(result.sentences, out, options, LABEL_SOURCE, refused, result.counts())
