"""How what is kept becomes bytes: arrays of MessagePack, by position. The options of every such struct, said once.

mypyc compiles the modules that derive from these. Of a class statement it drops the arguments, so options are
inherited; of an annotation all but the outermost class, so what has more to say is a string (and `Optional[int]`, for
unions go too). It holds a default factory against the annotation, so there is none.
"""

import msgspec


class Kept(msgspec.Struct, array_like=True, gc=False):
    """Something that is kept and changes. It never refers to itself, so the garbage collector need not look at it."""


class KeptFact(msgspec.Struct, array_like=True, gc=False, frozen=True, order=True):
    """Something that is kept and stays as it was said."""
