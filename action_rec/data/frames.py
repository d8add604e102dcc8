"""Clips of consecutive frames: whole recordings, or windows and several of them in training."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from action_rec.data.sampling import Keys, seed_keys, uniforms
from action_rec.errors import InputError
from action_rec.store.reader import Store
from action_rec.store.sequences import Sequences

Indices = NDArray[np.int64]

_SEED = 0x6A6F696E  # makes the draws of what is joined independent of those of the frames
_SAME = ("subject", "camera", "setup")  # of the recordings that may be joined, where known


class FramePlan(NamedTuple):
    """Which frames N clips of T frames consist of.

    Attributes:
        sequence: (N, T) sequence of each frame; any in padding.
        frame: (N, T) frame of that sequence; -1 in padding, which comes last.
        position: (N, T) number of the frame in its part of the clip, from 1; 0 in padding.
        duration: (N, T) frames of that part; 0 in padding.
        lengths: (N,) frames of each clip.
    """

    sequence: Indices
    frame: Indices
    position: Indices
    duration: Indices
    lengths: Indices


@dataclass(frozen=True)
class TrainFrames:
    """How clips of consecutive frames are drawn in training.

    Attributes:
        steps: Smallest and largest step from one frame of a clip to the next.
        most: Most recordings that come before a sequence in its clip.
        group: (N,) number of the group of each sequence of the store; recordings of one group may
            be joined. -1 for sequences that are not used.
    """

    steps: tuple[int, int]
    most: int
    group: Indices

    @classmethod
    def within(cls, store: Store, train: Indices, steps: tuple[int, int], most: int) -> Self:
        """Join recordings of the same subject, camera and setup.

        Args:
            store: The sequences.
            train: Indices of those that may be joined.
            steps: See the attributes.
            most: See the attributes.

        Raises:
            InputError: Recordings are to be joined, but their subjects are unknown, or a number is
                out of range.
        """
        if not 1 <= steps[0] <= steps[1]:
            raise InputError(
                "train_frame_step must be a minimum of at least 1 and a maximum not below it, got "
                f"{list(steps)}"
            )
        if not 0 <= most <= 100:
            raise InputError(f"join_recordings must be from 0 to 100, got {most}")
        if most > 0 and "subject" not in store.columns:
            raise InputError(
                "the store does not say which person each recording shows, so that none can be "
                "joined; use join_recordings: 0"
            )
        group = np.full(len(store.names), -1)
        if most > 0:
            known = [store.columns[name][train] for name in _SAME if name in store.columns]
            group[train] = np.unique(np.stack(known), axis=1, return_inverse=True)[1].ravel()
        return cls(steps, most, group)

    def parts(self, sequences: Indices, keys: Keys) -> Indices:
        """Draw the recordings of each clip.

        Args:
            sequences: (N,) the last recording of each clip.
            keys: (N,) random keys of the clips.

        Returns:
            (N, most + 1) indices in the order of the clip, -1 for none.
        """
        if self.most == 0:
            return sequences[:, None]
        draws = uniforms(seed_keys(keys, _SEED), 1 + self.most)
        members, sorted_groups = self._members
        own = self.group[sequences]
        of_group = np.searchsorted(sorted_groups, own)
        size = np.searchsorted(sorted_groups, own, "right") - of_group
        chosen = of_group[:, None] + (draws[:, 1:] * size[:, None]).astype(np.int64)
        count = (draws[:, 0] * (self.most + 1)).astype(np.int64)
        before = np.where(np.arange(self.most) < count[:, None], members[chosen], -1)
        before[before == sequences[:, None]] = -1  # not the same recording twice in a row
        return np.concatenate((before, sequences[:, None]), axis=1)

    @cached_property
    def _members(self) -> tuple[Indices, Indices]:
        """The sequences sorted by group, and their groups."""
        members = np.argsort(self.group, kind="stable")
        return members, self.group[members]


def whole_recordings(sequences: Indices, lengths: Indices, step: int) -> FramePlan:
    """Take every `step`-th frame of whole sequences (N,) of `lengths` (N,), from the first."""
    first = np.zeros_like(lengths)
    return _plan(sequences[:, None], first[:, None], -(-lengths // step)[:, None], step, None)


def training_frames(
    parts: Indices, lengths: Indices, keys: Keys, clip_len: int, steps: tuple[int, int]
) -> FramePlan:
    """Draw a step for each clip and a window of at most `clip_len` frames of each recording.

    A clip of several recordings that is longer than `clip_len` loses its first frames.

    Args:
        parts: (N, P) recordings of each clip, -1 for none.
        lengths: (N, P) their frames.
        keys: (N,) random keys of the clips.
        clip_len: Most frames of a clip.
        steps: Smallest and largest step from one frame to the next.
    """
    count = parts.shape[1]
    draws = uniforms(keys, 1 + 2 * count)
    step = steps[0] + (draws[:, :1] * (steps[1] - steps[0] + 1)).astype(np.int64)
    first = (draws[:, 1 : 1 + count] * np.minimum(step, lengths)).astype(np.int64)
    frames = -(-(lengths - first) // step)
    kept = np.minimum(frames, clip_len)
    first += step * (draws[:, 1 + count :] * (frames - kept + 1)).astype(np.int64)
    return _plan(parts, first, np.where(parts < 0, 0, kept), step, clip_len)


def _plan(
    parts: Indices, first: Indices, counts: Indices, step: int | Indices, most: int | None
) -> FramePlan:
    """Lay out the parts of each clip (N, P), each of so many frames from its first, in a row."""
    total = counts.sum(axis=1)
    lengths = total if most is None else np.minimum(total, most)
    frames = int(lengths.max(initial=1))
    # Numbers of frames from the start of all parts, of which the first ones may be left out.
    place = np.arange(frames) + (total - lengths)[:, None]
    ends = counts.cumsum(axis=1)
    part = (place[:, :, None] >= ends[:, None, :]).sum(axis=2).clip(max=parts.shape[1] - 1)
    row = np.arange(len(parts))[:, None]
    inside = place - (ends - counts)[row, part]
    # The frames of a part that are in the clip: the first part may have lost some.
    lost = ((total - lengths)[:, None] - (ends - counts)[row, part]).clip(min=0)
    valid = np.arange(frames) < lengths[:, None]
    return FramePlan(
        sequence=parts[row, part],
        frame=np.where(valid, first[row, part] + inside * step, -1),
        position=np.where(valid, inside - lost + 1, 0),
        duration=np.where(valid, counts[row, part] - lost, 0),
        lengths=lengths,
    )


def continue_places(poses: NDArray[np.float32], plan: FramePlan, store: Sequences) -> None:
    """Move each recording to the place where the one before it in the clip ended, in place.

    The centre of the first body in its first frame is then where it was in the frame before.

    Args:
        poses: (N, T, M, V, C) joints of the frames of a plan.
        plan: The plan.
        store: What the joints are from.
    """
    starts = plan.position[:, 1:] == 1
    if not starts.any():
        return
    there = poses.any(axis=(3, 4))
    first_body = there & (there.cumsum(axis=2) == 1)
    centres = poses[:, :, :, store.joint_centre].mean(axis=3)
    centre = np.where(first_body[..., None], centres, 0).sum(axis=2)  # (N, T, C)
    jump = (centre[:, :-1] - centre[:, 1:]) * starts[..., None]
    shift = np.zeros_like(centre)
    jump.cumsum(axis=1, out=shift[:, 1:])
    detected: NDArray[np.bool_] = np.asarray(poses.any(axis=4))
    # A store has put the centre of the first frame into the origin, where it was not missing.
    origin = (first_body & (plan.frame == 0)[:, :, None])[..., None]
    detected[:, :, :, store.joint_centre] |= origin
    poses += shift[:, :, None, None] * detected[..., None]
