"""Dataset of clips: all clips of a batch are read from the store in one indexing operation."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from action_rec.batch import ClipBatch, FrameTargets
from action_rec.data.augmentation import augment
from action_rec.data.clip_format import ClipFormat
from action_rec.data.frames import (
    FramePlan,
    TrainFrames,
    continue_places,
    training_frames,
    whole_recordings,
)
from action_rec.data.sampling import Keys, clip_frames, clip_positions, seed_keys
from action_rec.data.start_normalization import StartNormalization
from action_rec.data.streams import make_streams
from action_rec.memory import check_memory
from action_rec.store.sequences import Sequences


class ClipRequest(NamedTuple):
    """The index that a sampler passes to a `ClipDataset`: one batch.

    Attributes:
        sequences: (B,) indices of the sequences.
        keys: (B,) random keys of their clips.
    """

    sequences: NDArray[np.int64]
    keys: Keys


class ClipDataset(Dataset[ClipBatch]):
    """Dataset whose items are whole batches of clips.

    Args:
        store: The store of the sequences.
        format: Parameters of the clips.
        clips_per_sequence: Number of clips K drawn from each sequence.
        observed: Observation ratio: fraction of each sequence that is used, from its beginning.
        drawn: How consecutive frames are drawn in training; None takes whole recordings.
    """

    def __init__(
        self,
        store: Sequences,
        format: ClipFormat,
        clips_per_sequence: int = 1,
        observed: float = 1.0,
        drawn: TrainFrames | None = None,
    ) -> None:
        self.store = store
        self.format = format
        self.clips_per_sequence = clips_per_sequence
        self.observed = observed
        self.drawn = drawn
        self._from_start = StartNormalization(store.joint_centre, store.origin.shape[1])

    def __getitem__(self, request: ClipRequest) -> ClipBatch:
        """Return a batch with K clips of each of the B sequences of the request.

        Raises:
            InputError: The store has changed since it was opened, or a batch of whole recordings
                does not fit into memory.
        """
        self.store.check_unchanged()  # before mapped poses are read that are no longer there
        repeat = self.clips_per_sequence
        sequences = np.repeat(request.sequences, repeat)
        draws = np.concatenate([seed_keys(request.keys, k) for k in range(repeat)])
        keys = draws.reshape(repeat, -1).T.ravel()
        plan = self._plan(sequences, keys) if self.format.sampling == "frames" else None
        joints = torch.from_numpy(
            self._joints(sequences, keys) if plan is None else self._frames(plan)
        )
        if self.store.factor != 1:
            joints *= self.store.factor
        joints = augment(joints, keys, self.format.augmentation, self.store.joint_mirror.tolist())
        if self.format.normalize == "clip":
            joints = normalize_clips(joints)
        elif self.format.normalize == "start":
            joints = self._from_start(joints)[0]
        return ClipBatch(
            clip=make_streams(joints, self.store.joint_parents.tolist(), self.format.streams),
            label=torch.from_numpy(self.store.label[request.sequences]),
            sequence=torch.from_numpy(request.sequences),
            lengths=None if plan is None else torch.from_numpy(plan.lengths),
            joined=self._targets(plan) if plan is not None and self._joins else None,
        )

    @property
    def _joins(self) -> bool:
        return self.drawn is not None and self.drawn.most > 0

    def _plan(self, sequences: NDArray[np.int64], keys: Keys) -> FramePlan:
        format, drawn = self.format, self.drawn
        if drawn is None:
            return whole_recordings(sequences, self._lengths(sequences), format.frame_step)
        parts = drawn.parts(sequences, keys)
        lengths = self._lengths(parts.clip(min=0))
        return training_frames(parts, lengths, keys, format.clip_len, drawn.steps)

    def _frames(self, plan: FramePlan) -> NDArray[np.float32]:
        clips, frames = plan.frame.shape
        size = self.format.num_bodies * self.store.joint_mirror.size * self.store.origin.shape[1]
        check_memory(f"{clips} clips, the longest of {frames} frames,", 4 * clips * frames * size)
        joints = gather(self.store, plan.sequence, plan.frame, self.format.num_bodies)
        if self._joins:
            continue_places(joints, plan, self.store)
        return joints

    def _targets(self, plan: FramePlan) -> FrameTargets:
        label = self.store.label[plan.sequence] * (plan.frame >= 0)
        return FrameTargets(*map(torch.from_numpy, (label, plan.position, plan.duration)))

    def _lengths(self, sequences: NDArray[np.int64]) -> NDArray[np.int64]:
        """The frames of sequences (...,) that are used."""
        lengths = self.store.length[sequences]
        if self.observed < 1:
            lengths = np.ceil(lengths * self.observed).astype(np.int64)
        return lengths

    def _joints(self, sequences: NDArray[np.int64], keys: Keys) -> NDArray[np.float32]:
        format, lengths = self.format, self._lengths(sequences)
        if format.sampling == "segments":
            frames = clip_frames(lengths, format.clip_len, keys)
            return gather(self.store, sequences, frames, format.num_bodies)
        evenly = format.sampling == "resample"
        positions = clip_positions(lengths, format.clip_len, keys, format.share, evenly=evenly)
        return interpolate(self.store, sequences, positions, format.num_bodies)


def gather(
    store: Sequences, sequences: NDArray[np.int64], frames: NDArray[np.int64], num_bodies: int
) -> NDArray[np.float32]:
    """Copy the poses of N clips at given frames.

    Args:
        store: The store of the poses.
        sequences: (N,) index of the sequence of each clip, or (N, T) of each frame.
        frames: (N, T) frame indices of each clip; negative for an empty frame.
        num_bodies: Number of bodies M of a clip.

    Returns:
        float32 (N, T, M, V, C), zero for empty frames and absent bodies.
    """
    if sequences.ndim == 1:
        sequences = sequences[:, None]
    bodies = store.bodies[sequences]
    first = store.start[sequences] + frames.clip(min=0) * bodies
    body = np.arange(num_bodies)
    rows = first[:, :, None] + body.clip(max=bodies[:, :, None] - 1)
    clips = np.empty((*rows.shape, *store.poses.shape[1:]), np.float32)
    # All rows are valid; mode "clip" avoids NumPy's bounds check, which copies the output.
    np.take(store.poses, rows, axis=0, out=clips, mode="clip")
    clips[(frames < 0)[:, :, None] | (body >= bodies[:, :, None])] = 0
    return clips


def interpolate(
    store: Sequences, sequences: NDArray[np.int64], positions: NDArray[np.float64], num_bodies: int
) -> NDArray[np.float32]:
    """Interpolate the poses of N clips linearly between frames.

    A body that is absent in one of the two neighbouring frames is copied from the other.

    Args:
        store: The store of the poses.
        sequences: (N,) index of the sequence of each clip.
        positions: (N, T) fractional frame indices of each clip, from 0 to L - 1.
        num_bodies: Number of bodies M of a clip.

    Returns:
        float32 (N, T, M, V, C), zero for absent bodies.
    """
    before = np.floor(positions).astype(np.int64)
    after = np.ceil(positions).astype(np.int64)  # equal to `before` for integer positions
    weight = np.broadcast_to(
        (positions - before).astype(np.float32)[:, :, None], (*positions.shape, num_bodies)
    )
    clips = gather(store, sequences, before, num_bodies)
    ends = gather(store, sequences, after, num_bodies)
    weight = np.where(ends.any(axis=(3, 4)), weight, np.float32(0))
    weight = np.where(clips.any(axis=(3, 4)), weight, np.float32(1))
    ends -= clips
    ends *= weight[..., None, None]
    clips += ends
    return clips


def normalize_clips(joints: Tensor) -> Tensor:
    """Scale each axis of each clip (N, T, M, V, C) to [-1, 1] over its joints.

    Absent bodies stay 0. An axis on which all joints are equal becomes 0.
    """
    absent = ~joints.flatten(3).any(dim=3)[..., None, None]
    low = joints.masked_fill(absent, torch.inf).amin(dim=(1, 2, 3), keepdim=True)
    high = joints.masked_fill(absent, -torch.inf).amax(dim=(1, 2, 3), keepdim=True)
    middle, half = (high + low) / 2, (high - low) / 2
    scaled = (joints - middle) / half.clamp(min=torch.finfo(joints.dtype).tiny)
    return scaled.masked_fill(absent, 0)
