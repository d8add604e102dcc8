"""Test parameter counts, initialization, streaming and layers of the networks."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

from action_rec.errors import InputError
from action_rec.models import (
    GRU,
    IRNN,
    LRU,
    LSTM,
    TCN,
    CausalAttention,
    DenseIndRNN,
    JointConvolution,
    JointEmbedding,
    LinearOnMeanPose,
    LSTMVariant,
    MinGRU,
    ResidualIndRNN,
    SimpleRNN,
    StackedIndRNN,
)
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.models.inputs import FrameShape
from action_rec.models.layers import LayerOptions, NormPosition, RecurrentLayer, SharedDropout
from action_rec.models.norms import FrameNorm
from action_rec.models.recurrences import IndRNN, Recurrence

BOUND = 5.0 ** (1 / 20)

Build = Callable[[NormPosition], RecurrentClassifier]


def convolution(frame_shape: FrameShape) -> JointConvolution:
    return JointConvolution(frame_shape, channels=2)


SMALL: dict[str, Build] = {
    "plain, 1 layer": lambda norm: StackedIndRNN(5, hidden_size=16, num_layers=1, norm=norm),
    "plain, 6 layers": lambda norm: StackedIndRNN(5, hidden_size=16, norm=norm),
    "residual, 1 layer": lambda norm: ResidualIndRNN(5, hidden_size=16, num_blocks=0, norm=norm),
    "residual, 21 layers": lambda norm: ResidualIndRNN(5, hidden_size=16, norm=norm),
    "dense": lambda norm: DenseIndRNN(5, growth=4, blocks=(2, 1), norm=norm),
    "dense-aug": lambda norm: DenseIndRNN(
        5, growth=4, blocks=(2, 1), norm=norm, time_difference=True, line_distances=True
    ),
    "joint convolution": lambda norm: StackedIndRNN(
        5, hidden_size=100, num_layers=2, norm=norm, features=convolution
    ),
    "residual joint convolution": lambda norm: ResidualIndRNN(
        5, hidden_size=100, num_blocks=1, norm=norm, features=convolution
    ),
    "elu": lambda norm: StackedIndRNN(
        5, hidden_size=16, norm=norm, recurrence=partial(IndRNN, activation="elu")
    ),
    "prelu": lambda norm: ResidualIndRNN(
        5, hidden_size=16, num_blocks=1, norm=norm, recurrence=partial(IndRNN, activation="prelu")
    ),
    "joint embedding": lambda norm: ResidualIndRNN(
        5, hidden_size=32, num_blocks=1, norm=norm, features=JointEmbedding
    ),
}
BASELINES: dict[str, Callable[[int, int], Recurrence]] = {
    "tanh": SimpleRNN,
    "relu": lambda num_inputs, size: SimpleRNN(num_inputs, size, nonlinearity="relu"),
    "irnn": IRNN,
    "lstm": LSTM,
    "peephole": lambda num_inputs, size: LSTMVariant(num_inputs, size, peephole=True),
    "coupled": lambda num_inputs, size: LSTMVariant(num_inputs, size, coupled=True),
    "gru": GRU,
    "mingru": MinGRU,
    "lru": LRU,
    # Streams of 20 frames fill a window of 8, and outlast the 7 frames of two convolutions.
    "tcn": partial(TCN, levels=2),
    "attention": partial(CausalAttention, window=8),
}
for name, baseline in BASELINES.items():
    SMALL[f"plain {name}"] = lambda norm, baseline=baseline: StackedIndRNN(  # type: ignore[misc]
        5, hidden_size=16, num_layers=2, norm=norm, recurrence=baseline
    )
    SMALL[f"residual {name}"] = lambda norm, baseline=baseline: ResidualIndRNN(  # type: ignore[misc]
        5, hidden_size=16, num_blocks=1, norm=norm, recurrence=baseline
    )
for name in ("mingru", "lru", "tcn", "attention"):
    SMALL[f"dense {name}"] = lambda norm, baseline=BASELINES[name]: DenseIndRNN(  # type: ignore[misc]
        5, growth=4, blocks=(1,), norm=norm, recurrence=baseline
    )


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def with_random_statistics(network: RecurrentClassifier) -> RecurrentClassifier:
    """Return the network in eval mode, with random batch norm statistics."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            nn.init.normal_(module.running_mean, std=0.1)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.5, 2)  # type: ignore[arg-type]
    return network.eval()


@pytest.mark.parametrize("norm", ["after", "before"])
@pytest.mark.parametrize(
    ("network", "arguments", "parameters"),
    [
        pytest.param(StackedIndRNN, {"num_layers": 6}, 1_430_588, id="plain, 6 layers"),
        pytest.param(ResidualIndRNN, {"num_blocks": 5}, 2_751_548, id="residual, 11 layers"),
        pytest.param(ResidualIndRNN, {"num_blocks": 10}, 5_393_468, id="residual, 21 layers"),
        pytest.param(
            ResidualIndRNN, {"bidirectional": True}, 5_393_468, id="residual, both directions"
        ),
        pytest.param(DenseIndRNN, {}, 2_314_428, id="dense"),
        pytest.param(
            DenseIndRNN,
            {"time_difference": True, "line_distances": True},
            5_640_108,
            id="dense-aug",
        ),
    ],
)
def test_parameter_counts(
    network: type[nn.Module], arguments: dict[str, int], parameters: int, norm: str
) -> None:
    # The counts of dense and dense-aug are printed in the authors' training logs.
    assert count(network(60, norm=norm, **arguments)) == parameters


@pytest.mark.parametrize("norm", ["after", "before"])
@pytest.mark.parametrize("build", SMALL.values(), ids=SMALL.keys())
def test_streaming_gives_the_logits_of_the_whole_clip(build: Build, norm: NormPosition) -> None:
    torch.manual_seed(0)
    network = with_random_statistics(build(norm))
    clip = torch.randn(3, 20, 2, 25, 3)
    states = None
    for t in range(20):
        logits, states = network.stream(clip[:, t : t + 1], states)
    torch.testing.assert_close(logits, network(clip), rtol=1e-5, atol=1e-5)
    assert network(clip).std() > 1e-3


def test_a_21_layer_residual_network_overfits_32_clips() -> None:
    torch.manual_seed(0)
    network = ResidualIndRNN(60)
    clip, label = torch.randn(32, 20, 2, 25, 3), torch.randint(0, 60, (32,))
    optimizer = torch.optim.Adam(network.parameters(), 2e-4)
    for _ in range(80):
        loss = functional.cross_entropy(network(clip), label)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert (network.eval()(clip).argmax(dim=1) == label).all()


def test_initialization_follows_the_papers() -> None:
    torch.manual_seed(0)
    network = ResidualIndRNN(60, num_blocks=2)
    *inner, last = [module for module in network.modules() if isinstance(module, IndRNN)]
    for module in inner:
        assert 0 <= module.u.min() < 0.03
        assert BOUND - 0.03 < module.u.max() <= BOUND
    assert 1 / BOUND <= last.u.min() < 1 / BOUND + 0.01
    linear = network.encoder.first
    assert isinstance(linear, nn.Linear)
    limit = (6 / (65 * 150)) ** 0.5
    assert 0.99 * limit < linear.weight.abs().max() <= limit
    assert linear.bias.abs().max() == 0
    assert network.classifier.weight.std().item() == pytest.approx((2 / 512) ** 0.5, rel=0.05)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm1d)]
    assert all((norm.weight == 1).all() for norm in norms)


def test_the_recurrent_weight_is_clamped_to_its_bounds() -> None:
    layer = IndRNN(4, 4)
    layer.reset_parameters(bound=1.05)
    with torch.no_grad():
        layer.u.copy_(torch.tensor([-3.0, -1.0, 1.05, 7.0]))
    layer.clamp_recurrent_weight()
    torch.testing.assert_close(layer.u.detach(), torch.tensor([-1.05, -1.0, 1.05, 1.05]))


def test_prelu_learns_a_slope_of_each_neuron_within_its_bounds() -> None:
    torch.manual_seed(0)
    network = StackedIndRNN(
        5, hidden_size=8, num_layers=2, recurrence=partial(IndRNN, activation="prelu")
    )
    layers = [module for module in network.modules() if isinstance(module, IndRNN)]
    slopes = [layer.slope for layer in layers if layer.slope is not None]
    assert [slope.tolist() for slope in slopes] == [[0.25] * 8] * 2
    network(torch.randn(4, 20, 2, 25, 3)).square().sum().backward()
    assert all(slope.grad is not None and slope.grad.abs().min() > 0 for slope in slopes)
    with torch.no_grad():
        slopes[0].copy_(torch.linspace(-2, 2, 8))
    layers[0].clamp_recurrent_weight()
    assert (slopes[0].min().item(), slopes[0].max().item()) == (-1, 1)
    assert IndRNN(4, 4).state_dict().keys() == {"u"}


def test_initial_time_constants_are_log_uniform_up_to_longest_memory() -> None:
    torch.manual_seed(0)
    layer = IndRNN(4000, 4000, longest_memory=100)
    layer.reset_parameters(bound=1.001)
    steps = -1 / layer.u.detach().double().log()  # a state decays to 1/e in so many steps
    assert 1 <= steps.min() < 1.1
    assert 99 < steps.max() < 100.001
    for share in (0.25, 0.5, 0.75):
        assert steps.quantile(share).item() == pytest.approx(100**share, rel=0.1)
    layer.reset_parameters(bound=1.001, near_bound=True)
    assert layer.u.min() > 0.998
    with pytest.raises(InputError, match="longest_memory must be at least 1 step, got 0"):
        IndRNN(4, 4, longest_memory=0)


def test_dropout_uses_one_mask_for_all_frames_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    y = SharedDropout(0.25)(torch.ones(64, 7, 128))
    assert (y == y[:, :1]).all()
    assert y.unique().tolist() == pytest.approx([0, 4 / 3])
    assert y.mean() == pytest.approx(1, abs=0.03)


def test_dropout_is_off_in_eval_mode() -> None:
    x = torch.randn(2, 3, 4)
    assert SharedDropout(0.9).eval()(x) is x


@pytest.mark.parametrize("norm", ["after", "before"])
def test_batch_norm_statistics_are_over_batch_and_time(norm: NormPosition) -> None:
    torch.manual_seed(0)
    layer = RecurrentLayer(8, 8, LayerOptions(norm=norm), project=False)
    x = torch.randn(4, 6, 8)
    layer(x)
    normalized = x if norm == "before" else layer.recurrence(x)[0]
    assert layer.norm.running_mean is not None
    torch.testing.assert_close(layer.norm.running_mean, 0.1 * normalized.mean(dim=(0, 1)).detach())


def test_framewise_norm_does_not_leak_future_frames() -> None:
    torch.manual_seed(0)
    layer = RecurrentLayer(8, 8, LayerOptions(norm="before", framewise=True))
    x = torch.randn(4, 6, 8)
    changed = torch.cat((x[:, :3], torch.randn(4, 3, 8)), dim=1)
    torch.testing.assert_close(layer(x)[0][:, :3], layer(changed)[0][:, :3], rtol=0, atol=0)
    leaking = RecurrentLayer(8, 8, LayerOptions(norm="before"))
    assert not torch.allclose(leaking(x)[0][:, :3], leaking(changed)[0][:, :3], atol=1e-3)


def test_framewise_norm_by_hand() -> None:
    # Rows 1 and 3 in the first frame, 2 and 10 in the second: means 2 and 6, std 1 and 4.
    norm = FrameNorm(1)
    y = norm(torch.tensor([[[1.0], [2.0]], [[3.0], [10.0]]]))
    torch.testing.assert_close(
        y[:, :, 0], torch.tensor([[-1.0, -1.0], [1.0, 1.0]]), atol=1e-4, rtol=0
    )
    # Unbiased variances 2 and 32: with momentum 0.1 the running statistics move towards 4 and 17.
    torch.testing.assert_close(norm.running_mean, torch.tensor([0.4]))
    torch.testing.assert_close(norm.running_var, torch.tensor([0.9 + 1.7]))
    x = torch.randn(3, 5, 1)
    torch.testing.assert_close(norm.eval()(x), (x - 0.4) / (2.6 + 1e-5) ** 0.5)


@pytest.mark.parametrize("recurrence", [IndRNN, LSTM])
def test_without_norm_a_layer_is_linear_recurrence_and_dropout(
    recurrence: Callable[[int, int], Recurrence],
) -> None:
    torch.manual_seed(0)
    layer = RecurrentLayer(3, 8, LayerOptions(recurrence=recurrence, norm="none"))
    x = torch.randn(4, 6, 3)
    torch.testing.assert_close(layer(x)[0], layer.recurrence(layer.linear(x))[0], rtol=0, atol=0)
    assert count(layer) == count(layer.linear) + count(layer.recurrence)


def test_weight_std_sets_the_std_of_the_initial_weights() -> None:
    torch.manual_seed(0)
    layer = RecurrentLayer(100, 50, LayerOptions(weight_std=0.001))
    assert isinstance(layer.linear, nn.Linear)
    assert layer.linear.weight.std().item() == pytest.approx(0.001, rel=0.05)


def test_linear_on_mean_pose_ignores_the_order_of_frames() -> None:
    torch.manual_seed(0)
    network = LinearOnMeanPose(5).eval()
    clip = torch.randn(2, 20, 2, 25, 3)
    torch.testing.assert_close(network(clip), network(clip.flip(1)))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        pytest.param(lambda: StackedIndRNN(5, num_layers=0), "num_layers must be", id="layers"),
        pytest.param(lambda: ResidualIndRNN(5, num_blocks=-1), "num_blocks must be", id="blocks"),
        pytest.param(
            lambda: StackedIndRNN(5, hidden_size=15, bidirectional=True),
            "use an even hidden_size",
            id="odd size",
        ),
        pytest.param(
            lambda: StackedIndRNN(5, features=convolution),
            "set hidden_size to 100",
            id="joint convolution",
        ),
        pytest.param(
            lambda: DenseIndRNN(5, frame_shape=(2, 17, 3), line_distances=True),
            "line distances are defined for the 25 joints",
            id="line_distances",
        ),
        pytest.param(
            lambda: StackedIndRNN(5, readout="first"),  # type: ignore[arg-type]
            "readout must be 'last', 'running_mean', 'mean' or 'attention'",
            id="readout",
        ),
        pytest.param(lambda: ResidualIndRNN(5, dropout=1.0), "dropout must be in", id="dropout"),
        pytest.param(
            lambda: FrameNorm(3)(torch.zeros(1, 4, 3)), "at least two sequences", id="one sequence"
        ),
        pytest.param(
            lambda: ResidualIndRNN(5, norm="middle"),  # type: ignore[arg-type]
            "norm must be 'before' or 'after'",
            id="norm",
        ),
    ],
)
def test_invalid_arguments_raise_input_error(build: Callable[[], nn.Module], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build()
