"""Reads small files that people write, such as settings and secrets, as editors of all systems save them."""

import codecs
import errno
from pathlib import Path
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, as Notepad and PowerShell write them, and what follows each. Without one it is UTF-8."""


def text_of(file: Path) -> str:
    """Return the text of a file, without a byte order mark; raise `OSError`, or `UnicodeDecodeError` for no text.

    A named pipe is refused: a read of it waits until a program writes to it, and it can be read once.
    """
    if is_named_pipe(file):
        raise OSError(errno.EINVAL, "it is a named pipe, which can be read once: write it to a file first")
    content = file.read_bytes()
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "utf-8")
    return content.decode(encoding).replace("\r\n", "\n")


def is_named_pipe(file: Path) -> bool:
    """Report whether a file is a pipe with a place in a folder; `<(command)` of a shell is one under /dev/fd."""
    return file.is_fifo() and not str(file.absolute()).startswith("/dev/")


def no_text(error: UnicodeDecodeError) -> str:
    """Return what to say of a file that is no text."""
    return f"it is not UTF-8 (byte {error.start:,}): save it as UTF-8"


def why_unread(error: OSError | UnicodeDecodeError) -> str:
    """Return why a file cannot be read, without a byte of it: it may be a secret."""
    return no_text(error) if isinstance(error, UnicodeDecodeError) else error.strerror or str(error)
