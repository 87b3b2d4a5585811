"""What a reply answers: without the thinking that some models write before it, and whether it only declines."""

from __future__ import annotations

import re

LONGEST_ANSWER = 200_000
"""Characters; more is no note and no list of labels, and would only cost time."""

_WORDS = r"(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratchpad|analysis|inner_monologue)"
_TAG = re.compile(
    # The closing forms first: an opening form is a part of some of them.
    rf"(?P<close>(?:<|&lt;)/\s*(?:\w{{1,9}}:)?{_WORDS}\s*(?:>|&gt;)|\[/THINK\]|◁/think▷|<unused95>"
    r"|<\|?(?:end_of_thought|END_THINKING|end_thinking|/think)\|?>"
    r"|<\|?channel\|?>\s*final\b(?:[^\n]{0,60}?<\|?message\|?>)?|<channel\|>|\.\.\.\s?done thinking\.)"
    rf"|(?P<open>(?:<|&lt;)(?:\w{{1,9}}:)?{_WORDS}(?:\s[^<>]{{0,100}})?(?:>|&gt;)|\[THINK\]|◁think▷|<unused94>"
    r"|<\|?(?:begin_of_thought|START_THINKING|start_thinking|think)\|?>"
    r"|<\|?channel\|?>\s*(?:analysis|commentary|thought|thinking)\b|^Thinking\.\.\.\s*$)",
    re.IGNORECASE | re.MULTILINE,
)
_MARKS = (
    "<",
    "&lt;",
    "thinking...",
    "[think",
    "[/think",
    "◁",
    "...done thinking",
    "... done thinking",
    "assistantfinal",
)
_STRIPPED_CHANNELS = re.compile(r"\Aanalysis(?=[A-Z\s]).*?assistantfinal", re.DOTALL)
_SPECIAL = r"<\|[\w/]{1,40}\|?>|<｜[^<>]{1,40}｜>|</?s>|<end_of_turn>|<start_of_turn>(?:model)?"
_AROUND = re.compile(rf"\A(?:\s*(?:{_SPECIAL}))+(?:assistant\b)?|(?:(?:{_SPECIAL})\s*)+\Z")
_WRAPPED = re.compile(
    r"\A<(answer|final_answer|response|final|output|solution)>(.*)</\1>\Z", re.DOTALL | re.I
)

_SORRY = r"(?:(?:i['’]?m|i am|we['’]?re|we are)?\s*(?:very |so |really )?(?:sorry|afraid)|i apologi[sz]e|apologies|unfortunately)"
_CANNOT = r"(?:can(?:no|['’]?)t|can not|won['’]?t|will not|(?:['’]m|am|['’]re|are) (?:not able|unable|not comfortable|not allowed)|must decline|have to decline)"
_HELP = (
    r"(?:assist|comply|fulfil+|provide|generate|produce|process (?:this|that|your)|engage|label|"
    r"create (?:an?|any|fictional|such|this|that|clinical|medical)|continue with (?:this|that|your)|complete (?:this|that|your)|answer (?:this|that|your)|"
    r"help (?:you )?(?:with )?(?:this|that|your|such|writing|creating|generating|labell?ing)|"
    r"write (?:about|such|this|that|these|those|clinical|medical|notes?\b|sentences?\b))"
)
_DECLINES = re.compile(
    rf"\A\W*(?:{_SORRY}\b[^.!?]{{0,30}}?\s)?(?:but\s)?(?:i|we)\b\s?{_CANNOT}\b[^.!?]{{0,40}}?\b{_HELP}"
    rf"|\A\W*(?:{_SORRY}[^.!?]{{0,30}}\s)?(?:as|i['’]?m|i am) an? (?:ai|artificial intelligence|large language model|language model)\b",
    re.IGNORECASE,
)


def answer_in(reply: str) -> str:
    """Return a reply without thinking, in whatever form a model or its server marks it; empty if it is all thinking.

    What stands before an end of thinking is thinking, marked or not; so is all behind a beginning that has no end.
    """
    lowered = reply.lower()
    # Most replies hold no mark at all, and looking for one of these is much the quicker.
    if not any(mark in lowered for mark in _MARKS):
        return reply.strip()
    text = _STRIPPED_CHANNELS.sub("", reply) if "assistantfinal" in reply else reply
    kept: list[str] = []
    at, thinking = 0, False
    for tag in _TAG.finditer(text):
        if tag["close"]:
            if not thinking:
                kept.clear()
            at, thinking = tag.end(), False
        elif not thinking:
            kept.append(text[at : tag.start()])
            thinking = True
    if not thinking:
        kept.append(text[at:])
    text = _AROUND.sub("", "".join(kept).strip()).strip()
    wrapped = _WRAPPED.match(text)
    return wrapped[2].strip() if wrapped else text


def declines(answer: str) -> bool:
    """Return whether an answer, or one sentence of it, is a model's refusal in place of what was asked for."""
    return bool(_DECLINES.match(answer[:400]))
