"""Checks a sample of a topic: each record is judged by the agent that a worker would read it with.

    settings say     it is sources.stripe.topic   ─►  the source with its options, envelope and registry
                     it is one of our families    ─►  the contracts of the families that are on it
                     nothing of it                ─►  any family, then the sources that know it: which lines name it
    --source says    another source               ─►  that source

Rule: nothing is sent, stored or committed. A topic that workers write is refused: no setting has one read it.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from agents.foreign import Translating, topic_of
from agents.reading import Reading
from schemas.families import TOPIC_OF
from sources.mapping.options import MappingOptions
from streams.broker import Broker
from streams.clock import now_of
from streams.errors import REFUSALS, BadSettings, BrokerUnreachable, NotAllowed, TopicsUnfit, explained
from streams.foreign_logs import LogReader
from streams.likely import OWN
from streams.log_check import Check
from streams.looked import Looked
from streams.readers import readings_of
from streams.records import LogRecord
from streams.setting_names import unknown
from streams.topic_sample import sampled
from streams.topics import DEAD_LETTERS, DELIVERIES, INPUTS, INTERNAL, OUTPUTS, Topic

_SHOWN: Final = 20
"""Topics of a broker that are listed for a name that none has."""


class Read(NamedTuple):
    """Names what reads a topic: the agent of a worker, and its source; without an agent no setting names it."""

    reading: Reading | None
    reader: LogReader | None
    is_named: bool


async def check_topic(
    broker: Broker, name: str, source: str | None, most: int, *, newest: bool
) -> tuple[Looked, LogReader | None]:
    """Check records of a topic, at most so many, or all for 0; return what was found, and the source that read them."""
    topic = ""
    try:
        topic, width = await _placed(broker, name)
        how = reading_of(broker, topic, source)
        check = Check(broker.settings, how.reader, now_of(broker.settings), topic=topic)
        async for records in sampled(broker, topic, width, most, newest=newest):
            await _prepare(broker, topic, records, how)
            for record in records:
                check.take_record(record, how.reading)
    except REFUSALS as error:
        raise _not_allowed(broker, topic or name, error) from error
    except KafkaError as error:
        raise explained(error, broker.servers, "this check") from error
    found = check.end()
    if not found.records:
        found.hints.append(_empty(topic, width))
    elif found.records == most:
        which, others = ("newest", "leave --newest out for the oldest") if newest else ("oldest", "--newest for others")
        found.hints.append(f"that was a sample, the {which} of all partitions: {others}, --sample 0 reads all of them")
    if not how.is_named:
        _note_settings(found, broker, how, unread=source is None)
    return found, how.reader


async def _placed(broker: Broker, name: str) -> tuple[str, int]:
    """Return a topic as the broker calls it, and its number of partitions; raise `TopicsUnfit` if there is none."""
    there = await broker.all_topics()
    ours = {topic.name: broker.topic(topic) for topic in broker.topics}
    topic = name if name in there else ours.get(name, name)
    if topic not in there:
        fit = [one for one in there if one not in _written(broker) and not one.startswith("__")]
        near, are, _ = unknown("topic", topic, fit).partition(" There are ")
        some = f"{are}{', '.join(fit[:_SHOWN])}" + (", …" if len(fit) > _SHOWN else ".") if fit else "."
        raise TopicsUnfit(
            f"on the broker at {broker.servers} {near}{some} One that this user may not see looks the same: then grant "
            "Describe and Read on it"
        )
    return topic, await broker.width(topic)


def reading_of(broker: Broker, topic: str, source: str | None) -> Read:
    """Return how a topic is read by these settings, or by a source; raise `BadSettings` for one that workers write."""
    readings = readings_of(broker)
    sources = broker.settings.readers(broker.registry.schemas)
    named = next((one for family, one in readings.items() if broker.topic_named(family) == topic), None)
    written = _written(broker).get(topic)
    if written is not None:
        more = "; `backstay dead-letters list` shows what is in it" if written is DEAD_LETTERS else ""
        raise BadSettings(
            f"--topic {topic}: it is the topic {written.name} of Backstay itself, which workers write{more}. Name a "
            "topic that they are to read"
        )
    if source is None and isinstance(named, Translating):
        return Read(named, LogReader(*sources[named.name]), is_named=True)
    if source is None:
        return Read(named, None, is_named=named is not None)
    is_named = broker.foreign.get(topic_of(source)) == topic
    reader = LogReader(*sources[source])
    ours = {family: one for family, one in readings.items() if not isinstance(one, Translating)}
    return Read(Translating(reader.source, reader.options, ours), reader, is_named)


def _written(broker: Broker) -> dict[str, Topic]:
    """Return the topics that workers write, by what the broker calls them: nothing reads these as a source does."""
    return {broker.topic(one): one for one in (*OUTPUTS, *INTERNAL, DELIVERIES)}


async def _prepare(broker: Broker, topic: str, records: Sequence[LogRecord], how: Read) -> None:
    """Fetch the schemas of records; raise `BrokerUnreachable` if the registry does not answer in time."""
    now = asyncio.get_running_loop().time
    until = now() + broker.settings.kafka.patience
    if how.reader is not None and not await broker.registry.prepare(records, goes_on=lambda: now() < until):
        raise BrokerUnreachable(
            f"the registry at {broker.settings.registry.url} does not answer, and the records of {topic} cannot be "
            "read without it: see registry.url, and run this again"
        )


def _not_allowed(broker: Broker, topic: str, error: KafkaError) -> BaseException:
    """Return which right is missing; a login that is refused has an explanation of its own."""
    if not isinstance(error, TopicAuthorizationFailedError):
        return explained(error, broker.servers)
    return NotAllowed(
        f"the broker at {broker.servers} does not let this user read {topic}: grant Read and Describe on that topic, "
        f"as by kafka-acls.sh --add --allow-principal User:NAME --operation Read --operation Describe --topic {topic}. "
        "No right on a group is needed"
    )


def _empty(topic: str, width: int) -> str:
    partitions = "1 partition" if width == 1 else f"{width:,} partitions"
    return (
        f"the topic {topic} has no records in its {partitions}: send some first. If there were some, its retention is "
        "over (retention.ms), or their transaction is not committed"
    )


def _note_settings(found: Looked, broker: Broker, how: Read, *, unread: bool) -> None:
    """Note by which settings a worker would read a topic that none names."""
    topic = found.topic
    own = next((one.name for one in INPUTS if broker.topic(one) == topic), None)
    if own is not None and how.reader is not None:
        found.hints.append(
            f"workers read the topic {topic} as Backstay's own events ({own}), and no source can have it: leave "
            f"--source out. Have records of {how.reader.source.name} sent to a topic of their own"
        )
        return
    found.unnamed = unread
    name = how.reader.source.name if how.reader is not None and not found.likely else found.likely
    families = dict.fromkeys(TOPIC_OF[row.becomes] for row in found.rows if row.becomes in TOPIC_OF)
    if found.is_mixed:  # it is said already what to do: as it is, nothing reads all of it
        return
    if found.first_rule:
        found.first_rule = _with_topic(found.first_rule, topic)
    elif name and name != OWN:
        found.settings = [f"[sources.{name.partition('.')[0]}]", f'topic = "{topic}"' + _in_place_of(broker, name)]
        if name == "mapping" and how.reader is not None and _has_rules(how.reader):
            found.settings.append("# and the rules that read it here")
    elif families:
        found.settings = ["[topics.names]", *(f'{family} = "{topic}"' for family in families)]
    elif found.records:
        found.hints.append(
            f"no setting names the topic {topic}, and its records are of no system that is known: "
            "docs/sources/README.md lists the sources, docs/sources/mapping.md says how to read records of your own"
        )


def _has_rules(reader: LogReader) -> bool:
    return isinstance(reader.options, MappingOptions) and bool(reader.options.events)


def _in_place_of(broker: Broker, source: str) -> str:
    """Return a remark on the topic that a source has already: it reads one."""
    other = broker.foreign.get(topic_of(source))
    return f'   # in place of "{other}"' if other is not None else ""


def _with_topic(rule: list[str], topic: str) -> list[str]:
    """Return the settings of a mapping with its topic.

    >>> _with_topic(["[[sources.mapping.events]]", 'type = "?"'], "shop")[:2]
    ['[sources.mapping]', 'topic = "shop"']
    """
    section, named = "[sources.mapping]", f'topic = "{topic}"'
    if section in rule:
        place = rule.index(section) + 1
        return [*rule[:place], named, *rule[place:]]
    place = rule.index("[[sources.mapping.events]]") if "[[sources.mapping.events]]" in rule else 0
    return [*rule[:place], section, named, "", *rule[place:]]
