"""The agents by the names of topics on one broker, and the order in which these topics are read."""

from collections.abc import Sequence

from agents.foreign import Translating
from agents.metrics import metrics
from agents.reading import Reading
from agents.readings import READINGS
from agents.record import Record
from agents.shared import Shared
from retention.features import REGISTER
from streams.broker import Broker
from streams.figures_processor import FiguresProcessor


def readings_of(broker: Broker) -> dict[str, Reading]:
    """Return the agent that reads each family, and each source; families that share a topic share one."""
    sharing: dict[str, list[Reading]] = {}
    for agent in READINGS:
        sharing.setdefault(broker.topic_named(agent.topic), []).append(agent)
    readers = [(agents, Shared(agents) if len(agents) > 1 else agents[0]) for agents in sharing.values()]
    found = {agent.topic: reader for agents, reader in readers for agent in agents}
    foreign = [Translating(source, options, found) for source, options in broker.sources()]
    return found | {agent.topic: agent for agent in foreign}


def in_order(broker: Broker) -> tuple[str, ...]:
    """Return the topics in the order in which they take turns within one step of a backlog.

    Those of sources come after requests to be erased and before all others: what begins something comes first, and most
    of what sources bring are subscriptions.
    """
    names = REGISTER.topics_in_order
    first = [name for name in names if name in REGISTER.erasing]
    return tuple(dict.fromkeys(map(broker.topic_named, (*first, *broker.foreign, *names))))


def exact(broker: Broker, readings: dict[str, Reading]) -> frozenset[str]:
    """Return the topics of which each record is applied exactly at its instant: requests to be erased, on their own."""
    alone = (topic for topic in REGISTER.erasing if not isinstance(readings[topic], Shared))
    return frozenset(map(broker.topic_named, alone))


def on_books(records: Sequence[Record], processor: FiguresProcessor) -> None:
    """Add changed sums to the books of a processor: the agent of the figures."""
    metrics(records, processor.books)
