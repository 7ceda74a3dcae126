"""Shows what the console has read, how far, and what could not be used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from retention.calendar import moment
from streams.console.documents import DeadLetterRow, PartitionRead, Pipeline, Silent, TopicOutcomes, Workers
from streams.console.views.shared import Link, event_time
from streams.rejected import remedy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Status:
    """The state of the subscriber besides the tables: whether it is connected, and the ends of the partitions."""

    connected: bool = False
    caught_up: bool = False
    error: str | None = None
    ends: Mapping[tuple[str, int], int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    """The topics on the broker, by our names."""


def pipeline(link: Link, status: Status, workers: Workers, size: int, as_of: datetime) -> Pipeline:
    """Return how far the console has read the topics, and the workers theirs, and what became of their records."""
    return Pipeline(
        as_of=as_of,
        connected=status.connected,
        caught_up=status.caught_up,
        error=status.error,
        event_time=event_time(link),
        partitions=_partitions(link, status),
        outcomes=_outcomes(link),
        dead_letters=_letters(link),
        silent=_silent(link),
        workers=workers,
        unknown_types=dict(
            link.execute("SELECT type, number FROM unknown ORDER BY number DESC, type LIMIT 100").fetchall()
        ),
        customers=link.execute("SELECT count(*) FROM customers").fetchone()[0],
        erased=link.execute("SELECT count(*) FROM gone").fetchone()[0],
        store_bytes=size,
    )


def _partitions(link: Link, status: Status) -> list[PartitionRead]:
    found = {
        (topic, number): (following, event, stamp, missed)
        for topic, number, following, event, stamp, missed in link.execute(
            "SELECT topic, partition, next, event, stamp, missed FROM reads"
        )
    }
    return [
        _partition(place, found.get(place, (0, 0, 0, 0)), status) for place in sorted(found.keys() | status.ends.keys())
    ]


def _partition(place: tuple[str, int], row: tuple[int, int, int, int], status: Status) -> PartitionRead:
    following, event, stamp, missed = row
    end = status.ends.get(place)
    return PartitionRead(
        topic=place[0],
        name=status.names.get(place[0], place[0]),
        partition=place[1],
        next_offset=following,
        end_offset=end,
        lag=max(0, end - following) if end is not None else None,
        newest_event=moment(event) if event else None,
        newest_record=_stamped(stamp),
        missed=missed,
    )


def _stamped(milliseconds: int) -> datetime | None:
    """Return a timestamp; None of one that no calendar has, as a producer may write it."""
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds) if milliseconds > 0 else None
    except OverflowError:
        return None


def _outcomes(link: Link) -> list[TopicOutcomes]:
    counts = dict[str, dict[str, int]]()
    for topic, outcome, number in link.execute("SELECT topic, outcome, number FROM outcomes"):
        counts.setdefault(topic, {})[outcome] = number
    return [
        TopicOutcomes(
            topic=topic,
            read=sum(found.values()),
            taken=found.get("taken", 0),
            repeated=found.get("repeated", 0),
            of_erased=found.get("of_erased", 0),
            unknown=found.get("unknown", 0),
            other=found.get("other", 0),
        )
        for topic, found in sorted(counts.items())
    ]


def _letters(link: Link) -> list[DeadLetterRow]:
    found = link.execute(
        "SELECT l.topic, l.reason, count(*), min(l.stamp), max(l.stamp), sum(EXISTS (SELECT 1 FROM marks m WHERE "
        "m.partition = l.partition AND l.offset BETWEEN m.first AND m.last)) FROM letters l GROUP BY l.topic, l.reason"
    ).fetchall()
    rows = [
        DeadLetterRow(
            topic=topic,
            reason=reason,
            count=number,
            done=done,
            first=_stamped(first) or _EPOCH,
            last=_stamped(last) or _EPOCH,
            newest=_newest(link, topic, reason),
            remedy=remedy(reason),
        )
        for topic, reason, number, first, last, done in found
    ]
    return sorted(rows, key=lambda row: (row.done - row.count, row.topic, row.reason))


def _newest(link: Link, topic: str, reason: str) -> str:
    number, offset = link.execute(
        "SELECT partition, offset FROM letters WHERE topic = ? AND reason = ? "
        "ORDER BY stamp DESC, partition, offset DESC LIMIT 1",
        (topic, reason),
    ).fetchone()
    return f"{number}:{offset}"


def _silent(link: Link) -> list[Silent]:
    found = link.execute(
        "SELECT g.source, count(*), max(g.at) FROM gaps g JOIN episodes e ON e.customer = g.customer AND "
        "e.episode = g.episode WHERE e.open GROUP BY g.source ORDER BY 2 DESC, 1"
    )
    return [Silent(source=source, signals=number, newest=moment(at)) for source, number, at in found]
