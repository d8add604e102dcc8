"""What needs a GPU: the network, autocast, torch.compile, and a process group over NCCL."""

from pathlib import Path

import pytest
import torch

from action_rec.cli import main as action_rec
from action_rec.models import GraphIndRNN, JointGraph, ResidualIndRNN
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.ops import indrnn_recurrence
from tests.synthetic import tiny_store

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def networks() -> list[RecurrentClassifier]:
    torch.manual_seed(0)
    shape = (2, 25, 3)
    return [
        ResidualIndRNN(6, shape, hidden_size=64, num_blocks=2),
        ResidualIndRNN(6, shape, hidden_size=64, num_blocks=1, features=JointGraph),
        GraphIndRNN(6, shape, num_layers=2),
    ]


@pytest.mark.parametrize("index", range(3))
def test_logits_and_gradients_equal_those_of_the_cpu(index: int) -> None:
    network = networks()[index].double()
    clip = torch.randn(4, 20, 2, 25, 3, dtype=torch.float64)
    on_cpu = network.eval()(clip)
    on_cpu.sum().backward()
    expected = [p.grad.clone() for p in network.parameters() if p.grad is not None]
    network.zero_grad()
    network.cuda()
    on_gpu = network(clip.cuda())
    on_gpu.sum().backward()
    torch.testing.assert_close(on_gpu.cpu(), on_cpu, rtol=1e-9, atol=1e-9)
    found = [p.grad.cpu() for p in network.parameters() if p.grad is not None]
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("index", range(3))
def test_a_compiled_network_equals_the_eager_one(index: int) -> None:
    network = networks()[index].cuda().eval()
    clip = torch.randn(4, 20, 2, 25, 3, device="cuda")
    eager = network(clip)
    network.compile()
    torch.testing.assert_close(network(clip), eager, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_keeps_the_state_in_float32(dtype: torch.dtype) -> None:
    x = torch.randn(3, 200, 64, device="cuda")
    u = torch.full((64,), 0.999, device="cuda")
    with torch.autocast("cuda", dtype):
        states = indrnn_recurrence(x.to(dtype), u)
    exact = indrnn_recurrence(x.to(dtype).double().cpu(), u.double().cpu(), backend="reference")
    assert states.dtype == dtype
    limit = {torch.bfloat16: 1e-2, torch.float16: 2e-3}[dtype]
    error = (states.cpu().double() - exact).norm() / exact.norm()
    assert error < limit


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_fit_and_test_with_one_rank_over_nccl(tmp_path: Path, precision: str) -> None:
    store = tiny_store(tmp_path / "store.h5")
    words = ["--config=demo", f"--data.path={store.path}", "--data.dataset=ntu60"]
    words += [f"--save_dir={tmp_path / 'runs'}", "--trainer.accelerator=gpu"]
    words += ["--trainer.devices=1", f"--trainer.precision={precision}", "--data.val_share=0"]
    words += ["--trainer.max_epochs=2", "--trainer.strategy=ddp", "--trainer.limit_val_batches=0"]
    assert action_rec(["fit", *words]) == 0
    checkpoint = next(tmp_path.rglob("last.ckpt"))
    assert action_rec(["test", *words, f"--ckpt_path={checkpoint}"]) == 0
