"""Clips out of the store: one gather for a whole batch."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from action_rec.batch import ClipBatch
from action_rec.data.sampling import Keys, clip_frames, seed_keys
from action_rec.data.store import Store


class ClipRequest(NamedTuple):
    """What a sampler asks of a `ClipDataset`: B sequences and the key of each one's clips."""

    sequences: NDArray[np.int64]
    keys: Keys


class ClipDataset(Dataset[ClipBatch]):
    """Turns a request into a batch of clips.

    Args:
        store: Where the sequences are.
        clip_len: Frames T of a clip.
        num_bodies: Bodies M of a clip; a sequence's further bodies are left out, missing ones zero.
        clips_per_sequence: Clips K drawn of each sequence.
    """

    def __init__(
        self, store: Store, clip_len: int, num_bodies: int, clips_per_sequence: int = 1
    ) -> None:
        self.store = store
        self.clip_len = clip_len
        self.num_bodies = num_bodies
        self.clips_per_sequence = clips_per_sequence

    def __getitem__(self, request: ClipRequest) -> ClipBatch:
        """Draw the K clips of each of the B sequences asked for."""
        repeat = self.clips_per_sequence
        sequences = np.repeat(request.sequences, repeat)
        draws = np.concatenate([seed_keys(request.keys, k) for k in range(repeat)])
        keys = draws.reshape(repeat, -1).T.ravel()
        frames = clip_frames(self.store.length[sequences], self.clip_len, keys)
        return ClipBatch(
            clip=torch.from_numpy(gather(self.store, sequences, frames, self.num_bodies)),
            label=torch.from_numpy(self.store.label[request.sequences]),
            sequence=torch.from_numpy(request.sequences),
        )


def gather(
    store: Store, sequences: NDArray[np.int64], frames: NDArray[np.int64], num_bodies: int
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
