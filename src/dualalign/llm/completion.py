"""From the bytes a server answered to a reply: one JSON document, or a stream of events, in the forms that servers use."""

from __future__ import annotations

import json
import re
from typing import Any

from dualalign.llm.backend import RetryableError, UselessReplyError
from dualalign.llm.request import ChatReply, Prices

CUT_OFF = "length"
"""The finish reason of a reply that broke off, whatever its server calls it."""

_CUT_OFF = re.compile(r"length|max.*tokens|token.?limit|truncat|incomplete|context.window|limit.reached")
_FILTERED = re.compile(
    r"content.?filter|safety|recitation|blocklist|prohibited|guardrail|refusal|blocked|spii|sensitive|moderation"
)
_TEXT_PARTS = ("text", "output_text", "")
_LINE_END = re.compile(r"\r\n|\r|\n")
_MOST_TOKENS = 10**12


def document_in(payload: bytes) -> dict[str, Any]:
    """Return the completion in the body of a reply, whatever type its header names.

    Raises:
        ValueError: it is no JSON object and no stream of them, or it broke off.
    """
    try:
        text = payload.decode("utf-8-sig").strip()
        if text.startswith("{"):
            try:
                return _object(json.loads(text))
            except json.JSONDecodeError as error:
                if error.msg != "Extra data":
                    raise
                # One event a line, as a stream of Ollama's own kind.
                return _joined([("", line) for line in _LINE_END.split(text)])
        return _joined(_events(text))
    except (RecursionError, TypeError, AttributeError):
        raise ValueError("of another shape") from None


def reply_in(content: dict[str, Any], where: str, seconds: float, prices: Prices | None) -> ChatReply:
    """Return the reply in a chat completion.

    Args:
        content: from `document_in`.
        where: the URL as it may be shown.
        seconds: what the call took.
        prices: for its cost; None leaves it unknown.

    Raises:
        RetryableError: of another shape, or empty.
        UselessReplyError: empty in a way that asking again does not mend.
    """
    try:
        choice = _object(content["choices"][0]) if "choices" in content else content
        message = choice.get("message") or {"content": choice["text"]}
        text = _text(message.get("content"))
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        raise RetryableError("broken", f"{where}: the reply is no chat completion") from None
    prompt, tokens = _usage(content)
    finish = _finish(choice, content)
    if finish in ("error", "abort"):
        raise RetryableError("broken", f"{where}: the server gave the reply up")
    cost = prices.cost(prompt, tokens) if prices else None
    reply = ChatReply(text, prompt, tokens, seconds, cost, finish)
    if text.strip():
        return reply
    raise _empty(reply, message, where)


def _empty(reply: ChatReply, message: dict[str, Any], where: str) -> RetryableError | UselessReplyError:
    if reply.finish_reason == "content_filter":
        return UselessReplyError(
            "filtered",
            f"{where}: the server's content filter withheld the reply",
            "it stays without one",
            reply,
        )
    if message.get("refusal"):
        return UselessReplyError(
            "refused",
            f"{where}: the model refused to answer",
            "ask another model, or change the prompt",
            reply,
        )
    if reply.finish_reason == CUT_OFF:
        return thought_only(reply, where)
    if message.get("tool_calls") or message.get("function_call"):
        return UselessReplyError(
            "tool call",
            f"{where}: the model called a tool in place of answering",
            "turn its tools off, for example by -M tool_choice=none",
            reply,
        )
    parts = message.get("content") if isinstance(message.get("content"), list) else []
    thought = any(
        message.get(name) for name in ("reasoning_content", "reasoning", "thinking", "reasoning_details")
    )
    if thought or parts:
        return thought_only(reply, where)
    return RetryableError("empty", f"{where}: the reply is empty", paid=reply if reply.reply_tokens else None)


def thought_only(reply: ChatReply, where: str) -> UselessReplyError:
    """Return the error of a reply that holds thinking and no answer."""
    if reply.finish_reason == CUT_OFF:
        said = "used up its tokens before it said anything"
    else:
        said = "thought and said nothing (its reply holds reasoning and no answer)"
    return UselessReplyError(
        "thinking only",
        f"{where}: the model {said}",
        "raise -M max_tokens, or turn its thinking off with -M KEY=VALUE",
        reply,
    )


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value


def _text(content: Any) -> str:
    """Return the text of a message: a string, parts of which some may be thinking, or JSON that was read already."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(part, str) or _is_part(part) for part in content):
        return "".join(part if isinstance(part, str) else _text_of_part(part) for part in content)
    if isinstance(content, dict) and _is_part(content):
        return _text_of_part(content)
    if isinstance(content, (dict, list)):
        return json.dumps(content, ensure_ascii=False)
    raise ValueError("no text")


def _is_part(part: Any) -> bool:
    return isinstance(part, dict) and (isinstance(part.get("type"), str) or isinstance(part.get("text"), str))


def _text_of_part(part: dict[str, Any]) -> str:
    text = part.get("text")
    if isinstance(text, dict):
        text = text.get("value")
    return text if isinstance(text, str) and part.get("type", "") in _TEXT_PARTS else ""


def _finish(choice: dict[str, Any], content: dict[str, Any]) -> str:
    found = [choice.get("finish_reason"), choice.get("stop_reason"), choice.get("native_finish_reason")]
    words = [each for each in (*found, content.get("done_reason")) if isinstance(each, str) and each]
    for word in words:
        if _CUT_OFF.search(word.casefold()):
            return CUT_OFF
        if _FILTERED.search(word.casefold()):
            # What was said before the filter stepped in has lost its end.
            return (
                CUT_OFF if _text((choice.get("message") or {}).get("content")).strip() else "content_filter"
            )
    if choice.get("truncated") is True or content.get("truncated") is True:
        return CUT_OFF
    return words[0] if words else ""


def _usage(content: dict[str, Any]) -> tuple[int | None, int | None]:
    usage = content.get("usage")
    if not isinstance(usage, dict):
        usage = {
            "prompt_tokens": content.get("prompt_eval_count"),
            "completion_tokens": content.get("eval_count"),
        }
    prompt = _count(usage.get("prompt_tokens", usage.get("input_tokens")))
    reply = _count(usage.get("completion_tokens", usage.get("output_tokens")))
    total = _count(usage.get("total_tokens"))
    if reply is None and prompt is not None and total is not None and total >= prompt:
        reply = total - prompt
    return prompt, reply


def _count(value: Any) -> int | None:
    """Return a number of tokens, however it is written; None if it is none."""
    if isinstance(value, str) and len(value) < 20 and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS
    return value if usable else None


def _events(text: str) -> list[tuple[str, str]]:
    """Return name and data of each server-sent event that holds data."""
    found: list[tuple[str, str]] = []
    name, data = "", list[str]()
    for line in (*_LINE_END.split(text), ""):
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif field == "event":
            name = value.strip()
        elif not line:
            joined = "\n".join(data).strip()
            # Servers that leave out the empty line between events write one object a line.
            parts = [joined] if len(data) < 2 or _is_json(joined) else [each.strip() for each in data]
            found += [(name, each) for each in parts if each]
            name, data = "", []
    return found


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _joined(events: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the completion that a stream of events amounts to.

    Raises:
        ValueError: the stream broke off.
    """
    pieces: list[str] = []
    message: dict[str, Any] = {}
    whole = ""
    content: dict[str, Any] = {}
    finish, ended = None, False
    for name, data in events:
        if data == "[DONE]":
            ended = True
            break
        if not data.startswith("{"):
            continue
        event = _object(json.loads(data))
        if event.get("error") or name == "error":
            return {"error": event.get("error") or event}
        content |= {key: event[key] for key in ("usage", "prompt_eval_count", "eval_count") if event.get(key)}
        ended = ended or event.get("done") is True
        for choice in event.get("choices") or ([event] if "message" in event and "done" in event else []):
            if choice.get("error"):
                return {"error": choice["error"]}
            delta = choice.get("delta") or {}
            pieces.append(_text(delta.get("content")))
            said = choice.get("message") or {}
            if "done" in event:
                pieces.append(_text(said.get("content")))
            else:
                whole = _text(said.get("content")) or whole
            message |= {key: value for key, value in {**said, **delta}.items() if value and key != "content"}
            finish = (
                choice.get("finish_reason") or choice.get("stop_reason") or event.get("done_reason") or finish
            )
    if not ended and finish is None:
        raise ValueError("the stream broke off")
    message["content"] = "".join(pieces) or whole
    return content | {"choices": [{"message": message, "finish_reason": finish}]}
