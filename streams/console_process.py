"""A console beside a demonstration: a process of its own, which may fail without ending what it shows."""

import asyncio
import importlib.util
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from streams.settings import Settings
from streams.starting import beside

NEEDS: Final = ("jinja2", "starlette", "uvicorn")
LEAVE_WITHIN: Final = 5.0
_LINE: Final = b"console "
"""The line that `backstay console` prints begins with it; its address follows."""


def missing_packages() -> list[str]:
    """Return the packages of the console that are not installed."""
    return [name for name in NEEDS if importlib.util.find_spec(name) is None]


@asynccontextmanager
async def console_beside(
    settings: Settings, arguments: Sequence[str], told: Callable[[str | None], None]
) -> AsyncIterator[None]:
    """Run a console as long as the context lasts; `told` gets its address, or None if it could not be started.

    `arguments` are those of the command line by which the settings were made.
    """
    running = _Running(settings, arguments, told)
    try:
        async with beside(running.run()):
            yield
    finally:
        await running.stop()


class _Running:
    def __init__(self, settings: Settings, arguments: Sequence[str], told: Callable[[str | None], None]) -> None:
        wanted = (f"kafka.bootstrap_servers={settings.kafka.bootstrap_servers}", "time.clock=log", "log_level=error")
        overrides = [part for one in wanted for part in ("--set", one)]
        program = "from streams.cli import main; main()"
        self._command = [sys.executable, "-c", program, "console", "--beside", "--demo", *arguments, *overrides]
        self._told = told
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Start it on its port, or else on any free one; say its address."""
        address = await self._start([]) or await self._start(["--port", "0"])
        self._told(address)

    async def _start(self, further: Sequence[str]) -> str | None:
        # A session of its own: Ctrl-C in the terminal reaches only the demonstration, which ends the console.
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            *further,
            stdin=asyncio.subprocess.PIPE,  # it ends when that is closed: also if this process is killed
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        line = await self._process.stdout.readline()
        if line.startswith(_LINE):
            return line.removeprefix(_LINE).decode().strip()
        await self._process.wait()
        return None

    async def stop(self) -> None:
        """End the process that was started here."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), LEAVE_WITHIN)
        except TimeoutError:
            process.kill()
            await process.wait()
