"""Test the sequences and loaders of the adding problem."""

import numpy as np
import pytest
import torch

from action_rec.errors import InputError
from action_rec.long_memory import AddingData
from action_rec.long_memory.adding import AddingSequences


@pytest.mark.parametrize("steps", [2, 3, 7, 100])
def test_target_is_the_sum_of_one_masked_value_from_each_half(steps: int) -> None:
    inputs, targets, _ = AddingSequences(steps, "train", 0)[np.arange(2000)]
    values, mask = inputs.unbind(dim=2)
    assert inputs.shape == (2000, steps, 2)
    assert (mask[:, : steps // 2].sum(dim=1) == 1).all()
    assert (mask[:, steps // 2 :].sum(dim=1) == 1).all()
    assert set(mask.flatten().tolist()) <= {0, 1}
    assert mask.sum(dim=0).min() > 0  # every step is masked in some sequence
    torch.testing.assert_close(targets, (values * mask).sum(dim=1))
    assert values.min() >= 0
    assert values.max() < 1


def test_constant_prediction_1_has_a_mean_squared_error_of_one_sixth() -> None:
    targets = AddingSequences(10, "val", 0)[np.arange(20_000)].targets
    assert ((targets - 1) ** 2).mean() == pytest.approx(1 / 6, abs=0.005)


def test_a_sequence_depends_only_on_seed_split_and_index() -> None:
    whole = AddingSequences(9, "train", 3)[np.arange(40)]
    part = AddingSequences(9, "train", 3)[np.arange(31, 35)]
    assert (whole.inputs[31:35] == part.inputs).all()
    assert (whole.targets[31:35] == part.targets).all()
    for split, seed in (("val", 3), ("train", 4)):
        other = AddingSequences(9, split, seed)[np.arange(40)]
        assert not torch.isclose(other.inputs, whole.inputs)[..., 0].any()


def test_every_epoch_has_new_sequences_and_the_same_val() -> None:
    data = AddingData(num_steps=5, batch_size=4, train_sequences=10, val_sequences=6)
    loader = data.train_dataloader()
    epochs = []
    for epoch in (0, 1):
        loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        epochs.append(torch.cat([batch.inputs for batch in loader]))
    assert [len(epoch) for epoch in epochs] == [8, 8]
    assert (epochs[0][:, :, 0] != epochs[1][:, :, 0]).all()
    vals = [torch.cat([b.inputs for b in data.val_dataloader()]) for _ in range(2)]
    assert vals[0].shape == (6, 5, 2)
    assert (vals[0] == vals[1]).all()


def test_val_and_test_do_not_depend_on_the_seed_of_the_run() -> None:
    first, second = (AddingData(num_steps=5, seed=s, test_sequences=20) for s in (0, 1))
    for split in ("val", "test"):
        (one,), (two,) = (getattr(d, f"{split}_dataloader")() for d in (first, second))
        assert (one.inputs == two.inputs).all()
    one, two = (next(iter(data.train_dataloader())) for data in (first, second))
    assert (one.inputs != two.inputs).any()


@pytest.mark.parametrize("steps", [1, 0, -5])
def test_too_few_steps_raise(steps: int) -> None:
    with pytest.raises(InputError, match=f"num_steps must be at least 2.*got {steps}"):
        AddingData(num_steps=steps)
