"""Tests of the length of a fit and of the time that it prints."""

from types import SimpleNamespace
from typing import Any

import pytest

from action_rec.errors import InputError
from action_rec.training import run_length
from action_rec.training.run_length import RunLength, TimeEstimate, duration


def own() -> RunLength:
    return RunLength(epochs=400, min_steps=1200, max_steps=50_000, validations=50)


def trainer(batches: int, **limits: int) -> Any:  # noqa: ANN401
    """The attributes of a trainer that the callbacks use."""
    fit_loop = SimpleNamespace(max_epochs=limits.get("max_epochs", -1))
    return SimpleNamespace(
        datamodule=SimpleNamespace(train_dataloader=lambda: range(batches)),
        accumulate_grad_batches=limits.get("accumulate", 1),
        max_epochs=fit_loop.max_epochs,
        max_steps=limits.get("max_steps", -1),
        fit_loop=fit_loop,
        check_val_every_n_epoch=1,
    )


@pytest.mark.parametrize(
    ("steps_per_epoch", "epochs", "every"),
    [
        (31, 400, 8),  # NW-UCLA: the length of the recipe
        (1, 1200, 24),  # up to the lower bound
        (2, 600, 12),
        (125, 400, 8),
        (1250, 40, 1),  # NTU60: down to the upper bound
        (90_000, 1, 1),  # at least one epoch
    ],
)
def test_the_length_follows_from_the_steps_of_an_epoch(
    steps_per_epoch: int, epochs: int, every: int
) -> None:
    assert own().schedule(steps_per_epoch) == (epochs, every)


@pytest.mark.parametrize("steps_per_epoch", range(1, 300, 7))
def test_the_last_epoch_is_validated_and_the_bounds_hold(steps_per_epoch: int) -> None:
    epochs, every = own().schedule(steps_per_epoch)
    assert epochs % every == 0
    assert 50 <= epochs // every < 100
    assert 1200 * 0.98 <= epochs * steps_per_epoch <= 50_000


def test_a_fit_gets_the_length_and_a_limit_of_the_config_takes_precedence() -> None:
    run = trainer(batches=24, accumulate=2)
    own().setup(run, SimpleNamespace(), "fit")  # type: ignore[arg-type]
    assert (run.fit_loop.max_epochs, run.check_val_every_n_epoch) == (400, 8)
    for limit, epochs in (({"max_epochs": 3}, 3), ({"max_steps": 3}, -1)):
        run = trainer(batches=24, **limit)
        own().setup(run, SimpleNamespace(), "fit")  # type: ignore[arg-type]
        assert (run.fit_loop.max_epochs, run.check_val_every_n_epoch) == (epochs, 1)


def test_bounds_that_are_exchanged_are_refused() -> None:
    with pytest.raises(InputError, match=r"max_steps of at least min_steps, got 1, 9, 1 and 8"):
        RunLength(epochs=1, min_steps=9, max_steps=8, validations=1)


def test_the_time_is_measured_on_the_first_steps(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(run_length, "perf_counter", lambda: now[0])
    estimate, module = TimeEstimate(), SimpleNamespace()
    run: Any = SimpleNamespace(
        global_step=0,
        estimated_stepping_batches=4_000,
        is_global_zero=True,
        enable_validation=True,
        state=SimpleNamespace(fn="fit"),
    )
    estimate.on_train_start(run, module)  # type: ignore[arg-type]
    for step in range(1, 101):
        run.global_step = step
        now[0] += 60.0 if step < 10 else 0.2  # the first steps do not count
        if step == 20:
            now[0] += 60.0  # nor does a validation
            estimate.on_validation_start(run, module)  # type: ignore[arg-type]
        estimate.on_train_batch_end(run)
    # 25 steps of 0.2 s are the first 5 s after the validation.
    assert capsys.readouterr().err == (
        "about 13 min for 3,954 steps at 200 ms, without the validations\n"
    )


def test_durations_are_rounded_to_a_unit_that_fits() -> None:
    assert [duration(s) for s in (4.4, 89, 95, 840, 9000)] == [
        *("4 s", "89 s", "2 min", "14 min", "2.5 h")
    ]
