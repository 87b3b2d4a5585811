"""A language model as a source of labels for real notes: who may see the text, and where its replies are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from dualalign.files import keep_private
from dualalign.labels.asking import Asking
from dualalign.labels.guideline_prompt import GuidelinePrompt
from dualalign.labels.llm_annotator import SOURCE, LlmAnnotator
from dualalign.labels.silver import PART_ROWS, ModelSource
from dualalign.labels.silver_folder import JOURNAL

if TYPE_CHECKING:
    from dualalign.llm.choice import ModelChoice
    from dualalign.packs.pack import Pack

_ROWS_WITHOUT_JOURNAL = 100


def model_source(
    choice: ModelChoice,
    pack: Pack,
    scheme: str | None = None,
    asking: Asking | None = None,
    choose: str = SOURCE,
    keep_journal: bool = True,
    public_host_allowed: bool = False,
    on_sentences: Callable[[int, LlmAnnotator], None] | None = None,
) -> ModelSource:
    """Return a model that labels real notes, checked before anything is loaded or sent.

    Args:
        choice: which model.
        pack: whose guideline it reads.
        scheme: id of the label scheme, the default one if None; the rules label beside the default one only.
        asking: how it is asked.
        choose: whose labels to use: `llm`, `rules` or `adjudicated`.
        keep_journal: keep its replies in the folder of the labels, so that a killed run asks nothing twice. Prompts,
            which hold the notes' text, are never kept.
        public_host_allowed: whether real text may go to a host that is neither this machine nor a private network.
        on_sentences: called with the number of sentences just settled, and the annotator.

    Raises:
        LabelError: no such scheme or source, or a pack that does not say what a model is told.
        ModelError: a public host, unless it is allowed.
    """
    from dualalign.llm.choice import open_model
    from dualalign.llm.hosts import guard_real_text

    asking = asking or Asking()
    prompt = GuidelinePrompt(pack, scheme)
    if choice.base_url is not None:
        guard_real_text(choice.base_url, public_host_allowed)

    @contextmanager
    def opened(folder: Path) -> Iterator[LlmAnnotator]:
        if keep_journal:
            keep_private(folder / JOURNAL)
        model = open_model(choice, folder / JOURNAL if keep_journal else None)
        annotator = LlmAnnotator(model, pack, scheme, asking, None)
        if on_sentences is not None:
            annotator.on_sentences = lambda count: on_sentences(count, annotator)
        try:
            yield annotator
        finally:
            annotator.close()
            if model.journal is not None:
                unused = not len(model.journal)
                model.journal.close()
                if unused:
                    (folder / JOURNAL).unlink(missing_ok=True)

    options = {"name": choice.name, "scheme": prompt.scheme, "extra_body": choice.extra_body} | asdict(asking)
    return ModelSource(
        SOURCE,
        options,
        opened,
        choose,
        beside_rules=prompt.scheme == pack.labels.default,
        scheme=scheme,
        part_rows=PART_ROWS if keep_journal else _ROWS_WITHOUT_JOURNAL,
    )
