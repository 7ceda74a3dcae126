"""Opens what a broker is used by, and asks it: the only module that makes consumers, producers and admin clients.

Rule: a consumer reads committed records only, starts at the earliest, and commits nothing by itself; a producer waits
for all replicas. Settings of the connection stand here, and so no other module can forget one of them.

    read(topic, 0, start=3)      offsets   0   1   2   3   4   5   6 ── end, taken from the fetch
                                                       └───────────┘    then it stops: no partition is followed

Topics are called here by what they are, and on the broker by `topics.prefix`, `topics.names` and `sources.*.topic`:
`topic` translates, and nothing else builds a name.

Reason for what looks odd: Apache Kafka and the embedded broker differ. The embedded one has no transactions, closes the
connection when it is asked about groups, answers ListOffsets with the start of a batch, and counts generations from 0;
a client of aiokafka that a cancelled start leaves half open keeps its tasks (findings/ shows some of them). What a user
can do something about is raised as `BrokerUnreachable`, `TopicsUnfit` or `BadSettings`, each with the remedy.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    KafkaConnectionError,
    KafkaError,
    NotCoordinatorForGroupError,
    TopicAlreadyExistsError,
    for_code,
)
from aiokafka.structs import ConsumerRecord

from agents.foreign import topic_of
from sources.base import Options, Source
from streams import records
from streams.errors import REFUSALS, BadSettings, BrokerUnreachable, TopicsUnfit, explained
from streams.registry import Registry
from streams.settings import Settings
from streams.topic_ids import topic_ids
from streams.topic_names import leads, name_of, require_apart
from streams.topics import CHANGELOG, DELIVERIES, INPUTS, OUTPUTS, PARTIALS, REKEYED, TOPICS, Topic, foreign_topic

T = TypeVar("T")

BATCH_BYTES: Final = 262_144
FETCH_WAIT_MS: Final = 100
"""How long the broker keeps a fetch of a worker open that finds nothing."""
END_WAIT_MS: Final = 5
"""The same for a reader that stops at the end: it is there when a fetch finds nothing, and has nothing to wait for."""

records.install()  # before any consumer is made: one reads either way, not both


class Broker:
    """Opens consumers, producers and the admin client of one Kafka."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.servers = settings.kafka.bootstrap_servers
        self._security = _security(settings)
        self.registry = Registry(settings.registry)
        by_source = settings.sources.topics()
        require_apart(settings.topics, by_source)
        self.foreign = {topic_of(source): name for source, name in by_source.items()}
        """The topics of sources on this broker, by the names that workers know them by."""
        self.leads = leads(settings.topics) | {name: name for name in self.foreign}
        """The first of the families that share a topic, by the name of each family; a source's topic is its own."""
        others = tuple(map(foreign_topic, self.foreign))
        self.inputs, self.consumed, self.topics = (*INPUTS, *others), (*INPUTS, *others, REKEYED), (*TOPICS, *others)

    def _client_id(self, role: str) -> str:
        """Return the client id that the broker's logs, quotas and metrics show."""
        return f"backstay-{self.settings.kafka.group}-{role}"

    def consumer(self, role: str = "reader", **options: Any) -> AIOKafkaConsumer:  # noqa: ANN401 - aiokafka's own options
        """Return a consumer of committed records only, which starts at the earliest unless told otherwise."""
        defaults = {
            "bootstrap_servers": self.servers,
            "client_id": self._client_id(role),
            "isolation_level": "read_committed",
            "auto_offset_reset": "earliest",
            "enable_auto_commit": False,
            "fetch_max_wait_ms": FETCH_WAIT_MS,
        }
        return AIOKafkaConsumer(**(defaults | self._security | options))

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[AIOKafkaConsumer]:
        """Open a consumer without a group, and close it in any case.

        A restore that another rebalance cancels may be closing it already: a half closed client keeps running tasks,
        and its connections, for as long as the process lives.
        """
        reader = self.consumer(fetch_max_wait_ms=END_WAIT_MS)
        try:
            await reader.start()
            yield reader
        finally:
            await asyncio.shield(reader.stop())

    def producer(self, role: str = "writer", **options: Any) -> AIOKafkaProducer:  # noqa: ANN401 - aiokafka's own options
        """Return a producer that waits for all replicas, with batches of a size that Kafka's defaults accept."""
        defaults = {
            "bootstrap_servers": self.servers,
            "client_id": self._client_id(role),
            "acks": "all",
            "max_batch_size": BATCH_BYTES,
        }
        return AIOKafkaProducer(**(defaults | self._security | options))

    async def admin(self) -> AIOKafkaAdminClient:
        """Open an admin client; raise `BrokerUnreachable` if no broker answers."""
        client = AIOKafkaAdminClient(
            bootstrap_servers=self.servers,
            client_id=self._client_id("admin"),
            request_timeout_ms=15_000,
            **self._security,
        )
        try:
            await client.start()
        except (KafkaConnectionError, OSError) as error:
            kafka = self.settings.kafka
            hints = [f"no Kafka broker answers at {self.servers}: start one, or set kafka.bootstrap_servers"]
            if kafka.security != "plaintext":
                hints.append(f"check that the listener at this address uses kafka.security = {kafka.security!r}")
            if kafka.username:
                hints.append("check kafka.username and password, too")
            raise BrokerUnreachable("; ".join(hints)) from error
        return client

    async def has_transactions(self, role: str = "probe") -> bool:
        """Return whether the broker supports transactions. The embedded one does not.

        A command that may use no transactional id but its own names its `role`.
        """
        probe = self.producer(role, transactional_id=f"{self.settings.kafka.group}-{role}")
        noise = logging.getLogger("aiokafka.producer.sender")
        level, noise.level = noise.level, logging.CRITICAL  # "not supported" is an answer here, not an error
        try:
            await probe.start()
        except (KafkaConnectionError, *REFUSALS) as error:
            raise explained(error, self.servers) from error  # an unreachable broker may support them
        except KafkaError:
            return False
        finally:
            noise.level = level
            await probe.stop()
        return True

    def topic(self, topic: Topic) -> str:
        """Return the name of a topic on this broker."""
        return self.foreign.get(topic.name) or name_of(topic, self.settings.topics)

    def topic_named(self, name: str) -> str:
        """Return the name of a family's topic on this broker."""
        return self.topic(next(topic for topic in self.topics if topic.name == name))

    def sources(self) -> list[tuple[Source, Options]]:
        """Return the sources that have a topic, each with its options."""
        readers = self.settings.readers(self.registry.schemas)
        return [found for name, found in readers.items() if topic_of(name) in self.foreign]

    async def prepare(
        self, topic: str, records: Sequence[ConsumerRecord], goes_on: Callable[[], bool] = lambda: True
    ) -> bool:
        """Fetch what is needed to read records of a source's topic; return False if that was given up."""
        if topic not in self.foreign.values():
            return True
        return await self.registry.prepare(records, goes_on=goes_on)

    def families_of_sources(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield the sources that have a topic, each with the families that its records are of."""
        for source, options in self.sources():
            yield source.name, source.families(options) if source.families is not None else frozenset()

    async def create_topics(self) -> list[str]:
        """Create the missing topics; return their names."""
        admin = await self.admin()
        try:
            there = set(await admin.list_topics())
            missing = {self.topic(topic): topic for topic in reversed(self.topics) if self.topic(topic) not in there}
            for topic in missing.values():
                await self._create(admin, topic, self.settings.topics.partitions if topic.of_customers else 1)
            while not missing.keys() <= set(await admin.list_topics()):
                await asyncio.sleep(0.05)  # brokers learn of new topics one after the other
        finally:
            await admin.close()
        return list(reversed(missing))

    async def recreate(self, topic: Topic, width: int) -> None:
        """Empty a topic that only Backstay uses: delete it, and create it with the same settings."""
        admin = await self.admin()
        name = self.topic(topic)
        try:
            if name in await admin.list_topics():
                await admin.delete_topics([name])
            while name in await admin.list_topics():
                await asyncio.sleep(0.05)
            await self._create(admin, topic, width)
            while name not in await admin.list_topics():
                await asyncio.sleep(0.05)
        finally:
            await admin.close()

    async def groups(self) -> list[str]:
        """Return the names of all groups of the broker."""

        async def ask(admin: AIOKafkaAdminClient) -> list[str]:
            return [name for name, *_ in await admin.list_consumer_groups()]

        return await self._of_group(ask)

    async def members(self, group: str) -> int:
        """Return the number of members that a group has now."""

        async def ask(admin: AIOKafkaAdminClient) -> int:
            found = [one for answer in await admin.describe_consumer_groups([group]) for one in answer.groups]
            for one in found:
                if one[0]:
                    raise for_code(one[0])  # an unknown number is not zero
            return sum(len(one[5]) for one in found)

        return await self._of_group(ask)

    async def committed(self, group: str) -> dict[TopicPartition, int]:
        """Return the committed offsets of a group, for the partitions that have one."""
        offsets = await self._of_group(lambda admin: admin.list_consumer_group_offsets(group))
        return {where: found.offset for where, found in offsets.items() if found.offset >= 0}

    async def _of_group(self, ask: Callable[[AIOKafkaAdminClient], Awaitable[T]]) -> T:
        """Ask the coordinator of a group; raise `BrokerUnreachable` where the broker closes the connection instead.

        For some seconds after its start a broker has no coordinator. The embedded one does not know some questions.
        """
        until = asyncio.get_running_loop().time() + self.settings.kafka.patience
        admin = await self.admin()
        try:
            while True:
                try:
                    return await ask(admin)
                except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError):
                    if asyncio.get_running_loop().time() > until:
                        raise
                    await asyncio.sleep(0.1)
        except (KafkaConnectionError, OSError) as error:
            raise BrokerUnreachable(
                f"the broker at {self.servers} closed the connection when it was asked about consumer groups. The "
                "embedded broker of `backstay demo` does so: it cannot tell; a Kafka broker can, unless "
                "it has just stopped"
            ) from error
        finally:
            await admin.close()

    async def _create(self, admin: AIOKafkaAdminClient, topic: Topic, width: int) -> None:
        """Create a topic; raise `TopicsUnfit` if the broker refuses. The client raises nothing then."""
        new = NewTopic(self.topic(topic), width, self.settings.topics.replication, topic_configs=dict(topic.config))
        answer = await admin.create_topics([new])
        for name, code, *said in answer.topic_errors:
            if code and code != TopicAlreadyExistsError.errno:  # then another worker was faster
                reason = next(filter(None, said), None) or for_code(code).description
                raise TopicsUnfit(f"the broker at {self.servers} did not create the topic {name}: {reason}")

    async def partitions(self) -> int:
        """Return the number of partition numbers that customers are spread over; raise `TopicsUnfit` if topics differ.

        Input topics may have more partitions or fewer; our own topics have one for each number.
        """
        widths = await self.widths()
        missing = [name for name, width in widths.items() if not width and name != self.topic(DELIVERIES)]
        if missing:
            raise TopicsUnfit(
                f"topics are missing: {', '.join(missing)}; run `backstay topics create`; or, if they are there and "
                "this user may not see them, grant what `backstay topics acl` prints"
            )
        of_customers = {self.topic(t): widths[self.topic(t)] for t in (*OUTPUTS, REKEYED, CHANGELOG) if t.of_customers}
        if len(set(of_customers.values())) != 1:
            listed = ", ".join(f"{name} has {width}" for name, width in of_customers.items())
            raise TopicsUnfit(f"customer topics that workers write need the same number of partitions: {listed}")
        if widths[self.topic(PARTIALS)] != 1:
            raise TopicsUnfit(f"{self.topic(PARTIALS)} needs exactly one partition: the figures are added up there")
        return of_customers[self.topic(CHANGELOG)]

    async def input_widths(self) -> dict[str, int]:
        """Return the number of partitions of every input topic of customers, by the name of its family."""
        widths = await self.widths()
        return {topic.name: widths[self.topic(topic)] for topic in self.consumed}

    async def widths(self) -> dict[str, int]:
        """Return the number of partitions of every topic; 0 for a missing one."""
        admin = await self.admin()
        try:
            there = set(await admin.list_topics())
            names = list(dict.fromkeys(self.topic(topic) for topic in self.topics))
            known = [name for name in names if name in there]
            described = await admin.describe_topics(known) if known else []
        finally:
            await admin.close()
        found = {topic["topic"]: len(topic["partitions"]) for topic in described}
        return {name: found.get(name, 0) for name in names}

    async def all_topics(self) -> list[str]:
        """Return the names of all topics that this user may see, whosever they are."""
        admin = await self.admin()
        try:
            return sorted(await admin.list_topics())
        finally:
            await admin.close()

    async def width(self, topic: str) -> int:
        """Return the number of partitions of any topic; 0 if this user may not see them."""
        admin = await self.admin()
        try:
            described = await admin.describe_topics([topic])
        finally:
            await admin.close()
        return sum(len(one["partitions"]) for one in described)

    async def topic_ids(self, names: Collection[str]) -> dict[str, str]:
        """Return the ids of topics, if the broker has ids: a topic that was deleted and created again has a new one."""
        admin = await self.admin()
        try:
            return await topic_ids(admin, names)
        finally:
            await admin.close()

    async def configs(self, names: list[str]) -> dict[str, dict[str, str]]:
        """Return the settings of topics, as far as this user may read them."""
        admin = await self.admin()
        try:
            answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
        finally:
            await admin.close()
        found = [one for answer in answers for one in answer.resources]
        return {one[3]: {entry[0]: entry[1] or "" for entry in one[4]} for one in found if not one[0]}

    async def bounds(self, where: list[TopicPartition]) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
        """Return the first and the end offsets of partitions, of committed records."""
        async with self._asking(where) as reader:
            return await reader.beginning_offsets(where), await reader.end_offsets(where)

    async def bounds_by_fetch(
        self, where: list[TopicPartition]
    ) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
        """Return the first and the end offsets of partitions, the ends as a fetch says them.

        They are exact on the embedded broker, too. It takes the right to read; `bounds` does not. Raise
        `BrokerUnreachable` if a partition does not answer for `kafka.patience`, as that of a topic that was deleted.
        """
        now, patience = asyncio.get_running_loop().time, self.settings.kafka.patience
        async with self.reader() as reader:
            reader.assign(where)
            begins: dict[TopicPartition, int] = await reader.beginning_offsets(where)
            for place, end in (await reader.end_offsets(where)).items():
                reader.seek(place, end)
            until = now() + patience
            while silent := [place for place in where if end_of(reader, place) is None]:
                if now() > until:
                    raise BrokerUnreachable(
                        f"the broker at {self.servers} answers, but not for {_places(silent)} within {patience:g} s: "
                        "see that the topic is still there, and that each partition has a leader"
                    )
                await reader.getmany(timeout_ms=FETCH_WAIT_MS * 2)
            return begins, {place: end_of(reader, place) or 0 for place in where}

    async def end(self, topic: str, partition: int) -> int:
        """Return the end offset of a partition, of committed records."""
        where = TopicPartition(topic, partition)
        async with self._asking([where]) as reader:
            ends: dict[TopicPartition, int] = await reader.end_offsets([where])
            return ends[where]

    @asynccontextmanager
    async def _asking(self, where: list[TopicPartition]) -> AsyncIterator[AIOKafkaConsumer]:
        """Open a reader that is asked about partitions, and fetches nothing of them.

        It is assigned them all the same: of topics that it does not know the client learns one at a time, and waits 100
        ms after each, which was 1.5 s of a worker's restart.
        """
        async with self.reader() as reader:
            reader.assign(where)
            reader.pause(*where)
            yield reader

    async def read(
        self, topic: str, partition: int, until: int | None = None, *, start: int = 0
    ) -> AsyncGenerator[list[ConsumerRecord], None]:
        """Read a partition from its beginning or an offset, up to its present end or an earlier offset.

        The end is taken from the first fetch, and stays there however fast others write: the embedded broker answers
        ListOffsets with the start of a batch. It waits for as long as the partition does not answer, since a restore
        goes on when the broker is back; `topic_sample.py`, which cannot wait, sets a time.
        """
        where = TopicPartition(topic, partition)
        async with self.reader() as reader:
            reader.assign([where])
            position = max(start, (await reader.beginning_offsets([where]))[where])
            reader.seek(where, position)  # explicit: a pending reset would silently skip everything
            end = until
            while end is None or position < end:
                found = (await reader.getmany(timeout_ms=2 * END_WAIT_MS, max_records=4_000)).get(where, [])
                if found:
                    yield found
                known = reader.highwater(where)
                if known is not None:
                    end = known if end is None else min(end, known)
                position = await reader.position(where)

    async def newest(self, topic: str, partition: int, most: int) -> list[ConsumerRecord]:
        """Return the records at the last `most` offsets of a partition, or a few more."""
        start = max(0, await self.end(topic, partition) - most)
        return [record async for records in self.read(topic, partition, start=start) for record in records]


def _security(settings: Settings) -> dict[str, Any]:
    kafka = settings.kafka
    if kafka.security == "plaintext":
        if kafka.username or kafka.password:
            raise BadSettings("kafka.username and kafka.password need kafka.security = 'sasl_ssl': never in clear text")
        return {}
    context = ssl.create_default_context(cafile=str(kafka.ca_file) if kafka.ca_file else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if kafka.cert_file is not None:
        context.load_cert_chain(str(kafka.cert_file), str(kafka.key_file) if kafka.key_file else None)
    if kafka.security == "ssl":
        return {"security_protocol": "SSL", "ssl_context": context}
    if not kafka.username or kafka.password is None:
        raise BadSettings("kafka.security = 'sasl_ssl' needs kafka.username and kafka.password")
    return {
        "security_protocol": "SASL_SSL",
        "ssl_context": context,
        "sasl_mechanism": kafka.sasl_mechanism,
        "sasl_plain_username": kafka.username,
        "sasl_plain_password": kafka.password.get_secret_value(),
    }


def _places(found: Sequence[TopicPartition]) -> str:
    """Return partitions in words.

    >>> _places([TopicPartition("shop", 0), TopicPartition("shop", 2)])
    'shop/0, shop/2'
    """
    return ", ".join(f"{one.topic}/{one.partition}" for one in found)


def end_of(consumer: AIOKafkaConsumer, place: TopicPartition) -> int | None:
    """Return the end of the committed records of a partition; None before its first fetch."""
    stable, high = consumer.last_stable_offset(place), consumer.highwater(place)
    found: int | None = high if stable is None or stable < 0 else stable
    return found


async def left(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer, and have it leave its group at once.

    aiokafka sends no LeaveGroup in generation 0. Apache Kafka counts from 1, but the embedded broker from 0: there the
    next process would wait until the session of one that is gone has ended. The request does not name the generation.
    """
    coordinator = consumer._coordinator  # noqa: SLF001 - nothing public leaves a group
    if getattr(coordinator, "generation", None) == 0:
        coordinator.generation = 1
    await consumer.stop()
