"""Holds the paths of a mapping against a sample of records: which matched nothing, and what was probably meant."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

from sources.base import Foreign, Unreadable
from sources.mapping.paths import NAME, Path, at_names, is_false
from sources.mapping.ready import Ready
from sources.values import document

MOST_NAMES: Final = 1_000
"""Names of fields that are remembered at one place of the records."""


def takes(rule: Ready, record: dict[str, Any]) -> bool:
    """Report whether a rule takes a record."""
    when = rule.when
    if when is None:
        return True
    if when.equal is None:
        return not is_false(when.found(record))
    for names, word in when.equal:  # noqa: SIM110 - a generator takes longer than all else here
        if at_names(record, names) != word:
            return False
    return True


class _Place:
    """One path of plain names, and whether a record of the sample has it."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.is_there = False
        self.depth = 0
        """How many of its names were found one inside the other."""
        self.beside: set[str] = set()
        """The names that stand where the first one is missing."""

    def take(self, record: object) -> None:
        for depth, name in enumerate(self.names):
            if not isinstance(record, dict) or name not in record:
                self._note(depth, record)
                return
            record = record[name]
        self.is_there = True

    def _note(self, depth: int, record: object) -> None:
        if depth > self.depth:
            self.depth, self.beside = depth, set()
        if depth == self.depth and isinstance(record, dict) and len(self.beside) < MOST_NAMES:
            self.beside.update(record)

    def wrong(self) -> str:
        """Return which name is missing, with the nearest that is there."""
        before, name = self.names[: self.depth], self.names[self.depth]
        near = get_close_matches(name, sorted(self.beside), n=1, cutoff=0.5)
        missing = ".".join([*before, name])
        return f"{missing} is in no record" + (f"; did you mean {'.'.join([*before, near[0]])}?" if near else "")


class _Asked:
    """One expression of a rule, and whether it selected something in the sample."""

    def __init__(self, where: str, path: Path) -> None:
        self.where, self.path = where, path
        self.matched = False
        self._places = [_Place(names) for names in path.chains]

    def look(self, record: dict[str, Any]) -> None:
        """Note which of the names that it reads are there."""
        for place in self._places:
            place.take(record)

    def take(self, record: dict[str, Any]) -> None:
        """Note a record that the rule takes."""
        if self.matched:
            return
        self.look(record)
        if self.path.names is not None:
            self.matched = self._places[0].is_there
        else:
            self.matched = self.path.found(record) is not None

    def wrong(self) -> str:
        """Return why it matched nothing."""
        missing = [place.wrong() for place in self._places if not place.is_there]
        return f"{self.where} = {self.path.text}: {'; '.join(missing) if missing else 'it selects nothing'}"

    def missing(self) -> str:
        """Return which of the names that it reads are in no record; nothing if all are in some."""
        return "; ".join(place.wrong() for place in self._places if not place.is_there)


class _Rule:
    def __init__(self, rule: Ready) -> None:
        self.rule, self.taken = rule, 0
        self.where = f"sources.{NAME}.events.{rule.number}"
        self.when = _Asked(f"{self.where}.when", rule.when) if rule.when is not None else None
        self.asked = [_Asked(f"{self.where}.event_id", path) for path, _ in rule.event_id]
        self.asked += [_Asked(f"{self.where}.{_setting(name)}", path) for name, path, _, _ in rule.chosen]

    def take(self, record: dict[str, Any]) -> None:
        if self.when is not None:
            self.when.look(record)
        if takes(self.rule, record):
            self.taken += 1
            for one in self.asked:
                one.take(record)


def _setting(name: str) -> str:
    return name if name in {"customer_id", "occurred_at"} else f"fields.{name}"


class Sampled:
    """A sample of records, as the rules of a mapping find it."""

    def __init__(self, rules: tuple[Ready, ...]) -> None:
        self._rules = [_Rule(rule) for rule in rules]
        self._records = 0

    def take(self, foreign: Foreign) -> None:
        """Note one record."""
        try:
            record = document(NAME, foreign.value)
        except Unreadable:
            return
        self._records += 1
        for rule in self._rules:
            try:
                rule.take(record)
            except Unreadable:  # which is said of the record itself
                continue

    def unmatched(self) -> Iterator[str]:
        """Yield the paths that matched nothing in the records that their rule takes."""
        if not self._rules:
            yield (
                f"sources.{NAME}.events has no rules for these records: write them in the settings, and name the file "
                f"with --config; records of a rule with a topic are read by --source {NAME}.TOPIC"
            )
        for rule in self._rules if self._records else ():
            wrong = rule.when.missing() if rule.when is not None else ""
            if wrong and not rule.taken and rule.when is not None:
                yield f"{rule.when.where} = {rule.when.path.text}: {wrong}"
            if rule.taken:
                yield from (one.wrong() for one in rule.asked if not one.matched)

    def doubts(self) -> Iterator[str]:
        """Yield the rules that took no record, though the fields that they look at are there."""
        for rule in self._rules if self._records else ():
            if not rule.taken and rule.when is not None and not rule.when.missing():
                yield f"{rule.where} ({rule.rule.type}) takes none of {self._records:,} records: {rule.when.path.text}"
