"""The command line: ``python -m data_prep ntu | nw_ucla | folder | pickle | info | synthesize``."""

import sys
from pathlib import Path
from typing import Any


def main(args: list[str] | None = None) -> int:
    """Run a command.

    Args:
        args: What follows ``python -m data_prep``; from the command line if not given.

    Returns:
        The exit status: 0; 2 after an input error, with a message on stderr; 130 after Ctrl-C.
    """
    # Every worker process imports this module; only the parent needs these imports.
    from jsonargparse import ArgumentParser, auto_cli

    from action_rec.errors import InputError
    from data_prep.inspect.info import info
    from data_prep.sources.folder import folder
    from data_prep.sources.ntu import ntu
    from data_prep.sources.nw_ucla import nw_ucla
    from data_prep.sources.pickles import pickle
    from data_prep.synthesis.command import synthesize

    class Parser(ArgumentParser):
        """Booleans are flags, not ``--keep_all true``; RAW_DIRS are paths; no config files."""

        def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
            super().__init__(*args, **{"allow_abbrev": False, **options})

        def add_argument(self, *names: Any, **options: Any) -> Any:  # noqa: ANN401
            if options.get("type") is bool:
                options = {key: value for key, value in options.items() if key != "type"}
                options["action"] = "store_true"
                names = (*names, *(name.replace("_", "-") for name in names if "_" in name))
            if names == ("--config",):
                return None  # a command has few options, and its log records them
            if names == ("raw_dirs",):
                options = {"type": Path, "nargs": "+", "help": options["help"]}
            return super().add_argument(*names, **options)

    commands: dict[str, Any] = {
        "ntu": ntu,
        "nw_ucla": nw_ucla,
        "folder": folder,
        "pickle": pickle,
        "info": info,
        "synthesize": synthesize,
    }
    try:
        auto_cli(commands, args=args, parser_class=Parser, prog="python -m data_prep")
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error}; fix that and run the same command again", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "interrupted: run the same command again; every conversion continues", file=sys.stderr
        )
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
