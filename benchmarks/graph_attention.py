"""``python -m benchmarks.graph_attention CHECKPOINT STORE``: what the graph of the pose follows.

For 1,000 test sequences, evenly sampled and without augmentation: how far the attention that the
joints of the first body receive is from equal attention, how often the most attended joint is the
fastest one, and how well the attention over a clip tells the action, by the nearest class mean of
2,000 train sequences. The speeds of the joints, summarized in the same way, are the comparison.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from action_rec.checkpoints.trained import Trained, load_trained
from action_rec.data.augmentation import Augmentation
from action_rec.data.clips import ClipDataset, ClipRequest
from action_rec.data.sampling import name_keys
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.store.reader import Store

Floats = NDArray[np.float32]


def look(trained: Trained, store: Store, chosen: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return what each joint receives, 1 on average, and its speed, both (N, T, V)."""
    network = trained.recognizer.network
    assert isinstance(network, RecurrentClassifier)
    evenly = replace(
        trained.format, sampling="resample", share=(1.0, 1.0), augmentation=Augmentation()
    )
    clips = ClipDataset(store, evenly)
    received, speeds = [], []
    for part in np.array_split(chosen, max(1, len(chosen) // 64)):
        clip = clips[ClipRequest(part, name_keys(store.names[part]))].clip
        with torch.no_grad():
            _, pose = network.graphs(clip)
        assert pose is not None, "the network has no graph of the pose"
        received.append(pose[:, :, 0].sum(dim=2).numpy())
        speed = torch.zeros(pose.shape[:2] + pose.shape[3:4])
        speed[:, 1:] = (clip[:, 1:, 0] - clip[:, :-1, 0]).norm(dim=-1)
        speeds.append(speed.numpy())
    return np.concatenate(received), np.concatenate(speeds)


def show_frames(name: str, received: Floats, speed: Floats) -> None:
    """Print deviation from equal attention and agreement with speed over frames (N, V)."""
    deviation = np.abs(received - 1)
    rank = np.mean([spearmanr(*one)[0] for one in zip(deviation, speed, strict=True)])
    fastest = (received.argmax(axis=1) == speed.argmax(axis=1)).mean()
    print(
        f"{name}: largest deviation from equal attention {np.median(deviation.max(axis=1)):.2f}, "
        f"most attended joint is the fastest in {fastest:.1%} (chance {1 / speed.shape[1]:.1%}), "
        f"rank correlation of deviation and speed {rank:.2f}"
    )


def nearest_mean(train: Floats, test: Floats, labels: list[NDArray[np.int64]]) -> float:
    """Return the accuracy of the nearest class mean of mean, deviation and maximum over time."""
    one, two = (
        np.concatenate([values.mean(axis=1), values.std(axis=1), values.max(axis=1)], axis=1)
        for values in (train, test)
    )
    middle, scale = one.mean(axis=0), one.std(axis=0) + 1e-9
    one, two = (one - middle) / scale, (two - middle) / scale
    classes = np.unique(labels[0])
    means = np.stack([one[labels[0] == label].mean(axis=0) for label in classes])
    nearest = classes[((two[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)]
    return float((nearest == labels[1]).mean())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("store", type=Path)
    arguments = parser.parse_args()
    trained, store = load_trained(arguments.checkpoint), Store(arguments.store)
    rng = np.random.default_rng(0)
    splits = [
        rng.permutation(store.split(trained.source["benchmark"], split))[:most]
        for split, most in (("train", 2000), ("test", 1000))
    ]
    (train, train_speed), (received, speed) = (look(trained, store, one) for one in splits)
    joints = received.shape[2]  # without the first frame of a clip, which has no speed
    frames, speeds = received[:, 1:].reshape(-1, joints), speed[:, 1:].reshape(-1, joints)
    moving = speeds.max(axis=1)
    show_frames("all frames that move", frames[moving > 0], speeds[moving > 0])
    fast = moving > np.quantile(moving, 0.9)
    show_frames("fastest tenth", frames[fast], speeds[fast])
    labels = [store.label[one] for one in splits]
    print(
        f"nearest class mean: by attention {nearest_mean(train, received, labels):.1%}, by the "
        f"speeds of the joints {nearest_mean(train_speed, speed, labels):.1%}"
    )


if __name__ == "__main__":
    main()
