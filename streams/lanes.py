"""Lanes: the partitions of topics as one partition number reads them. A topic may be wider or narrower than the states.

Partition `p` of every topic is read by the number `p % numbers`. Where Kafka's own partitioner filled a topic of a
multiple of that width, every record is at home already; from any other it is sent there.
"""

from collections.abc import Iterable, Mapping

from aiokafka import TopicPartition


def lane_name(topic: str, partition: int, number: int) -> str:
    """Name a partition of a topic as seen from a number: the topic alone where both are the same.

    >>> lane_name("logins", 3, 3), lane_name("logins", 7, 3)
    ('logins', 'logins|7')
    """
    return topic if partition == number else origin_of(topic, partition)


def origin_of(topic: str, partition: int) -> str:
    """Name a partition of a topic as every number knows it."""
    return f"{topic}|{partition}"


def lanes_of(widths: Mapping[str, int], number: int, numbers: int) -> dict[str, TopicPartition]:
    """Give what a number reads of topics with these widths.

    >>> sorted(lanes_of({"logins": 4, "orders": 2, "wide": 8}, 3, 4))
    ['logins', 'wide', 'wide|7']
    """
    return {
        lane_name(topic, partition, number): TopicPartition(topic, partition)
        for topic, width in widths.items()
        for partition in range(number, width, numbers)
    }


def narrow_among(widths: Mapping[str, int], numbers: int) -> frozenset[str]:
    """Give the topics of which some numbers read nothing.

    >>> sorted(narrow_among({"logins": 4, "orders": 2, "wide": 6}, 4))
    ['orders']
    """
    return frozenset(topic for topic, width in widths.items() if width < numbers)


def by_number(where: Iterable[TopicPartition], numbers: int) -> dict[int, dict[str, TopicPartition]]:
    """Give what was assigned, by number."""
    found: dict[int, dict[str, TopicPartition]] = {}
    for tp in sorted(where):
        number = tp.partition % numbers
        found.setdefault(number, {})[lane_name(tp.topic, tp.partition, number)] = tp
    return found
