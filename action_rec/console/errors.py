"""How a command line ends that cannot go on: one sentence, and which rank it is of."""

import re
import sys
import traceback

from torch import distributed

# What gloo and NCCL say when another rank is gone.
_LOST = re.compile(r"Connection (closed|reset)|Timed out|timed out|Broken pipe|gloo|NCCL")

# What the parser says: the first that is found replaces what stands behind the key.
_RULES = (
    (r"class_path '([^']+)': Option '([^']+)' is not accepted", r"\1 has no option '\2'"),
    (
        r"Option '([^']+)' is not accepted\. Got value: Namespace\(class_path='([^']+)'",
        r"\2 has no option '\1'",
    ),
    (r"Expected a dot import path string: ([^\s;]+)", r"no class is named '\1'"),
    (
        r"Expected a <class 'tuple'>\. Got value: ([^\s;\[]+)$",
        r"a list is written in brackets, [\1] and not \1",
    ),
    (
        r"Subtypes: \[(?:<class '(\w+)'>), <class 'NoneType'>\] .* Given value: (.*)$",
        r"expected \1 or null, got \2",
    ),
)


def readable(mistake: str) -> str:
    """Turn jsonargparse's message into ``--KEY: what is wrong``.

    Args:
        mistake: What the parser says, on one line or several.
    """
    said = re.sub(r'^Parser key "(.*?)":', r"--\1:", " ".join(mistake.split()))
    said = re.sub(r"required: \w+\.(\S+)", r"required: --\1", said)
    key, separator, rest = said.partition(": ")
    if not key.startswith("--"):
        return said
    for pattern, words in _RULES:
        found = re.search(pattern, rest)
        if found:
            return f"{key}{separator}{found.expand(words)}"
    return said


def refused_setting(error: Exception) -> bool:
    """Whether a library has refused what it was given, and no code of ours is to blame.

    That is wandb without a key or network, and a ValueError that Lightning or an optimizer raises
    itself: a strategy that it does not know, a learning rate below 0.
    """
    if type(error).__module__.startswith("wandb"):
        return True
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    raised_in = str(frame.f_globals.get("__name__"))
    return isinstance(error, ValueError) and raised_in.startswith(("lightning.", "torch.optim."))


def fail(error: Exception) -> int:
    """Tell a mistake in one sentence on stderr and return the exit status 2."""
    rank = f" on rank {_rank()} of {world_size()}" if world_size() > 1 else ""
    print(f"error{rank}: {' '.join(str(error).split())}", file=sys.stderr, flush=True)
    return 2


def fail_among_ranks(error: Exception) -> int:
    """Say which rank failed; one that only lost the others needs no traceback."""
    if isinstance(error, distributed.DistError) or _LOST.search(str(error)):
        lost = RuntimeError(
            "lost another rank, or the network to it, which has an error of its own if it lives; "
            f"go on with --ckpt_path last ({error})"
        )
        return fail(lost)
    traceback.print_exception(error)
    return fail(RuntimeError(f"{type(error).__name__}: {error}"))


def _rank() -> int:
    return distributed.get_rank() if distributed.is_initialized() else 0


def world_size() -> int:
    """The number of ranks that are running together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1
