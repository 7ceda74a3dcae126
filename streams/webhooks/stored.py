"""The contents of `webhook-deliveries`, as commands read them beside the process."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from retention.calendar import NEVER, Instant, rfc3339
from schemas.outbound import CustomerErased
from streams.broker import Broker
from streams.forgetting import Forgotten, key_of, of_receipt
from streams.topics import AUDIT, DELIVERIES
from streams.webhooks.delivery import REPLAY, SWITCH, Delivery, State, Switch, delivery_of, switch_of
from streams.webhooks.output import ERASED, output_of
from streams.webhooks.queue import held_up


@dataclass(slots=True)
class Stored:
    """The deliveries of all partitions, each by its partition and key, without their bodies."""

    deliveries: dict[tuple[int, bytes], Delivery] = field(default_factory=dict)
    places: dict[tuple[int, bytes], int] = field(default_factory=dict)
    """The offsets of their records."""
    switches: dict[str, Switch] = field(default_factory=dict)
    ordered: set[tuple[int, bytes]] = field(default_factory=set)
    """Those that a process is to send again, and has not taken yet."""
    _switched: dict[str, int] = field(default_factory=dict)
    """The partition from which the switch of an endpoint is known."""

    def take(self, number: int, offset: int, key: bytes, value: bytes | None) -> None:
        """Take one record: the last of its key counts."""
        if key[:1] == SWITCH:
            found = switch_of(value or b"")
            # Each partition has a copy: the last one of the first partition counts, whatever its clock says.
            if found is not None and self._switched.setdefault(found.endpoint, number) == number:
                self.switches[found.endpoint] = found
            return
        if key[:1] == REPLAY:
            (self.ordered.add if value is not None else self.ordered.discard)((number, key[1:]))
            return
        one = delivery_of(value) if value is not None else None
        if one is None:
            self.deliveries.pop((number, key), None)
            return
        one.body = ""
        self.deliveries[number, key], self.places[number, key] = one, offset

    def held_up(self) -> set[tuple[int, bytes]]:
        """Return those that wait for an earlier one of their customer: when they are due says nothing yet."""
        pending: dict[tuple[int, str], list[Delivery]] = defaultdict(list)
        for (number, _), one in self.deliveries.items():
            if one.state == "pending":
                pending[number, one.endpoint].append(one)
        return {(number, one.key) for (number, _), found in pending.items() for one in held_up(found)}


async def stored(broker: Broker, width: int) -> Stored:
    """Read all deliveries that are known now."""
    found, name = Stored(), broker.topic(DELIVERIES)
    for number in range(width):
        async for records in broker.read(name, number):
            for record in records:
                found.take(number, record.offset, record.key or b"", record.value)
    return found


async def erased(broker: Broker, width: int) -> Forgotten:
    """Return the customers that were erased."""
    found = Forgotten(key_of(broker.settings))
    for number in range(width):
        async for records in broker.read(broker.topic(AUDIT), number):
            for record in records:
                output = output_of(record)
                if output is not None and output.type == ERASED:
                    receipt = CustomerErased.model_validate(output.data)
                    found.restore(*of_receipt(receipt))
    return found


@dataclass(slots=True)
class Row:
    """One endpoint: what waits, what came of the rest, and its last answer."""

    name: str
    switch: Switch | None
    states: Counter[State] = field(default_factory=Counter)
    next_try: Instant = NEVER
    last: Delivery | None = None

    def take(self, one: Delivery, *, is_held_up: bool = False) -> None:
        """Count a delivery."""
        self.states[one.state] += 1
        if one.state == "pending" and not is_held_up:
            self.next_try = min(self.next_try, one.due)
        if one.tries and (self.last is None or one.answered >= self.last.answered):
            self.last = one

    @property
    def is_disabled(self) -> bool:
        """Report whether nothing is sent to it."""
        return self.switch is not None and self.switch.disabled

    @property
    def due(self) -> Instant | None:
        """Return when it gets a delivery again; None if none waits, or it is disabled."""
        return None if self.is_disabled or self.next_try == NEVER else self.next_try

    @property
    def answer(self) -> str:
        """Return its last answer in words; empty if there was none."""
        if self.last is None:
            return ""
        return f"{self.last.why or self.last.status} at {when(self.last.answered)}"

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "endpoint": self.name,
            "disabled": self.is_disabled,
            "disabled_why": self.switch.why if self.switch is not None and self.switch.disabled else None,
            "states": dict(sorted(self.states.items())),
            "next_try": when(self.due) if self.due is not None else None,
            "last_answer": self.answer or None,
        }


def rows(found: Stored, names: Collection[str]) -> list[Row]:
    """Return a row for each endpoint of the settings, and for each that has deliveries all the same."""
    all_names = list(dict.fromkeys([*names, *sorted({one.endpoint for one in found.deliveries.values()})]))
    table = {name: Row(name, found.switches.get(name)) for name in all_names}
    held = found.held_up()
    for place, one in found.deliveries.items():
        table[one.endpoint].take(one, is_held_up=place in held)
    return list(table.values())


def as_json(one: Delivery, *, is_held_up: bool = False) -> dict[str, Any]:
    """Return a delivery as JSON, without its body and its customer. One that waits for another has no next try."""
    return {
        "endpoint": one.endpoint,
        "id": one.id,
        "type": one.type,
        "time": when(one.at),
        "state": one.state,
        "tries": one.tries,
        "next_try": when(one.due) if one.state == "pending" and not is_held_up else None,
        "last_answer": (one.why or str(one.status)) if one.answered else None,
        "answered_at": when(one.answered) if one.answered else None,
    }


def chosen(
    found: Stored,
    endpoints: Collection[str],
    states: Collection[str],
    ids: Collection[str] = (),
    since: Instant | None = None,
    until: Instant | None = None,
) -> Iterator[tuple[int, Delivery]]:
    """Yield the deliveries that meet every condition that is set, oldest first, each with its partition."""
    for (number, _), one in sorted(found.deliveries.items(), key=lambda pair: (pair[1].at, pair[1].id)):
        wanted = (not endpoints or one.endpoint in endpoints) and (not ids or one.id in ids)
        timely = (since is None or one.at >= since) and (until is None or one.at < until)
        if wanted and timely and (not states or one.state in states):
            yield number, one


def when(at: Instant) -> str:
    """Return an instant as text, to the second."""
    return rfc3339(at - at % 1_000_000)
