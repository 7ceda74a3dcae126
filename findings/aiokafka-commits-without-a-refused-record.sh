#!/bin/sh
# aiokafka 0.14.0 on Apache Kafka 4.1.0: commit_transaction() commits, and raises nothing, although the broker refused one of the
# transaction's records (here as larger than the topic's max.message.bytes). flush() of a plain producer raises nothing either.
#
# A guess would be that a transaction is all or nothing: the Java producer raises from commitTransaction() when a send of the
# transaction failed. Here only the future of that one send knows. Who does not await every future commits half a transaction.
# Needs Java 17 and Maven.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiokafka==0.14.0
cat > "$folder/pom.xml" <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>finding</groupId><artifactId>finding</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.1.0</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B -f "$folder/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder/jars"
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import asyncio
import base64
import contextlib
import logging
import socket
import subprocess
import sys
import uuid
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition, __version__
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError

logging.disable(logging.CRITICAL)  # attempts to connect while the broker starts
FOLDER = Path(sys.argv[1])
JAVA = ["java", "-Xmx400m", "-cp", f"{FOLDER}/jars/*"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PORT, CONTROLLER = free_port(), free_port()
ADDRESS = f"127.0.0.1:{PORT}"
PROPERTIES = f"""
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{CONTROLLER}
listeners=PLAINTEXT://127.0.0.1:{PORT},CONTROLLER://127.0.0.1:{CONTROLLER}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={FOLDER}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
"""


async def created() -> None:
    for _ in range(300):
        admin = AIOKafkaAdminClient(bootstrap_servers=ADDRESS)
        with contextlib.suppress(KafkaConnectionError):
            await admin.start()
            small = NewTopic("small", 1, 1, topic_configs={"max.message.bytes": "1000"})
            await admin.create_topics([small, NewTopic("other", 1, 1)])
            await admin.close()
            return
        await asyncio.sleep(0.2)
    sys.exit("the broker did not start")


async def committed() -> dict[str, int]:
    consumer = AIOKafkaConsumer(bootstrap_servers=ADDRESS, isolation_level="read_committed")
    await consumer.start()
    topics = [TopicPartition("small", 0), TopicPartition("other", 0)]
    consumer.assign(topics)
    for where in topics:
        consumer.seek(where, 0)
    found = {"small": 0, "other": 0}
    for _ in range(8):
        for where, records in (await consumer.getmany(timeout_ms=250)).items():
            found[where.topic] += len(records)
    await consumer.stop()
    return found


async def look() -> bool:
    await created()
    plain = AIOKafkaProducer(bootstrap_servers=ADDRESS)
    await plain.start()
    lost = await plain.send("small", b"x" * 5_000)
    await plain.flush()
    print("flush() raised nothing; the future of the record:", type(lost.exception()).__name__)
    await plain.stop()
    producer = AIOKafkaProducer(bootstrap_servers=ADDRESS, transactional_id="finding")
    await producer.start()
    await producer.begin_transaction()
    refused = await producer.send("small", b"x" * 5_000)
    await producer.send("other", b"ok")
    await producer.commit_transaction()
    print("commit_transaction() raised nothing; the future of the record:", type(refused.exception()).__name__)
    await producer.stop()
    found = await committed()
    print("read committed:", found)
    errors = (lost.exception(), refused.exception())
    return found == {"small": 0, "other": 1} and all(isinstance(e, MessageSizeTooLargeError) for e in errors)


print(f"aiokafka {__version__}, Apache Kafka 4.1.0")
properties = FOLDER / "server.properties"
properties.write_text(PROPERTIES)
cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
subprocess.run([*JAVA, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)], check=True, **quiet)
broker = subprocess.Popen([*JAVA, "kafka.Kafka", str(properties)], **quiet)
try:
    unchanged = asyncio.run(look())
finally:
    broker.terminate()
    broker.wait()
sys.exit(0 if unchanged else "the behaviour has changed")
PYTHON
# Seen on 2026-11-28:
#   aiokafka 0.14.0, Apache Kafka 4.1.0
#   flush() raised nothing; the future of the record: MessageSizeTooLargeError
#   commit_transaction() raised nothing; the future of the record: MessageSizeTooLargeError
#   read committed: {'small': 0, 'other': 1}
