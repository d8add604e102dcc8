"""``python -m data_prep synthesize OUT_DIR``: write synthetic recordings in NTU RGB+D's format."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import track

from action_rec.errors import InputError
from action_rec.skeletons.ntu import Dataset, SampleName
from data_prep.synthesis.names import check_range, recording_names
from data_prep.synthesis.recording import Conditions, recording_text


def synthesize(
    out_dir: Path,
    *,
    dataset: Dataset = "ntu60",
    actions: int | list[int] = 60,
    subjects: int = 4,
    setups: int = 2,
    cameras: int = 3,
    replications: int = 2,
    frames: int = 80,
    seed: int = 0,
    noise: float = 0.01,
    mess: float = 0.0,
    workers: int | None = None,
) -> None:
    """Write .skeleton files in the format of NTU RGB+D, with procedural motion.

    Every action has its own motion; people, performances, view angles and setups vary. The output
    depends on the arguments alone, not on the number of workers. The number of files is the product
    of actions, subjects, setups, cameras and replications; the default is 2,880 files (about
    0.6 GB).

    Args:
        out_dir: Output folder; created if it does not exist.
        dataset: Data set with the actions, subjects and setups: ntu60 or ntu120.
        actions: Number of actions, from the first; or a list of action numbers, such as [1,8,9].
        subjects: Number of subjects; every other one is a training subject of the benchmark xsub.
        setups: Number of setups, from the first; each has its own camera distance and height.
        cameras: Number of cameras that record each performance, 1 to 3.
        replications: Number of performances of an action per subject and setup, 1 or 2.
        frames: Typical length; a recording has 0.6 to 1.4 times as many frames.
        seed: Seed of people, performances and setups.
        noise: Standard deviation of the position of a tracked joint, in metres.
        mess: Fraction of recordings with artifacts as in real ones: empty frames, false detections,
            bodies that leave and return or change their order, dropped joints, CRLF.
        workers: Number of processes; the default is the number of processors.

    Raises:
        InputError: An argument is outside its range, or `out_dir` cannot be written to.
    """
    names = recording_names(dataset, actions, subjects, setups, cameras, replications)
    conditions = Conditions(seed=seed, frames=frames, noise=noise, mess=mess)
    workers = os.cpu_count() or 1 if workers is None else workers
    check_range("workers", workers, 1, 1024)
    _make_folder(out_dir, {f"{name}.skeleton" for name in names})

    write = partial(_write, out_dir, conditions)
    size = 0
    for written in track(
        _map(write, names, workers),
        description="Synthesizing",
        total=len(names),
        console=Console(stderr=True),
    ):
        size += written
    print(f"{len(names):,} recordings ({size / 1e6:,.0f} MB) in {out_dir}")
    print(f"next: python -m data_prep ntu {out_dir} {out_dir}.h5 --dataset {dataset}")


def _make_folder(out_dir: Path, names: set[str]) -> None:
    """Create the folder, which must not contain other recordings than `names`."""
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"OUT_DIR '{out_dir}' cannot be created ({error.strerror}); name a folder that you can "
            "write to"
        ) from None
    if not os.access(out_dir, os.W_OK | os.X_OK):
        raise InputError(
            f"OUT_DIR '{out_dir}' is not writable; name a folder that you can write to"
        )
    others = sorted(path.name for path in out_dir.glob("*.skeleton") if path.name not in names)
    if others:
        raise InputError(
            f"OUT_DIR '{out_dir}' contains {len(others)} recordings of another set, such as "
            f"{others[0]}; name an empty folder or remove them"
        )


def _map(
    write: Callable[[SampleName], int], names: list[SampleName], workers: int
) -> Iterator[int]:
    """Write all recordings in one or several processes, and yield their sizes in bytes."""
    if min(workers, len(names)) == 1:
        yield from map(write, names)
        return
    # Spawn instead of fork, which would copy locks held by other threads of the caller.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(write, names, chunksize=24)


def _write(out_dir: Path, conditions: Conditions, name: SampleName) -> int:
    file = out_dir / f"{name}.skeleton"
    try:
        return file.write_bytes(recording_text(name, conditions))
    except OSError as error:
        raise InputError(
            f"'{file}' cannot be written ({error.strerror}); free disk space or name another "
            "OUT_DIR"
        ) from None
