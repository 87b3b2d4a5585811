"""What labelling a file with a model would take, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dualalign.labels.asking import Asking, batches
from dualalign.labels.guideline_prompt import GuidelinePrompt
from dualalign.labels.note_rows import read_note_rows
from dualalign.reading.splitter import split_sentences

if TYPE_CHECKING:
    from dualalign.packs.pack import Pack

_CHARACTERS_PER_TOKEN = 4.0
_TOKENS_PER_ANSWER = 14
_PROMPTS_SHOWN = 3


@dataclass(slots=True)
class LabelEstimate:
    """Counts of a file, and what they would cost a model.

    Args:
        notes: rows that hold a note.
        sentences: in them.
        requests: if every answer is sound.
        prompt_tokens: about, at four characters a token.
        reply_tokens: about.
        system: the system message, the same for all requests.
        prompts: the first three other messages, each letter and digit of the notes replaced by an x.
    """

    notes: int = 0
    sentences: int = 0
    requests: int = 0
    prompt_tokens: int = 0
    reply_tokens: int = 0
    system: str = ""
    prompts: list[str] = field(default_factory=list)


def estimate_labels(
    path: str | Path,
    text_column: str,
    pack: Pack,
    scheme: str | None = None,
    asking: Asking | None = None,
) -> LabelEstimate:
    """Return what labelling a file would take; no text of a note stands in it.

    Raises:
        InputDataError: the file cannot be read.
        LabelError: no such scheme, or a pack that does not say what a model is told.
    """
    asking = asking or Asking()
    prompt = GuidelinePrompt(pack, scheme)
    found = LabelEstimate(system=prompt.system)
    characters = 0
    for row in read_note_rows(Path(path), text_column):
        if row.problem:
            continue
        found.notes += 1
        sentences = [row.text[start:end] for start, end in split_sentences(row.text)]
        found.sentences += len(sentences)
        for _, asked in batches(sentences, asking):
            found.requests += asking.requests_per_batch
            characters += sum(len(each["content"]) for each in prompt.messages(asked))
            if len(found.prompts) < _PROMPTS_SHOWN:
                found.prompts.append(prompt.messages(asked.masked())[-1]["content"])
    found.prompt_tokens = round(asking.requests_per_batch * characters / _CHARACTERS_PER_TOKEN)
    found.reply_tokens = asking.requests_per_batch * _TOKENS_PER_ANSWER * found.sentences
    return found
