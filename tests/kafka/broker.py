"""One Apache Kafka, KRaft, on free ports of 127.0.0.1: started and stopped here, by its process id."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from streams.embedded import free_port

ROOT = Path(__file__).resolve().parents[2]
JARS = ROOT / "target" / "kafka"

PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{advertised}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.backoff.ms=500
log.initial.task.delay.ms=86400000
log.retention.check.interval.ms=86400000
"""
"""Of every broker of a test. Records have the times of their stories, which are long over: a broker that looked for old
records would delete them while a test reads them. It first looks after a day. Compaction is not concerned."""

BRIEF: Final = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Options for a broker or tool that runs for minutes: it ends before more compiling would have paid.

Until it listens, and for the first minutes, it then takes about half of the processor's time.
"""
LASTING: Final = ("-XX:+UseG1GC",)
"""Options for a broker that is measured: as Kafka is run."""

LOG4J = """
rootLogger.level=error
rootLogger.appenderRef.c.ref=C
appender.c.type=Console
appender.c.name=C
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d %p %m%n
"""


def missing() -> str | None:
    """Return why Kafka cannot run here, or None."""
    if shutil.which("java") is None:
        return "needs Java 17"
    if not any(JARS.glob("kafka_2.13-*.jar")):
        return "needs Kafka's jars: mvn -q -B dependency:copy-dependencies"
    return None


class ApacheKafka:
    """A broker in a folder of its own."""

    def __init__(
        self, folder: Path, heap: str = "512m", proxy: int | None = None, extra: str = "", jvm: Sequence[str] = BRIEF
    ) -> None:
        self.folder, self.heap, self.jvm = folder, heap, jvm
        self.port, controller = free_port(), free_port()
        self.address = f"127.0.0.1:{proxy or self.port}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "log4j2.properties").write_text(LOG4J)
        self.properties = folder / "server.properties"
        self.properties.write_text(
            PROPERTIES.format(
                port=self.port, advertised=proxy or self.port, controller=controller, data=folder / "data"
            )
            + extra.replace("{port}", str(self.port)).replace("{controller}", str(controller))
        )
        self.scram: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def java(self, *arguments: str) -> list[str]:
        options = [f"-Xmx{self.heap}", f"-Xms{self.heap}", *self.jvm]
        logs = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"
        return ["java", *options, logs, "-cp", f"{JARS}/*", *arguments]

    def start(self) -> "ApacheKafka":
        """Format once, start, and wait until it listens."""
        if not (self.folder / "data").exists():
            ident = uuid.uuid4().hex[:22]
            users = [f"SCRAM-SHA-512=[name={name},password={password}]" for name, password in self.scram.items()]
            secrets = [argument for user in users for argument in ("--add-scram", user)]
            command = self.java("kafka.tools.StorageTool", "format", "-t", ident, "-c", str(self.properties), *secrets)
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        with (self.folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.java("kafka.Kafka", str(self.properties)), stdout=log, stderr=log, start_new_session=True
            )
        self._wait()
        return self

    def _wait(self) -> None:
        for _ in range(1_800):
            if self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"Kafka ended: {(self.folder / 'broker.log').read_text()[-2_000:]}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.1)
        raise RuntimeError("Kafka does not listen")

    @property
    def data(self) -> Path:
        """Return the folder of the log segments."""
        return self.folder / "data"

    @property
    def pid(self) -> int:
        """Return the broker's process id."""
        if self._process is None:
            raise RuntimeError("Kafka does not run")
        return self._process.pid

    def kill(self) -> None:
        """Kill it with SIGKILL, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=60)

    def freeze(self) -> None:
        """Stop it with SIGSTOP: connections stay open, without an answer."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Continue it with SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End the process that was started here, also if a test has frozen it and failed."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait(timeout=60)
            self._process = None
