"""Opens an address in a browser, on a desktop only."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Final

_SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY")
"""Variables that a graphical session sets on Linux."""


def has_desktop(platform: str, environment: Mapping[str, str]) -> bool:
    """Report whether a browser would have a window, and is wanted: an empty BROWSER says that it is not.

    >>> has_desktop("linux", {"DISPLAY": ":0"}), has_desktop("linux", {}), has_desktop("darwin", {})
    (True, False, True)
    >>> has_desktop("linux", {"DISPLAY": ":0", "BROWSER": ""}), has_desktop("darwin", {"SSH_CONNECTION": "…"})
    (False, False)
    """
    if environment.get("BROWSER") == "":
        return False
    if platform == "darwin":
        return "SSH_CONNECTION" not in environment  # the window would open at the Mac, and not here
    return platform.startswith("linux") and any(environment.get(name) for name in _SCREENS)


def opener(
    open_address: Callable[[str], object], *, is_terminal: bool, platform: str, environment: Mapping[str, str]
) -> Callable[[str], object]:
    """Return what opens an address, in a terminal of a desktop; elsewhere a function that does nothing."""
    if is_terminal and has_desktop(platform, environment):
        return open_address
    return _leave


def is_terminal() -> bool:
    """Report whether input and output are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def open_window(address: str) -> None:
    """Open an address in the usual browser, by a process without this terminal: some write to it, or would take it."""
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-I", "-m", "webbrowser", address]
    with contextlib.suppress(OSError):  # the address is printed, too
        subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)  # noqa: S603 - ours


def _leave(_: str) -> None:
    pass
