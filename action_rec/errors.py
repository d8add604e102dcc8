"""The one error for a user's mistake."""


class InputError(ValueError):
    """What the user gave cannot be used.

    Its text is one sentence that says what came, where, what is needed and the remedy. Both command
    lines print that sentence and exit with status 2; nothing else of the project is shown.

    Args:
        sentence: The text. Control characters, which a file may have put into it, are escaped.
    """

    def __init__(self, sentence: str) -> None:
        shown = (c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in sentence)
        super().__init__("".join(shown))
