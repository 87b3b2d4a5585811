"""What a server says of an error, without the prompt that it quotes and without keys: neither is ever printed."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MOST_READ = 2_000
_GAP = "[...]"
_ESCAPED = re.compile(r"\\+u([0-9a-fA-F]{4})|\\+[nrt\"'/]")
_WORD = re.compile(r"\w+")
_GAPS = re.compile(rf"{re.escape(_GAP)}(?:[\W_]*{re.escape(_GAP)})+")
_RUN = 3
_KEY = re.compile(
    r"(?i)\b(?:bearer|basic)\s+\S+|\b(?:sk|pk|rk|gsk|hf|xai|nvapi|key|token|aiza)[-_][^\s,;'\"`)]+"
    r"|(?<=key provided:)\s*\S+|(?<=api key:)\s*\S+|[\w-]*\*{2,}[\w*-]*"
    r"|\b(?=\w*\d)(?=\w*[a-z])\w{16,}\b|(?<=://)[^\s/@]+@|\?\S+"
)
# Words that an error needs and that tell nothing of a patient, even where the prompt holds them too.
_PLAIN = frozenset(
    [
        "a",
        "about",
        "above",
        "accept",
        "accepted",
        "account",
        "add",
        "after",
        "all",
        "allow",
        "allowed",
        "already",
        "also",
        "an",
        "and",
        "any",
        "api",
        "are",
        "argument",
        "as",
        "at",
        "available",
        "be",
        "because",
        "been",
        "before",
        "body",
        "both",
        "bytes",
        "but",
        "by",
        "cannot",
        "characters",
        "check",
        "code",
        "completion",
        "configured",
        "connection",
        "contact",
        "contain",
        "contains",
        "content",
        "context",
        "could",
        "created",
        "credit",
        "credits",
        "deployment",
        "detail",
        "do",
        "does",
        "enable",
        "enabled",
        "error",
        "exceed",
        "exceeded",
        "exceeds",
        "expected",
        "failed",
        "field",
        "filter",
        "for",
        "format",
        "found",
        "free",
        "from",
        "get",
        "given",
        "has",
        "have",
        "host",
        "how",
        "if",
        "in",
        "incorrect",
        "input",
        "instead",
        "internal",
        "invalid",
        "is",
        "it",
        "its",
        "key",
        "large",
        "length",
        "less",
        "limit",
        "limits",
        "list",
        "long",
        "loaded",
        "many",
        "max",
        "maximum",
        "may",
        "message",
        "messages",
        "missing",
        "mode",
        "model",
        "more",
        "most",
        "must",
        "name",
        "no",
        "not",
        "number",
        "of",
        "on",
        "one",
        "only",
        "option",
        "or",
        "organization",
        "output",
        "overloaded",
        "parameter",
        "parameters",
        "per",
        "permission",
        "plan",
        "please",
        "policy",
        "prompt",
        "property",
        "provided",
        "quota",
        "rate",
        "reached",
        "reason",
        "reduce",
        "remaining",
        "request",
        "requested",
        "requests",
        "require",
        "required",
        "response",
        "retry",
        "role",
        "running",
        "schema",
        "seconds",
        "server",
        "service",
        "should",
        "size",
        "slow",
        "status",
        "stop",
        "string",
        "support",
        "supported",
        "system",
        "template",
        "temperature",
        "text",
        "than",
        "that",
        "the",
        "there",
        "this",
        "time",
        "to",
        "token",
        "tokens",
        "too",
        "try",
        "type",
        "unavailable",
        "unauthorized",
        "unexpected",
        "unknown",
        "unsupported",
        "up",
        "upgrade",
        "url",
        "usage",
        "use",
        "used",
        "user",
        "valid",
        "value",
        "values",
        "was",
        "we",
        "were",
        "when",
        "where",
        "which",
        "while",
        "will",
        "with",
        "you",
        "your",
    ]
)


def scrubbed(said: str, prompt: Iterable[str], key: str = "", keep: str = "") -> str:
    """Return what a server said on one line, with a gap for every word that the prompt holds and for what may be a key.

    Args:
        said: the server's words.
        prompt: texts that were sent; no word of theirs is shown unless it is one that errors are made of.
        key: the key that was sent.
        keep: words that may be shown all the same, such as the model's name.
    """
    text = _ESCAPED.sub(_unescaped, said[:_MOST_READ])
    text = _KEY.sub(lambda found: found[0] if found[0] in keep else _GAP, text)
    if len(key) >= 4:
        text = re.sub(rf"\S*(?:{re.escape(key[:4])}|{re.escape(key[-4:])})\S*", _GAP, text)
    sent = " ".join(word for each in prompt for word in _WORD.findall(each.casefold()))
    shown = _PLAIN | frozenset(_WORD.findall(keep.casefold()))
    found = list(_WORD.finditer(text))
    words = [each[0].casefold() for each in found]
    hidden = {at for at, word in enumerate(words) if word not in shown and _tells(word, sent)}
    for at in range(len(words) - _RUN + 1):
        if f" {' '.join(words[at : at + _RUN])} " in f" {sent} ":
            hidden.update(range(at, at + _RUN))
    pieces, end = list[str](), 0
    for at, each in enumerate(found):
        pieces += [text[end : each.start()], _GAP if at in hidden else each[0]]
        end = each.end()
    return " ".join(_GAPS.sub(_GAP, "".join(pieces) + text[end:]).split())


def _tells(word: str, sent: str) -> bool:
    if len(word) > 2 or word.isdecimal():
        return word in sent
    return len(word) == 2 and f" {word} " in f" {sent} "


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else " "
