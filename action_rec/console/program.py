"""A program of several commands, with one help page."""

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from action_rec.console.command import Command, run_command, summary
from action_rec.errors import InputError


@dataclass(frozen=True)
class Program:
    """A program of several commands.

    Attributes:
        name: The words before a command, e.g. ``python -m action_rec``.
        about: One sentence about the program.
        groups: By heading, the commands with their functions. The first line of a function's
            docstring describes the command on the help page.
        examples: Lines to type.
        notes: The end of the help page.
        configured: The commands that `run_configured` parses itself.
        run_configured: Called with the command and its arguments.
        renamed: The present names of commands, by their former names.
    """

    name: str
    about: str
    groups: Mapping[str, Mapping[str, Command]]
    examples: Sequence[str]
    notes: str = ""
    configured: Collection[str] = ()
    run_configured: Callable[[list[str]], None] | None = None
    renamed: Mapping[str, str] = field(default_factory=dict)

    def run(self, words: Sequence[str]) -> None:
        """Run the command that the words name, or print the help page.

        Raises:
            InputError: There is no such command, or its arguments cannot be used.
        """
        if not words or words[0] in ("-h", "--help", "help"):
            print(self.page())
            return
        command = self._present_name(words[0])
        function = self._functions().get(command)
        if function is None:
            known = ", ".join(self._functions())
            raise InputError(f"no command is named '{command}'; use one of {known}")
        if command in self.configured and self.run_configured is not None:
            self.run_configured([command, *words[1:]])
        else:
            run_command(f"{self.name} {command}", function, words[1:])

    def page(self) -> str:
        """Return the help page."""
        width = max(map(len, self._functions())) + 2
        lines = [f"usage: {self.name} COMMAND [ARGUMENT ...]", "", self.about]
        for heading, commands in self.groups.items():
            lines += ["", f"{heading}:"]
            lines += [f"  {name:{width}}{summary(one)}" for name, one in commands.items()]
        lines += ["", "examples:", *(f"  {line}" for line in self.examples)]
        lines += ["", f"{self.name} COMMAND --help lists the arguments of a command."]
        return "\n".join([*lines, *([self.notes] if self.notes else [])])

    def _functions(self) -> dict[str, Command]:
        return {name: one for group in self.groups.values() for name, one in group.items()}

    def _present_name(self, command: str) -> str:
        if command not in self.renamed:
            return command
        present = self.renamed[command]
        print(
            f"warning: the command '{command}' is now '{present}'; the old name works in this "
            "release only",
            file=sys.stderr,
        )
        return present
