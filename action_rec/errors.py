"""The exception for invalid input of the user."""


class InputError(ValueError):
    """Raised for invalid arguments, configs and files of the user.

    The message is one sentence with the invalid value, its place, what is needed and the remedy.
    The command line interfaces print it without a traceback and exit with status 2.

    Args:
        sentence: The message. Control characters, which a file may contain, are escaped.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__("\n".join(map(printable, sentence.split("\n"))))


def printable(text: str) -> str:
    """Escape the control characters of a text, which could change what a terminal shows."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
