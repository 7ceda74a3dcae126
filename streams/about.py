"""The version of this program, and whether its modules are compiled."""

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
    """Return whether the running modules are compiled. If any is, `retention.calendar` is."""
    return kind_of(calendar.__file__)


def kind_of(file: str) -> BuildKind:
    """Return whether a module is compiled, judged by the file that it was loaded from.

    >>> kind_of("/usr/lib/retention/calendar.py")
    'interpreted'
    """
    return "compiled" if file.endswith(tuple(EXTENSION_SUFFIXES)) else "interpreted"
