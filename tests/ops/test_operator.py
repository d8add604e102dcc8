"""Test the custom operator with compile, export, autocast, torch.func, threads and forks."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from action_rec import ops
from action_rec.errors import InputError
from action_rec.ops import Activation, Backend, indrnn_recurrence
from action_rec.ops.operator import fast_recurrence, fast_recurrence_backward
from tests.ops.cases import Case, make_case, run

BIG = (5, 300, 401)  # enough for more than one thread


class Layer(nn.Module):
    """A linear layer followed by the recurrence."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(6, 5)
        self.u = nn.Parameter(torch.rand(5))

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        return indrnn_recurrence(self.linear(x), self.u, lengths=lengths, reverse=True)


def layer_inputs() -> tuple[Tensor, Tensor]:
    return torch.randn(3, 7, 6), torch.tensor([7, 1, 4])


@pytest.fixture
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("activation", ["relu", "prelu"])
@pytest.mark.parametrize("options", ["plain", "all"])
def test_opcheck(options: str, activation: Activation) -> None:
    case = make_case((3, 7, 5), options)
    slope = case.slope if activation == "prelu" else None
    arguments = (case.h0, case.lengths, activation, case.reverse, "cpu")
    states = fast_recurrence(case.x, case.u, *arguments, slope)
    x, u, learned = (
        None if one is None else one.clone().requires_grad_() for one in (case.x, case.u, slope)
    )
    torch.library.opcheck(fast_recurrence, (x, u, *arguments, learned))
    again = (case.grad, states, case.u, *arguments, None if slope is None else case.x, slope)
    torch.library.opcheck(fast_recurrence_backward, again)


# On import of inductor, torch 2.13 warns about its own use of torch.jit.
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method:DeprecationWarning")
@pytest.mark.parametrize("compiler", ["aot_eager", "inductor"])
def test_compiled_result_equals_eager_result(compiler: str) -> None:
    case = make_case((3, 7, 5))
    assert case.slope is not None
    leaves = (case.x.requires_grad_(), case.u.requires_grad_(), case.slope.requires_grad_())

    def recur(x: Tensor, u: Tensor, slope: Tensor) -> Tensor:
        return indrnn_recurrence(
            x, u, case.h0, "prelu", lengths=case.lengths, reverse=True, slope=slope
        )

    states = torch.compile(recur, fullgraph=True, backend=compiler)(*leaves)
    expected = run(case, "cpu", "prelu")
    results = (states, *torch.autograd.grad(states, leaves, case.grad))
    for name, result in zip(("states", "x", "u", "slope"), results, strict=True):
        torch.testing.assert_close(result, expected[name], rtol=0, atol=0)


def test_exported_layer_accepts_other_batch_sizes() -> None:
    layer, (x, lengths) = Layer(), layer_inputs()
    batch = torch.export.Dim("batch")
    exported = torch.export.export(
        layer, (x, lengths), dynamic_shapes={"x": {0: batch}, "lengths": {0: batch}}
    )
    other = (torch.randn(4, 7, 6), torch.tensor([7, 2, 3, 1]))
    torch.testing.assert_close(exported.module()(*other), layer(*other))


def test_autocast_keeps_the_dtype_of_x_and_of_u() -> None:
    layer, inputs = Layer(), layer_inputs()
    with torch.autocast("cpu", torch.bfloat16):
        states = layer(*inputs)
    assert states.dtype == torch.bfloat16
    states.float().sum().backward()
    assert layer.u.grad is not None
    assert layer.u.grad.dtype == torch.float32
    torch.testing.assert_close(states.float(), layer(*inputs), rtol=0.02, atol=0.02)


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_vmap_equals_a_loop(backend: Backend) -> None:
    case, weights = make_case((3, 7, 5)), torch.rand(4, 5)

    def recur(u: Tensor) -> Tensor:
        return indrnn_recurrence(case.x, u, case.h0, backend=backend)

    mapped = torch.func.vmap(recur)(weights)
    torch.testing.assert_close(mapped, torch.stack([recur(u) for u in weights]))
    along_x = torch.func.vmap(lambda x: indrnn_recurrence(x, case.u, backend=backend), 1, 1)
    with_axis = case.x[:, None].expand(-1, 2, -1, -1)
    torch.testing.assert_close(along_x(with_axis)[:, 1], indrnn_recurrence(case.x, case.u))


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_vmap_over_slopes_equals_a_loop(backend: Backend) -> None:
    case, slopes = make_case((3, 7, 5)), torch.rand(4, 5, requires_grad=True)

    def recur(slope: Tensor) -> Tensor:
        return indrnn_recurrence(case.x, case.u, case.h0, "prelu", backend, slope=slope)

    mapped, looped = torch.func.vmap(recur)(slopes), torch.stack([recur(one) for one in slopes])
    torch.testing.assert_close(mapped, looped)
    gradients = (torch.autograd.grad(one.square().sum(), slopes)[0] for one in (mapped, looped))
    torch.testing.assert_close(*gradients)


def test_torch_func_grad_works_with_backend_auto() -> None:
    case = make_case((3, 7, 5), "plain")
    gradient = torch.func.grad(lambda u: (indrnn_recurrence(case.x, u) * case.grad).sum())(case.u)
    torch.testing.assert_close(gradient, run(case, "cpu")["u"])


def test_a_second_derivative_needs_the_reference_backend() -> None:
    case = make_case((3, 7, 5), "plain")
    x = case.x.requires_grad_()
    for backend in ("reference", "cpu"):
        states = indrnn_recurrence(x, case.u, activation="tanh", backend=backend)
        (gradient,) = torch.autograd.grad(states.sum(), x, create_graph=True)
        if backend == "reference":
            assert torch.autograd.grad(gradient.sum(), x)[0].abs().sum() > 0
        else:
            with pytest.raises(InputError, match="use backend='reference'"):
                torch.autograd.grad(gradient.sum(), x)


@pytest.mark.parametrize("shape", [BIG, (1, 400, 999)], ids=["rows", "neurons"])
def test_result_does_not_depend_on_the_number_of_threads(
    shape: tuple[int, int, int], threads: None
) -> None:
    case = make_case(shape)
    torch.set_num_threads(1)
    expected = run(case, "cpu")
    torch.set_num_threads(3)
    torch.testing.assert_close(run(case, "cpu"), expected, rtol=0, atol=0)


def test_concurrent_calls_from_threads(threads: None) -> None:
    torch.set_num_threads(2)
    case = make_case(BIG)
    expected = run(case, "cpu")
    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(lambda _: run(case, "cpu"), range(8)):
            torch.testing.assert_close(result, expected, rtol=0, atol=0)


class States(Dataset[Tensor]):
    """Dataset whose item is computed by the recurrence, in a worker that requests 3 threads."""

    def __init__(self, case: Case) -> None:
        self.case = case

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Tensor:
        torch.set_num_threads(3)
        states = indrnn_recurrence(self.case.x, self.case.u, backend="cpu")
        torch.set_num_threads(1)  # PyTorch's own operators would now wait for threads forever
        return states


def test_a_forked_worker_runs_after_the_parent_used_threads(threads: None) -> None:
    torch.set_num_threads(3)
    case = make_case(BIG, "plain")
    expected = run(case, "cpu")["states"]
    loader = DataLoader(States(case), num_workers=1, multiprocessing_context="fork", timeout=30)
    torch.testing.assert_close(next(iter(loader))[0], expected, rtol=0, atol=0)


def test_auto_logs_the_selected_backend_once(caplog: pytest.LogCaptureFixture) -> None:
    ops._log_selected.cache_clear()
    with caplog.at_level(logging.INFO, logger="action_rec"):
        for _ in range(2):
            indrnn_recurrence(torch.ones(1, 2, 3), torch.ones(3))
    assert [record.getMessage() for record in caplog.records] == [
        "indrnn_recurrence runs on cpu with backend 'cpu'"
    ]


def test_auto_falls_back_to_the_loop_with_a_warning_if_triton_cannot_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def launch(*_: object) -> None:
        raise RuntimeError("Failed to find C compiler.")

    monkeypatch.setattr(ops, "_TRITON_INSTALLED", True)
    monkeypatch.setattr(ops, "fast_recurrence", launch)
    ops.triton_runs.cache_clear()
    for _ in range(2):
        assert not ops.triton_runs(torch.device("meta"))
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "much slower loop on meta" in record.getMessage()
    assert "Failed to find C compiler" in record.getMessage()
