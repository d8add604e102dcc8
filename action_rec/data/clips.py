"""Clips out of the store: one gather for a whole batch."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from action_rec.batch import ClipBatch
from action_rec.data.augmentation import augment
from action_rec.data.clip_format import ClipFormat
from action_rec.data.sampling import Keys, clip_frames, clip_positions, seed_keys
from action_rec.data.streams import make_streams
from action_rec.store.sequences import Sequences


class ClipRequest(NamedTuple):
    """What a sampler asks of a `ClipDataset`: B sequences and the key of each one's clips."""

    sequences: NDArray[np.int64]
    keys: Keys


class ClipDataset(Dataset[ClipBatch]):
    """Turns a request into a batch of clips.

    Args:
        store: Where the sequences are.
        format: How clips are made.
        clips_per_sequence: Clips K drawn of each sequence.
        observed: Share of each sequence that is looked at, from its beginning.
    """

    def __init__(
        self,
        store: Sequences,
        format: ClipFormat,
        clips_per_sequence: int = 1,
        observed: float = 1.0,
    ) -> None:
        self.store = store
        self.format = format
        self.clips_per_sequence = clips_per_sequence
        self.observed = observed

    def __getitem__(self, request: ClipRequest) -> ClipBatch:
        """Draw the K clips of each of the B sequences asked for."""
        repeat = self.clips_per_sequence
        sequences = np.repeat(request.sequences, repeat)
        draws = np.concatenate([seed_keys(request.keys, k) for k in range(repeat)])
        keys = draws.reshape(repeat, -1).T.ravel()
        joints = torch.from_numpy(self._joints(sequences, keys))
        joints = augment(joints, keys, self.format.augmentation, self.store.joint_mirror.tolist())
        if self.format.normalize == "clip":
            joints = normalize_clips(joints)
        return ClipBatch(
            clip=make_streams(joints, self.store.joint_parents.tolist(), self.format.streams),
            label=torch.from_numpy(self.store.label[request.sequences]),
            sequence=torch.from_numpy(request.sequences),
        )

    def _joints(self, sequences: NDArray[np.int64], keys: Keys) -> NDArray[np.float32]:
        wanted = self.format
        lengths = self.store.length[sequences]
        if self.observed < 1:
            lengths = np.ceil(lengths * self.observed).astype(np.int64)
        if wanted.sampling == "segments":
            frames = clip_frames(lengths, wanted.clip_len, keys)
            return gather(self.store, sequences, frames, wanted.num_bodies)
        evenly = wanted.sampling == "resample"
        positions = clip_positions(lengths, wanted.clip_len, keys, wanted.share, evenly=evenly)
        return interpolate(self.store, sequences, positions, wanted.num_bodies)


def gather(
    store: Sequences, sequences: NDArray[np.int64], frames: NDArray[np.int64], num_bodies: int
) -> NDArray[np.float32]:
    """Copy the poses of many clips at once.

    Args:
        store: Where the poses are.
        sequences: The sequence of each clip, (N,).
        frames: The frames of each clip, (N, T); negative for an empty frame.
        num_bodies: Bodies M of a clip.

    Returns:
        float32 (N, T, M, V, C), zero where there is no frame or no body.
    """
    bodies = store.bodies[sequences][:, None]
    first = store.start[sequences][:, None] + frames.clip(min=0) * bodies
    body = np.arange(num_bodies)
    rows = first[:, :, None] + body.clip(max=bodies[:, :, None] - 1)
    clips = np.empty((*rows.shape, *store.poses.shape[1:]), np.float32)
    # Every row exists; without "clip" NumPy would check that in a copy of the clips.
    np.take(store.poses, rows, axis=0, out=clips, mode="clip")
    clips[(frames < 0)[:, :, None] | (body >= bodies[:, :, None])] = 0
    return clips


def interpolate(
    store: Sequences, sequences: NDArray[np.int64], positions: NDArray[np.float64], num_bodies: int
) -> NDArray[np.float32]:
    """Copy the poses of many clips at moments between two frames.

    A body that is absent in one of the two is taken from the other.

    Args:
        store: Where the poses are.
        sequences: The sequence of each clip, (N,).
        positions: The moments of each clip in frames, (N, T), from 0 to L - 1.
        num_bodies: Bodies M of a clip.

    Returns:
        float32 (N, T, M, V, C), zero where there is no body.
    """
    before = np.floor(positions).astype(np.int64)
    after = np.ceil(positions).astype(np.int64)  # the same where whole
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
    """Bring each axis of each clip (N, T, M, V, C) to -1..1 over its joints; absent bodies stay 0.

    An axis on which nothing differs becomes 0.
    """
    absent = ~joints.flatten(3).any(dim=3)[..., None, None]
    low = joints.masked_fill(absent, torch.inf).amin(dim=(1, 2, 3), keepdim=True)
    high = joints.masked_fill(absent, -torch.inf).amax(dim=(1, 2, 3), keepdim=True)
    middle, half = (high + low) / 2, (high - low) / 2
    scaled = (joints - middle) / half.clamp(min=torch.finfo(joints.dtype).tiny)
    return scaled.masked_fill(absent, 0)
