"""Run a program, report its errors and return its exit status."""

import re
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, metadata

from action_rec import __version__
from action_rec.errors import InputError

# Messages of gloo and NCCL after another rank has ended.
_LOST = re.compile(r"Connection (closed|reset)|[Tt]imed out|Broken pipe|gloo|NCCL")
_TRACKER = "the issue tracker of action_rec"  # if the installed metadata name no address


def exit_status(run: Callable[[], None], interrupted: str = "interrupted") -> int:
    """Run a program and return its exit status.

    Only an `InputError` and an `OSError` are user errors, reported in one sentence on stderr.

    Args:
        run: The program.
        interrupted: The line printed after Ctrl-C.

    Returns:
        0; 2 after a user error; 130 after Ctrl-C.

    Raises:
        Exception: Any other error, with a note that says where to report it.
    """
    try:
        run()
    except InputError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(_describe_os_error(error))
    except KeyboardInterrupt:
        print(interrupted, file=sys.stderr, flush=True)
        return 130
    except Exception as error:
        if _out_of_memory(error):
            return _fail(
                f"there is not enough memory ({error}); use a smaller network, shorter clips or a "
                "smaller data.batch_size"
            )
        if _lost_rank(error):
            return _fail(
                "lost another rank, or the network to it; see the error of that rank, then "
                f"continue with --ckpt_path last ({error})"
            )
        error.add_note(
            f"unexpected error in action_rec {__version__}{_rank()}; if its message does not "
            f"explain it, please report it with this traceback: {_issue_tracker()}"
        )
        raise
    return 0


def _fail(message: str) -> int:
    print(f"error{_rank()}: {' '.join(message.split())}", file=sys.stderr, flush=True)
    return 2


def _describe_os_error(error: OSError) -> str:
    advice = "correct this and run the same command again"
    if error.filename is None:
        return f"{error}; {advice}"
    return f"{error.filename} cannot be read or written ({error.strerror or error}); {advice}"


def _out_of_memory(error: Exception) -> bool:
    """Whether the system refused memory: to NumPy or Python, to torch on the CPU, or on a GPU."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "can't allocate memory" in str(error))
    )


def _lost_rank(error: Exception) -> bool:
    """Whether a rank of several has failed only because another rank has ended."""
    torch_error = type(error).__module__ == "torch.distributed"
    return bool(_rank()) and (torch_error or _LOST.search(str(error)) is not None)


def _rank() -> str:
    """Return `` on rank R of N``, or an empty string for a single process."""
    # Only a program that has loaded torch can run on several ranks.
    distributed = sys.modules.get("torch.distributed")
    if distributed is None or not distributed.is_initialized():
        return ""
    ranks = distributed.get_world_size()
    return f" on rank {distributed.get_rank()} of {ranks}" if ranks > 1 else ""


def _issue_tracker() -> str:
    try:
        urls = metadata("action_rec").get_all("Project-URL") or []
    except PackageNotFoundError:
        urls = []
    addresses = dict(url.split(", ", 1) for url in urls)
    return next((url for label, url in addresses.items() if "issue" in label.lower()), _TRACKER)
