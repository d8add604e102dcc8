"""Adapt the loggers of a config to the command line, and continue W&B runs."""

import json
import os
import re
import sys
from base64 import b64encode
from collections.abc import Iterable
from http.client import HTTPException
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from jsonargparse import Namespace
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import Logger, WandbLogger

from action_rec.errors import printable

_TIMEOUT = 5.0  # seconds to wait for the W&B server before a run


class RunIdentity(Callback):
    """Saves the id of the W&B run in checkpoints, so that a resumed run continues it."""

    def __init__(self) -> None:
        self._id: str | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Store the id."""
        wandb = [one for one in trainer.loggers if isinstance(one, WandbLogger)]
        self._id = str(wandb[0].version) if wandb and wandb[0].version else None

    def state_dict(self) -> dict[str, Any]:
        """Return the content of a checkpoint."""
        return {"wandb": self._id}


def wandb_id(checkpoint: dict[str, Any]) -> str | None:
    """Return the id of the W&B run of a checkpoint; None if there is no valid one."""
    known = checkpoint.get("callbacks", {}).get(RunIdentity.__qualname__, {}).get("wandb")
    return known if isinstance(known, str) and re.fullmatch(r"[\w-]{1,64}", known) else None


def adapt_loggers(config: Namespace, resumed: str | None = None) -> None:
    """Change the loggers and callbacks of a parsed config in place.

    A logger without a name takes that of the config, ``--save_dir`` applies to all loggers,
    ``WANDB_MODE=disabled`` removes W&B, and without loggers there is no LearningRateMonitor. W&B
    falls back to offline if its server does not answer or does not know the user.

    Args:
        config: The config of one command.
        resumed: Id of the W&B run to continue.
    """
    trainer = config.trainer
    if isinstance(trainer.logger, list):
        if os.environ.get("WANDB_MODE") == "disabled":
            trainer.logger = [one for one in trainer.logger if "WandbLogger" not in one.class_path]
        configs = config.get("config") or []
        for logger in trainer.logger:
            if configs and logger.init_args.get("name") is None:
                logger.init_args.name = Path(str(configs[0])).stem
            if config.save_dir is not None:
                logger.init_args.save_dir = config.save_dir
            if "WandbLogger" in logger.class_path:
                _adapt_wandb(logger.init_args, resumed)
    if not trainer.logger and isinstance(trainer.callbacks, list):
        trainer.callbacks = [
            callback
            for callback in trainer.callbacks
            if "LearningRateMonitor" not in callback.class_path
        ]


def _adapt_wandb(arguments: Namespace, resumed: str | None) -> None:
    if resumed is not None and arguments.get("id") is None and arguments.get("version") is None:
        arguments.id = resumed
    online = not arguments.get("offline") and os.environ.get("WANDB_MODE", "online") == "online"
    if online:
        refusal = _refusal(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai"))
        if refusal:
            arguments.offline, online = True, False
            _warn(refusal)
    if not online:
        # It would explain on stdout, around our results, how to upload the files.
        os.environ.setdefault("WANDB_SILENT", "true")


def start_wandb(loggers: Iterable[Logger]) -> None:
    """Start the W&B runs of loggers; a run that the server then refuses is written offline.

    Raises:
        Exception: Of wandb: the run cannot be written offline either.
    """
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            try:
                _ = logger.experiment
            except Exception as error:
                if not of_wandb(error):
                    raise
                _warn(f"cannot start ({' '.join(str(error).split())})")
                logger._wandb_init["mode"] = "offline"  # WandbLogger reads `offline` only once
                _ = logger.experiment


def of_wandb(error: Exception) -> bool:
    """Whether wandb raised an error of its own; not all of them have one base class."""
    return type(error).__module__.partition(".")[0] == "wandb"


def _warn(reason: str) -> None:
    print(
        f"warning: W&B {printable(reason)}: its files are written offline; 'wandb sync' uploads "
        "them",
        file=sys.stderr,
    )


def _refusal(address: str) -> str:
    """Ask a W&B server who the user is; return why it cannot take a run, or an empty text."""
    headers = {"Content-Type": "application/json"}
    if key := _api_key(address):
        headers["Authorization"] = f"Basic {b64encode(f'api:{key}'.encode()).decode()}"
    question = json.dumps({"query": "query { viewer { id } }"}).encode()
    try:
        request = Request(f"{address.rstrip('/')}/graphql", question, headers)
        with urlopen(request, timeout=_TIMEOUT) as response:
            answer = json.loads(response.read(1 << 16))
        return "" if answer["data"]["viewer"] else "does not know the API key ('wandb login')"
    except HTTPError as error:
        error.close()
        return f"answers with HTTP {error.code}" + " (run 'wandb login')" * (error.code == 401)
    except OSError:
        return "does not answer"
    except (HTTPException, ValueError, LookupError, TypeError):
        return "gives an answer that is none of a W&B server"


def _api_key(address: str) -> str | None:
    """Return the key that W&B would use: of the environment, or of the netrc file."""
    if key := os.environ.get("WANDB_API_KEY"):
        return key
    try:
        file = netrc(os.environ.get("NETRC"))
        entry = file.authenticators(urlsplit(address).hostname or "")
    except (OSError, NetrcParseError):
        return None
    return entry[2] if entry else None
