"""The findings in a sample of a log or of a topic: what is read as what, what is refused, and what to do about it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from streams.refusals import Kinds
from streams.rejected import remedy, remedy_in_file


class Place(NamedTuple):
    """The place of a record on its topic."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}/{self.offset}"


class Row(NamedTuple):
    """One kind of record, and what it is read as."""

    record: str
    becomes: str
    number: int
    first: int | Place
    """The first line or record of the kind."""


class Refusal(NamedTuple):
    """A line or a record that would be refused, or an event of it."""

    line: int | Place
    error: str


@dataclass
class Looked:
    """The findings in a sample."""

    noun: str = "line"
    topic: str = ""
    """The topic that the sample is of; empty for a file."""
    records: int = 0
    events: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[Refusal]] = field(default_factory=dict)
    errors: Kinds[int | Place] = field(default_factory=Kinds)
    rows: list[Row] = field(default_factory=list)
    more_rows: int = 0
    """Kinds of records that are not among the rows."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Why no event follows from records."""
    doubted: Counter[str] = field(default_factory=Counter)
    """What a source doubts of records of which events follow."""
    doubts: list[str] = field(default_factory=list)
    """What looks like a mistake, in sentences; none of it is an error by itself."""
    unmatched: list[str] = field(default_factory=list)
    """Options of the source that match nothing in the sample, such as paths: errors."""
    likely: str = ""
    """The source that the lines of which no event comes seem to be of; `OWN` for events of ours."""
    hints: list[str] = field(default_factory=list)
    """What the records seem to be instead, and what to set, in sentences."""
    first_rule: list[str] = field(default_factory=list)
    """Settings by which a mapping begins to read records of a company's own, as lines of TOML."""
    is_mixed: bool = False
    """Whether its records are of several systems."""
    unnamed: bool = False
    """Whether it is of a topic that no setting names: no worker reads it."""
    settings: list[str] = field(default_factory=list)
    """Settings by which a worker would read a topic that no setting names, as lines of TOML."""

    def remedy(self, reason: str) -> str:
        """Return the remedy for a reason, in a file or on a topic."""
        return remedy(reason) if self.topic else remedy_in_file(reason)

    def as_json(self) -> dict[str, Any]:
        """Return the findings as one JSON document."""
        of_topic = {"topic": self.topic, "named": not self.unnamed, "settings": self.settings} if self.topic else {}
        return of_topic | {
            "records": self.records,
            "events": self.events,
            "read_as": [row._asdict() | {"first": _as_json(row.first)} for row in self.rows],
            "further_kinds": self.more_rows,
            "skipped": dict(self.skipped.most_common()),
            "refused": [
                {
                    "reason": reason,
                    "number": number,
                    "remedy": self.remedy(reason),
                    "first": [{self.noun: _as_json(one.line), "error": one.error} for one in self.first[reason]],
                    "errors": [
                        {self.noun: _as_json(one.place), "error": one.error, "number": one.number}
                        for one in self.errors.first(reason)
                    ],
                }
                for reason, number in sorted(self.refused.items())
            ],
            "doubts": self.doubts,
            "unmatched": self.unmatched,
            "likely_source": self.likely or None,
            "hints": self.hints,
            "first_rule": self.first_rule,
        }


def _as_json(place: int | Place) -> int | str:
    return str(place) if isinstance(place, Place) else place
