"""The parts of a run on Apache Kafka: a company's log, how it is sent, and the expected result."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any

import msgspec
import pytest

from retention.calendar import NEVER, Instant, instant
from retention.features import REGISTER
from retention.risk.section import CARD
from retention.state.codec import decode
from streams.app import build
from streams.broker import Broker
from streams.settings import Settings
from tests.drawing import CHOICES, Traffic
from tests.kafka.load import LOAD
from tests.kafka.oracle import Left, assert_recomputed, behind, left_by, plain
from tests.plain_company import Company
from tests.running import send

START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 200


OTHERS = 12
"""Events of the other families for each customer."""


def events(seed: int, customers: int = 150) -> list[bytes]:
    """Return the log of a simulated company, of all families, with late and duplicate deliveries.

    Nobody chooses what to hear. Whether a choice stops an action depends on the order of reading, if it was made within
    the time by which event time lags; runs that are compared here are read in several orders.
    """
    plain = Company(seed, START, DAYS, customers).history()
    arrivals = Traffic(seed, START, DAYS, customers).beside(plain, OTHERS * customers)
    return [arrival.line() for arrival in arrivals if arrival.event["type"] not in CHOICES]


def in_pieces(lines: list[bytes], number: int) -> list[list[bytes]]:
    """Cut a log into so many pieces, in order."""
    cuts = [len(lines) * place // number for place in range(number + 1)]
    return [lines[begin:end] for begin, end in pairwise(cuts)]


def oldest_to_come(pieces: list[list[bytes]]) -> list[Instant]:
    """Return for each piece the time of the oldest event in it or in any after it."""
    oldest = [min(map(_occurred, piece), default=NEVER) for piece in pieces]
    return [*accumulate(reversed(oldest), min)][::-1]


def _occurred(line: bytes) -> Instant:
    return instant(datetime.fromisoformat(json.loads(line)["occurred_at"]))


async def feed(
    settings: Settings, lines: list[bytes], pause: float = 0.0, *, last: bool = True, since: Instant | None = None
) -> None:
    """Send lines, with pauses between pieces of them, and a heartbeat after the last.

    `since` is promised before them: nothing that follows is older, and so nothing is late.
    """
    await send(settings, lines, START + timedelta(days=DAYS + 35) if last else None, pause, since)


async def until_committed(settings: Settings, patience: float = 90.0) -> None:
    """Wait until everything that is in the input topics is committed."""
    for _ in range(int(patience / 0.5)):
        left = sum((await behind(Broker(settings), settings)).values())
        if not left:
            return
        await asyncio.sleep(0.5)
    pytest.fail(f"not worked off after {patience:.0f} s: {left} records")


async def settled(settings: Settings, *, alone: bool = True) -> None:
    """Let a worker finish the rest, figures included; of all partitions, unless other workers run.

    An idle worker may not have fetched yet what it sent home a moment ago: the broker knows.
    """
    async with asyncio.timeout(LOAD.patience / 6), await build(settings) as worker:
        await worker.until_idle(alone=alone)
        while any((await behind(Broker(settings), settings)).values()):
            await worker.until_idle(alone=alone)
        await worker.until_idle(alone=alone)


async def undisturbed(
    settings: Settings, lines: list[bytes], feeding: Callable[[Settings, list[bytes]], Awaitable[None]] = feed
) -> Left:
    """Play the same log on topics of its own through one undisturbed worker."""
    other = settings.model_copy(
        update={
            "topics": settings.topics.model_copy(update={"prefix": f"plain-{settings.topics.prefix}"}),
            "kafka": settings.kafka.model_copy(update={"group": f"plain-{settings.kafka.group}"}),
        }
    )
    await Broker(other).create_topics()
    await feeding(other, lines)
    await settled(other)
    return await left_by(other)


def assert_same(left: Left, wanted: Left) -> None:
    """Compare the result of a disturbed run with an undisturbed one, and with the raw log."""
    assert left.states.keys() == wanted.states.keys()
    assert differing_states(left, wanted, live=True) == {}
    assert left.rhythms == wanted.rhythms
    assert not any(one.applied for one in left.states.values())  # transactions make them unnecessary
    twice = {ident for ident, number in left.ids().items() if number > 1}
    assert [one for one in left.said if one["headers"]["ce_id"] in twice] == []
    assert not left.unmatched_actions()
    assert left.last_words() == wanted.last_words()
    assert left.figures.keys() == wanted.figures.keys()
    assert {k: v[:2] for k, v in left.figures.items()} == {k: v[:2] for k, v in wanted.figures.items()}
    assert not any(left.behind.values())
    assert left.dead == wanted.dead == 0
    assert left.accounted == left.came
    assert_recomputed(left, "2025-01", "2025-07")


def assert_identical(left: Left, wanted: Left) -> None:
    """Compare it with an undisturbed run exactly: each state byte by byte, each statement as it was written.

    That follows from the log if all of it is written before a worker reads; live, the order of arrival counts, too.
    """
    assert_same(left, wanted)
    assert differing_states(left, wanted) == {}
    assert differing_statements(left, wanted) == ([], [])
    assert differing_bytes(left, wanted) == {}


async def in_backlog(settings: Settings) -> bool:
    """Report whether any records are not applied yet."""
    return any((await behind(Broker(settings), settings)).values())


def differing_statements(left: Left, wanted: Left) -> tuple[list[str], list[str]]:
    """Return the surplus and the missing statements, each as it was written."""
    said, others = left.everything_said(), wanted.everything_said()
    return sorted((said - others).elements()), sorted((others - said).elements())


def differing_bytes(left: Left, wanted: Left) -> dict[str, list[str]]:
    """Return by customer the parts of its state that are not byte by byte the same.

    The instant of the last card of a customer that is not at risk depends on what was read together
    (`test_cards.held`), and `card` keeps it while a signal is open: that section counts of those at risk only.
    """
    found: dict[str, list[str]] = {}
    for name, value in wanted.kept.items():
        other = left.kept.get(name)
        if other == value:
            continue
        is_at_risk = wanted.cards.get(name, {"band": "low"})["band"] != "low"
        here, there = _parts(other) if other is not None else {}, _parts(value)
        parts = sorted(part for part in here.keys() | there.keys() if here.get(part) != there.get(part))
        if is_at_risk or parts != [CARD.name]:
            found[name] = parts
    return found


def _parts(value: bytes) -> dict[str, bytes]:
    """Return a state in parts: the due instant, the core, and each section."""
    customer = decode(value)
    core = msgspec.msgpack.encode(customer.put_away()[:-2])
    kept = {section.name: customer.part(section.id) for section in REGISTER.sections}
    return {"due": value[:9], "core": core} | {name: part for name, part in kept.items() if part is not None}


def differing_states(left: Left, wanted: Left, *, live: bool = False) -> dict[str, Any]:
    """Return the fields in which customers differ, with both values."""
    pairs = (
        (name, plain(left.states[name], live=live), plain(wanted.states[name], live=live)) for name in wanted.states
    )
    return {name: {k: (a[k], b[k]) for k in b if a[k] != b[k]} for name, a, b in pairs if a != b}
