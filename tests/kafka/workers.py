"""Workers as processes of their own: started, watched, killed by their ids."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from streams.settings import Settings


class WorkerProcess:
    """One `backstay worker` beside the test."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.settings, self.log = settings, log
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
        with self.log.open("ab") as log:
            command = [str(Path(sys.executable).with_name("backstay")), "worker"]
            return subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | environment)

    def kill(self) -> None:
        """Kill it without a word, and wait until it is gone."""
        self.process.kill()
        self.process.wait(timeout=30)

    def terminate(self) -> float:
        """Ask it to leave; give how long that took, in seconds. It must end with exit code 0."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        assert code == 0, f"exit code {code}: {self.log.read_text()[-3_000:]}"
        return time.monotonic() - begun

    def alive(self) -> bool:
        return self.process.poll() is None
