"""The annotator's requests: a pack's guideline in front, the sentences of a note behind it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dualalign.errors import LabelError
from dualalign.packs.templates import read_template, rendered

if TYPE_CHECKING:
    from dualalign.llm.request import Message
    from dualalign.packs.pack import Pack


_LETTER = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Asked:
    """Sentences of one note that go into one request.

    Args:
        sentences: id within the request (`s1`, `s2`, ...) -> text, in the note's order.
        before: sentences of the note that stand before them, for the reader to understand.
    """

    sentences: Mapping[str, str]
    before: tuple[str, ...] = ()

    def only(self, ids: Sequence[str]) -> Asked:
        """Return the same, with some of the sentences only."""
        return Asked({each: self.sentences[each] for each in ids}, self.before)

    def masked(self) -> Asked:
        """Return the same with an x for every letter and digit, to be shown without showing a note."""
        return Asked(
            {key: _LETTER.sub("x", text) for key, text in self.sentences.items()},
            tuple(_LETTER.sub("x", text) for text in self.before),
        )


class GuidelinePrompt:
    """Renders requests; the system message is the same for every sentence of a scheme.

    Args:
        pack: a loaded pack.
        scheme: id of the label scheme, the default one if None.

    Raises:
        LabelError: no such scheme, a label named as the word for abstaining, or a pack without annotator.yaml.
    """

    def __init__(self, pack: Pack, scheme: str | None = None) -> None:
        try:
            found = pack.labels.scheme(scheme)
        except KeyError:
            known = ", ".join(each.id for each in pack.labels.schemes)
            raise LabelError(
                f"pack '{pack.id}' has no label scheme '{scheme or pack.labels.default}'",
                f"use one of {known}",
            ) from None
        words = pack.annotator
        if not (words.system and words.request and words.again and words.check):
            raise LabelError(
                f"pack '{pack.id}' has no annotator.yaml that says what a model is told",
                "add the file, or let the pack extend clinical_english",
            )
        self.scheme: str = found.id
        self.labels: tuple[str, ...] = tuple(label.id for label in found.labels)
        self.names: dict[str, str] = {label.name.casefold(): label.id for label in found.labels}
        self.none: str = words.none
        self.unsure: str = words.unsure
        for word in (self.none, self.unsure):
            if word in self.labels:
                raise LabelError(
                    f"'{word}' is a label, and the word for none or for abstaining",
                    "set `none` and `unsure` in annotator.yaml",
                )
        self.system: str = rendered(
            read_template(words.system),
            labels=found.labels,
            rules=pack.guideline.rules.get(found.id, pack.labels.guideline),
            question=pack.guideline.question,
            examples=pack.guideline.examples.get(found.id, []),
            none_word=self.none,
            unsure=self.unsure,
        )
        self._request = read_template(words.request)
        self._again = read_template(words.again)
        self._check = read_template(words.check)

    def messages(self, asked: Asked, again: bool = False) -> tuple[Message, ...]:
        """Return the messages that ask for labels, or ask again after an answer that left these sentences out."""
        # A line break inside a sentence would look like the end of it.
        sentences = [{"id": key, "text": " ".join(text.split())} for key, text in asked.sentences.items()]
        before = [" ".join(text.split()) for text in asked.before]
        content = rendered(self._request, sentences=sentences, before=before)
        if again:
            content += "\n\n" + rendered(self._again, ids=list(asked.sentences))
        return ({"role": "system", "content": self.system}, {"role": "user", "content": content})

    def checking(self, asked: Asked, answer: Mapping[str, Sequence[str]]) -> tuple[Message, ...]:
        """Return the messages of the second pass: what was asked, what was answered, and to check it."""
        shown = {key: list(found) or [self.none] for key, found in answer.items()}
        return (
            *self.messages(asked),
            {"role": "assistant", "content": json.dumps(shown)},
            {"role": "user", "content": rendered(self._check, ids=list(asked.sentences))},
        )

    def schema(self, ids: Sequence[str]) -> dict[str, Any]:
        """Return the JSON schema of an answer: exactly these ids, each with labels of the scheme."""
        labels = {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "enum": [self.none, *self.labels, self.unsure]},
        }
        return {
            "type": "object",
            "properties": dict.fromkeys(ids, labels),
            "required": list(ids),
            "additionalProperties": False,
        }
