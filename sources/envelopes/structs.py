"""The fields that every envelope has one of: of each only its presence matters.

mypyc drops the arguments of a class statement, so the struct has its options from `sources.structs`.
"""

from msgspec import UNSET, Raw, UnsetType, field

from sources.structs import Part


class Marks(Part):
    """The fields of an object that may make it an envelope."""

    payload: Raw | UnsetType = UNSET
    change_op: Raw | UnsetType = field(default=UNSET, name="op")
    deleted: Raw | UnsetType = field(default=UNSET, name="__deleted")
    added_op: Raw | UnsetType = field(default=UNSET, name="__op")
