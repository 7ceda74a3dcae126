"""Says of a port that cannot be listened on who has it, as far as the system tells, and which setting to change."""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from streams.errors import BadSettings

_TABLES: Final = ("net/tcp", "net/tcp6")
_LISTENING: Final = "0A"
_PROC: Final = Path("/proc")


def refused(host: str, port: int, error: OSError, advice: str) -> BadSettings:
    """Return why nothing can listen there, and what to do; `advice` names the setting."""
    if error.errno == errno.EADDRINUSE:
        return BadSettings(f"port {port} of {host} is taken{by(port)}: {advice}")
    if error.errno == errno.EACCES:
        return BadSettings(f"port {port} is not for this user, as those below 1024 often are: {advice}")
    return BadSettings(f"cannot listen on {host}:{port} ({error.strerror or error}): {advice}")


def by(port: int) -> str:
    """Return which process listens on a port, as " by backstay (process 4242)"; empty if the system does not tell.

    Linux tells it of processes of the same user. The name is that of the program: a command line may hold secrets.
    """
    sockets = {f"socket:[{inode}]" for inode in _inodes(port)}
    for process in _PROC.glob("[0-9]*") if sockets else ():
        if any(_target(one) in sockets for one in _listed(process / "fd")):
            return f" by {_name(process)} (process {process.name})"
    return ""


def _inodes(port: int) -> Iterator[str]:
    for table in _TABLES:
        try:
            lines = (_PROC / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for _, local, _, state, *rest in map(str.split, lines):
            if state == _LISTENING and int(local.rpartition(":")[2], 16) == port:
                yield rest[5]


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # of another user, or it has ended
        return []


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip() or "a program"
    except OSError:
        return "a program"
