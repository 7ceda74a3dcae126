"""The ACLs that a worker needs, and no others, for a broker that denies what is not granted."""

from collections.abc import Iterator
from typing import Final

from streams.broker import Broker
from streams.topics import CHANGELOG, OUTPUTS, PARTIALS, REKEYED, UPDATES

_WRITES: Final = tuple(topic for topic in OUTPUTS if topic is not UPDATES)
_READS_AND_WRITES: Final = (REKEYED, CHANGELOG, PARTIALS, UPDATES)


def acls(broker: Broker, principal: str) -> Iterator[list[str]]:
    """Yield the arguments of one `kafka-acls.sh` command at a time. No ACL allows to create, alter or delete."""
    group = broker.settings.kafka.group
    for operations, topics in (
        (("Read", "Describe"), broker.inputs),
        (("Write", "Describe"), _WRITES),
        (("Read", "Write", "Describe"), _READS_AND_WRITES),
    ):
        written = dict.fromkeys(broker.topic(topic) for topic in topics)  # inputs may share one
        names = [argument for name in written for argument in ("--topic", name)]
        yield [*_allow(principal, operations), *names]
    yield [*_allow(principal, ("Read",)), "--group", group, "--group", f"{group}-figures"]
    prefixed = ["--resource-pattern-type", "prefixed", "--transactional-id", f"{group}-"]
    yield [*_allow(principal, ("Write", "Describe")), *prefixed]


def _allow(principal: str, operations: tuple[str, ...]) -> list[str]:
    wanted = [argument for operation in operations for argument in ("--operation", operation)]
    return ["--add", "--allow-principal", principal, *wanted]
