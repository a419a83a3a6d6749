"""Sentences that are too long for one line of a test."""


def one_line(text: str) -> str:
    """Return a text that a test wrote over several lines as the single line that users see."""
    return " ".join(text.split())
