#!/bin/sh
# aiokafka 0.14.0: a batch that was put back to be sent again, and then fails for good before it is sent, is reported to whoever
# waits for it; and then its own callback raises KeyError, which asyncio logs with a traceback ("Exception in callback …").
#
# A guess would be that a traceback in the log of a producer means that something was lost or not reported. A broker that freezes
# while a producer sends again and gives up is enough. Nothing is lost by it: whoever treats errors in the log as alarms has to
# know this one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiokafka==0.14.0
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import sys

from aiokafka import TopicPartition, __version__
from aiokafka.errors import RequestTimedOutError
from aiokafka.producer.message_accumulator import MessageAccumulator

ORDERS = TopicPartition("orders", 0)


class OneLeader:
    """A cluster in which one broker leads everything."""

    def leader_for_partition(self, _: TopicPartition) -> int:
        return 0


async def main() -> None:
    raised = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: raised.append(context["exception"]))
    waiting = MessageAccumulator(OneLeader(), batch_size=16_384, compression_type=0, batch_ttl=30)
    sent = await waiting.add_message(ORDERS, b"c-1", b"{}", timeout=1)
    by_node, _ = waiting.drain_by_nodes(ignore_nodes=())
    batch = by_node[0][ORDERS]
    waiting.reenqueue(batch)  # as the sender does when a broker does not answer in time
    batch.failure(exception=RequestTimedOutError())  # as it does with all that is left when it gives up
    await asyncio.sleep(0.01)
    print(f"aiokafka {__version__}: reported {sent.exception()!r}; raised in a callback: {[type(one).__name__ for one in raised]}")
    if not isinstance(sent.exception(), RequestTimedOutError) or [type(one) for one in raised] != [KeyError]:
        sys.exit("this has changed")


asyncio.run(main())
PYTHON
# seen: aiokafka 0.14.0: reported RequestTimedOutError(); raised in a callback: ['KeyError']
