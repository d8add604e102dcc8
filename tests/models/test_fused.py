"""A layer in training: what one operator computes equals what its parts do, and is left alone."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from action_rec import ops
from action_rec.models import ResidualIndRNN, StackedIndRNN, layers
from action_rec.models.layers import LayerOptions, RecurrentLayer
from action_rec.models.recurrences import IndRNN

Build = Callable[[], nn.Module]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Grows by one for every layer that runs as one operator."""
    made: list[None] = []

    def counted(*args: object) -> object:
        made.append(None)
        return ops.indrnn_batch_norm(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(layers, "indrnn_batch_norm", counted)
    return made


@contextmanager
def in_parts() -> Iterator[None]:
    """Let every layer run its parts one by one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "can_fuse", lambda *tensors: False)
        yield


def make_layer(dropout: float = 0.4) -> RecurrentLayer:
    torch.manual_seed(0)
    layer = RecurrentLayer(6, 8, LayerOptions(dropout=dropout))
    nn.init.normal_(layer.norm.weight)
    nn.init.normal_(layer.norm.bias)
    return layer


def run(layer: nn.Module, x: Tensor, state: Tensor | None = None) -> dict[str, Tensor]:
    """One training step of a copy of `layer`: outputs, gradients and buffers after it."""
    layer = copy.deepcopy(layer)
    x = x.detach().requires_grad_()
    torch.manual_seed(1)
    outputs, last = layer(x, state)
    torch.manual_seed(2)
    (outputs * torch.randn_like(outputs)).sum().add(last.sum()).backward()
    assert x.grad is not None
    gradients = {name: p.grad for name, p in layer.named_parameters() if p.grad is not None}
    results = {"outputs": outputs.detach(), "last": last.detach(), "x": x.grad}
    return results | gradients | dict(layer.named_buffers())


@pytest.mark.parametrize("state", [False, True], ids=["from zero", "from a state"])
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_one_operator_and_its_parts_agree_from_the_same_seed(
    dropout: float, state: bool, calls: list[None]
) -> None:
    layer, x = make_layer(dropout), torch.randn(5, 7, 6)
    start = torch.randn(5, 8) if state else None
    fused = run(layer, x, start)
    assert len(calls) == 1
    with in_parts():
        expected = run(layer, x, start)
    assert len(calls) == 1
    torch.testing.assert_close(fused, expected, rtol=1e-4, atol=1e-5)
    assert fused["norm.num_batches_tracked"] == 1


@pytest.mark.parametrize("momentum", [0.3, None])
def test_running_statistics_are_those_of_the_norm(momentum: float | None) -> None:
    layer, x = make_layer(), torch.randn(3, 5, 6)
    layer.norm.momentum = momentum
    by_parts = copy.deepcopy(layer)
    for factor in (1, 2, 3):
        layer(factor * x)
        with in_parts():
            by_parts(factor * x)
    torch.testing.assert_close(
        dict(layer.norm.named_buffers()), dict(by_parts.norm.named_buffers())
    )


def synchronized(layer: RecurrentLayer) -> nn.Module:
    converted: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(layer)  # type: ignore[no-untyped-call]
    return converted


def hooked(part: str) -> Callable[[RecurrentLayer], nn.Module]:
    def add_hook(layer: RecurrentLayer) -> nn.Module:
        layer.get_submodule(part).register_forward_hook(lambda *_: None)
        return layer

    return add_hook


class Louder(IndRNN):
    """A recurrence of one's own."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return super().forward(2 * x, state)


def louder(layer: RecurrentLayer) -> nn.Module:
    layer.recurrence.__class__ = Louder
    return layer


def frozen_norm(layer: RecurrentLayer) -> nn.Module:
    layer.norm.eval()
    return layer


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda layer: layer.eval(), id="eval"),
        pytest.param(lambda layer: layer.double(), id="float64"),
        pytest.param(lambda layer: layer.bfloat16(), id="bfloat16"),
        pytest.param(synchronized, id="SyncBatchNorm"),
        pytest.param(frozen_norm, id="norm in eval"),
        pytest.param(louder, id="subclass"),
        pytest.param(hooked("recurrence"), id="hook on the recurrence"),
        pytest.param(hooked("norm"), id="hook on the norm"),
        pytest.param(hooked("dropout"), id="hook on dropout"),
    ],
)
def test_another_layer_keeps_its_parts(
    change: Callable[[RecurrentLayer], nn.Module], calls: list[None]
) -> None:
    layer = change(make_layer())
    dtype = next(layer.parameters()).dtype
    layer(torch.randn(3, 5, 6).to(dtype))
    assert calls == []


def test_the_norm_before_the_recurrence_keeps_its_parts(calls: list[None]) -> None:
    torch.manual_seed(0)
    RecurrentLayer(6, 8, LayerOptions(norm="before"))(torch.randn(3, 5, 6))
    assert calls == []


def test_under_autocast_and_torch_func_it_keeps_its_parts(calls: list[None]) -> None:
    layer, x = make_layer(0.0), torch.randn(3, 5, 6)
    with torch.autocast("cpu", torch.bfloat16):
        layer(x)
    bias = layer.linear.get_parameter("bias").detach()
    call = torch.func.functional_call
    gradient = torch.func.grad(
        lambda b: call(copy.deepcopy(layer), {"linear.bias": b}, (x,))[0].square().sum()
    )
    layer.norm.track_running_stats = False
    layer.norm.running_mean = layer.norm.running_var = None
    gradient(bias)
    assert calls == []


def test_a_single_value_is_refused_as_the_norm_does() -> None:
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        make_layer()(torch.randn(1, 1, 6))


# Importing inductor, torch 2.13 warns of its own use of torch.jit.
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method:DeprecationWarning")
def test_a_compiled_layer_trains_as_its_parts_do(calls: list[None]) -> None:
    layer, x = make_layer(0.0), torch.randn(3, 5, 6)
    expected = layer(x)[0].detach()
    compiled = torch.compile(copy.deepcopy(layer), fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x)[0].detach(), expected, rtol=1e-4, atol=1e-5)
    assert len(calls) == 1


def train(network: nn.Module, optimizer: torch.optim.Optimizer, steps: range) -> list[float]:
    losses = []
    for step in steps:
        torch.manual_seed(step)
        clip, label = torch.randn(4, 20, 2, 25, 3), torch.randint(0, 5, (4,))
        loss = functional.cross_entropy(network(clip), label)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda: StackedIndRNN(5, hidden_size=16, num_layers=2), id="plain"),
        pytest.param(lambda: ResidualIndRNN(5, hidden_size=16, num_blocks=2), id="residual"),
    ],
)
def test_a_run_may_go_on_from_the_checkpoint_of_the_other_way(build: Build) -> None:
    torch.manual_seed(0)
    network = build()
    optimizer = torch.optim.Adam(network.parameters())
    train(network, optimizer, range(3))
    weights = copy.deepcopy(network.state_dict())
    settings = copy.deepcopy(optimizer.state_dict())
    expected = train(network, optimizer, range(3, 6))
    other = build()
    other.load_state_dict(weights)
    optimizer = torch.optim.Adam(other.parameters())
    optimizer.load_state_dict(settings)
    with in_parts():
        assert train(other, optimizer, range(3, 6)) == pytest.approx(expected, rel=1e-4)
