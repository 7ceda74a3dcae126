"""The name of each topic on this broker: the register's, unless the settings contain another one."""

from collections.abc import Mapping

from streams.errors import BadSettings
from streams.settings import TopicSettings
from streams.topics import CONSUMED, DELIVERIES, INPUTS, INTERNAL, OUTPUTS, TOPICS, Topic


def name_of(topic: Topic, settings: TopicSettings) -> str:
    """Return the name of a topic on this broker: a configured name is used as it is."""
    return settings.names.get(topic.name, settings.prefix + topic.name)


def leads(settings: TopicSettings) -> dict[str, str]:
    """Return for each consumed topic the first of those that share its name, which names its lanes and origins.

    >>> found = leads(TopicSettings(names={"logins": "events", "tickets": "events"}))
    >>> found["tickets"], found["purchases"]
    ('logins', 'purchases')
    """
    first: dict[str, str] = {}
    return {topic.name: first.setdefault(name_of(topic, settings), topic.name) for topic in CONSUMED}


def require_apart(settings: TopicSettings, sources: Mapping[str, str]) -> None:
    """Raise `BadSettings` if a topic that workers write, or that a source reads, has the name of another one.

    Inputs may share a topic. `sources` are the topics of sources, by their names.
    """
    inputs = {name_of(topic, settings) for topic in INPUTS}
    for source, name in sources.items():
        ours = next((topic.name for topic in TOPICS if name_of(topic, settings) == name), None)
        if ours is not None:
            raise BadSettings(
                f"sources.{source}.topic: {name!r} is the topic {ours} of Backstay itself: records of another system "
                "need a topic of their own"
            )
    taken: dict[str, str] = {}
    for topic in (*OUTPUTS, *INTERNAL, DELIVERIES):
        name = name_of(topic, settings)
        if name in inputs or name in taken:
            raise BadSettings(
                f"topics.names: {topic.name} is to be written to {name!r}, which is {taken.get(name, 'an input')} "
                "already: give each topic that workers write a name of its own"
            )
        taken[name] = topic.name
