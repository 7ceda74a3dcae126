"""Tells usual records from those that are opened first, and from heartbeats of ours."""

from typing import Final

from msgspec import UNSET

from sources.usual.structs import Bare

_HEARTBEAT: Final = "source.heartbeat"


def is_bare(record: Bare) -> bool:
    """Report whether a record is neither wrapped nor a heartbeat of ours, also in a CloudEvent."""
    kind = record.type
    is_ours = kind is not UNSET and (not isinstance(kind, str) or not kind or kind == _HEARTBEAT)
    return record.deleted is record.added_op is UNSET and not is_ours
