"""The LightningDataModule: clips of one benchmark of one store."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from lightning import LightningDataModule
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from action_rec.batch import ClipBatch
from action_rec.data.augmentation import Augmentation
from action_rec.data.clip_format import ClipFormat, Normalize, Sampling
from action_rec.data.clips import ClipDataset
from action_rec.data.loading import (
    BatchSampler,
    EvaluationLoader,
    TrainLoader,
    evaluation_batch_size,
)
from action_rec.data.sampling import name_keys
from action_rec.data.streams import Stream
from action_rec.errors import InputError
from action_rec.store.reader import Store
from action_rec.store.splits import Split, ValFrom, split_sequences
from action_rec.store.units import match_units, median_body_size


class SkeletonDataModule(LightningDataModule):
    """Feeds a benchmark of a store to a recognizer.

    Args:
        path: The store, written by `python -m data_prep`.
        dataset: What the store must hold, e.g. ``ntu60``; None takes any.
        benchmark: ``xsub``, ``xview`` or another that the store defines; None takes its only one.
        clip_len: Frames T of a clip.
        num_bodies: Bodies M of a clip; None takes the largest number of a sequence of the store.
        batch_size: Sequences per training batch and device. Evaluation has batches of its own size:
            then the last digits of its results, too, are the same for any batch size.
        streams: What a network sees side by side: joint, bone, joint_motion, bone_motion.
        sampling: Frames of a clip: one of each of T ``segments`` (the papers'), or T moments of a
            random part of the sequence: evenly spaced (``resample``) or ``random`` ones.
        train_share: For these: smallest and largest share of a sequence in training.
        test_share: The same in validation, test and predict.
        normalize: ``clip`` brings each axis of a clip to -1..1, ``none`` leaves the store's unit.
        augmentation: How far training clips are turned, scaled and mirrored at random.
        augment_test: Whether those of validation, test and predict are, too, each by a choice that
            follows from its name: their mean then looks at a sequence from several sides.
        val_from: What val is drawn from where the benchmark defines none: random ``sequences`` of
            train (the papers'), whole ``subjects`` or whole ``cameras``.
        val_share: Share of train that becomes val; 0 trains on all of it, without any val.
        split_seed: Of the choice of val; the same for runs that are compared.
        num_val_clips: Clips per sequence in validation; logits are averaged.
        num_test_clips: Clips per sequence in test and predict; logits are averaged.
        test_split: The sequences for test and predict.
        seed: Of the order and clips in training; the command line sets it from seed_everything.
        num_workers: Processes that make batches; 0 makes them in the main process. The batches are
            the same for any number.

    Raises:
        InputError: The store cannot be read or holds another data set, or the benchmark is not
            defined for it.
    """

    def __init__(
        self,
        path: str | Path,
        dataset: str | None = None,
        benchmark: str | None = "xsub",
        clip_len: int = 20,
        num_bodies: int | None = 2,
        batch_size: int = 128,
        streams: tuple[Stream, ...] = ("joint",),
        sampling: Sampling = "segments",
        train_share: tuple[float, float] = (0.5, 1.0),
        test_share: tuple[float, float] = (0.9, 1.0),
        normalize: Normalize = "none",
        augmentation: Augmentation | None = None,
        augment_test: bool = False,
        val_from: ValFrom = "sequences",
        val_share: float = 0.05,
        split_seed: int = 0,
        num_val_clips: int = 5,
        num_test_clips: int = 20,
        test_split: Split = "test",
        seed: int = 0,
        num_workers: int = 0,
    ) -> None:
        super().__init__()
        _check_positive(
            batch_size=batch_size,
            num_val_clips=num_val_clips,
            num_test_clips=num_test_clips,
        )
        if num_workers < 0:
            raise InputError(f"num_workers must be at least 0, got {num_workers}")
        self.store = Store(path)
        if dataset not in (None, self.store.dataset):
            raise InputError(
                f"{path} holds dataset '{self.store.dataset}', but the config is for '{dataset}'; "
                f"use a config for '{self.store.dataset}' or another store"
            )
        self.benchmark = _only_benchmark(self.store) if benchmark is None else benchmark
        self.format = ClipFormat(
            clip_len=clip_len,
            num_bodies=self.store.max_bodies if num_bodies is None else num_bodies,
            sampling=sampling,
            share=test_share,
            normalize=normalize,
            streams=tuple(streams),
        )
        self.train_format = replace(
            self.format, share=train_share, augmentation=augmentation or Augmentation()
        )
        if augment_test:
            self.format = replace(self.format, augmentation=self.train_format.augmentation)
        self.clip_len = clip_len
        self.batch_size = batch_size
        self.num_val_clips = num_val_clips
        self.num_test_clips = num_test_clips
        self.test_split: Split = test_split
        self.seed = seed
        self.num_workers = num_workers
        self.val_from: ValFrom = val_from
        self.val_share = val_share
        self.split_seed = split_seed
        self.splits = split_sequences(self.store, self.benchmark, val_from, val_share, split_seed)
        self._keys = name_keys(self.store.names)

    @property
    def class_names(self) -> list[str]:
        """The K class names of the store."""
        return list(self.store.class_names)

    @property
    def num_classes(self) -> int:
        """K, the number of classes of the store."""
        return len(self.store.class_names)

    @property
    def frame_shape(self) -> tuple[int, int, int]:
        """(M, V, C) of every clip; C counts the coordinates of all streams."""
        _, joints, coordinates = self.store.poses.shape
        return self.format.num_bodies, joints, coordinates * len(self.format.streams)

    @property
    def selection(self) -> str:
        """How val, on which checkpoints are chosen, came about: a sentence for results."""
        val, train = len(self.splits["val"]), len(self.splits["train"])
        if val == 0:
            return f"no val: trained on all {train} train sequences of {self.benchmark}, to the end"
        how = "at random" if self.val_from == "sequences" else f"by whole {self.val_from}"
        source = f"{val} of the {val + train} train sequences of {self.benchmark}, drawn {how}"
        if len(self.store.split(self.benchmark, "val")) > 0:
            source = f"the {val} sequences that {self.benchmark} defines"
        return f"val: {source}; checkpoints are chosen on val, never on test"

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps: its sequences, how their clips were made, and from what."""
        return {
            "dataset": self.store.dataset,
            "joint_set": self.store.joint_set,
            "benchmark": self.benchmark,
            "val_from": self.val_from,
            "val_share": self.val_share,
            "split_seed": self.split_seed,
            "seed": self.seed,
            "selection": self.selection,
            "clips": self.format.as_dict(),
            "rules": self.store.provenance.get("rules", {}),
            "view": self.store.provenance.get("view", "recorded"),
            "unit": self.store.unit,
            "body_size": self._body_size,
        }

    @cached_property
    def _body_size(self) -> float | None:
        """The median size of the bodies of train, in the unit of the store."""
        return median_body_size(self.store, self.splits["train"])

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Refuse a checkpoint that was trained on other data, another split or other clips.

        Raises:
            InputError: Data set, joint set, benchmark, choice of val or clips differ, or the unit
                or the size of the bodies does.
        """
        if self.format.normalize == "none":
            match_units(self.store, state_dict.get("unit"), state_dict.get("body_size"))
        here = self.state_dict()
        parts = {
            ("dataset", "joint_set", "benchmark", "val_from", "val_share", "split_seed"): (
                here,
                state_dict,
                "so that it may have been trained on what it would be tested on",
            ),
            tuple(here["clips"]): (
                here["clips"],
                state_dict.get("clips", {}),
                "so that the network would be shown clips of another kind",
            ),
        }
        for keys, (present, trained, consequence) in parts.items():
            for key in keys:
                if trained.get(key) != present[key]:
                    option = {"share": "test_share"}.get(key, key)
                    wanted = str(trained.get(key)).replace("'", "")
                    raise InputError(
                        f"the checkpoint was trained with {key} {trained.get(key)!r}, but the "
                        f"config has {present[key]!r}, {consequence}; use --data.{option} "
                        f"{wanted}"
                    )

    def check_splits(self, command: str) -> None:
        """Check that there are sequences for `fit`, `validate`, `test` or `predict`.

        Raises:
            InputError: A split that the command reads is empty.
        """
        fit: tuple[Split, ...] = ("train", "val") if self.val_share > 0 else ("train",)
        needed: dict[str, tuple[Split, ...]] = {"fit": fit, "validate": ("val",)}
        for split in needed.get(command, (self.test_split,)):
            self._nonempty(split)

    def train_dataloader(self) -> TrainLoader:
        """Batches of one clip per sequence, in another order and with other clips each epoch."""
        dataset = ClipDataset(self.store, self.train_format)
        return TrainLoader(
            dataset,
            self._sampler("train", self.batch_size, shuffle=True),
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=self._on_gpu(),
        )

    def val_dataloader(self) -> DataLoader[ClipBatch] | list[Any]:
        """Batches of `num_val_clips` clips per sequence, the same at every call; none if no val."""
        if self.val_share == 0 and len(self.splits["val"]) == 0:
            return []
        return self._evaluation_loader("val", self.num_val_clips)

    def test_dataloader(self) -> DataLoader[ClipBatch]:
        """Batches of `num_test_clips` clips per sequence of `test_split`, always the same."""
        return self._evaluation_loader(self.test_split, self.num_test_clips)

    def predict_dataloader(self) -> DataLoader[ClipBatch]:
        """The batches of `test_dataloader`."""
        return self.test_dataloader()

    def _evaluation_loader(self, split: Split, num_clips: int) -> DataLoader[ClipBatch]:
        return EvaluationLoader(
            ClipDataset(self.store, self.format, num_clips),
            sampler=self._sampler(split, evaluation_batch_size(num_clips), shuffle=False),
            batch_size=None,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=self._on_gpu(),
        )

    def _sampler(self, split: Split, batch_size: int, *, shuffle: bool) -> BatchSampler:
        sequences = self._nonempty(split)
        return BatchSampler(
            sequences,
            self._keys[sequences],
            batch_size,
            shuffle=shuffle,
            # Evaluation must not depend on the seed of the run that is evaluated.
            seed=self.seed if shuffle else 0,
            rank=self.trainer.global_rank if self.trainer else 0,
            world_size=self.trainer.world_size if self.trainer else 1,
        )

    def _nonempty(self, split: Split) -> NDArray[np.int64]:
        sequences = self.splits[split]
        if len(sequences) > 0:
            return sequences
        filled = [name for name, members in self.splits.items() if len(members) > 0]
        raise InputError(
            f"{self.store.path} has no {split} sequences for benchmark '{self.benchmark}'; "
            + (
                "convert more recordings of its train part (val is drawn from them)"
                if split in ("train", "val")
                else f"choose --data.test_split from {', '.join(filled)} or convert more recordings"
            )
        )

    def _on_gpu(self) -> bool:
        return self.trainer is not None and self.trainer.strategy.root_device.type == "cuda"


def _only_benchmark(store: Store) -> str:
    if len(store.benchmarks) == 1:
        return str(next(iter(store.benchmarks)))
    known = ", ".join(sorted(store.benchmarks)) or "none, add one to the store"
    raise InputError(
        f"{store.path} has {len(store.benchmarks)} benchmarks; choose one with --data.benchmark: "
        f"{known}"
    )


def _check_positive(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise InputError(f"{name} must be at least 1, got {number}")
