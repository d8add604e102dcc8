"""The sequences whose moving skeletons a report shows."""

import numpy as np

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
