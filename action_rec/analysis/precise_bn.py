"""Precise batch norm: recompute the statistics of a trained network on its training data.

During training the running statistics follow weights that still change, under dropout and
augmentation. Recomputed with the final weights in eval mode they match the network that is
evaluated (after Wu and Johnson, "Rethinking 'Batch' in BatchNorm", arXiv 2105.07576, section 3).
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning import Callback, LightningModule, Trainer
from numpy.typing import NDArray
from torch.nn.modules.batchnorm import _BatchNorm

from action_rec.checkpoints.trained import Trained, check_store, load_trained
from action_rec.console.output_path import check_out
from action_rec.console.writing import write_durably
from action_rec.data.clips import ClipDataset, ClipRequest
from action_rec.data.loading import evaluation_batch_size
from action_rec.data.sampling import name_keys
from action_rec.errors import InputError
from action_rec.evaluation.finite import check_finite_weights
from action_rec.evaluation.provenance import BATCH_NORM_KEY
from action_rec.store.reader import Store
from action_rec.store.splits import split_sequences
from action_rec.training.module import batch_norm_explained


class PreciseBN(Callback):
    """Writes a checkpoint with precise batch norm at the end of a fit.

    It is made from the best checkpoint, or from the last if there is no best, and is written beside
    it as ``best_precise_bn.ckpt``. Compare the two on val.

    Args:
        clips: Clips per train sequence; None for 5, or 1 of consecutive frames.
    """

    def __init__(self, clips: int | None = None) -> None:
        self.clips = clips

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Recompute the statistics after all checkpoints are written."""
        saved = [getattr(c, "best_model_path", "") for c in trainer.checkpoint_callbacks]
        paths = sorted(Path(path) for path in saved if path)  # best before last
        if trainer.is_global_zero and paths:
            out = paths[0].with_name(f"{paths[0].stem}_precise_bn.ckpt")
            store: Path = trainer.datamodule.store.path  # type: ignore[attr-defined]
            precise_bn(paths[0], store, out, clips=self.clips)


ReestimateNorm = PreciseBN  # its name in the configs of version 0.1.0


def precise_bn(checkpoint: Path, store: Path, out: Path, *, clips: int | None = None) -> None:
    """Recompute batch norm on the train split and write another checkpoint.

    Args:
        checkpoint: A .ckpt file that `fit` wrote.
        store: The store that it was trained on.
        out: The .ckpt file to write.
        clips: Clips per sequence, drawn as in `test`; None for 5, or 1 of consecutive frames.

    Raises:
        InputError: A file cannot be read or written, they do not belong together, or there is no
            batch norm; weights or coordinates are infinite or NaN.
    """
    if clips is not None and clips < 1:
        raise InputError(f"--clips must be at least 1, got {clips}")
    check_out(out)
    trained, opened = load_trained(checkpoint), Store(store)
    check_store(trained, opened)
    clips = trained.format.default_clips(5) if clips is None else clips
    norms = [m for m in trained.recognizer.network.modules() if isinstance(m, _BatchNorm)]
    if not norms:
        raise InputError(f"the network of {checkpoint} has no batch norm; nothing to recompute")
    check_finite_weights(trained.recognizer.state_dict(), checkpoint)
    source = trained.source
    drawn = (source["val_from"], source["val_share"], source["split_seed"])
    sequences = split_sequences(opened, source["benchmark"], *drawn)["train"]
    _recompute(norms, trained, opened, sequences, clips)
    check_finite_weights(trained.recognizer.state_dict(), "the recomputed batch norm")
    content: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    content["state_dict"] |= trained.recognizer.state_dict()
    content[BATCH_NORM_KEY] = (
        f"recomputed on {clips} clips of each of {len(sequences)} train sequences"
    )
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_durably(out, buffer.getbuffer())
    print(f"batch norm: {content[BATCH_NORM_KEY]}\ncheckpoint: {out}")


def _recompute(
    norms: list[_BatchNorm],
    trained: Trained,
    store: Store,
    sequences: NDArray[np.int64],
    clips: int,
) -> None:
    """Replace the running statistics by those of the clips of some sequences, (N,) indices."""
    for norm in norms:
        norm.train()  # dropout stays off
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over batches
    dataset = ClipDataset(store, trained.format, clips)
    # Names sort by class; batches in that order would vary less than the whole split does.
    order = np.random.default_rng(0).permutation(sequences)
    batches = -(-len(order) // evaluation_batch_size(clips, trained.format.sampling))
    with torch.no_grad(), batch_norm_explained():
        for chosen in np.array_split(order, batches):
            request = ClipRequest(chosen, name_keys(store.names[chosen]))
            batch = dataset[request]
            trained.recognizer(batch.clip, batch.lengths)
