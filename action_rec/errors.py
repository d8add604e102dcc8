"""The exception for invalid input of the user."""


class InputError(ValueError):
    """Raised for invalid arguments, configs and files of the user.

    The message is one sentence with the invalid value, its place, what is needed and the remedy.
    The command line interfaces print it without a traceback and exit with status 2.

    Args:
        sentence: The message. Control characters, which a file may contain, are escaped.
    """

    def __init__(self, sentence: str) -> None:
        shown = (c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in sentence)
        super().__init__("".join(shown))
