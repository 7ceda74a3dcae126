"""The retention job of the contest of peers (`../shared/peers`) on the partition log: the engine, without the product.

The harness starts it with BOOT IN OUT GROUP N STATE_DIR RESULT in the environment; a line in its list of peers does:

    "backstay-job": ([PYTHON, "-P", "-m", "benchmarks.retention_job"], {"PYTHONPATH": ROOT}, "so"),

With `ROOT/build/compiled` in the place of `ROOT` it runs on what `python -m benchmarks.compiled` has built.
What a company would write on `streams/` alone: one agent, a state a customer, a unit of work a partition, transactions.
"""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any, Final

from aiokafka.admin import NewTopic
from faust.types import StreamT
from mode.supervisors import CrashingSupervisor

from benchmarks.retention_fold import Job
from streams import memory
from streams.app import FaustApp
from streams.broker import Broker
from streams.channels import Delivery
from streams.partition_log import PartitionLog
from streams.setting_sources import read_settings
from streams.settings import Settings

WIDTH: Final = 4
"""Partitions of the contest's topics."""


async def run(wanted: int, topic: str, out: str, result: Path, settings: Settings) -> None:
    """Work until so many records are applied and committed; write the times of the first and the last."""
    broker = Broker(settings)
    changelog = f"{settings.kafka.group}-changelog"
    admin = await broker.admin()
    if changelog not in await admin.list_topics():
        await admin.create_topics([NewTopic(changelog, WIDTH, 1, topic_configs={"cleanup.policy": "compact"})])
    await admin.close()
    failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    app = FaustApp(
        settings.kafka.group,
        broker=f"kafka://{settings.kafka.bootstrap_servers}",
        web_enabled=False,
        datadir=os.environ["STATE_DIR"],
        topic_disable_leader=True,
        agent_supervisor=CrashingSupervisor,
        stream_wait_empty=False,
    )

    def fail(error: BaseException) -> None:
        if not failure.done():
            failure.set_exception(error)

    log = PartitionLog(
        app,
        broker,
        settings.kafka.group,
        [topic],
        WIDTH,
        lambda number: Job(number, topic, changelog, out),
        changelogs=frozenset({changelog}),
        transactions=await broker.has_transactions(),
        on_failure=fail,
    )
    marks: dict[str, float] = {}
    applied = 0

    async def work(batches: StreamT[Delivery]) -> None:
        nonlocal applied
        async for unit, batch in batches:
            if not marks and batch.records:
                marks.update(t0=time.time(), c0=time.process_time())
            unit.take(batch, lambda records, job: job.take(records))
            applied += len(batch.records)

    app.agent(log.channels[topic], name="job")(work)
    await app.start()
    await log.start()
    while applied < wanted or any(unit.next != unit.saved or unit.owner.has_work() for unit in log.units.values()):
        if failure.done():
            await failure
        await asyncio.sleep(0.02)
    marks |= {"t1": time.time(), "c1": time.process_time(), "cnt": applied}
    result.write_text(json.dumps(marks))
    await log.stop()
    await app.stop()


def main() -> None:
    """Read the harness's environment, and work."""
    said: dict[str, Any] = {name: os.environ[name] for name in ("BOOT", "IN", "OUT", "GROUP", "N", "RESULT")}
    settings = read_settings(overrides={"kafka.bootstrap_servers": said["BOOT"], "kafka.group": said["GROUP"]})
    memory.settle()
    asyncio.run(run(int(said["N"]), said["IN"], said["OUT"], Path(said["RESULT"]), settings))


if __name__ == "__main__":
    main()
