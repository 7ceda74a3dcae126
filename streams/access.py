"""The ACLs that a worker, an operator and a console need, and no others: for a broker that denies all else."""

from collections.abc import Iterable, Iterator
from typing import Final

from streams.broker import Broker
from streams.letters.done import ROLE
from streams.topics import (
    ACTIONS,
    AUDIT,
    CHANGELOG,
    DEAD_LETTERS,
    DELIVERIES,
    HEALTH,
    INPUTS,
    OUTCOMES,
    OUTPUTS,
    PARTIALS,
    PRIVACY,
    REKEYED,
    SIGNALS,
    UPDATES,
    Topic,
)
from streams.webhooks.unit import ROLE as WEBHOOKS

_WRITES: Final = tuple(topic for topic in OUTPUTS if topic is not UPDATES)
_READS_AND_WRITES: Final = (REKEYED, CHANGELOG, PARTIALS, UPDATES)


def acls(broker: Broker, principal: str) -> Iterator[list[str]]:
    """Yield the arguments of one `kafka-acls.sh` command at a time. No ACL allows to create, alter or delete."""
    group = broker.settings.kafka.group
    yield _of_topics(broker, principal, ("Read", "Describe"), broker.inputs)
    yield _of_topics(broker, principal, ("Write", "Describe"), _WRITES)
    yield _of_topics(broker, principal, ("Read", "Write", "Describe"), _READS_AND_WRITES)
    yield [*_allow(principal, ("Read",)), "--group", group, "--group", f"{group}-figures"]
    prefixed = ["--resource-pattern-type", "prefixed", "--transactional-id", f"{group}-"]
    yield [*_allow(principal, ("Write", "Describe")), *prefixed]


def operator_acls(broker: Broker, principal: str) -> Iterator[list[str]]:
    """Yield the ACLs of operators, who use `backstay dead-letters`: they read topics of sources, but no other input.

    Nor do they read any state.
    """
    yield _of_topics(broker, principal, ("Read", "Describe"), (DEAD_LETTERS,))
    yield _of_topics(broker, principal, ("Read", "Write", "Describe"), (AUDIT,))
    yield _of_topics(broker, principal, ("Write", "Describe"), INPUTS)
    others = [topic for topic in broker.inputs if topic.name in broker.foreign]
    if others:
        yield _of_topics(broker, principal, ("Read", "Write", "Describe"), others)
    ident = f"{broker.settings.kafka.group}-{ROLE}"
    yield [*_allow(principal, ("Write", "Describe")), "--transactional-id", ident]


def console_acls(broker: Broker, principal: str) -> Iterator[list[str]]:
    """Yield the ACLs of `backstay console`: it reads outputs; it writes who looked, outcomes and erasure requests.

    It is in no group, and writes without transactions. How far workers are it reads from the end of their changelog,
    and from the ends of what they read: without these rights *Pipeline* says that it does not know.
    """
    yield _of_topics(broker, principal, ("Read", "Describe"), (topic for topic in OUTPUTS if topic is not AUDIT))
    yield _of_topics(broker, principal, ("Read", "Describe"), (CHANGELOG,))
    yield _of_topics(broker, principal, ("Describe",), broker.consumed)
    yield _of_topics(broker, principal, ("Read", "Write", "Describe"), (AUDIT,))
    yield _of_topics(broker, principal, ("Write", "Describe"), (PRIVACY, OUTCOMES))


def webhooks_acls(broker: Broker, principal: str) -> Iterator[list[str]]:
    """Yield the ACLs of `backstay webhooks`: it reads outputs and receipts, and writes nothing but its own topic."""
    group = f"{broker.settings.kafka.group}-{WEBHOOKS}"
    yield _of_topics(broker, principal, ("Read", "Describe"), (SIGNALS, HEALTH, ACTIONS, UPDATES, AUDIT))
    yield _of_topics(broker, principal, ("Read", "Write", "Describe"), (DELIVERIES,))
    yield [*_allow(principal, ("Read",)), "--group", group]
    prefixed = ["--resource-pattern-type", "prefixed", "--transactional-id", f"{group}-"]
    yield [*_allow(principal, ("Write", "Describe")), *prefixed]


def _of_topics(broker: Broker, principal: str, operations: tuple[str, ...], topics: Iterable[Topic]) -> list[str]:
    named = dict.fromkeys(broker.topic(topic) for topic in topics)  # inputs may share one
    return [*_allow(principal, operations), *(argument for name in named for argument in ("--topic", name))]


def _allow(principal: str, operations: tuple[str, ...]) -> list[str]:
    wanted = [argument for operation in operations for argument in ("--operation", operation)]
    return ["--add", "--allow-principal", principal, *wanted]
