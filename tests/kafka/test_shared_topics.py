"""Several families on one topic, as many companies have it: the same figures as on a topic for each."""

import zlib
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from retention.calendar import instant
from streams.app import build
from streams.broker import Broker
from streams.errors import BadSettings
from streams.home import home_of
from streams.player import Player
from streams.rebuild import rebuild
from streams.settings import Settings
from streams.topics import CHANGELOG, DEAD_LETTERS, INPUTS, TOPICS
from tests.kafka.load import LOAD
from tests.kafka.oracle import Left, left_by, read_all
from tests.kafka.runs import DAYS, START, differing_states, events, settled
from tests.kafka.test_operators import drop, write

pytestmark = pytest.mark.kafka


def on_one_topic(settings: Settings, *families: str) -> Settings:
    """Return settings by which families share one topic."""
    names = dict.fromkeys(families, f"{settings.topics.prefix}events")
    return settings.model_copy(update={"topics": settings.topics.model_copy(update={"names": names})})


def apart(settings: Settings) -> Settings:
    """Return settings of another company on the same broker, with a topic for each family."""
    topics = settings.topics.model_copy(update={"prefix": f"plain-{settings.topics.prefix}", "names": {}})
    kafka = settings.kafka.model_copy(update={"group": f"plain-{settings.kafka.group}"})
    return settings.model_copy(update={"topics": topics, "kafka": kafka})


async def play(settings: Settings, lines: list[bytes], partitioner: Callable[[bytes, int], int] = home_of) -> None:
    """Send a log, and promise after the last line that this is all."""
    broker = Broker(settings)
    producer = broker.producer()
    await producer.start()
    player = Player(broker, producer, await broker.input_widths(), partitioner)
    for line in lines:
        await player.play(line)
    await player.settle()
    await player.promise(instant(START + timedelta(days=DAYS + 35)))
    await producer.stop()


async def worked_off(settings: Settings) -> Counter[tuple[str, str]]:
    """Have a worker apply everything; return the outcomes of the events of each family.

    Whether one that is applied counts as late depends on what stands before it on its topic.
    """
    found: Counter[tuple[str, str]] = Counter()
    async with await build(settings) as worker:
        await worker.until_idle()
        for (family, outcome), number in worker.outcomes().items():
            if outcome not in {"heartbeat", "rekeyed"}:
                found[family, outcome.replace("late", "applied")] += number
    return found


def assert_same_company(left: Left, wanted: Left) -> None:
    """Compare what is held and told."""
    assert differing_states(left, wanted) == {}
    assert left.last_words() == wanted.last_words()
    assert {k: v[:2] for k, v in left.figures.items()} == {k: v[:2] for k, v in wanted.figures.items()}


def elsewhere(key: bytes, width: int) -> int:
    """Return the partition that librdkafka would choose."""
    return zlib.crc32(key) % width


@pytest.mark.timeout(LOAD.patience)
@pytest.mark.parametrize(
    ("families", "partitioner"),
    [
        (("purchases", "logins"), home_of),
        (tuple(topic.name for topic in INPUTS), home_of),
        (tuple(topic.name for topic in INPUTS), elsewhere),
    ],
)
async def test_families_that_share_a_topic_give_the_figures_of_a_topic_for_each(
    settings: Settings, families: tuple[str, ...], partitioner: Callable[[bytes, int], int]
) -> None:
    lines, shared, plain = events(seed=41, customers=60), on_one_topic(settings, *families), apart(settings)
    broker = Broker(shared)
    assert len(await broker.create_topics()) == len(TOPICS) + 1 - len(families)
    await Broker(plain).create_topics()
    await play(shared, lines, partitioner)
    await play(plain, lines, partitioner)

    told, wanted = await worked_off(shared), await worked_off(plain)

    assert told == wanted
    assert {topic for topic, _ in told} >= {"logins", "purchases", "subscriptions"}
    left = await left_by(shared)
    assert_same_company(left, await left_by(plain))
    assert not any(left.behind.values())
    await drop(broker, CHANGELOG)
    assert await rebuild(Broker(shared)) == len(left.states)
    assert differing_states(await left_by(shared), left) == {}
    await settled(shared)
    assert_same_company(await left_by(shared), left)


@pytest.mark.timeout(120)
async def test_what_is_of_no_family_of_a_shared_topic_is_a_dead_letter(settings: Settings) -> None:
    shared = on_one_topic(settings, "purchases", "logins")
    broker = Broker(shared)
    await broker.create_topics()
    event = b'{"event_id":"1","customer_id":"c-1","occurred_at":"2025-03-01T00:00:00Z","type":"%s"}'
    kinds = (b"ticket.opened", b"rate.published", b"purchase.completed")
    logins = next(topic for topic in INPUTS if topic.name == "logins")
    where = home_of(b"c-1", 4)

    await write(shared, logins, [{"value": event % kind, "key": b"c-1", "partition": where} for kind in kinds])
    outcomes = await worked_off(shared)

    letters = [dict(letter.headers) for letter in await read_all(broker, DEAD_LETTERS)]
    reasons = [letter["x-dead-letter-reason"] for letter in letters]
    assert reasons == [b"unknown_type", b"unknown_type", b"contract"]
    assert {letter["x-dead-letter-topic"] for letter in letters} == {broker.topic(logins).encode()}
    assert outcomes == {("logins", "rejected"): 2, ("purchases", "rejected"): 1}


async def test_what_workers_write_has_topics_of_its_own(settings: Settings) -> None:
    with pytest.raises(BadSettings, match="dead-letters is to be written to"):
        Broker(on_one_topic(settings, "logins", "dead-letters"))
