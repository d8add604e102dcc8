"""Compute the logits of a trained network for sequences of any set."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from action_rec.checkpoints.trained import Trained
from action_rec.data.clips import ClipDataset
from action_rec.data.loading import BatchSampler, evaluation_batch_size
from action_rec.data.sampling import name_keys
from action_rec.recognizer import EveryFrameNetwork, mean_over_clips
from action_rec.store.sequences import Sequences


def score(
    trained: Trained,
    store: Sequences,
    sequences: NDArray[np.int64],
    clips: int,
    observed: float = 1.0,
) -> NDArray[np.float32]:
    """Return the logits (N, K, num_classes) of K clips of N sequences, sampled as in `test`.

    Args:
        trained: The network.
        store: The sequences; the caller has checked that they suit the network.
        sequences: Indices of the sequences, (N,).
        clips: Number of clips K per sequence.
        observed: Fraction of each sequence that is observed, from its start.
    """
    dataset = ClipDataset(store, trained.format, clips, observed=observed)
    keys = name_keys(store.names[sequences])
    size = evaluation_batch_size(clips, trained.format.sampling)
    order = BatchSampler(sequences, keys, size, shuffle=False, seed=0)
    with torch.inference_mode():
        batches = (dataset[request] for request in order)
        logits = [trained.recognizer(batch.clip, batch.lengths) for batch in batches]
    scores: NDArray[np.float32] = torch.cat(logits).view(len(sequences), clips, -1).numpy()
    return scores


def score_every_frame(
    trained: Trained, store: Sequences, sequences: NDArray[np.int64], clips: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
    """Yield the logits of a causal network after every frame, in one pass over the sequences.

    Args:
        trained: A network trained on consecutive frames.
        store: See `score`.
        sequences: See `score`.
        clips: Clips per sequence, which differ if they are augmented; their logits are averaged.

    Yields:
        Of the next B sequences: logits (B, T, num_classes), of no meaning in padding, and their
        numbers of frames (B,).
    """
    dataset = ClipDataset(store, trained.format, clips)
    keys = name_keys(store.names[sequences])
    size = evaluation_batch_size(clips, trained.format.sampling)
    network: EveryFrameNetwork = trained.recognizer.network  # type: ignore[assignment]
    with torch.inference_mode():
        for request in BatchSampler(sequences, keys, size, shuffle=False, seed=0):
            batch = dataset[request]
            frames, _ = network.every_frame(batch.clip, None, batch.lengths)
            logits, lengths = mean_over_clips(frames, batch)
            assert lengths is not None  # of consecutive frames
            yield logits.numpy(), lengths.numpy()
