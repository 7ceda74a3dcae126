"""Defines what every source is made of: a record as it stood, the events that follow from it, why none may."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict

Fields = Mapping[str, object]
"""One event of the catalogue as plain JSON values (type, event_id, customer_id, occurred_at, …); amounts are text."""


json_of: Final = msgspec.json.Encoder(decimal_format="number").encode
"""Returns a JSON value as bytes."""


class Made(dict[str, object]):
    """An event that its contract has taken, with what it was read as, which is not made twice."""

    __slots__ = ("at", "event", "written")

    written: bytes | None
    """Its text, if that was made; few events need it: those that travel, and those that are refused."""
    event: Any
    """One of the contracts."""
    at: int

    @property
    def text(self) -> bytes:
        """Return the event as the value of a record."""
        return json_of(self) if self.written is None else self.written


class Foreign(msgspec.Struct, frozen=True, gc=False):  # made in 0.08 µs, where a named tuple takes 0.18
    """A record of another system, as it stood on its topic or in its file."""

    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()
    key: bytes | None = None
    timestamp: int = 0
    """Of the record, in milliseconds since 1970."""
    opened: bool = False
    """Whether it stood in an envelope, and is read without."""


class Translation(msgspec.Struct, frozen=True, gc=False):
    """The events that follow from one record, in the order in which they are applied."""

    events: tuple[Fields, ...]
    skipped: str = ""
    """Why no event follows, or a doubt about those that do: a sentence that is counted, and names no customer."""


class Unreadable(Exception):
    """Raised for a record from which no true event can be made. The caller writes it to the dead letters and goes on.

    Its text names the source, the path in the record and the kind of what is there, never the value.

    >>> str(Unreadable("stripe", "data.object.customer", "null", "send events of customers only"))
    'stripe: data.object.customer is null: send events of customers only'
    """

    def __init__(self, source: str, path: str, kind: str, remedy: str) -> None:
        super().__init__(f"{source}: {path} is {kind}: {remedy}")
        self.source, self.path, self.kind, self.remedy = source, path, kind, remedy


class Options(BaseModel):
    """Settings of one source, such as `[sources.stripe]`. A source with settings has a class of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


Own = TypeVar("Own", bound=Options)


def own_of(options: Options, kind: type[Own]) -> Own:
    """Return options as those of one source: as they are, or read from options of another class."""
    return options if isinstance(options, kind) else kind.model_validate(options.model_dump())


class Sampling(Protocol):
    """Takes the records of a sample, and returns what of the options does not fit them."""

    def take(self, foreign: Foreign) -> None:
        """Note one record, whatever it holds."""

    def unmatched(self) -> Iterable[str]:
        """Return the options that match nothing in the sample, in sentences: errors."""

    def doubts(self) -> Iterable[str]:
        """Return what looks like a mistake, in sentences."""


@dataclass(frozen=True)
class Source:
    """A system whose records are read."""

    name: str
    help: str
    versions: tuple[str, ...]
    """Versions of the foreign format that are read."""
    documented: tuple[str, ...]
    """Titles of the public pages that describe the format."""
    options: type[Options]
    read: Callable[[Foreign, Options], Translation]
    """Returns what follows from one record; raises `Unreadable`. It keeps nothing between two records."""
    families: Callable[[Options], frozenset[str]] | None = None
    """Returns the topics of the events that may follow: a `source.heartbeat` on its topic shows that these live."""
    sampled: Callable[[Options], Sampling] | None = None
    """Returns what `backstay check` holds a sample against, besides reading it."""
    apart: Callable[[Options], Mapping[str, Options]] | None = None
    """Returns the further topics that options name, each with the options by which its records are read."""
    usual: Callable[[Foreign, Any], Translation | None] | None = None
    """Returns what `read` does, sooner, of a record as most are; None for any other, among them what is wrapped and
    what is a heartbeat of ours."""
    unusual: Callable[[Foreign, Options], Translation] | None = None
    """Returns what `read` does of a record for which `usual` has returned None; made by `through`, which has `read` ask
    both (`sources/envelopes/opening.py`)."""
    changes: bool = False
    """Whether it takes rows that were deleted, and selects from what an envelope says (`sources/envelopes`)."""
