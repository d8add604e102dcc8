"""The exception for invalid input of the user."""


class InputError(ValueError):
    """Raised for invalid arguments, configs and files of the user.

    The message is one sentence with the invalid value, its place, what is needed and the remedy.
    The command line interfaces print it without a traceback and exit with status 2.
    """
