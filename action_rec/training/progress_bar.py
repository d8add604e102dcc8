"""Lightning's progress bar on stderr, which leaves stdout to the results."""

import sys
from contextlib import redirect_stdout

from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.callbacks.progress.tqdm_progress import Tqdm

_REFRESH_STEPS = 20  # each refresh waits for the GPU


class StderrProgressBar(TQDMProgressBar):
    """The progress bar of Lightning, on stderr and refreshed every 20 steps.

    A log file keeps every refresh, so there it is refreshed every 500 steps.
    """

    def __init__(self) -> None:
        super().__init__(_REFRESH_STEPS if sys.stderr.isatty() else 25 * _REFRESH_STEPS)

    # The base class passes sys.stdout to each bar that it makes.

    def init_sanity_tqdm(self) -> Tqdm:
        """Make the bar of the check before training."""
        with redirect_stdout(sys.stderr):
            return super().init_sanity_tqdm()

    def init_train_tqdm(self) -> Tqdm:
        """Make the bar of training."""
        with redirect_stdout(sys.stderr):
            return super().init_train_tqdm()

    def init_validation_tqdm(self) -> Tqdm:
        """Make the bar of validation."""
        with redirect_stdout(sys.stderr):
            return super().init_validation_tqdm()

    def init_test_tqdm(self) -> Tqdm:
        """Make the bar of a test."""
        with redirect_stdout(sys.stderr):
            return super().init_test_tqdm()
