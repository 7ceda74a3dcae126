"""Checks the topics of sources, by a sample of their newest records, and the registry of their schemas."""

from collections import Counter
from typing import Final

from agents.foreign import Translating, topic_of
from retention.calendar import Instant
from schemas.decoding import Refused
from schemas.visible import visible
from streams.broker import Broker
from streams.clock import latest, now_of
from streams.dead_letters import REASONS
from streams.examining.found import Found, joined
from streams.readers import readings_of
from streams.records import LogRecord
from streams.registry import Unreachable

SAMPLE: Final = 50
"""The newest records of a partition to look at."""
PARTITIONS: Final = 4
"""Partitions of a topic to look at."""
_HOUR_MS: Final = 3_600_000
LEAST_KEPT: Final = 24 * _HOUR_MS
"""Shortest retention to expect, in milliseconds: for so long a worker may stand still, and a mapping be wrong."""
_MOST_SAID: Final = 200


async def sources(broker: Broker) -> Found:
    """Check each topic of a source: its partitions, its retention, and whether its newest records can be read."""
    names = [broker.topic_named(topic_of(source.name)) for source, _ in broker.sources()]
    if not names:
        return Found("none is configured")
    widths, configs, numbers = await broker.widths(), await broker.configs(names), await broker.partitions()
    readings = readings_of(broker)
    parts: list[Found] = []
    for source, _ in broker.sources():
        reading = readings[topic_of(source.name)]
        name = broker.topic_named(topic_of(source.name))
        if isinstance(reading, Translating):
            parts.append(await _sampled(broker, reading, name, widths[name]))
        parts += _kept(name, configs.get(name, {}))
        if widths[name] < numbers:
            parts.append(
                Found(f"{name} has {_partitions(widths[name])}, so at most as many workers read it, and others apply")
            )
    return joined(parts, "none is configured")


def _kept(name: str, config: dict[str, str]) -> list[Found]:
    """Return what of a topic's settings loses records; nothing where they are not known."""
    found = []
    if "compact" in config.get("cleanup.policy", ""):
        found.append(
            Found(
                f"{name} has cleanup.policy = {config['cleanup.policy']}: of records with the same key only the last "
                "stays, and the others may be gone before they are read. Set it to delete",
                warns=True,
            )
        )
    kept = int(config.get("retention.ms", -1))
    if 0 <= kept < LEAST_KEPT:
        found.append(
            Found(
                f"{name} keeps its records for {kept / _HOUR_MS:.3g} h: after that, none can be read anew when the "
                "source's settings were mended, and a worker that stands still for longer loses them. Set retention.ms "
                "to some days",
                warns=True,
            )
        )
    return found


async def _sampled(broker: Broker, reading: Translating, name: str, width: int) -> Found:
    """Return what would become of the newest records of a topic. Errors of sources show no value of a record."""
    looked, bad, example = 0, Counter[str](), ""
    newest = latest(now_of(broker.settings))
    for number in range(min(width, PARTITIONS)):
        records = await broker.newest(name, number, SAMPLE)
        if not await broker.prepare(name, records, lambda: False):
            return Found(
                f"{name} has {_partitions(width)}; its records are not looked at, as their schemas are missing"
            )
        for record in records:
            looked += 1
            for refusal in _refusals(reading, record, newest):
                bad[refusal.reason] += 1
                example = example or f"{visible(refusal.detail)[:_MOST_SAID]}: {REASONS[refusal.reason]}"
    stands = f"{name} has {_partitions(width)}"
    if not bad:
        return Found(f"{stands}, and {looked} of its newest records can be read" if looked else f"{stands}, no records")
    counts = ", ".join(f"{number} {reason}" for reason, number in sorted(bad.items()))
    return Found(
        f"{stands}; of {looked} of its newest records these would become dead letters: {counts}; for example: "
        f"{example}. `backstay check --topic {name} --newest` shows more",
        warns=True,
    )


def _refusals(reading: Translating, record: LogRecord, newest: Instant) -> list[Refused]:
    content = reading.meaning(record)
    if content.refusal is not None:
        return [content.refusal]
    ahead = Refused("future", "more than 5 minutes after now: a wrong clock")
    found = [one.refusal or (ahead if one.at > newest else None) for one in content.said]
    return [one for one in found if one is not None]


def _partitions(width: int) -> str:
    return "1 partition" if width == 1 else f"{width} partitions"


async def registry(broker: Broker) -> Found:
    """Check that the registry of schemas answers, and lets this user read."""
    url = broker.settings.registry.url
    if url is None:
        return Found("none is configured")
    try:
        await broker.registry.probe()
    except Unreachable as error:
        return Found(f"{error}. Records with schemas wait until it does, and nothing is lost", warns=True)
    return Found(f"answers at {url}")
