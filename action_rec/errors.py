"""The one error for a user's mistake."""


class InputError(ValueError):
    """What the user gave cannot be used.

    Its text is one sentence that says what came, where, what is needed and the remedy. Both command
    lines print that sentence and exit with status 2; nothing else of the project is shown.
    """
