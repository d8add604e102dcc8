"""LightningDataModule for one benchmark of one store."""

from dataclasses import replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any, Literal

import numpy as np
from lightning import LightningDataModule
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from action_rec.batch import ClipBatch
from action_rec.data.arguments import (
    check_equal,
    check_loading,
    check_positive,
    check_without_frames,
    only_benchmark,
)
from action_rec.data.augmentation import Augmentation
from action_rec.data.clip_format import ClipFormat, Normalize, Sampling
from action_rec.data.clips import ClipDataset
from action_rec.data.frames import TrainFrames
from action_rec.data.loading import (
    BatchSampler,
    EvaluationLoader,
    TrainLoader,
    evaluation_batch_size,
)
from action_rec.data.sampling import name_keys
from action_rec.data.streams import Stream
from action_rec.errors import InputError
from action_rec.memory import check_memory
from action_rec.store.reader import Store
from action_rec.store.splits import Split, ValFrom, choose_val_from, split_sequences
from action_rec.store.units import match_units, median_body_size


class SkeletonDataModule(LightningDataModule):
    """Loads the clips of the train, val and test splits of a benchmark.

    Args:
        path: The store, written by `python -m data_prep`.
        dataset: Required data set of the store, e.g. ``ntu60``; None accepts any.
        benchmark: ``xsub``, ``xview`` or another that the store defines; None selects its only one.
        clip_len: Number of frames T of a clip; with ``sampling: frames``, the most in training.
        num_bodies: Number of bodies M of a clip; None selects the maximum over the store.
        batch_size: Sequences per training batch and device. Evaluation has a fixed batch size of
            its own, so that its results do not depend on this number even by rounding.
        streams: Input streams, concatenated: joint, relative, bone, joint_motion, bone_motion.
        sampling: ``segments``: one random frame of each of T segments (the IndRNN papers);
            ``resample``: T evenly spaced positions in a random part of the sequence, interpolated;
            ``random``: T random positions in such a part; ``frames``: consecutive frames, of the
            whole sequence or, in training, of a random window of at most clip_len frames.
        train_share: Minimum and maximum fraction of a sequence in that part, in training.
        test_share: The same in validation, test and predict.
        frame_step: With ``sampling: frames``, take every so many-th frame.
        train_frame_step: The same in training: the minimum and maximum of a step drawn for each
            clip; None for frame_step.
        join_recordings: With ``sampling: frames``, the most recordings of the same person that
            come before a sequence in its training clip, each with its own label. Each goes on at
            the place where the one before it ended.
        normalize: ``clip`` scales each axis of a clip to [-1, 1], ``none`` keeps the unit of the
            store, ``start`` keeps it and puts the start of a clip into the origin (2D is scaled by
            the size of the body so far), which a stream of frames can do.
        augmentation: Ranges of the random transformations of training clips.
        augment_test: Whether to apply them in validation, test and predict, too (test-time
            augmentation), with draws that depend on the name of the sequence alone.
        val_from: How val is drawn from train if the benchmark has none: random ``sequences`` (the
            IndRNN papers), whole ``subjects`` or whole ``cameras``; ``auto``: subjects if train has
            at least three and the others have every class, else sequences.
        val_share: Fraction of train that becomes val; 0 trains on all of it, without val.
        split_seed: Seed of the val split; use the same for runs that are compared.
        num_val_clips: Clips per sequence in validation; their logits are averaged. None for 5, or
            1 with ``sampling: frames``, of which all clips of a sequence are the same unless they
            are augmented.
        num_test_clips: The same in test; None for 20, or 1 with ``sampling: frames``.
        test_split: The split for test and predict.
        seed: Seed of order and clips in training; the CLI sets it from seed_everything.
        num_workers: Number of loader processes; 0 loads in the main process. The batches are the
            same for any number.

    Raises:
        InputError: The store cannot be read or has another data set, the benchmark is not defined,
            or a value is out of range.
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
        frame_step: int = 1,
        train_frame_step: tuple[int, int] | None = None,
        join_recordings: int = 0,
        normalize: Normalize = "none",
        augmentation: Augmentation | None = None,
        augment_test: bool = False,
        val_from: ValFrom | Literal["auto"] = "sequences",
        val_share: float = 0.05,
        split_seed: int = 0,
        num_val_clips: int | None = None,
        num_test_clips: int | None = None,
        test_split: Split = "test",
        seed: int = 0,
        num_workers: int = 0,
    ) -> None:
        super().__init__()
        check_loading(batch_size, num_workers, seed, split_seed)
        self.store = Store(path)
        if dataset not in (None, self.store.dataset):
            raise InputError(
                f"{path} has dataset '{self.store.dataset}', but the config is for '{dataset}'; "
                f"use a config for '{self.store.dataset}' or another store"
            )
        self.benchmark = only_benchmark(self.store) if benchmark is None else benchmark
        self.format = ClipFormat(
            clip_len=clip_len,
            num_bodies=self.store.max_bodies if num_bodies is None else num_bodies,
            sampling=sampling,
            share=test_share,
            normalize=normalize,
            streams=tuple(streams or ()),  # a config may say null
            frame_step=frame_step,
        )
        self.train_format = replace(
            self.format, share=train_share, augmentation=augmentation or Augmentation()
        )
        self.num_val_clips = self._clips("num_val_clips", num_val_clips, 5)
        self.num_test_clips = self._clips("num_test_clips", num_test_clips, 20)
        self._check_memory(batch_size)
        if augment_test:
            self.format = replace(self.format, augmentation=self.train_format.augmentation)
        self.clip_len = clip_len
        self.batch_size = batch_size
        self.test_split: Split = test_split
        self.seed = seed
        self.num_workers = num_workers
        if val_from == "auto":
            val_from = choose_val_from(self.store, self.benchmark, val_share, split_seed)
        self.val_from: ValFrom = val_from
        self.val_share = val_share
        self.split_seed = split_seed
        self.splits = split_sequences(self.store, self.benchmark, val_from, val_share, split_seed)
        self._keys = name_keys(self.store.names)
        self._drawn = self._train_frames(train_frame_step, join_recordings)

    def _clips(self, name: str, given: int | None, many: int) -> int:
        """The clips per sequence of an evaluation."""
        clips = self.format.default_clips(many) if given is None else given
        check_positive(**{name: clips})
        return clips

    def _train_frames(self, steps: tuple[int, int] | None, joined: int) -> TrainFrames | None:
        """How consecutive frames are drawn in training."""
        if self.format.sampling != "frames":
            check_without_frames(self.format.sampling, steps, joined, self.format.frame_step)
            return None
        own = self.format.frame_step
        train = self.splits["train"]
        return TrainFrames.within(self.store, train, steps or (own, own), joined)

    def _check_memory(self, batch_size: int) -> None:
        clip = self.format.clip_len * prod(self.frame_shape)
        numbers = {
            "batch_size": min(batch_size, len(self.store.names)),
            "num_val_clips": self.num_val_clips,
            "num_test_clips": self.num_test_clips,
        }
        for name, clips in numbers.items():
            given = f"clip_len {self.format.clip_len}, num_bodies {self.format.num_bodies}"
            check_memory(f"batches with {given} and {name} {clips}", 4 * clips * clip)

    @property
    def class_names(self) -> list[str]:
        """The class names, in the order of the labels."""
        return list(self.store.class_names)

    @property
    def num_classes(self) -> int:
        """The number of classes."""
        return len(self.store.class_names)

    @property
    def frame_shape(self) -> tuple[int, int, int]:
        """(M, V, C) of every clip; C counts the coordinates of all streams."""
        _, joints, coordinates = self.store.poses.shape
        return self.format.num_bodies, joints, coordinates * len(self.format.streams)

    @property
    def selection(self) -> str:
        """A description of the val split, on which checkpoints are selected, for result files."""
        val, train = len(self.splits["val"]), len(self.splits["train"])
        if val == 0:
            return f"no val: trained on all {train} train sequences of {self.benchmark}, to the end"
        how = "at random" if self.val_from == "sequences" else f"by whole {self.val_from}"
        source = f"{val} of the {val + train} train sequences of {self.benchmark}, drawn {how}"
        if len(self.store.split(self.benchmark, "val")) > 0:
            source = f"the {val} sequences that {self.benchmark} defines"
        return f"val: {source}; checkpoints are chosen on val, never on test"

    def state_dict(self) -> dict[str, Any]:
        """Return the data set, split, clip format and conversion rules, for a checkpoint."""
        return {
            "dataset": self.store.dataset,
            "joint_set": self.store.joint_set,
            "joint_names": list(self.store.joint_names),
            "joint_parents": self.store.joint_parents.tolist(),
            "joint_mirror": self.store.joint_mirror.tolist(),
            "reading": self.store.provenance.get("reading", {}),
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
        """Check that a checkpoint was trained on the same data, split and clip format.

        Raises:
            InputError: Data set, joint set, benchmark, val split or clip format differ, or the
                unit or the size of the bodies does.
        """
        if self.format.normalize != "clip":
            match_units(self.store, state_dict.get("unit"), state_dict.get("body_size"))
        config = self.state_dict()
        if self.store.same_joints(state_dict):
            config["joint_set"] = state_dict.get("joint_set")  # the same one by another name
        split_keys = ("dataset", "joint_set", "benchmark", "val_from", "val_share", "split_seed")
        check_equal(
            {key: config[key] for key in split_keys},
            state_dict,
            "its training data may overlap with the test data",
        )
        clips, trained = (
            {key: value for key, value in one.get("clips", {}).items() if key != "augmentation"}
            for one in (config, state_dict)
        )
        # Whether test clips are turned and scaled is a choice of the evaluation.
        check_equal(clips, trained, "the network expects another clip format")

    def check_splits(self, command: str) -> None:
        """Check that the splits of `fit`, `validate`, `test` or `predict` are not empty.

        Raises:
            InputError: A split that the command reads is empty.
        """
        fit: tuple[Split, ...] = ("train", "val") if self.val_share > 0 else ("train",)
        needed: dict[str, tuple[Split, ...]] = {"fit": fit, "validate": ("val",)}
        for split in needed.get(command, (self.test_split,)):
            self._require_split(split)

    def train_dataloader(self) -> TrainLoader:
        """Return batches of one clip per sequence, with a new order and new clips every epoch."""
        dataset = ClipDataset(self.store, self.train_format, drawn=self._drawn)
        return TrainLoader(
            dataset,
            self._sampler("train", self.batch_size, shuffle=True),
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=self._on_gpu(),
        )

    def val_dataloader(self) -> DataLoader[ClipBatch] | list[Any]:
        """Return fixed batches of `num_val_clips` clips per sequence; an empty list without val."""
        if self.val_share == 0 and len(self.splits["val"]) == 0:
            return []
        return self._evaluation_loader("val", self.num_val_clips)

    def test_dataloader(self) -> DataLoader[ClipBatch]:
        """Return fixed batches of `num_test_clips` clips per sequence of `test_split`."""
        return self._evaluation_loader(self.test_split, self.num_test_clips)

    def predict_dataloader(self) -> DataLoader[ClipBatch]:
        """Return the loader of `test_dataloader`."""
        return self.test_dataloader()

    def _evaluation_loader(self, split: Split, num_clips: int) -> DataLoader[ClipBatch]:
        size = evaluation_batch_size(num_clips, self.format.sampling)
        return EvaluationLoader(
            ClipDataset(self.store, self.format, num_clips),
            sampler=self._sampler(split, size, shuffle=False),
            batch_size=None,
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=self._on_gpu(),
        )

    def _sampler(self, split: Split, batch_size: int, *, shuffle: bool) -> BatchSampler:
        sequences = self._require_split(split)
        return BatchSampler(
            sequences,
            self._keys[sequences],
            batch_size,
            shuffle=shuffle,
            # The results of an evaluation must not depend on the seed of the run.
            seed=self.seed if shuffle else 0,
            rank=self.trainer.global_rank if self.trainer else 0,
            world_size=self.trainer.world_size if self.trainer else 1,
        )

    def _require_split(self, split: Split) -> NDArray[np.int64]:
        if len(self.splits[split]) > 0:
            return self.splits[split]
        others = ", ".join(name for name, sequences in self.splits.items() if len(sequences) > 0)
        remedy = f"choose --data.test_split from {others} or convert more recordings"
        if split in ("train", "val"):
            remedy = "convert more recordings of its train split (val is drawn from it)"
        raise InputError(
            f"{self.store.path} has no {split} sequences for benchmark '{self.benchmark}'; {remedy}"
        )

    def _on_gpu(self) -> bool:
        return self.trainer is not None and self.trainer.strategy.root_device.type == "cuda"
