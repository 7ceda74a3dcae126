"""Workers as processes of their own: started, watched, killed by their ids."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from streams.settings import Settings
from tests.kafka.broker import ROOT

STARTED: "list[subprocess.Popen[bytes]]" = []
"""Every worker of the running test: none may outlive it."""


class WorkerProcess:
    """One `backstay worker` beside the test; 200 records take `a_batch` seconds to come in, so that a backlog lasts."""

    def __init__(
        self,
        settings: Settings,
        log: Path,
        failpoint: str = "",
        extra: dict[str, str] | None = None,
        a_batch: float = 0.0,
    ) -> None:
        self.settings, self.log, self.failpoint, self.extra = settings, log, failpoint, extra or {}
        self.a_batch = a_batch
        self.process = self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        said = self.settings.model_dump(mode="json")
        environment = {
            f"BACKSTAY_{section.upper()}__{name.upper()}": str(value)
            for section in ("kafka", "time", "web")
            for name, value in said[section].items()
            if value is not None
        }
        environment["BACKSTAY_TOPICS__PREFIX"] = self.settings.topics.prefix
        environment["BACKSTAY_FAILPOINT"] = self.failpoint
        environment |= self.extra
        with self.log.open("ab") as log:
            self._said_before = log.tell()
            command = [str(Path(sys.executable).with_name("backstay")), "worker"]
            if self.a_batch:
                environment["SECONDS_A_BATCH"] = str(self.a_batch)
                command = [sys.executable, "-m", "tests.kafka.slowed", "worker"]
            process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | environment, cwd=ROOT)
        STARTED.append(process)
        return process

    def kill(self) -> None:
        """Kill it with SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.wait(timeout=30)

    def terminate(self) -> float:
        """Stop it with SIGTERM; return the seconds that it took. It must end with exit code 0 if it was up."""
        begun = time.monotonic()
        was_up = self.came_up()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        assert code == 0 or (not was_up and code == -signal.SIGTERM), (
            f"exit code {code}: {self.log.read_text()[-3_000:]}"
        )
        return time.monotonic() - begun

    def fallen_asleep(self, patience: float = 60.0) -> None:
        """Wait until it has stopped where its failpoint says, as on a machine that swaps or migrates."""
        until = time.monotonic() + patience
        while Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "T":
            assert time.monotonic() < until, f"it does not stop: {self.log.read_text()[-3_000:]}"
            time.sleep(0.05)

    def thaw(self) -> None:
        """Continue it with SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def ended(self, patience: float = 30.0) -> int:
        """Wait until it has ended by itself; return its exit code."""
        return self.process.wait(timeout=patience)

    def alive(self) -> bool:
        return self.process.poll() is None

    def came_up(self) -> bool:
        """Report whether it has said that it is up: from then on it handles SIGTERM."""
        return b"worker up" in self.log.read_bytes()[self._said_before :]


class Supervised:
    """A worker that is started again whenever it ends, as systemd or Kubernetes would."""

    def __init__(self, settings: Settings, log: Path, a_batch: float = 0.0) -> None:
        self.settings, self.log, self.a_batch = settings, log, a_batch
        self.codes: list[int] = []
        self._worker = self._start()
        self._task = asyncio.create_task(self._watch())

    def _start(self) -> WorkerProcess:
        return WorkerProcess(self.settings, self.log, a_batch=self.a_batch)

    async def _watch(self) -> None:
        while True:
            code = self._worker.process.poll()
            if code is not None:
                self.codes.append(code)
                self._worker = self._start()
            await asyncio.sleep(0.2)

    async def until_up(self, patience: float = 60.0) -> None:
        """Wait until the worker that was started last is up, and has not ended since."""
        async with asyncio.timeout(patience):
            while not (self._worker.came_up() and self._worker.alive()):
                await asyncio.sleep(0.1)

    def kill(self) -> None:
        """Kill it; it is started again."""
        self._worker.process.kill()

    async def leave(self) -> int:
        """Stop it for good with SIGTERM; return its exit code."""
        self._task.cancel()
        await asyncio.wait([self._task])
        self._worker.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self._worker.ended)
