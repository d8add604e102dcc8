"""The sequences whose moving skeletons a report shows, and the probabilities under them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from action_rec.drawing.players import Shown, encode, shown_frames
from action_rec.report.runs import Run

_CONFIDENT = 24  # errors that are always shown
_PER_CELL = 2


def choose(runs: list[Run]) -> list[int]:
    """Return the sequences to show, the most telling first.

    They are the most confident errors of the first run, then in turns the most confident sequences
    of each pair of true and predicted class.
    """
    run = runs[0]
    predicted, labels = run.scores.logits.argmax(axis=1), run.scores.labels
    confidence = run.probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    wrong = [index for index in order.tolist() if predicted[index] != labels[index]]
    chosen = dict.fromkeys(wrong[:_CONFIDENT])
    in_cell: dict[tuple[int, int], int] = {}
    ranked: list[tuple[bool, int, int]] = []
    for index in order.tolist():
        cell = int(labels[index]), int(predicted[index])
        in_cell[cell] = rank = in_cell.get(cell, 0) + 1
        if rank <= _PER_CELL:
            ranked.append((cell[0] == cell[1], rank, index))
    chosen |= dict.fromkeys(index for _, _, index in sorted(ranked, key=lambda one: one[:2]))
    return list(chosen)


def over_time(run: Run, moving: Sequence[Shown]) -> dict[str, Any]:
    """Return the probabilities over time that a run gives for moving skeletons, as JSON.

    Returns:
        Whether they are of clips that are spread over the recording; and by the number of a player
        its classes, the true one first, and base64 of uint8 (frames of the player, classes), 0 to
        255 for 0 to 1. No player if the network does not give them.
    """
    if run.over_time is None:
        return {"spread": False, "players": {}}
    players = {}
    for one in moving:
        name, length = str(one.sequences.names[one.row]), int(one.sequences.length[one.row])
        found = run.over_time.after(name, shown_frames(length), length)
        if found is not None:
            classes, probabilities = found
            players[str(one.number)] = {
                "classes": classes,
                "data": encode(probabilities, np.uint8),
            }
    return {"spread": run.over_time.frame_step == 0, "players": players}
