"""Files that a command writes: a failure becomes a clear error."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.errors import BadSettings


@contextmanager
def writing(where: Path) -> Iterator[None]:
    """Raise `BadSettings` if a file or a folder cannot be written."""
    try:
        yield
    except OSError as error:
        raise BadSettings(
            f"cannot write {where}: {error.strerror or error}. Choose a place that you may write to, with free space"
        ) from error
