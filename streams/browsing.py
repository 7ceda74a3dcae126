"""Opens an address in a browser, on a desktop only: a browser in text would take the terminal."""

import sys
from collections.abc import Callable, Mapping
from threading import Thread
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
    """Open an address in a window of the usual browser, in the background: some wait until it is closed."""
    Thread(target=_open, args=(address,), daemon=True).start()


def _open(address: str) -> None:
    import webbrowser  # takes milliseconds, and most commands never need it

    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if type(browser) is not webbrowser.GenericBrowser:  # those of text are of this class
        browser.open(address)


def _leave(_: str) -> None:
    pass
