"""Results of a network that is read at every frame: accuracy against what has been seen."""

from collections.abc import Iterable
from typing import Any

import torch

from action_rec.evaluation.tables import print_table
from action_rec.training.frame_by_frame import SHARES, FrameResults


def summarize_frames(parts: Iterable[FrameResults], step: int) -> dict[str, Any]:
    """Compute the metrics of all sequences, as plain values.

    Args:
        parts: The results of batches of sequences.
        step: Step from one frame to the next, in frames of the recording.

    Returns:
        `accuracy_at`, the accuracies after each of `SHARES` of the frames; `auc`, their mean;
        `frame_accuracy`, the share of all frames with the right label; and of the sequences whose
        last label is right, of which there are `settled`: `delay_frames`, the mean number of frames
        of the recording until the label was right and stayed so, and `delay_share`, the mean share
        of the frames. Both are None if there is none.
    """
    at, right, frames, settled = (torch.cat(columns) for columns in zip(*parts, strict=True))
    good = settled > 0
    seen = settled[good].double()
    delay: dict[str, float | None] = {"delay_frames": None, "delay_share": None}
    if len(seen) > 0:
        recorded = (seen - 1) * step + 1
        delay = {
            "delay_frames": float(recorded.mean()),
            "delay_share": float((seen / frames[good]).mean()),
        }
    return {
        "accuracy_at": at.double().mean(dim=0).tolist(),
        "auc": float(at.double().mean()),
        "frame_accuracy": float(right.sum() / frames.sum()),
        "settled": int(good.sum()),
        **delay,
    }


def print_frames(result: dict[str, Any]) -> None:
    """Print the result of `summarize_frames` as a table."""
    rows = [
        [f"{share:.0%}", f"{100 * accuracy:.2f}"]
        for share, accuracy in zip(SHARES, result["accuracy_at"], strict=True)
    ]
    print_table("frame by frame", ["seen", "top-1 %"], rows)
    print(describe_frames(result))


def describe_frames(result: dict[str, Any]) -> str:
    """Return one line on the result of `summarize_frames`."""
    line = (
        f"mean over 10..100 %: {100 * result['auc']:.2f} %, "
        f"frame accuracy: {100 * result['frame_accuracy']:.2f} %"
    )
    if result["delay_frames"] is None:
        return line
    return (
        f"{line}, delay until the label is right and stays: {result['delay_frames']:.1f} frames, "
        f"{100 * result['delay_share']:.1f} % (mean of {result['settled']} sequences)"
    )
