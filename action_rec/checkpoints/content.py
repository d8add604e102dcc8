"""The parts of a checkpoint and their types, as `fit` writes them."""

from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, TypedDict

from torch import Tensor
from torch.optim.lr_scheduler import OneCycleLR

from action_rec.checkpoints.typed import REMEDY, TypedReader, shown
from action_rec.data.clip_format import ClipFormat
from action_rec.errors import InputError
from action_rec.store.splits import ValFrom

Rate = Literal["initial_lr", "max_lr", "min_lr"]
Plain = bool | float | str | list[float] | None


class DataState(TypedDict, total=False):
    """The data of a run; see `SkeletonDataModule.state_dict`."""

    dataset: str
    joint_set: str
    joint_names: list[str]
    joint_parents: list[int]
    joint_mirror: list[int]
    reading: dict[str, Any]
    benchmark: str
    val_from: ValFrom
    val_share: float
    split_seed: int
    seed: int
    selection: str
    clips: ClipFormat
    rules: dict[str, Any]
    view: str
    unit: str
    body_size: float | None


class SavedState(TypedDict):
    """What a `ModelCheckpoint` remembers."""

    best_model_path: str
    best_model_score: Tensor | None
    monitor: NotRequired[str | None]
    current_score: NotRequired[Tensor | None]
    dirpath: NotRequired[str | None]
    kth_best_model_path: NotRequired[str]
    kth_value: NotRequired[Tensor]
    best_k_models: NotRequired[dict[str, Tensor]]
    last_model_path: NotRequired[str]
    tie_score: NotRequired[float | None]


class OptimizerState(TypedDict):
    """The state of an optimizer: moments by parameter, and settings by group."""

    state: dict[int, dict[str, Tensor | Plain]]
    param_groups: list["Group"]


class Group(TypedDict):
    """The parameters of a group, and its settings."""

    params: list[int]
    lr: float
    weight_decay: NotRequired[float]
    betas: NotRequired[tuple[float, float]]
    eps: NotRequired[float]


class PlateauState(TypedDict):
    """What `PlateauRestart` remembers."""

    stage: int
    waited: int
    best_score: float
    best: "Best"


class Best(TypedDict, total=False):
    """The weights and the optimizer of the best validation."""

    network: dict[str, Tensor]
    optimizer: OptimizerState


class Phase(TypedDict):
    """A part of one cycle of the learning rate."""

    end_step: float
    start_lr: Rate
    end_lr: Rate


class CycleState(TypedDict):
    """The state of `OneCycleLR`, which takes over whatever keys it is given."""

    total_steps: int
    last_epoch: int
    _step_count: int
    base_lrs: list[float]
    _last_lr: list[float]
    _schedule_phases: list[Phase]
    _anneal_func_type: Literal["cos", "linear"]
    cycle_momentum: Literal["false"] | bool


@dataclass
class Tracker:
    """Counts of Lightning's loops."""

    ready: int = 0
    started: int = 0
    processed: int = 0
    completed: int = 0


@dataclass
class Progress:
    """Counts of a loop in all, and since its last reset."""

    total: Tracker
    current: Tracker
    is_last_batch: bool = False


@dataclass
class StepProgress:
    """Counts of optimizer steps."""

    step: Progress
    zero_grad: Progress


@dataclass
class OptimizerProgress:
    """Counts of an optimizer."""

    optimizer: StepProgress


@dataclass
class LoaderState:
    """How far an epoch has come; see `ResumableLoader`."""

    epoch: int
    batches_done: int


@dataclass
class LoopState:
    """What the loops keep beside their counts."""

    combined_loader: list[LoaderState] = field(default_factory=list)
    _batches_that_stepped: int = 0


Loops = TypedDict(
    "Loops",
    {
        "state_dict": NotRequired[LoopState],
        "epoch_progress": NotRequired[Progress],
        "batch_progress": NotRequired[Progress],
        "epoch_loop.state_dict": NotRequired[LoopState],
        "epoch_loop.batch_progress": NotRequired[Progress],
        "epoch_loop.scheduler_progress": NotRequired[Progress],
        "epoch_loop.automatic_optimization.optim_progress": NotRequired[OptimizerProgress],
        "epoch_loop.manual_optimization.optim_step_progress": NotRequired[Progress],
        "epoch_loop.val_loop.batch_progress": NotRequired[Progress],
    },
)


class AllLoops(TypedDict):
    """Lightning's loops."""

    fit_loop: Loops
    validate_loop: Loops
    test_loop: Loops
    predict_loop: Loops


Content = TypedDict(
    "Content",
    {
        "state_dict": dict[str, Tensor],
        "pytorch-lightning_version": str,
        "epoch": NotRequired[int],
        "global_step": NotRequired[int],
        "loops": NotRequired[AllLoops],
        "callbacks": NotRequired[dict[str, dict[str, Any]]],
        "optimizer_states": NotRequired[list[OptimizerState]],
        "lr_schedulers": NotRequired[list[dict[str, Any]]],
        "hyper_parameters": NotRequired[dict[str, Any]],
        "hparams_name": NotRequired[str],
        "class_names": NotRequired[list[str]],
        "SkeletonDataModule": NotRequired[DataState],
        "batch_norm": NotRequired[str],
        "carried": NotRequired[tuple[int, list[Tensor]]],
    },
)

_WITH_TENSORS = {"state_dict", "callbacks", "optimizer_states", "lr_schedulers", "carried"}

_CALLBACKS = {
    "BestCheckpoint": SavedState,
    "LastCheckpoint": SavedState,
    "ModelCheckpoint": SavedState,
    "PlateauRestart": PlateauState,
    "RunIdentity": dict[str, Any],
}


def check_content(content: Any, where: str) -> None:  # noqa: ANN401 (whatever the file holds)
    """Check the types of all parts of a checkpoint that a command reads.

    Args:
        content: What the file holds.
        where: The file, for messages.

    Raises:
        InputError: A part is missing or of another type.
    """
    reader = TypedReader()
    reader.read(content, Content, where)
    for name in content.keys() - _WITH_TENSORS:
        _check_plain(content[name], f"{where}: {shown(name)}")
    for name, state in content.get("callbacks", {}).items():
        kind = _CALLBACKS.get(name.partition("{")[0])
        if kind is not None:
            reader.read(state, kind, f"{where}: callbacks.{name.partition('{')[0]}")
            _check_scores(state, where)
    for state in content.get("lr_schedulers", []):
        if "_schedule_phases" in state:
            reader.read(state, CycleState, f"{where}: lr_schedulers")
        if any(callable(getattr(OneCycleLR, str(key), None)) for key in state):
            raise InputError(f"{where}: lr_schedulers has a key that is a method; {REMEDY}")


def _check_plain(value: Any, where: str) -> None:  # noqa: ANN401
    """Check that there is no tensor where values are compared, which a tensor cannot be."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, Tensor):
            raise InputError(f"{where} holds a tensor, but plain values are needed; {REMEDY}")
        if isinstance(one, dict | list | tuple):
            pending += one.values() if isinstance(one, dict) else one


def _check_scores(state: dict[str, Any], where: str) -> None:
    scores = [state.get(name) for name in ("best_model_score", "current_score", "kth_value")]
    for score in (*scores, *state.get("best_k_models", {}).values()):
        if score is not None and score.numel() != 1:
            raise InputError(f"{where}: callbacks has a score that is not one number; {REMEDY}")
