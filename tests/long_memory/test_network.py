"""Test the network and its LightningModule: chunks, carried states, tied weights, metrics."""

import math
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
import torch
from lightning import Trainer
from torch import nn
from torch.utils.data import DataLoader

from action_rec.errors import InputError
from action_rec.long_memory import OneHot, SequenceLearner, SequenceNetwork, SymbolEmbedding
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.embeddings import EmbeddingCallable
from action_rec.long_memory.objectives import OBJECTIVES, PADDING, ObjectiveName
from action_rec.models import (
    GRU,
    IRNN,
    LRU,
    LSTM,
    TCN,
    CausalAttention,
    DenseDropout,
    MinGRU,
    SimpleRNN,
)
from action_rec.models.dense import DenseEncoder
from action_rec.models.encoders import (
    Encoder,
    EncoderCallable,
    ResidualEncoder,
    StackedEncoder,
    States,
)
from action_rec.models.layers import LayerOptions
from action_rec.models.norms import FrameNorm
from action_rec.models.recurrences import IndRNN, RecurrenceCallable

SYMBOLS, SIZE = 7, 12
DISABLED = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")


def stacked(num_inputs: int, options: LayerOptions) -> Encoder:
    return StackedEncoder(num_inputs, options, SIZE, 2)


def residual(num_inputs: int, options: LayerOptions) -> Encoder:
    return ResidualEncoder(num_inputs, options, SIZE, 1)


def dense(num_inputs: int, options: LayerOptions) -> Encoder:
    return DenseEncoder(num_inputs, options, 4, 2, (2, 1), DenseDropout(), time_difference=True)


def predictor(
    encoder: EncoderCallable = stacked,
    recurrence: RecurrenceCallable = IndRNN,
    embedding: EmbeddingCallable = OneHot,
    *,
    tied: bool = False,
) -> SequenceNetwork:
    """Return a network that predicts symbols, in eval mode, with random norm statistics."""
    torch.manual_seed(0)
    network = SequenceNetwork(
        *(SYMBOLS, SYMBOLS, 50, encoder, embedding, "every", recurrence),
        norm="before",
        framewise=True,
        tied=tied,
    )
    for module in network.modules():
        if isinstance(module, FrameNorm):
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return network.eval()


PREDICTORS: dict[str, Callable[[], SequenceNetwork]] = {
    "stacked": predictor,
    "residual": lambda: predictor(residual),
    "dense": lambda: predictor(dense),
    "lstm": lambda: predictor(recurrence=LSTM),
    "gru": lambda: predictor(recurrence=GRU),
    "irnn": lambda: predictor(recurrence=IRNN),
    "tanh": lambda: predictor(recurrence=SimpleRNN),
    "mingru": lambda: predictor(recurrence=MinGRU),
    "lru": lambda: predictor(residual, recurrence=LRU),
    "tcn": lambda: predictor(recurrence=TCN),
    "attention": lambda: predictor(recurrence=partial(CausalAttention, window=5)),
}


def evaluate(network: SequenceNetwork, text: torch.Tensor, steps: int) -> dict[str, float]:
    """Return the metrics of a text (B, L + 1) that is read in chunks of `steps` steps."""
    learner = SequenceLearner(network, "next_symbol", carry_state=True)
    learner.on_validation_epoch_start()
    sides = (torch.split(side, steps, dim=1) for side in (text[:, :-1], text[:, 1:]))
    with torch.no_grad():
        for chunk in zip(*sides, strict=True):
            learner.validation_step(SequenceBatch(*chunk))
    return learner.metrics("val")


@pytest.mark.parametrize("build", PREDICTORS.values(), ids=PREDICTORS.keys())
def test_metrics_do_not_depend_on_the_chunk_length(build: Callable[[], SequenceNetwork]) -> None:
    network = build()
    text = torch.randint(0, SYMBOLS, (3, 41), generator=torch.Generator().manual_seed(1))
    whole = evaluate(network, text, 40)
    for steps in (1, 7, 20):
        assert evaluate(network, text, steps) == pytest.approx(whole, rel=1e-6)
    with torch.no_grad():
        outputs, _ = network(text[:, :-1])
    expected = nn.functional.cross_entropy(outputs.flatten(0, 1), text[:, 1:].flatten())
    assert whole["loss"] == pytest.approx(float(expected), rel=1e-5)
    assert whole["bits"] == pytest.approx(whole["loss"] / math.log(2))
    assert whole["perplexity"] == pytest.approx(math.exp(whole["loss"]))
    other = text.clone()
    other[:, 19] = (other[:, 19] + 1) % SYMBOLS
    assert not torch.allclose(network(other[:, :-1])[0][:, 20:], outputs[:, 20:], atol=0)


def test_the_state_is_carried_without_gradient_and_reset_every_epoch() -> None:
    network = predictor().train()
    learner = SequenceLearner(network, "next_symbol", carry_state=True)
    initial: list[States | None] = []
    final: list[States] = []
    network.register_forward_pre_hook(lambda _, arguments: initial.append(arguments[1]))
    network.register_forward_hook(lambda _, __, outputs: final.append(outputs[1]))
    chunk = SequenceBatch(*torch.randint(0, SYMBOLS, (2, 3, 5)))
    two: DataLoader[Any] = DataLoader([chunk, chunk], batch_size=None)  # type: ignore[arg-type]
    one: DataLoader[Any] = DataLoader([chunk], batch_size=None)  # type: ignore[arg-type]
    trainer = Trainer(
        **dict.fromkeys(DISABLED, False),  # type: ignore[arg-type]
        accelerator="cpu",
        max_epochs=2,
        val_check_interval=1,
        num_sanity_val_steps=0,
    )
    trainer.fit(learner, two, one)
    assert "val/bits" in trainer.progress_bar_metrics
    # Each epoch: train, val, train, val.
    assert [states is not None for states in initial] == 2 * [False, False, True, False]
    assert initial[2] is not None
    assert not any(state.requires_grad for state in initial[2])
    torch.testing.assert_close(initial[2], [state.detach() for state in final[0]])


@pytest.mark.parametrize("build", PREDICTORS.values(), ids=PREDICTORS.keys())
def test_states_of_another_batch_size_raise(
    build: Callable[[], SequenceNetwork],
) -> None:
    network = build()
    _, states = network(torch.zeros(4, 2, dtype=torch.long))
    with pytest.raises(InputError, match="states belong to 4 sequences, but the batch has 3"):
        network(torch.zeros(3, 2, dtype=torch.long), states)


def test_tied_weights_are_shared() -> None:
    network = predictor(embedding=lambda n: SymbolEmbedding(n, SIZE), tied=True)
    assert isinstance(network.embedding, SymbolEmbedding)
    assert network.head.weight is network.embedding.table.weight
    free = predictor(embedding=lambda n: SymbolEmbedding(n, SIZE))
    counts = [sum(p.numel() for p in each.parameters()) for each in (free, network)]
    assert counts[0] - counts[1] == SYMBOLS * SIZE


@pytest.mark.parametrize(
    ("embedding", "message"),
    [
        pytest.param(OneHot, "needs a SymbolEmbedding, got OneHot", id="one-hot"),
        pytest.param(lambda n: SymbolEmbedding(n, 5), "equal size, got 5 and 12", id="5"),
    ],
)
def test_tying_weights_of_other_shapes_raises(embedding: EmbeddingCallable, message: str) -> None:
    with pytest.raises(InputError, match=message):
        predictor(embedding=embedding, tied=True)


def test_recurrent_weights_are_clamped_to_the_bound_of_num_steps() -> None:
    torch.manual_seed(0)
    network = SequenceNetwork(2, 1, 100, stacked, gamma=2.0)
    first, last = (m for m in network.modules() if isinstance(m, IndRNN))
    assert first.bound == last.bound == 2 ** (1 / 100)
    assert last.u.min() >= 2 ** (-1 / 100) > first.u.min()
    with torch.no_grad():
        first.u.fill_(3)
        last.u.fill_(-3)
    optimizer = torch.optim.SGD(network.parameters(), lr=0)
    SequenceLearner(network).optimizer_step(0, 0, optimizer, lambda: None)
    assert first.u.tolist() == pytest.approx([2 ** (1 / 100)] * SIZE)
    assert last.u.tolist() == pytest.approx([-(2 ** (1 / 100))] * SIZE)


def test_large_losses_are_summed_without_overflow() -> None:
    network = SequenceNetwork(2, 1, 100, stacked)
    nn.init.constant_(network.head.bias, 1e8)
    learner = SequenceLearner(network)
    learner.on_validation_epoch_start()
    for _ in range(2):
        learner.validation_step(SequenceBatch(torch.zeros(5, 3, 2), torch.ones(5)))
    assert learner.metrics("val") == {"loss": pytest.approx(1e16), "baseline": 0}


@pytest.mark.parametrize(
    ("steps", "gamma", "message"),
    [
        pytest.param(0, 2.0, "num_steps must be at least 1, got 0", id="no steps"),
        pytest.param(10, 0.6, "gamma must be at least 1 .* got 0.6", id="gamma below 1"),
        pytest.param(10, -1.0, "gamma must be .* got -1.0", id="gamma below 0"),
    ],
)
def test_an_invalid_bound_raises(steps: int, gamma: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        SequenceNetwork(2, 1, steps, stacked, gamma=gamma)


@pytest.mark.parametrize(
    ("objective", "options", "message"),
    [
        pytest.param("regression", {}, "needs readout: last, got every", id="every step"),
        pytest.param("next_symbol", {"readout": "last"}, "needs readout: every", id="last step"),
        pytest.param(
            "next_symbol",
            {"norm": "before"},
            r"leaks later steps .*; use framewise: true",
            id="norm",
        ),
        pytest.param("next_symbol", {"bidirectional": True}, "sees the symbols", id="two ways"),
        pytest.param(
            *("frame_classification", {"norm": "after", "framewise": True}),
            "would include the padding",
            id="padding",
        ),
    ],
)
def test_a_network_that_does_not_fit_the_objective_raises(
    objective: ObjectiveName, options: dict[str, Any], message: str
) -> None:
    network = SequenceNetwork(2, 1, 10, stacked, **{"readout": "every", **options})
    with pytest.raises(InputError, match=message):
        SequenceLearner(network, objective)


@pytest.mark.parametrize("encoder", [stacked, residual])
@pytest.mark.parametrize("recurrence", [IndRNN, LSTM, IRNN, SimpleRNN])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_padding_changes_neither_outputs_nor_loss_nor_statistics(
    encoder: EncoderCallable, recurrence: RecurrenceCallable, bidirectional: bool
) -> None:
    torch.manual_seed(0)
    network = SequenceNetwork(
        *(3, 5, 9, encoder),
        readout="every",
        recurrence=recurrence,
        norm="after",
        bidirectional=bidirectional,
    )
    lengths = torch.tensor([4, 9, 1])
    x, targets = torch.randn(3, 9, 3), torch.randint(5, (3, 9))
    padded = torch.arange(9) >= lengths[:, None]
    targets[padded] = PADDING
    objective = OBJECTIVES["frame_classification"]
    results = []
    for filling in (0.0, 50.0):
        batch = torch.where(padded[..., None], filling, x)
        copy = deepcopy(network).train()
        loss = objective.loss(copy(batch, lengths=lengths)[0], targets)
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [parameter.grad for parameter in copy.parameters()]
        results.append([loss.detach(), *gradients, *copy.buffers()])
    torch.testing.assert_close(results[0], results[1])
    network.load_state_dict(copy.state_dict())  # statistics that are not 0 and 1
    network.eval()
    outputs, _ = network(torch.where(padded[..., None], 50.0, x), lengths=lengths)
    for row, length in enumerate(lengths):
        alone, _ = network(x[row : row + 1, :length])
        torch.testing.assert_close(outputs[row, :length], alone[0])
    metrics = objective.per_item(outputs, targets)
    assert len(metrics["loss"]) == len(metrics["accuracy"]) == lengths.sum()


def test_the_last_step_of_a_padded_sequence_is_read() -> None:
    torch.manual_seed(0)
    network = SequenceNetwork(2, 1, 10, stacked)
    x = torch.randn(2, 6, 2)
    outputs, _ = network(x, lengths=torch.tensor([6, 2]))
    torch.testing.assert_close(outputs[1:], network(x[1:, :2])[0])


def test_metrics_computed_by_hand() -> None:
    half = torch.tensor(0.5).log()
    targets = torch.tensor([[0, 1], [1, PADDING]])
    text = OBJECTIVES["next_symbol"]
    outputs = torch.zeros(2, 2, 2)
    torch.testing.assert_close(text.per_item(outputs, targets)["loss"], -half.expand(3))
    torch.testing.assert_close(text.loss(outputs, targets), -half)
    assert text.summarize({"loss": math.log(2)}) == pytest.approx(
        {"loss": math.log(2), "bits": 1, "perplexity": 2}
    )
    number = OBJECTIVES["regression"].per_item(
        torch.tensor([[1.5], [0.0]]), torch.tensor([1.0, 2.0])
    )
    assert number["loss"].tolist() == [0.25, 4]
    assert number["baseline"].tolist() == [0, 1]
    frames = OBJECTIVES["frame_classification"]
    outputs[0, 1] = torch.tensor([3.0, 0.0])  # the second of three classes is wrong
    torch.testing.assert_close(
        frames.per_item(outputs, targets)["accuracy"], torch.tensor([1.0, 0.0, 0.0])
    )
    wrong = math.log1p(math.exp(3))
    assert float(frames.loss(outputs, targets)) == pytest.approx((wrong + 2 * math.log(2)) / 3)
    classes = OBJECTIVES["classification"]
    metrics = classes.per_item(torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.tensor([1, 1]))
    assert metrics["accuracy"].tolist() == [1, 0]
    assert classes.summarize({"loss": 0.0, "accuracy": 0.75})["error"] == 25
