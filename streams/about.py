"""Which Backstay runs: its version, and whether its modules are compiled."""

import functools
import importlib.metadata
from importlib.machinery import EXTENSION_SUFFIXES
from typing import Literal

from retention import calendar

BuildKind = Literal["compiled", "interpreted"]


@functools.cache
def version() -> str:
    """Return the version of this program."""
    return importlib.metadata.version("backstay")


def build_kind() -> BuildKind:
    """Return whether the modules that are running are compiled: `retention.calendar` is, wherever any is."""
    return kind_of(calendar.__file__)


def kind_of(file: str) -> BuildKind:
    """Return how a module runs, by the file that it was loaded from.

    >>> kind_of("/usr/lib/retention/calendar.py")
    'interpreted'
    """
    return "compiled" if file.endswith(tuple(EXTENSION_SUFFIXES)) else "interpreted"
