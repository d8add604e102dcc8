"""Text that must fit, and text of others that a terminal must not interpret."""

from action_rec.errors import printable

__all__ = ["printable", "shorten"]


def shorten(text: str, max_length: int) -> str:
    """Cut a text after `max_length` characters; the last one is then an ellipsis."""
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"
