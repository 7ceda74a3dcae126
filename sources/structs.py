"""Structs: values that are made several times for each record of another system.

mypyc drops the arguments of a class statement, so the options of every such struct stand here and are inherited.
"""

import msgspec


class Part(msgspec.Struct, gc=False, eq=False):  # a struct is made in 0.4 of the time of a class with slots
    """A part of a record, which is no value of its own."""


class Value(msgspec.Struct, frozen=True, gc=False):  # made in a fifth of the time of a frozen dataclass
    """A value that refers to no container of its own making."""


class Found(msgspec.Struct, frozen=True):
    """A value that may refer to itself by what it can call."""
