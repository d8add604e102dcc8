"""Text that must fit."""


def shorten(text: str, max_length: int) -> str:
    """Cut a text after `max_length` characters; the last one is then an ellipsis."""
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"
