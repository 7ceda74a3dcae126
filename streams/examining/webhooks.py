"""Checks webhooks: that endpoints can be signed for, that a process delivers, and that deliveries arrive."""

from typing import Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from schemas.visible import visible
from streams.broker import Broker
from streams.errors import BrokerUnreachable
from streams.examining.found import Found, joined
from streams.topics import AUDIT
from streams.webhooks.process import require_topics
from streams.webhooks.signing import signer_of
from streams.webhooks.stored import Row, rows, stored
from streams.webhooks.unit import READ, ROLE

BEHIND: Final = 10_000
"""Records that are not delivered yet from which on there is something to look at."""
_ACCEPTED: Final = range(200, 300)
_UNREPORTED: Final = "start `backstay webhooks run`"


async def webhooks(broker: Broker) -> Found:
    """Check the endpoints; raise `BadSettings` or `TopicsUnfit` where `backstay webhooks run` would."""
    endpoints = broker.settings.webhooks
    if not endpoints:
        return Found("no endpoint is configured")
    for name, one in endpoints.items():
        signer_of(name, one)
    width = await require_topics(broker)
    table = rows(await stored(broker, width), endpoints)
    parts = [part for row in table for part in _of_endpoint(row, is_configured=row.name in endpoints)]
    return joined([await _process(broker), *parts], "")


def _of_endpoint(row: Row, *, is_configured: bool) -> list[Found]:
    """Return what is to be looked at about an endpoint; if nothing is, that its deliveries arrive."""
    found = []
    if row.is_disabled and row.switch is not None:
        found.append(
            Found(
                f"{row.name} is disabled ({visible(row.switch.why)}), and {row.states['pending']:,} deliveries wait: "
                f"`backstay webhooks enable {row.name}`",
                warns=True,
            )
        )
    last = row.last
    if last is not None and last.state in {"pending", "dead"} and last.status not in _ACCEPTED and not row.is_disabled:
        found.append(
            Found(
                f"{row.name} fails: {visible(row.answer)}, and {row.states['pending']:,} deliveries wait: `backstay "
                f"webhooks test {row.name}`",
                warns=True,
            )
        )
    if row.states["dead"]:
        found.append(
            Found(
                f"{row.states['dead']:,} deliveries to {row.name} are dead: `backstay webhooks list` shows them, and "
                "`backstay webhooks replay` sends them again",
                warns=True,
            )
        )
    if not is_configured:
        found.append(Found(f"{row.name} is in the deliveries, and not in these settings"))
    return found or [Found(f"{row.name}: {row.states['pending']:,} deliveries wait")]


async def _process(broker: Broker) -> Found:
    """Return whether a process is in the group, and how far behind it is."""
    group = f"{broker.settings.kafka.group}-{ROLE}"
    try:
        members, committed = await broker.members(group), await broker.committed(group)
    except BrokerUnreachable as error:
        return Found(f"whether a process delivers is not known: {error}", warns=True)
    except KafkaError as error:
        return Found(f"whether a process delivers is not known ({type(error).__name__})", warns=True)
    if not members:
        return Found(f"no process is in the group {group}, so nothing is delivered: {_UNREPORTED}", warns=True)
    behind = await _behind(broker, committed)
    noun = "process delivers" if members == 1 else "processes deliver"
    return Found(f"{members} {noun}, {behind:,} records behind", warns=behind > BEHIND)


async def _behind(broker: Broker, committed: dict[TopicPartition, int]) -> int:
    """Return how many records of the outputs the group has not read yet."""
    names = {broker.topic(topic) for topic in (*READ, AUDIT)}
    positions = {where: offset for where, offset in committed.items() if where.topic in names}
    if not positions:
        return 0
    _, ends = await broker.bounds(list(positions))
    return sum(max(0, ends[where] - offset) for where, offset in positions.items())
