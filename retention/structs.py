"""Structs: what is kept as bytes, and values with names that are made by the thousand.

What is kept becomes an array of MessagePack, by position. mypyc compiles the modules that derive from these. Of a class
statement it drops the arguments, so the options of every such struct stand here and are inherited; of an annotation all
but the outermost class, so what has more to say is a string (and `Optional[int]`, for unions go too). It holds a
default factory against the annotation, so there is none.
"""

import msgspec


class Kept(msgspec.Struct, array_like=True, gc=False):
    """Something that is kept and changes. It never refers to itself, so the garbage collector need not look at it."""


class KeptFact(msgspec.Struct, array_like=True, gc=False, frozen=True, order=True):
    """Something that is kept and stays as it was said."""


class Value(msgspec.Struct, frozen=True):
    """Made in a third of the time of a `NamedTuple` (0.09 for 0.30 µs, of three fields)."""
