from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from dualalign.errors import ProgressionError  # noqa: E402
from dualalign.progression import network as networks  # noqa: E402
from dualalign.progression import training  # noqa: E402
from dualalign.progression.dualpath import DualPath  # noqa: E402
from dualalign.progression.model import fit_model, load_model, save_model  # noqa: E402
from dualalign.progression.network import DualPathNetwork, NetworkOptions  # noqa: E402
from dualalign.progression.questions import schema_questions  # noqa: E402
from dualalign.progression.scaling import fit_scales  # noqa: E402
from dualalign.progression.targets import make_targets, scaled_targets  # noqa: E402
from dualalign.progression.training import (  # noqa: E402
    Part,
    Precision,
    TrainingOptions,
    arithmetic_of,
    device_of,
    fit_network,
    held_out_loss,
    shape_of,
    task_losses,
    training_parts,
)
from dualalign.progression.visits import to_visits  # noqa: E402
from tests.progression.planted import planted  # noqa: E402

VISITS = to_visits(planted(24, 7))
SCALES = fit_scales(VISITS)
TARGETS = scaled_targets(make_targets(VISITS, VISITS, True), SCALES, VISITS)
LOSS_TOLERANCE = 0.01
"""Share by which a loss may differ: bfloat16 keeps 8 bits, 0.4% a number."""


def part(*subjects: int, device: str = "cpu") -> Part:
    return training_parts(VISITS, TARGETS, SCALES, [subjects], torch.device(device))[0]


def ready(precision: Precision, **options: object) -> DualPathNetwork:
    """Return a network in training, without dropout, whose deep heads already say something."""
    torch.manual_seed(0)
    network = DualPathNetwork(shape_of(VISITS.schema, SCALES), NetworkOptions(dropout=0.0, **options))  # type: ignore[arg-type]
    with torch.no_grad():
        for each in network.parameters():
            each.add_(0.2 * torch.randn_like(each))
    network.arithmetic = arithmetic_of(precision, torch.device("cpu"))
    return network.train()


@pytest.mark.parametrize("mixer", ["attention", "recurrent"])
def test_losses_in_bfloat16_are_those_of_float32_within_a_tolerance(mixer: str) -> None:
    exact = task_losses(ready("float32", mixer=mixer), part(*range(24)))
    rough = task_losses(ready("bfloat16", mixer=mixer), part(*range(24)))
    assert set(exact) == {"conversion", "decline", "state", "forecast"}
    for name, loss in exact.items():
        assert rough[name].dtype is torch.float32
        assert rough[name].item() == pytest.approx(loss.item(), rel=LOSS_TOLERANCE)
        assert rough[name].item() != loss.item()


def test_encoders_run_in_bfloat16_and_heads_clock_attention_and_weights_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = ready("bfloat16")
    numbers: dict[str, torch.dtype] = {}
    attend = torch.nn.functional.scaled_dot_product_attention

    def watched_attention(*given: torch.Tensor, **named: object) -> torch.Tensor:
        found: torch.Tensor = attend(*given, **named)
        numbers["attention"] = found.dtype
        return found

    monkeypatch.setattr(networks.functional, "scaled_dot_product_attention", watched_attention)
    watched = {
        "encoder": network.encoders[0][0],
        "mixer": network.mixers[0].out,
        "clock": network.clock,
        "head": network.hazard.deep[0],
    }
    for name, module in watched.items():
        module.register_forward_hook(lambda _, given, out, name=name: numbers.update({name: out.dtype}))
    sum(task_losses(network, part(*range(8))).values()).backward()
    rough, exact = torch.bfloat16, torch.float32
    assert numbers == {"encoder": rough, "mixer": rough, "clock": exact, "attention": exact, "head": exact}
    assert {each.dtype for each in network.parameters()} == {exact}
    assert {each.grad.dtype for each in network.parameters() if each.grad is not None} == {exact}


def test_the_future_stays_hidden_and_far_times_stay_finite_in_bfloat16() -> None:
    network = ready("bfloat16", window=3)
    whole = part(*range(6))
    batch = whole.batch
    with torch.no_grad():
        before = network(batch)[0]
        values = batch.values.clone()
        late = batch.times > 3
        values[late] = 5.0
        after = network(replace(batch, values=values))[0]
        early = ~late
        assert torch.equal(before[early], after[early])
        assert (before[~early] - after[~early]).abs().max() > 0.1
    far = replace(batch, times=batch.times * 1e3, values=batch.values * 100, wide=batch.wide * 100)
    losses = task_losses(network, whole._replace(batch=far))
    sum(losses.values()).backward()
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert all(torch.isfinite(each.grad).all() for each in network.parameters() if each.grad is not None)


def test_predictions_are_float32_whatever_the_training_was() -> None:
    batch = part(*range(6)).batch
    exact, rough = ready("float32").eval(), ready("bfloat16").eval()
    with torch.no_grad():
        assert torch.equal(exact(batch)[0], rough(batch)[0])
        with torch.autocast("cpu", torch.bfloat16):
            assert torch.equal(exact(batch)[0], rough(batch)[0])


def fitted(options: TrainingOptions) -> DualPathNetwork:
    return fit_network(VISITS, TARGETS, SCALES, range(18), range(18, 24), options, 0)


def test_float32_is_bit_for_bit_what_it_is_without_autocast(monkeypatch: pytest.MonkeyPatch) -> None:
    options = TrainingOptions(epochs=4)
    mine = fitted(options).state_dict()
    monkeypatch.setattr(networks, "in_numbers", lambda *_: nullcontext())
    plain = fitted(options).state_dict()
    assert all(torch.equal(mine[name], plain[name]) for name in plain)


def test_bfloat16_learns_as_well() -> None:
    check, deep = [part(*range(18, 24))], NetworkOptions(wide=False)
    start, exact, rough = (
        held_out_loss(fitted(each), check, each.weights)
        for each in (
            TrainingOptions(deep, epochs=0),
            TrainingOptions(deep, epochs=25),
            TrainingOptions(deep, epochs=25, precision="bfloat16"),
        )
    )
    assert rough != exact
    assert rough < start - 0.9 * (start - exact)


def test_auto_is_bfloat16_only_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    processor, gpu = torch.device("cpu"), torch.device("cuda", 0)
    assert arithmetic_of("auto", processor) is torch.float32
    monkeypatch.setattr(training.torch.cuda, "is_bf16_supported", lambda: True)
    assert arithmetic_of("auto", gpu) is torch.bfloat16
    assert arithmetic_of("float32", gpu) is torch.float32
    monkeypatch.setattr(training.torch.cuda, "is_bf16_supported", lambda: False)
    assert arithmetic_of("auto", gpu) is torch.float32
    with pytest.raises(ProgressionError, match="bfloat16"):
        arithmetic_of("bfloat16", gpu)


def test_a_device_or_precision_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training.torch.cuda, "is_available", lambda: False)
    assert device_of("auto") == device_of("cpu") == torch.device("cpu")
    with pytest.raises(ProgressionError, match="sees no GPU"):
        fitted(TrainingOptions(device="cuda"))
    with pytest.raises(ProgressionError, match="device 'tpu'"):
        fitted(TrainingOptions(device="tpu"))  # type: ignore[arg-type]
    with pytest.raises(ProgressionError, match="precision 'float8'"):
        fitted(TrainingOptions(precision="float8"))  # type: ignore[arg-type]


def test_batches_are_made_whole_on_their_device() -> None:
    found = part(0, 1, device="meta")
    everything = [getattr(found.batch, name) for name in found.batch.__slots__]
    everything += [found.exposure, found.events, found.decline, *found.state]
    everything += [each for three in found.forecast for each in three]
    assert {each.device.type for each in everything} == {"meta"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU with CUDA")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_fitted_on_a_gpu_a_model_predicts_there_and_anywhere(tmp_path: Path, precision: Precision) -> None:
    options = TrainingOptions(epochs=5, device="cuda", precision=precision)
    model = fit_model(planted(24, 7), (), 0, DualPath(options=options, folds=2))
    folder = save_model(model, tmp_path / "model")
    for task, asked in schema_questions(VISITS).items():
        there = model.fitted.predict(VISITS, asked, task)
        for device in ("cpu", "cuda"):
            here = load_model(folder, device).fitted.predict(VISITS, asked, task)  # type: ignore[arg-type]
            np.testing.assert_allclose(here, there, atol=1e-3)
