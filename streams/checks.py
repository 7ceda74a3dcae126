"""The checks of `backstay doctor`: each returns what it found, or raises the error that a worker would end with."""

import os
from collections import Counter
from typing import Final, NamedTuple

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from agents.reading import MAX_AHEAD, Reading
from agents.readings import READINGS
from retention.calendar import Instant
from schemas.decoding import Refused
from schemas.visible import visible
from streams import alone, codecs, gaps, unsettled
from streams.broker import Broker
from streams.clock import latest, now_of
from streams.dead_letters import REASONS
from streams.errors import BrokerUnreachable, StreamError, TopicsUnfit, explained
from streams.examining.console import console
from streams.examining.found import Check, Found
from streams.examining.letters import letters
from streams.examining.rates import rates
from streams.examining.sources import registry, sources
from streams.examining.webhooks import webhooks
from streams.folder import hold
from streams.partition_record import vouch
from streams.rocks import require_rocksdb
from streams.topics import ACTIONS, CHANGELOG, INTERNAL, LONGEST_ACTION_MS, PARTIALS, REKEYED, UPDATES, Topic

SAMPLE: Final = 50
"""The newest records of a partition to look at for those that would become dead letters."""
PARTITIONS: Final = 4
"""Partitions of an input topic to look at."""
LONG_ENOUGH: Final = 3_600_000
"""Shortest allowed retention of the topic `rekeyed`, in milliseconds: the longest restart to expect."""
_DETAILED: Final = frozenset({"contract", "not_json", "too_deep", "future"})
"""Reasons whose detail names the fields that are wrong, and quotes nothing of the record."""
_TELLING: Final = frozenset({"cleanup.policy", "retention.ms", "retention.bytes"})


class Outcome(NamedTuple):
    """The outcome of a check: exit code 0, or that of the error which a worker would end with."""

    name: str
    code: int
    says: str
    warns: bool


async def packages(_: Broker) -> Found:
    """Check that no other project hides one of our packages."""
    alone.check_packages()
    return Found("no other project hides a package of Backstay")


async def compression(_: Broker) -> Found:
    """Check that records of every compression codec can be read."""
    return Found(f"reads {', '.join(codecs.readable())}")


async def state(broker: Broker) -> Found:
    """Check that the folder of states can be opened, as a worker opens it; release it again."""
    folder = broker.settings.state.dir
    if folder is None:
        return Found("in memory, and in the changelog")
    require_rocksdb()
    os.close(hold(folder))
    return Found(f"on disk in {folder}; no other worker uses it, and only this user may read it")


async def clock(broker: Broker) -> Found:
    """Check that event time also passes for customers without events: those are the ones that leave."""
    if broker.settings.time.clock == "wall":
        return Found("the time of this machine passes for silent customers, too")
    return Found(
        'time.clock = "log", which is to play a log: time stands still at the newest event, so nobody is found to be '
        "silent until another event comes. On a broker of yours leave time.clock out",
        warns=True,
    )


async def reachable(broker: Broker) -> Found:
    """Check that a broker answers."""
    admin = await broker.admin()
    await admin.close()
    return Found(f"answers at {broker.servers}")


async def transactions(broker: Broker) -> Found:
    """Check whether the broker supports transactions."""
    has = await broker.has_transactions()
    return Found("exactly once" if has else "not supported: after a crash, outputs may be sent again with the same ids")


async def co_partitioned(broker: Broker) -> Found:
    """Check that every topic exists, with the number of partitions that it needs."""
    numbers = await broker.partitions()
    widths = await broker.input_widths()
    others = [f"{name} has {width}" for name, width in widths.items() if width % numbers]
    sent_home = f"; {', '.join(others)}, so its records are sent home" if others else ""
    return Found(f"complete; customers are spread over {numbers} partitions{sent_home}")


async def retention(broker: Broker) -> Found:
    """Check that records are kept for as long as workers may need them; raise `TopicsUnfit` if not."""
    configs = await _configs(broker, (CHANGELOG, PARTIALS, UPDATES, REKEYED))
    unknown = [name for name, config in configs.items() if not config]
    for topic in (CHANGELOG, PARTIALS, UPDATES):
        policy = configs[topic.name].get("cleanup.policy", "compact")
        if "delete" in policy or "compact" not in policy:
            raise TopicsUnfit(
                f"{broker.topic(topic)} has cleanup.policy = {policy}, so records are deleted by age: set it to "
                "compact, and nothing else"
            )
    kept = int(configs[REKEYED.name].get("retention.ms", -1))
    if 0 <= kept < LONG_ENOUGH:
        raise TopicsUnfit(
            f"{broker.topic(REKEYED)} keeps its records for {kept / 60_000:.0f} min: they are deleted "
            f"before a stopped worker reads them. Set retention.ms to {REKEYED.config['retention.ms']}"
        )
    short = await short_of_actions(broker)
    if short:
        return Found(short, warns=True)
    if unknown:
        return Found(f"unknown for {', '.join(unknown)}: this user may not describe their configuration", warns=True)
    return Found("records that workers may read again are kept")


async def short_of_actions(broker: Broker) -> str:
    """Return what to set if recommendations are deleted while they hold; empty if not, or if that is unknown."""
    kept = int((await _configs(broker, (ACTIONS,)))[ACTIONS.name].get("retention.ms", -1))
    if not 0 <= kept < LONGEST_ACTION_MS:
        return ""
    day = 24 * LONG_ENOUGH
    return (
        f"{broker.topic(ACTIONS)} keeps its records for {kept / day:.3g} days, and a recommendation holds for up to "
        f"{LONGEST_ACTION_MS / day:.3g}: who reads it from the beginning misses some. Set retention.ms to "
        f"{ACTIONS.config['retention.ms']}"
    )


async def _configs(broker: Broker, topics: tuple[Topic, ...]) -> dict[str, dict[str, str]]:
    """Return the settings of topics that matter here, by topic; empty if this user may not read them."""
    admin = await broker.admin()
    try:
        asked = [ConfigResource(ConfigResourceType.TOPIC, broker.topic(topic)) for topic in topics]
        answers = await admin.describe_configs(asked)
    except KafkaError:
        return {topic.name: {} for topic in topics}
    finally:
        await admin.close()
    said = {one[3]: one[4] for answer in answers for one in answer.resources if not one[0]}
    return {
        topic.name: {entry[0]: entry[1] for entry in said.get(broker.topic(topic), ()) if entry[0] in _TELLING}
        for topic in topics
    }


async def groups(broker: Broker) -> Found:
    """Check that no other group keeps its state in the same topics; raise `TopicsUnfit` if one does."""
    own = f"{broker.settings.kafka.group}-figures"
    try:
        names = [name for name in await broker.groups() if name.endswith("-figures") and name != own]
        others = [name for name in names if await _reads(broker, name)]
    except BrokerUnreachable as error:
        return Found(f"not known: {error}", warns=True)
    except KafkaError as error:
        return Found(f"cannot tell whether another group uses these topics ({type(error).__name__})", warns=True)
    if others:
        raise TopicsUnfit(
            f"the groups {', '.join(name.removesuffix('-figures') for name in others)} and "
            f"{broker.settings.kafka.group} write the same topics ({', '.join(map(broker.topic, INTERNAL))}): give "
            "each a topics.prefix of its own; if the other one is gone for good, delete its groups"
        )
    return Found(f"{broker.settings.kafka.group} is the only group that writes its topics")


async def _reads(broker: Broker, group: str) -> bool:
    return any(at.topic == broker.topic(PARTIALS) for at in await broker.committed(group))


async def inputs(broker: Broker) -> Found:
    """Check a sample of the newest records for those that would become dead letters. No content is shown."""
    looked, bad, example = 0, Counter[str](), ""
    widths = await broker.widths()
    newest = latest(now_of(broker.settings))
    for name, readings in _by_topic(broker).items():
        for number in range(min(widths[name], PARTITIONS)):
            for record in await broker.newest(name, number, SAMPLE):
                looked += 1
                refused = _refused(record, readings, newest)
                if refused is not None:
                    bad[f"{refused.reason} on {name}"] += 1
                    example = example or _in_words(refused)
    if not bad:
        return Found(f"{looked} of the newest records can be used" if looked else "no records yet")
    counts = ", ".join(f"{number} {what}" for what, number in sorted(bad.items()))
    return Found(
        f"of {looked} of the newest records these would become dead letters: {counts}; for example: {example}",
        warns=True,
    )


async def positions(broker: Broker) -> Found:
    """Check that the state matches the committed offsets, and that no unread record has been deleted."""
    try:
        stand = await gaps.look(broker)
    except BrokerUnreachable as error:
        return Found(f"not known: {error}", warns=True)
    for number, committed in stand.committed.items():
        vouch(stand.own.get(number), committed, f"{broker.topic(CHANGELOG)}-{number}")
    if stand.all():
        raise gaps.refusal(stand.all())
    if not stand.own:
        return Found("no worker has committed yet")
    waiting = sum(own.without_effect or 0 for own in stand.own.values())
    if waiting:
        return Found(unsettled.warning(waiting), warns=True)
    return Found("every partition continues where it ended; every request to cancel has a known end")


def _by_topic(broker: Broker) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = {}
    for agent in READINGS:
        found.setdefault(broker.topic_named(agent.topic), []).append(agent)
    return found


def _refused(record: ConsumerRecord, readings: list[Reading], newest: Instant) -> Refused | None:
    """Return why the family of a record refuses it; families may share a topic."""
    refusals = []
    for reading in readings:
        try:
            at = reading.event_of(record)[1]
        except Refused as refused:
            refusals.append(refused)
        else:
            ahead = (at - 1) // 1_000 >= record.timestamp + MAX_AHEAD or at > newest
            return Refused("future", "more than 5 minutes ahead: a wrong clock") if ahead else None
    return next((one for one in refusals if one.reason != "unknown_type"), refusals[0])


def _in_words(refused: Refused) -> str:
    detail = f" ({visible(refused.detail)[:200]})" if refused.reason in _DETAILED else ""
    return f"{refused.reason}{detail}: {REASONS[refused.reason]}"


CHECKS: Final = (
    Check("packages", packages),
    Check("codecs", compression),
    Check("state", state),
    Check("clock", clock),
    Check("broker", reachable, others_need=True),
    Check("transactions", transactions, others_need=True),
    Check("topics", co_partitioned, others_need=True),
    Check("retention", retention),
    Check("groups", groups),
    Check("positions", positions),
    Check("inputs", inputs),
    Check("sources", sources),
    Check("registry", registry),
    Check("rates", rates),
    Check("letters", letters),
    Check("webhooks", webhooks),
    Check("console", console),
)
"""The checks, in the order in which a worker would run into them; then what stands beside it."""


async def examined(broker: Broker) -> list[Outcome]:
    """Run the checks; stop after a failure that the others depend on."""
    found: list[Outcome] = []
    for check in CHECKS:
        try:
            says, warns = await check.ask(broker)
        except (StreamError, KafkaError) as failure:
            error = explained(failure, broker.servers)
            if not isinstance(error, StreamError):
                raise
            found.append(Outcome(check.name, error.exit_code, str(error), warns=False))
            if check.others_need:
                break
        else:
            found.append(Outcome(check.name, 0, says, warns))
    return found
