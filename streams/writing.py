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


def require_writable(out: Path, *read: Path) -> None:
    """Raise `BadSettings` if a file cannot be written, or is one that is read: before work that takes a while.

    Nothing is left of the attempt.
    """
    if out.exists() and any(file.exists() and out.samefile(file) for file in read):
        raise BadSettings(f"{out} is read: writing to it would overwrite it. Choose another name for the result")
    is_new = not out.exists()
    with writing(out), out.open("ab"):
        pass
    if is_new:
        out.unlink()
