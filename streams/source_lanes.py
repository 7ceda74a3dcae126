"""Lanes: the partitions of topics that one partition number reads.

Rule: the state is split into `numbers` partition numbers; partition `p` of every topic is read by `p % numbers`. A
partition of a topic, as its number reads it, is a lane.

    numbers = 2          logins (4 partitions)     purchases (2)     tickets (3)
    number 0 reads       0, 2                      0                 0, 2
    number 1 reads       1, 3                      1                 1

    logins, purchases    every record is at its customer's home, if Kafka's default partitioner placed it
    tickets              3 is no multiple of 2: records are sent to their home by `rekeyed`

Reason: customers' topics come from other systems, and cannot always have the width of the state. A customer hashes to
`hash % width`, and `(hash % width) % numbers` equals `hash % numbers` exactly if the width is a multiple of it.
"""

from collections.abc import Iterable, Mapping

from aiokafka import TopicPartition


def lane_name(topic: str, partition: int, number: int) -> str:
    """Return the name of a lane as its number knows it: the topic alone if partition and number are the same.

    >>> lane_name("logins", 3, 3), lane_name("logins", 7, 3)
    ('logins', 'logins|7')
    """
    return topic if partition == number else origin_of(topic, partition)


def origin_of(topic: str, partition: int) -> str:
    """Return the name of a lane as all numbers know it."""
    return f"{topic}|{partition}"


def lanes_of(widths: Mapping[str, int], number: int, numbers: int) -> dict[str, TopicPartition]:
    """Return the lanes of a number, by name, for topics with these widths.

    >>> sorted(lanes_of({"logins": 4, "orders": 2, "wide": 8}, 3, 4))
    ['logins', 'wide', 'wide|7']
    """
    return {
        lane_name(topic, partition, number): TopicPartition(topic, partition)
        for topic, width in widths.items()
        for partition in range(number, width, numbers)
    }


def narrow_among(widths: Mapping[str, int], numbers: int) -> frozenset[str]:
    """Return the topics with fewer partitions than numbers: some numbers read nothing of them.

    >>> sorted(narrow_among({"logins": 4, "orders": 2, "wide": 6}, 4))
    ['orders']
    """
    return frozenset(topic for topic, width in widths.items() if width < numbers)


def by_number(where: Iterable[TopicPartition], numbers: int) -> dict[int, dict[str, TopicPartition]]:
    """Return the assigned partitions by number, and then by the name of the lane."""
    found: dict[int, dict[str, TopicPartition]] = {}
    for tp in sorted(where):
        number = tp.partition % numbers
        found.setdefault(number, {})[lane_name(tp.topic, tp.partition, number)] = tp
    return found
