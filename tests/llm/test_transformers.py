"""Batches, seeds, token counts and errors, on a tiny model with random weights."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("jsonschema", reason="the llm extra is not installed")

import torch
import transformers

from dualalign.errors import ModelError
from dualalign.llm import ChatReply, ChatRequest, LanguageModel
from dualalign.llm.choice import ModelChoice, open_model
from dualalign.llm.sampling import seeded_sampling
from dualalign.llm.transformers import TransformersBackend
from tests.llm.tiny_model import save_tiny_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny-model"))


def ask(number: int, **parameters: Any) -> ChatRequest:
    content = f"question {number}" + " at more length" * (number % 3)
    options = {"max_tokens": 12, "temperature": 1.0, "seed": number} | parameters
    return ChatRequest(f"n{number}", ({"role": "user", "content": content},), options)


def answers(backend: TransformersBackend, requests: list[ChatRequest]) -> list[ChatReply]:
    async def run() -> list[ChatReply]:
        return list(await asyncio.gather(*map(backend.complete, requests)))

    return asyncio.run(run())


def count_batches(backend: TransformersBackend, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sizes: list[int] = []
    generate = backend._generate
    monkeypatch.setattr(backend, "_generate", lambda batch: sizes.append(len(batch)) or generate(batch))
    return sizes


def test_requests_that_wait_together_share_a_batch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = TransformersBackend(folder, max_batch=4, device="cpu")
    sizes = count_batches(backend, monkeypatch)
    replies = answers(backend, [ask(number) for number in range(10)])
    assert sizes == [4, 4, 2]
    assert all(reply.text and reply.cost_usd == 0.0 for reply in replies)
    assert backend.model == folder.name


def test_options_that_differ_are_not_mixed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = TransformersBackend(folder, device="cpu")
    sizes = count_batches(backend, monkeypatch)
    answers(backend, [ask(1), ask(2, temperature=0.5), ask(3), ask(4, max_tokens=5)])
    assert sizes == [2, 1, 1]


def test_a_seed_fixes_the_reply_whatever_else_is_in_the_batch(folder: Path) -> None:
    backend = TransformersBackend(folder, max_batch=8, device="cpu")
    (alone,) = answers(backend, [ask(2)])
    together = answers(backend, [ask(number) for number in range(5)])
    assert together[2].text == alone.text
    assert len({reply.text for reply in together}) == 5
    (otherwise,) = answers(backend, [ask(2, seed=99)])
    assert otherwise.text != alone.text
    unseeded = answers(backend, [ask(2, seed=None), ask(2, seed=None)])
    assert unseeded[0].text != unseeded[1].text


def test_temperature_nought_is_the_likeliest_reply(folder: Path) -> None:
    backend = TransformersBackend(folder, device="cpu")
    first, second = answers(backend, [ask(1, temperature=0.0, seed=1), ask(1, temperature=0.0, seed=2)])
    assert first.text == second.text
    prompt = torch.tensor([backend._prompt(ask(1))])
    with torch.inference_mode():
        logits = backend._network(prompt).logits[0, -1]
    likeliest = backend._tokenizer.decode([int(logits.argmax())])
    assert first.text.startswith(likeliest)


def test_draws_follow_the_softmax_and_its_bounds() -> None:
    scores = torch.log(torch.tensor([[0.5, 0.3, 0.15, 0.05]]))

    def drawn(**parameters: Any) -> Counter[int]:
        processors = seeded_sampling(parameters, [7])
        seen: Counter[int] = Counter()
        for _ in range(4_000):
            out = scores
            for processor in processors:
                out = processor(None, out)
            seen[int(out.argmax())] += 1
        return seen

    plain = drawn(temperature=1.0)
    for token, share in enumerate((0.5, 0.3, 0.15, 0.05)):
        assert plain[token] / 4_000 == pytest.approx(share, abs=0.03)
    assert set(drawn(temperature=1.0, top_k=2)) == {0, 1}
    assert set(drawn(temperature=1.0, top_p=0.9)) == {0, 1, 2}
    cold = drawn(temperature=0.5)
    assert cold[0] / 4_000 == pytest.approx(0.25 / (0.25 + 0.09 + 0.0225 + 0.0025), abs=0.03)


def test_tokens_are_counted_and_the_end_is_named(folder: Path) -> None:
    backend = TransformersBackend(folder, max_batch=16, device="cpu")
    replies = answers(backend, [ask(number, max_tokens=300) for number in range(16)])
    finished = Counter(reply.finish_reason for reply in replies)
    assert set(finished) == {"stop", "length"}
    for number, reply in enumerate(replies):
        assert reply.prompt_tokens == len(backend._prompt(ask(number)))
        assert (reply.reply_tokens == 300) or reply.finish_reason == "stop"
        assert "<end>" not in reply.text


def test_a_prompt_too_long_is_an_error_of_that_request(folder: Path) -> None:
    backend = TransformersBackend(folder, device="cpu", context=64)

    async def run() -> list[Any]:
        model = LanguageModel(backend)
        return [outcome async for _, outcome in model.complete_all([ask(1), ask(2, max_tokens=100)])]

    fine, error = sorted(asyncio.run(run()), key=lambda each: isinstance(each, ModelError))
    assert isinstance(fine, ChatReply)
    assert "longer context" in str(error)


def test_when_memory_runs_out_half_as_many_are_asked_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = TransformersBackend(folder, max_batch=8, device="cpu")
    sizes: list[int] = []
    generate = backend._generate

    def starved(batch: list[Any]) -> list[list[int]]:
        sizes.append(len(batch))
        if len(batch) > 2:
            raise torch.OutOfMemoryError("out of memory")
        return generate(batch)

    monkeypatch.setattr(backend, "_generate", starved)
    assert len(answers(backend, [ask(number) for number in range(6)])) == 6
    assert sizes == [6, 3, 1, 1, 1, 1, 1, 1]


def test_a_schema_is_asked_for_in_words(folder: Path) -> None:
    backend = TransformersBackend(folder, device="cpu")
    request = ChatRequest("k", ask(1).messages, {}, {"type": "object", "title": "Odd"})
    assert '"title": "Odd"' in backend._tokenizer.decode(backend._prompt(request))


def test_what_cannot_be_loaded_says_so(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        TransformersBackend(tmp_path)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = None
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    tokenizer.save_pretrained(tmp_path)
    model.save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="no chat template"):
        TransformersBackend(tmp_path)


def test_the_context_asked_for_is_kept_to(folder: Path) -> None:
    model = open_model(ModelChoice("transformers", model=str(folder), context=256), None)
    with pytest.raises(ModelError, match="there are 256"):
        asyncio.run(model.complete(ask(0, max_tokens=250)))
