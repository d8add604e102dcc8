"""Test the adaptive softmax against the formulas in float64, and inside the network."""

import math

import pytest
import torch
from torch import Tensor, nn

from action_rec.errors import InputError
from action_rec.long_memory import (
    AdaptiveSoftmax,
    SequenceLearner,
    SequenceNetwork,
    SymbolEmbedding,
)
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.objectives import OBJECTIVES, PADDING
from action_rec.models.encoders import Encoder, StackedEncoder
from action_rec.models.layers import LayerOptions

SIZE, SYMBOLS, CUTOFFS = 8, 11, [3, 6]


def softmax(projection: int | None = None) -> AdaptiveSoftmax:
    torch.manual_seed(0)
    return AdaptiveSoftmax(SIZE, SYMBOLS, CUTOFFS, 2.0, projection)


def by_hand(layer: AdaptiveSoftmax, x: Tensor) -> Tensor:
    """Return the probabilities (N, K) for features `x` (N, D): the head, then each cluster."""
    weights = {name: value.double() for name, value in layer.state_dict().items()}
    if "project.weight" in weights:
        x = x @ weights["project.weight"].T + weights["project.bias"]
    head = (x @ weights["softmax.head.weight"].T).softmax(dim=1)
    parts = [head[:, : CUTOFFS[0]]]
    for cluster in range(len(CUTOFFS)):
        first, second = (weights[f"softmax.tail.{cluster}.{i}.weight"] for i in range(2))
        inside = (x @ first.T @ second.T).softmax(dim=1)
        parts.append(head[:, CUTOFFS[0] + cluster, None] * inside)
    return torch.cat(parts, dim=1)


@pytest.mark.parametrize("projection", [None, 6])
def test_the_probabilities_are_those_of_the_formulas_and_sum_to_1(projection: int | None) -> None:
    layer = softmax(projection).double()
    x = torch.randn(5, 4, SIZE, dtype=torch.float64)
    expected = by_hand(layer, x.flatten(0, 1))
    torch.testing.assert_close(layer(x).exp().flatten(0, 1), expected)
    torch.testing.assert_close(expected.sum(dim=1), torch.ones(20, dtype=torch.float64))
    targets = torch.arange(20) % SYMBOLS
    chosen = expected.gather(1, targets[:, None])[:, 0].log()
    torch.testing.assert_close(layer.of_targets(x.flatten(0, 1), targets), chosen)


def test_the_gradients_are_those_of_the_full_distribution() -> None:
    layer = softmax(6).double()
    x = torch.randn(9, SIZE, dtype=torch.float64, requires_grad=True)
    targets = torch.tensor([0, 1, 2, 3, 4, 5, 0, 3, 1])  # none in the last cluster
    weights = [x, *layer.parameters()]
    mine = torch.autograd.grad(layer.of_targets(x, targets).sum(), weights)
    every = layer(x[None])[0].gather(1, targets[:, None]).sum()
    for found, expected in zip(mine, torch.autograd.grad(every, weights), strict=True):
        torch.testing.assert_close(found, expected)


def test_every_weight_has_a_gradient_whatever_the_targets_are() -> None:
    layer = softmax()
    for targets in (torch.tensor([1]), torch.tensor([8, 9]), torch.tensor([], dtype=torch.long)):
        layer.zero_grad()
        layer.of_targets(torch.randn(len(targets), SIZE), targets).sum().backward()  # type: ignore[no-untyped-call]
        assert all(weight.grad is not None for weight in layer.parameters())


def test_it_is_computed_in_32_bits() -> None:
    layer = softmax()
    x, targets = torch.randn(6, SIZE), torch.arange(6)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores = layer.of_targets(x.bfloat16(), targets)
        every = layer(x[None])
    assert scores.dtype == every.dtype == torch.float32
    torch.testing.assert_close(scores, layer.of_targets(x.bfloat16().float(), targets))


def stacked(num_inputs: int, options: LayerOptions) -> Encoder:
    return StackedEncoder(num_inputs, options, SIZE, 2)


def network() -> SequenceNetwork:
    torch.manual_seed(0)
    return SequenceNetwork(
        *(SYMBOLS, SYMBOLS, 5, stacked, lambda count: SymbolEmbedding(count, 4), "every"),
        gamma=0.9,
        norm="none",
        softmax=lambda size, count: AdaptiveSoftmax(size, count, CUTOFFS, 2.0),
    )


def test_metrics_are_exact_over_the_whole_vocabulary_for_any_length_of_chunks() -> None:
    built = network()
    text = torch.randint(0, SYMBOLS, (3, 31), generator=torch.Generator().manual_seed(1))
    inputs, targets = text[:, :-1], text[:, 1:].clone()
    targets[2, -4:] = PADDING
    learner = SequenceLearner(built, "next_symbol", carry_state=True)
    with torch.no_grad():
        features, _ = built.encoder(built.embedding(inputs), None)
        chances = by_hand(built.head, features.double().flatten(0, 1)).view(3, 30, SYMBOLS)
        kept = targets >= 0
        expected = -chances[kept].gather(1, targets[kept][:, None]).log().mean()
        for steps in (30, 7, 1):
            learner.on_test_epoch_start()
            chunks = (torch.split(side, steps, dim=1) for side in (inputs, targets))
            for chunk in zip(*chunks, strict=True):
                learner.test_step(SequenceBatch(*chunk))
            metrics = learner.metrics("test")
            assert metrics["perplexity"] == pytest.approx(math.exp(expected), rel=1e-5)
        loss = OBJECTIVES["next_symbol"].loss(built(inputs, None, targets)[0], targets)
        assert float(loss) == pytest.approx(float(expected), rel=1e-5)
        everything, _ = built(inputs)  # logits, of which a log-softmax changes nothing
        logits = OBJECTIVES["next_symbol"].loss(everything, targets)
        assert float(logits) == pytest.approx(float(expected), rel=1e-5)


def test_a_network_without_it_is_as_before() -> None:
    torch.manual_seed(0)
    built = SequenceNetwork(SYMBOLS, SYMBOLS, 5, stacked, lambda n: SymbolEmbedding(n, 4))
    assert isinstance(built.head, nn.Linear)
    assert {"head.weight", "head.bias"} <= built.state_dict().keys()


@pytest.mark.parametrize(
    ("cutoffs", "div_value", "projection", "message"),
    [
        pytest.param([], 2.0, None, r"increasing numbers above 0, got \[\]", id="none"),
        pytest.param([4, 3], 2.0, None, r"increasing numbers above 0, got \[4, 3\]", id="order"),
        pytest.param([0, 3], 2.0, None, "increasing numbers above 0", id="zero"),
        pytest.param([3, 11], 2.0, None, "below the 11 symbols of the vocabulary", id="large"),
        pytest.param([3], 0.5, None, "div_value must be at least 1", id="div_value"),
        pytest.param([3, 6], 4.0, None, "leave a feature to each of 2 clusters", id="narrow"),
        pytest.param([3], float("nan"), None, "div_value must be at least 1", id="NaN"),
        pytest.param([3], 2.0, 0, "projection must be at least 1 or null, got 0", id="projection"),
    ],
)
def test_arguments_that_do_not_fit_raise(
    cutoffs: list[int], div_value: float, projection: int | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        AdaptiveSoftmax(SIZE, SYMBOLS, cutoffs, div_value, projection)


@pytest.mark.parametrize(("readout", "tied"), [("last", False), ("every", True)])
def test_a_network_that_it_does_not_fit_raises(readout: str, tied: bool) -> None:
    with pytest.raises(InputError, match="an adaptive softmax needs readout: every and tied: fal"):
        SequenceNetwork(
            *(SYMBOLS, SYMBOLS, 5, stacked, lambda n: SymbolEmbedding(n, SIZE), readout),  # type: ignore[arg-type]
            norm="none",
            tied=tied,
            softmax=lambda size, count: AdaptiveSoftmax(size, count, CUTOFFS, 2.0),
        )
