"""The channels from the partition log to Faust's agents: a bounded queue for each topic."""

from typing import Any, NamedTuple

from faust.channels import Channel
from mode.utils.queues import FlowControlEvent, ThrowableQueue

from streams.batch import Batch
from streams.unit_of_work import UnitOfWork


class Delivery(NamedTuple):
    """A batch, and the unit of work for which it was fetched: `unit.take(batch, agent)` applies it."""

    unit: UnitOfWork
    batch: Batch


class BatchChannel(Channel[Delivery]):
    """A channel with its own bounded queue, because Faust's flow control would silently clear it."""

    _own: ThrowableQueue[Any] | None = None

    @property
    def queue(self) -> ThrowableQueue[Any]:
        """Return the queue between the fetch loop and the agent."""
        if self._own is None:
            flow = FlowControlEvent(initially_suspended=False)
            self._own = ThrowableQueue(maxsize=self.maxsize, flow_control=flow)
        return self._own
