"""A topic that the broker refuses to create ends a command with the broker's reason: the client raises nothing then."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.broker import Broker
from streams.errors import TopicsUnfit
from streams.rebuild import rebuild
from streams.settings import Settings
from streams.topics import CHANGELOG, TOPICS

POLICY_VIOLATION = 44


class Refusing:
    """Answers for a broker that has some topics, and refuses to create any other."""

    def __init__(self, names: set[str], reason: str) -> None:
        self.names, self.reason = names, reason

    async def list_topics(self) -> list[str]:
        return sorted(self.names)

    async def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        return [{"topic": name, "partitions": [{}]} for name in names]

    async def delete_topics(self, names: list[str]) -> None:
        self.names -= set(names)

    async def create_topics(self, new: list[NewTopic]) -> Any:
        return SimpleNamespace(topic_errors=[(one.name, POLICY_VIOLATION, self.reason) for one in new])

    async def close(self) -> None:
        """Close nothing."""


class Guarded(Broker):
    """A broker whose admin client is the refusing one."""

    def __init__(self, missing: str, reason: str) -> None:
        super().__init__(Settings())
        self.client = Refusing({self.topic(topic) for topic in TOPICS} - {missing}, reason)

    async def admin(self) -> AIOKafkaAdminClient:
        return cast("AIOKafkaAdminClient", self.client)


COMMANDS: dict[str, tuple[str, Callable[[Broker], Awaitable[object]]]] = {
    "topics create": ("customers-changelog", Broker.create_topics),
    "rebuild, of a changelog that is gone": ("customers-changelog", rebuild),
    "rebuild, of one that is there": ("", lambda broker: broker.recreate(CHANGELOG, 1)),
}
"""For each: the topic that is missing, and what a command does."""


@pytest.mark.parametrize(("reason", "said"), [("at most 3 partitions", "at most 3 partitions"), ("", "policy")])
@pytest.mark.parametrize("command", COMMANDS)
async def test_a_topic_that_the_broker_refuses_ends_a_command_with_the_reason(
    command: str, reason: str, said: str
) -> None:
    missing, run = COMMANDS[command]
    broker = Guarded(missing, reason)

    with pytest.raises(TopicsUnfit, match=rf"did not create the topic customers-changelog: .*{said}"):
        await asyncio.wait_for(run(broker), 10)
