"""Tests of the recognizer: parameter groups, hyper-parameters and the mean over clips."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from action_rec.batch import ClipBatch
from action_rec.errors import InputError
from action_rec.models import ResidualIndRNN, StackedIndRNN
from action_rec.recognizer import ActionRecognizer


class SumOfClip(nn.Module):
    """Network with logits that can be worked out by hand: the sum of a clip for class 0, else 0."""

    def forward(self, clip: Tensor) -> Tensor:
        total = clip.flatten(1).sum(dim=1)
        return torch.stack((total, torch.zeros_like(total)), dim=1)


def test_weight_decay_applies_to_linear_weights_only() -> None:
    network = ResidualIndRNN(5, hidden_size=8, num_blocks=2)
    recognizer = ActionRecognizer(
        network,
        class_names=list("abcde"),
        optimizer=lambda groups: torch.optim.Adam(groups, weight_decay=0.1),
    )
    optimizer = recognizer.configure_optimizers()
    assert isinstance(optimizer, torch.optim.Optimizer)
    decay = {
        parameter: group["weight_decay"]
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    linears = {m.weight for m in network.modules() if isinstance(m, nn.Linear)}
    assert decay.keys() == set(network.parameters())
    assert len(linears) == 6
    assert {p for p, value in decay.items() if value == 0.1} == linears
    assert all(value == 0 for p, value in decay.items() if p not in linears)


def test_recurrent_lr_factor_applies_to_u_only() -> None:
    network = StackedIndRNN(num_classes=3, hidden_size=8, num_layers=2)
    recognizer = ActionRecognizer(
        network,
        class_names=["a", "b", "c"],
        optimizer=lambda groups: torch.optim.Adam(groups, lr=0.2, weight_decay=0.1),
        recurrent_lr_factor=0.25,
    )
    optimizer = recognizer.configure_optimizers()
    assert isinstance(optimizer, torch.optim.Adam)
    group_of = {p: group for group in optimizer.param_groups for p in group["params"]}
    for name, parameter in network.named_parameters():
        group = group_of[parameter]
        assert group["lr"] == (0.05 if name.endswith(".u") else 0.2)
        assert group["weight_decay"] == (0.1 if parameter.ndim > 1 else 0)


def test_a_recurrent_lr_factor_of_0_raises() -> None:
    with pytest.raises(InputError, match="recurrent_lr_factor must be finite and above 0, got 0"):
        ActionRecognizer(SumOfClip(), class_names=["some"], recurrent_lr_factor=0)


def test_the_logits_of_a_sequence_are_the_mean_over_its_clips() -> None:
    recognizer = ActionRecognizer(SumOfClip(), class_names=["some", "none"])
    clip = torch.zeros(4, 1, 1, 1, 1)
    clip[:, 0, 0, 0, 0] = torch.tensor([2.0, -6.0, 1.0, 4.0])
    batch = ClipBatch(clip, torch.tensor([0, 1]), torch.tensor([7, 9]))
    sequences, probabilities = recognizer.predict_step(batch)
    assert sequences.tolist() == [7, 9]
    expected = functional.softmax(torch.tensor([[-2.0, 0.0], [2.5, 0.0]]), dim=1)
    torch.testing.assert_close(probabilities, expected)


def test_hyperparameters_of_a_recognizer_built_in_python_are_plain_data() -> None:
    recognizer = ActionRecognizer(SumOfClip(), class_names=["some", "none"])
    assert dict(recognizer.hparams) == {
        "class_names": ["some", "none"],
        "schedule": "constant",
        "recurrent_lr_factor": 1.0,
        "label_smoothing": 0.0,
        "compile": False,
        "loss": "clip",
    }


class SumOfClipInBfloat16(SumOfClip):
    """`SumOfClip` with logits in bfloat16, as under mixed precision."""

    def forward(self, clip: Tensor) -> Tensor:
        return super().forward(clip).bfloat16()


def test_the_mean_over_clips_is_computed_in_float32() -> None:
    recognizer = ActionRecognizer(SumOfClipInBfloat16(), class_names=["a", "b"])
    sums = torch.tensor([2.0, 1.0078125])  # their mean is not a bfloat16 number
    clip = sums.view(2, 1, 1, 1, 1)
    batch = ClipBatch(clip, torch.tensor([0]), torch.tensor([0]))
    _, probabilities = recognizer.predict_step(batch)
    expected = torch.tensor([[1.50390625, 0.0]]).softmax(dim=1)
    torch.testing.assert_close(probabilities, expected)


def test_a_network_that_reads_no_lengths_is_refused_with_what_it_needs() -> None:
    recognizer = ActionRecognizer(SumOfClip(), class_names=["a", "b"])
    clip = torch.zeros(2, 3, 1, 1, 3)
    with pytest.raises(InputError, match=r"SumOfClip has no argument lengths.*add it"):
        recognizer(clip, torch.tensor([3, 1]))
