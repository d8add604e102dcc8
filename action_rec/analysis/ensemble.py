"""Ensembles: combine the scores of several networks.

Probabilities are averaged, not logits. The scale of logits depends on how a network was trained
(label smoothing, weight decay, number of steps), so in a sum of logits the most confident network
dominates. The cross-entropy of a weighted mean of probabilities is convex in the weights, so fitted
weights are a global optimum on the data they are fitted on.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from action_rec import __version__
from action_rec.console.output_path import check_out
from action_rec.console.text import printable
from action_rec.errors import InputError
from action_rec.evaluation.scores import Scores, check_comparable
from action_rec.evaluation.summary import summarize
from action_rec.evaluation.tables import ACCURACY_HEADINGS, percentages, print_table, title

_MOST_STEPS = 20_000
_TOLERANCE = 1e-9
# Facts that are equal in the scores of one network on two splits.
_NETWORK = ("network", "format", "seed", "step", "dataset", "benchmark", "batch_norm")


def ensemble(
    paths: list[Path],
    *,
    out: Path,
    weights: list[float] | None = None,
    fit: list[Path] | None = None,
) -> None:
    """Combine scores files into one and print its metrics beside those of each network.

    Args:
        paths: Scores files of the same sequences.
        out: The scores file to write.
        weights: One number per file, at least 0; they are divided by their sum. Equal if not given.
        fit: Per file, in the same order, the *val* scores of the same network: the weights are
            fitted to minimise the cross-entropy on val.

    Raises:
        InputError: A file is not a scores file, the files do not belong together, the weights are
            invalid or both given and fitted, the scores to fit on are not of val, or `out` cannot
            be written.
    """
    check_out(out, (".npz",))
    if weights and fit:
        raise InputError("--weights and --fit exclude each other; give one of them")
    members = [Scores.read(path) for path in paths]
    check_comparable(paths, members)
    if fit:
        shares, origin = _fitted(paths, members, fit), "fitted on val"
    elif weights:
        shares, origin = _given(weights, len(members)), "given"
    else:
        shares, origin = np.full(len(members), 1 / len(members)), "equal"
    combined = combine(members, shares, origin)
    combined.write(out)
    _print(paths, members, combined)
    print(f"scores: {out}")


def combine(members: list[Scores], weights: NDArray[np.float64], origin: str) -> Scores:
    """Average probabilities; the logits of the result are their logarithms.

    Args:
        members: Comparable scores.
        weights: One per member, with sum 1.
        origin: The source of the weights: ``given``, ``equal`` or ``fitted on val``.

    Returns:
        Scores whose `about` records members and weights.
    """
    first = members[0]
    about: dict[str, Any] = {
        **{key: first.metadata[key] for key in ("dataset", "joint_set", "benchmark", "split")},
        "clips": max(member.metadata["clips"] for member in members),
        "network": f"ensemble of {len(members)}",
        "selection": "; ".join(dict.fromkeys(str(m.metadata["selection"]) for m in members)),
        "weights": weights.tolist(),
        "weights_from": origin,
        "members": [member.metadata for member in members],
        "versions": {"action_rec": __version__, "torch": torch.__version__},
    }
    return Scores(
        first.names,
        first.labels,
        first.class_names,
        _mix([member.logits for member in members], weights),
        _mix([member.first_clip for member in members], weights),
        about,
    )


def fit_weights(likelihoods: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fit the weights of a mixture to minimise its cross-entropy, by expectation-maximisation.

    Dempster et al. (1977), for the mixing proportions alone: each step replaces a weight by the
    mean responsibility of its member. No step increases the cross-entropy; the problem is convex,
    so equal initial weights lead to the global minimum.

    Args:
        likelihoods: The probability of the true class, (members, sequences).

    Returns:
        Weights (members,), at least 0, with sum 1.
    """
    weights = np.full(len(likelihoods), 1 / len(likelihoods))
    for _ in range(_MOST_STEPS):
        parts = weights[:, None] * likelihoods
        better = (parts / parts.sum(axis=0)).mean(axis=1)
        if np.abs(better - weights).max() < _TOLERANCE:
            break
        weights = better
    return weights


def _mix(logits: list[NDArray[np.float32]], weights: NDArray[np.float64]) -> NDArray[np.float32]:
    mixed = np.zeros(logits[0].shape)
    for weight, member in zip(weights, logits, strict=True):
        mixed += weight * _probabilities(member)
    scores: NDArray[np.float32] = np.log(mixed.clip(min=np.finfo(np.float32).tiny)).astype("f4")
    return scores


def _probabilities(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    probabilities: NDArray[np.float64] = torch.from_numpy(logits).double().softmax(dim=1).numpy()
    return probabilities


def _given(weights: list[float], members: int) -> NDArray[np.float64]:
    if len(weights) != members:
        raise InputError(f"--weights needs {members} numbers, one per file, got {len(weights)}")
    array = np.array(weights)
    if not np.isfinite(array).all() or array.min() < 0 or array.sum() <= 0:
        raise InputError(
            f"--weights must be at least 0 and not all 0, got {weights}; to exclude a network, "
            "leave out its file"
        )
    shares: NDArray[np.float64] = array / array.sum()
    return shares


def _fitted(paths: list[Path], members: list[Scores], fit: list[Path]) -> NDArray[np.float64]:
    if len(fit) != len(members):
        raise InputError(
            f"--fit needs {len(members)} files, the val scores of each network in the same order, "
            f"got {len(fit)}"
        )
    val = [Scores.read(path) for path in fit]
    for path, scores, member_path, member in zip(fit, val, paths, members, strict=True):
        _check_val(path, scores, member_path, member)
    check_comparable(fit, val)
    labels = val[0].labels
    rows = np.arange(len(labels))
    likelihoods = np.stack([_probabilities(scores.logits)[rows, labels] for scores in val])
    return fit_weights(likelihoods.clip(min=np.finfo(np.float64).tiny))


def _check_val(path: Path, val: Scores, member_path: Path, member: Scores) -> None:
    split = val.metadata["split"]
    if split != "val":
        raise InputError(
            f"{path} has scores of the split '{split}', but weights are fitted on val only; give "
            "a file that 'python -m action_rec validate' wrote"
        )
    for fact in _NETWORK:
        if val.metadata.get(fact) != member.metadata.get(fact):
            raise InputError(
                f"{path} has {fact} {val.metadata.get(fact)!r} and {member_path} has "
                f"{member.metadata.get(fact)!r}; use the val scores of the same networks in the "
                "same order"
            )
    if val.class_names != member.class_names:
        raise InputError(f"{path} has other classes than {member_path}; give scores of one store")
    shared = np.intersect1d(val.names, member.names)
    if len(shared) > 0:
        raise InputError(
            f"{len(shared)} sequences of {path} are also in {member_path}, e.g. '{shared[0]}'; "
            "fit on sequences that are not in the test split"
        )


def _print(paths: list[Path], members: list[Scores], combined: Scores) -> None:
    about = combined.metadata
    rows = []
    weights = [f"{weight:.4f}" for weight in about["weights"]]
    names = [f"{title(one.metadata)} ({path})" for one, path in zip(members, paths, strict=True)]
    for name, weight, scores in zip(
        [*names, about["network"]], [*weights, ""], [*members, combined], strict=True
    ):
        result = summarize(scores)
        rows.append([name, weight, str(len(scores)), str(result["clips"]), *percentages(result)])
        if "without_copies" in result:
            own = result["without_copies"]
            left_out = ["  without copies of train", "", str(own["sequences"]), ""]
            rows.append([*left_out, *percentages(own)])
    what = f"{about['dataset']} {about['benchmark']}, {about['split']}"
    heading = f"{what}; weights {about['weights_from']}"
    print_table(
        heading, ["network", "weight", "sequences", "clips", *ACCURACY_HEADINGS.values()], rows
    )
    for name, member in zip(names, members, strict=True):
        chosen = member.metadata.get("chosen", member.metadata["selection"])
        print(printable(f"{name}: {chosen}"))
    print(printable(about["selection"]))
