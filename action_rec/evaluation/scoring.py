"""The logits of a trained network for sequences of any set."""

import numpy as np
import torch
from numpy.typing import NDArray

from action_rec.checkpoints.trained import Trained
from action_rec.data.clips import ClipDataset
from action_rec.data.loading import BatchSampler, evaluation_batch_size
from action_rec.data.sampling import name_keys
from action_rec.store.sequences import Sequences


def score(
    trained: Trained,
    store: Sequences,
    sequences: NDArray[np.int64],
    clips: int,
    observed: float = 1.0,
) -> NDArray[np.float32]:
    """The logits (N, K, num_classes) of K clips of each of N sequences, as `test` draws them.

    Args:
        trained: The network.
        store: Where the sequences are; the caller has checked that they suit the network.
        sequences: Their indices, (N,).
        clips: Clips K of each.
        observed: Share of each sequence that is looked at, from its beginning.
    """
    dataset = ClipDataset(store, trained.format, clips, observed=observed)
    keys = name_keys(store.names[sequences])
    size = evaluation_batch_size(clips)
    order = BatchSampler(sequences, keys, size, shuffle=False, seed=0)
    with torch.inference_mode():
        logits = [trained.recognizer(dataset[request].clip) for request in order]
    scores: NDArray[np.float32] = torch.cat(logits).view(len(sequences), clips, -1).numpy()
    return scores
