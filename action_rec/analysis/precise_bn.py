"""Batch norm after training: its statistics measured anew on training data, never on test data.

In training the running statistics follow weights that still change, under dropout and augmentation.
Measured again with the final weights, in eval mode, they are those of what the network will be
asked (after Wu and Johnson, "Rethinking 'Batch' in BatchNorm", arXiv 2105.07576, section 3).
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning import Callback, LightningModule, Trainer
from torch.nn.modules.batchnorm import _BatchNorm

from action_rec.checkpoints.trained import check_store, load_trained
from action_rec.console.output_path import check_out
from action_rec.data.clips import ClipDataset, ClipRequest
from action_rec.data.loading import evaluation_batch_size
from action_rec.data.sampling import name_keys
from action_rec.errors import InputError
from action_rec.evaluation.provenance import BATCH_NORM_KEY
from action_rec.store.reader import Store
from action_rec.store.splits import split_sequences


class ReestimateNorm(Callback):
    """Adds to the best checkpoint of a fit, or to its last, one whose batch norm is measured anew.

    It stands beside the other, as ``best_reestimated.ckpt``: which of the two is better, val tells.

    Args:
        clips: Clips of each train sequence.
    """

    def __init__(self, clips: int = 5) -> None:
        self.clips = clips

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Measure, when all checkpoints are written."""
        saved = [getattr(c, "best_model_path", "") for c in trainer.checkpoint_callbacks]
        paths = sorted(Path(path) for path in saved if path)  # best before last
        if trainer.is_global_zero and paths:
            out = paths[0].with_name(f"{paths[0].stem}_reestimated.ckpt")
            reestimate(paths[0], trainer.datamodule.store.path, out, self.clips)  # type: ignore[attr-defined]


def reestimate(checkpoint: Path, store: Path, out: Path, clips: int = 5) -> None:
    """Write a checkpoint whose batch norm was measured anew on the train split of the original.

    Args:
        checkpoint: A .ckpt file that `fit` wrote.
        store: The store that it was trained on.
        out: The .ckpt file to write; it remembers what was done.
        clips: Clips of each sequence, as `test` draws them.

    Raises:
        InputError: A file cannot be read or written, they do not belong together, or there is no
            batch norm.
    """
    if clips < 1:
        raise InputError(f"--clips must be at least 1, got {clips}")
    check_out(out)
    trained, opened = load_trained(checkpoint), Store(store)
    check_store(trained, opened)
    network = trained.recognizer.network
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    if not norms:
        raise InputError(f"the network of {checkpoint} has no batch norm to measure anew")
    source = trained.source
    drawn = (source["val_from"], source["val_share"], source["split_seed"])
    sequences = split_sequences(opened, source["benchmark"], *drawn)["train"]
    for norm in norms:
        norm.train()  # dropout stays off
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over batches
    dataset = ClipDataset(opened, trained.format, clips)
    # Names sort by class: in their order, no batch would vary as much as all sequences do.
    order = np.random.default_rng(0).permutation(sequences)
    batches = -(-len(order) // evaluation_batch_size(clips))
    with torch.no_grad():
        for chosen in np.array_split(order, batches):
            network(dataset[ClipRequest(chosen, name_keys(opened.names[chosen]))].clip)
    content: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    content["state_dict"] |= trained.recognizer.state_dict()
    content[BATCH_NORM_KEY] = (
        f"measured anew on {clips} clips of each of {len(sequences)} train sequences"
    )
    torch.save(content, out)
    print(f"batch norm: {content[BATCH_NORM_KEY]}\ncheckpoint: {out}")
