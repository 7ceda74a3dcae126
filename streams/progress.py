"""The progress of work that takes long, as a command shows it."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is; 0 if that is not known."""


def no_progress(_stage: str, _done: int, _of: int) -> None:
    """Do nothing."""
