"""How what is kept becomes bytes: arrays of MessagePack, by position. The options of every such struct, said once.

mypyc compiles the modules that derive from these. Of a class statement it drops the arguments, so options are
inherited; of an annotation all but the outermost class, so what has more to say is a string (and `Optional[int]`, for
unions go too). It holds a default factory against the annotation, so there is none.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from retention.calendar import Instant

T = TypeVar("T")


class Kept(msgspec.Struct, array_like=True, gc=False):
    """Something that is kept and changes. It never refers to itself, so the garbage collector need not look at it."""


class KeptFact(msgspec.Struct, array_like=True, gc=False, frozen=True, order=True):
    """Something that is kept and stays as it was said."""


def put_in_order(entries: dict[bytes, T], dated: Callable[[T], Instant]) -> None:
    """Sort entries by time, then by key: what is kept does not depend on the order in which events came."""
    in_order = sorted(entries, key=lambda key: (dated(entries[key]), key))
    if in_order != list(entries):
        for key in in_order:
            entries[key] = entries.pop(key)
