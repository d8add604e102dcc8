"""Tests of the plateau schedule of the IndRNN papers and of the seeding of steps."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from action_rec.errors import InputError
from action_rec.training.callbacks import PlateauRestart, SeedEachStep


class Run:
    """The attributes of trainer and module that the callback uses."""

    def __init__(self, callback: PlateauRestart) -> None:
        self.callback = callback
        self.module: Any = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(self.module.weight)
        self.optimizer = torch.optim.Adam(self.module.parameters(), lr=1.0)
        self.trainer: Any = SimpleNamespace(
            sanity_checking=False,
            state=SimpleNamespace(fn="fit"),
            callback_metrics={},
            optimizers=[self.optimizer],
            should_stop=False,
            global_step=0,
        )

    def step_and_validate(self, score: float) -> None:
        """Perform an optimizer step that changes the weight, then a validation with this score."""
        self.module.weight.grad = -torch.ones(1, 1)
        self.optimizer.step()
        self.trainer.callback_metrics = {"val/accuracy": torch.tensor(score)}
        self.callback.on_validation_end(self.trainer, self.module)

    @property
    def weight(self) -> float:
        return float(self.module.weight.item())

    @property
    def lr(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"])

    @property
    def steps(self) -> float:
        return float(self.optimizer.state[self.module.weight]["step"])


def test_a_plateau_restores_the_best_weights_and_reduces_the_learning_rate() -> None:
    run = Run(PlateauRestart(patience=2, factor=0.1, stages=2))
    run.step_and_validate(0.5)
    run.step_and_validate(0.7)
    best, steps = run.weight, run.steps
    run.step_and_validate(0.7)  # an equal score is no improvement
    assert run.weight != best
    run.step_and_validate(0.6)
    assert (run.weight, run.steps) == (best, steps)
    assert run.lr == pytest.approx(0.1)
    assert not run.trainer.should_stop

    run.step_and_validate(0.1)
    run.step_and_validate(0.1)
    assert run.trainer.should_stop
    assert run.weight == best
    assert run.lr == pytest.approx(0.01)


def test_an_improvement_resets_the_patience() -> None:
    run = Run(PlateauRestart(patience=2))
    for score in (0.1, 0.0, 0.2, 0.1, 0.3, 0.2):
        run.step_and_validate(score)
    assert run.lr == 1
    assert run.steps == 6


def test_later_steps_do_not_change_the_restored_state() -> None:
    run = Run(PlateauRestart(patience=1, stages=9))
    run.step_and_validate(0.9)
    best = run.weight
    for _ in range(3):
        run.step_and_validate(0.1)
        assert (run.weight, run.steps) == (best, 1)


def test_mode_min_treats_a_smaller_value_as_an_improvement() -> None:
    run = Run(PlateauRestart(patience=1, mode="min"))
    for score in (3.0, 2.0, 1.0):
        run.step_and_validate(score)
    assert run.lr == 1
    run.step_and_validate(2.0)
    assert run.lr == pytest.approx(0.1)


def test_a_metric_that_is_not_logged_raises() -> None:
    run = Run(PlateauRestart(monitor="val/accurracy"))
    with pytest.raises(InputError, match="monitors 'val/accurracy', which is not logged; use one"):
        run.step_and_validate(0.5)


def test_random_numbers_of_a_step_depend_on_seed_rank_and_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def draw(seed: str, rank: int, step: int, batch: int) -> float:
        monkeypatch.setenv("PL_GLOBAL_SEED", seed)
        trainer: Any = SimpleNamespace(global_rank=rank, global_step=step)
        SeedEachStep().on_train_batch_start(trainer, None, None, batch)  # type: ignore[arg-type]
        return torch.rand(1).item()

    places = [("0", 0, 5, 5), ("1", 0, 5, 5), ("0", 1, 5, 5), ("0", 0, 6, 5), ("0", 0, 5, 6)]
    draws = [draw(*place) for place in places]
    assert len(set(draws)) == len(places)
    assert draws == [draw(*place) for place in places]
