"""A record as agents see it: what the log delivers, whatever client has read it."""

from collections.abc import Sequence
from typing import Protocol


class Record(Protocol):
    """One record as the log delivers it. `timestamp` is in milliseconds since 1970."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...
