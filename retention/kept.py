"""How stored structs become bytes: arrays of MessagePack, by position. Their options are defined once, here.

mypyc compiles the modules with classes derived from these. It drops the arguments of a class statement, so options are
inherited; it drops all but the outermost class of an annotation, so a longer one is a string (and `Optional[int]`,
because unions are dropped too). It checks a default factory against the annotation, so there is none.
"""

import msgspec


class Kept(msgspec.Struct, array_like=True, gc=False):
    """A stored struct that changes. It never refers to itself, so the garbage collector can skip it."""


class KeptFact(msgspec.Struct, array_like=True, gc=False, frozen=True, order=True):
    """A stored struct that never changes."""
