"""Draw the attention weights of a network over the frames of some sequences."""

from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from action_rec.checkpoints.trained import check_store, load_trained
from action_rec.console.output_path import check_picture
from action_rec.console.writing import write_figure
from action_rec.data.clips import ClipDataset, ClipRequest
from action_rec.data.sampling import name_keys
from action_rec.errors import InputError
from action_rec.evaluation.finite import check_finite, finite_rows
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.store.reader import Store


def attention(checkpoint: Path, store: Path, out: Path, *, count: int = 12) -> None:
    """Draw the attention weights over the frames of a clip, for one sequence per class.

    Args:
        checkpoint: A .ckpt file of a network with `readout: attention`.
        store: A store of the same classes.
        out: The picture to write, .png, .pdf or .svg.
        count: The number of sequences to draw.

    Raises:
        InputError: The checkpoint cannot be read, its network has no attention, or the picture
            cannot be written.
    """
    check_picture(out)
    trained = load_trained(checkpoint)
    network = trained.recognizer.network
    if not isinstance(network, RecurrentClassifier):
        raise InputError(
            f"{checkpoint} holds no recurrent network; give a checkpoint of one with attention"
        )
    opened = Store(store)
    check_store(trained, opened, same_dataset=False)
    _, chosen = np.unique(opened.label, return_index=True)
    chosen = chosen[:count]
    clips = ClipDataset(opened, trained.format)
    batch = clips[ClipRequest(chosen, name_keys(opened.names[chosen]))]
    with torch.no_grad():
        weights = network.attention(batch.clip, batch.lengths).numpy()
    check_finite(opened.names[chosen[~finite_rows(weights)]].tolist(), len(chosen))
    names = [f"{opened.class_names[opened.label[i]]}\n{opened.names[i]}" for i in chosen]
    frames = [weights.shape[1]] * len(chosen) if batch.lengths is None else batch.lengths.tolist()
    rows = [row[:count] for row, count in zip(weights, frames, strict=True)]
    write_figure(out, _draw(rows, names))
    print(f"picture: {out}")


def _draw(weights: list[NDArray[np.float32]], names: list[str]) -> Figure:
    columns = min(4, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(3 * columns, 1 + 1.8 * rows), layout="constrained")
    figure.suptitle("Attention over the frames of a clip (dotted: the same weight for all)")
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for panel in panels.flat[len(names) :]:
        panel.set_axis_off()
    for panel, row, name in zip(panels.flat, weights, names, strict=False):
        panel.bar(np.arange(1, len(row) + 1), row, color="tab:blue")
        panel.axhline(1 / len(row), color="black", linewidth=0.8, linestyle=":")
        panel.set_title(name, fontsize=8)
        panel.tick_params(labelsize=7)
    return figure
