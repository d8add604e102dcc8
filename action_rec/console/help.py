"""What ``--help`` says: a page of our own before the list of every key that a config can have."""

from collections.abc import Mapping, Sequence
from typing import Any

_KEYS = """\
A card is a YAML file of configs/; --KEY VALUE overrules any key of it, and lists are written
[like,this]. What a class is made with: --model.network.help CLASS, e.g. {example}.
Instead of running, --print_config shows all that the words amount to."""


class Usage:
    """The help of one command line.

    Args:
        program: What is typed before the command.
        about: One sentence about the program.
        commands: What each command does.
        examples: Lines to type.
        example: A class to ask about.
    """

    def __init__(
        self,
        program: str,
        about: str,
        commands: Mapping[str, str],
        examples: Sequence[str],
        example: str,
    ) -> None:
        self.program = program
        self.about = about
        self.commands = commands
        self.examples = examples
        self.keys = _KEYS.format(example=example)

    @property
    def page(self) -> str:
        """What ``--help`` says without a command."""
        width = max(map(len, self.commands)) + 2
        commands = [f"  {name:{width}}{what}" for name, what in self.commands.items()]
        return "\n".join(
            (
                f"usage: {self.program} COMMAND --config CARD.yaml [--KEY VALUE ...]",
                f"\n{self.about}",
                "\ncommands:",
                *commands,
                "\nexamples:",
                *(f"  {line}" for line in self.examples),
                f"\n{self.keys}",
                f"Every key, with its default: {self.program} fit --help",
            )
        )

    def asked_for(self, words: Sequence[str]) -> bool:
        """Whether the page is what the words of a command line ask for."""
        return not words or words[0] in ("-h", "--help", "help")

    def parser_options(self, configured: Sequence[str]) -> dict[str, Any]:
        """What LightningCLI passes to the parsers of the commands that take a config."""
        options: dict[str, Any] = {
            # A mistake comes to main without pages of usage.
            "exit_on_error": False,
            "prog": self.program,
            "allow_abbrev": False,
        }
        for name in configured:
            what = self.commands[name]
            options[name] = {
                "allow_abbrev": False,
                "usage": f"{self.program} {name} --config CARD.yaml [--KEY VALUE ...]",
                "description": f"{what[0].upper()}{what[1:]}. {self.keys}",
            }
        return options
