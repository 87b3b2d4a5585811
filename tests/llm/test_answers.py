"""What a reply answers, without thinking; and which answers only decline."""

import time

import pytest

from dualalign.llm.answers import answer_in, declines

FORMS = [
    "<think>plan A</think>\n{}",
    "plan A, unopened\n</think>\n\n{}",
    "<thinking effort='high'>plan A</thinking>{}",
    "<thought>plan A</thought> {}",
    "<REASONING>plan A</REASONING>{}",
    "&lt;think&gt;plan A&lt;/think&gt;{}",
    "<think>plan <think>A</think> more plan</think>{}",
    "<think></think>{}",
    "{}\n<think>plan A that never ends",
    "[THINK]plan A[/THINK]{}",
    "◁think▷plan A◁/think▷{}",
    "<seed:think>plan A</seed:think>{}",
    "<unused94>thought plan A<unused95>{}",
    "<|START_THINKING|>plan A<|END_THINKING|>{}",
    "Thinking...\nplan A\n...done thinking.\n\n{}",
    "<|channel|>analysis<|message|>plan A<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>",
    "<|channel|>final <|constrain|>json<|message|>{}",
    "<|channel>thought\nplan A<channel|>{}",
    "analysisWe plan A.assistantfinal{}",
    "<think>plan A</think><answer>{}</answer><|im_end|>",
    "{}",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("answer", ["HPI: She repeats questions.", '{"s1": ["cognitive"]}'])
def test_thinking_in_any_form_is_no_part_of_the_answer(form: str, answer: str) -> None:
    assert answer_in(form.replace("{}", answer)) == answer


@pytest.mark.parametrize(
    "reply", ["<think>plan", "<think>plan</think>", "<|channel|>analysis<|message|>plan", " "]
)
def test_a_reply_that_is_all_thinking_answers_nothing(reply: str) -> None:
    assert answer_in(reply) == ""


@pytest.mark.parametrize(
    "said",
    [
        "I'm sorry, but I can't help with writing notes about real people.",
        "I can’t assist with that request.",
        "Unfortunately, I cannot create fictional records.",
        "As an AI language model, I do not write medical notes.",
        "I am unable to comply.",
    ],
)
def test_a_refusal_is_known(said: str) -> None:
    assert declines(said)


@pytest.mark.parametrize(
    "said",
    [
        "I can't remember where I put the keys, he says.",
        "I'm sorry, I can't find the word.",
        "I cannot write my name anymore.",
        "I can't help with the cooking anymore.",
        "She is sorry that she cannot provide a history.",
    ],
)
def test_a_patient_who_cannot_is_no_refusal(said: str) -> None:
    assert not declines(said)


@pytest.mark.parametrize(
    "piece", ["<think", "</think>", "<|a|> ", "&lt;", "<|channel|>", " ", "analysis ", "<s>"]
)
def test_time_is_linear(piece: str) -> None:
    started = time.perf_counter()
    answer_in(piece * (400_000 // len(piece)) + "x")
    assert time.perf_counter() - started < 2
