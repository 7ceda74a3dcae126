"""Says what the records of a log seem to be of which no event comes, and by which settings they would be read.

    refused ─┐   several systems know them       which command takes one of them out
    passed  ─┴─► one system knows most of them   that source, or our own contract
                 none does                       a rule to begin with, of what their fields are

Some of them are tried with every source (`likely.py`), spread over the whole log: another system's records may come
first. If none knows them, a rule is proposed (`first_rule.py`).
"""

from collections import Counter
from typing import Final

from schemas.foreign import shape_of
from sources.base import Foreign
from sources.mapping.options import MappingOptions
from streams import first_rule
from streams.foreign_logs import LogReader
from streams.likely import OWN, likely_instead, likely_source, mixed, systems_of, unnamed
from streams.looked import Looked

_LOOKED_AT: Final = 200
"""Records that are tried with every source; up to twice as many of a long log."""


class Sample:
    """Some of the records of a log, spread over the whole of it: what a file begins with may be of another system."""

    def __init__(self) -> None:
        self.records: list[Foreign] = []
        self.number = 0
        self._every = 1

    def take(self, came: Foreign) -> None:
        """Keep a record, or pass it over: with each doubling of the log, half of those that are kept."""
        if self.number % self._every == 0:
            # Without its timestamp, which some sources take for the time of anything, and would know it by.
            self.records.append(Foreign(came.value, came.headers, came.key))
        self.number += 1
        if len(self.records) >= 2 * _LOOKED_AT:
            self.records, self._every = self.records[::2], 2 * self._every


class Eventless:
    """The records of a log of which no event comes, and how many there are of which one does."""

    def __init__(self, reader: LogReader | None, zone: str, field: str) -> None:
        """Prepare for a log that a source reads, or none; `field` is what a field of a record is called in its file."""
        self._reader, self._zone, self._field = reader, zone, field
        self.refused, self.passed = Sample(), Sample()
        """Records that are refused, and those of which the source makes nothing."""
        self.read = self.heartbeats = 0
        """Records of which events come, and heartbeats of ours, which are of no system."""

    def advise(self, looked: Looked) -> None:
        """Note in the findings what the records seem to be."""
        reader, refused, passed = self._reader, self.refused.records, self.passed.records
        if several := self._several(looked):
            looked.hints, looked.is_mixed = [several], True
        elif reader is None:
            looked.likely = likely_source(refused)
        elif looked.events == self.heartbeats:
            looked.likely = likely_instead([*refused, *passed], reader.source)
        if reader is not None and not looked.likely:
            looked.hints += unnamed(reader.source, reader.options, passed)
        if not looked.hints and not looked.likely and self.refused.number * 2 >= looked.records:
            self._begin(looked)
        if reader is not None and isinstance(reader.options, MappingOptions) and not reader.options.events:
            looked.first_rule = first_rule.rule_of(first_rule.objects(passed), self._zone)

    def _begin(self, looked: Looked) -> None:
        """Note what the fields of records of no known system are, and the rule to begin with."""
        found = first_rule.objects([one for one in self.refused.records if shape_of(one.value, ()) is None])
        strange = [record for record in found if first_rule.is_strange(record)]
        if self._reader is None and strange and len(strange) * 2 > len(self.refused.records):
            looked.hints = list(first_rule.said(strange, self._field))
            looked.first_rule = first_rule.rule_of(strange, self._zone)

    def _several(self, looked: Looked) -> str:
        """Return what to do if the records are of several systems, of which a file is read by one."""
        reader = self._reader
        if reader is not None and isinstance(reader.options, MappingOptions):
            return ""  # its rules may pass over whatever they want
        own = reader.source.name if reader is not None else OWN
        shares = Counter({own: self.read})
        for sample, found in (
            (self.refused, systems_of(self.refused.records, own)),
            (self.passed, systems_of(self.passed.records, own, surely=True)),
        ):
            shares.update({name: times * sample.number // len(sample.records) for name, times in found.items()})
        return mixed(+shares, looked.records, on_topic=bool(looked.topic))
