"""Makes a rule ready for records: its paths compiled, its constants at hand, and how each value is made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas.decoding import is_plain
from schemas.families import CONTRACTS
from sources.mapping.contract import fields_of
from sources.mapping.conversion import Conversion, quick_of
from sources.mapping.paths import NAME, Path, compiled
from sources.mapping.rule import Amounts, Chosen, Rule, Times

_SIMPLE: Final = frozenset({"amount", "price", "time", "customer", "id", "word", "text", "whole"})
"""Kinds of fields that hold one word or number."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A rule as records are read by it."""

    number: int
    """Its place in the settings, from 0."""
    type: str
    when: Path | None
    event_id: tuple[tuple[Path, Conversion], ...]
    constants: dict[str, object]
    chosen: tuple[tuple[str, Path, Conversion, bool], ...]
    """Name, path, conversion, and whether a record without it is refused."""
    paths: dict[str, str]
    """The path in the record by field, for errors."""
    copies_values: bool
    """Whether its events hold only values of the record, constants, digits and ids joined by ':'.

    So JSON has nothing to escape in them, if the record is plain. Then an event is read from its fields, with the
    checks of its contract, and its text is made only where it is needed (`sources.values.taken`).
    """


class Usual(NamedTuple):
    """The form of times and amounts, where a rule does not say it itself."""

    times: Times
    amounts: Amounts


def made_ready(number: int, rule: Rule, usual: Usual, key: str | None) -> Ready:
    """Return a rule as records are read by it."""
    known = fields_of(CONTRACTS[rule.type])
    outside = {"customer_id": rule.customer_id, "occurred_at": rule.occurred_at}
    said = {name: one for name, one in {**outside, **rule.fields}.items() if one is not None}
    paths = {name: one.path for name, one in said.items() if one.path is not None}
    first = sorted(paths, key=lambda name: name != "currency")  # amounts in its smallest unit need it
    return Ready(
        number,
        rule.type,
        compiled(rule.when) if rule.when is not None else None,
        tuple(
            (compiled(path), _conversion(rule.type, "event_id", Chosen(path=path), usual, key))
            for path in rule.event_id
        ),
        {"type": rule.type, "source": NAME} | {name: one.value for name, one in said.items() if one.value is not None},
        tuple(
            (name, compiled(paths[name]), _conversion(rule.type, name, said[name], usual, key), known[name].is_required)
            for name in first
        ),
        paths | {"event_id": ", ".join(rule.event_id)},
        _copies_values(rule.type, [*paths.values(), *rule.event_id], said),
    )


def _copies_values(kind: str, paths: Iterable[str], said: Mapping[str, Chosen]) -> bool:
    """Report whether a rule selects simple values by plain names, and has no words with unusual signs."""
    words = [word for one in said.values() for word in (one.value, *one.words.values())]
    return (
        all(compiled(path).names is not None for path in paths)
        and all(fields_of(CONTRACTS[kind])[name].kind in _SIMPLE for name in said)
        and is_plain("".join(word for word in words if isinstance(word, str)).encode())
    )


def _conversion(kind: str, name: str, chosen: Chosen, usual: Usual, key: str | None) -> Conversion:
    field = fields_of(CONTRACTS[kind])[name]
    of_time = usual.times if field.kind == "time" else Times()
    unit, local = chosen.unit or of_time.unit, of_time.local if chosen.local is None else chosen.local
    return Conversion(
        field,
        chosen.path or "",
        unit,
        chosen.zone or of_time.zone,
        chosen.words,
        chosen.pseudonym,
        key,
        chosen.scale,
        local=local,
        dates=chosen.dates or of_time.dates,
        decimal=chosen.decimal or usual.amounts.decimal,
        quick=quick_of(field.kind, unit, plain=not (chosen.words or chosen.pseudonym), local=local),
    )
