"""The console beside the demonstration: it says its address, another port if its own is taken, and ends with it."""

import asyncio
import socket
import sys

import aiohttp
import pytest

from streams.cli.console import require_packages
from streams.console_process import console_beside, missing_packages
from streams.errors import BadSettings
from tests.running import on


async def address(*arguments: str) -> str | None:
    """Return what a console beside a demonstration says, and whether it answers; it has ended by then."""
    told: asyncio.Queue[str | None] = asyncio.Queue()
    async with console_beside(on("127.0.0.1:1"), arguments, told.put_nowait):
        url = await asyncio.wait_for(told.get(), 120)
        if url is not None:
            async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz") as answer:
                assert answer.status == 200
    return url


def test_a_package_that_is_missing_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_packages() == []
    monkeypatch.setattr("streams.console_process.NEEDS", ("jinja2", "a_package_of_nobody"))

    with pytest.raises(BadSettings, match=r"the console needs packages .*: run `pip install '\.\[console\]'`"):
        require_packages()


async def test_a_port_that_is_taken_ends_no_demonstration() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        url = await address("--set", f"console.port={port}")

    assert url is not None
    assert not url.endswith(f":{port}")


async def test_a_console_that_cannot_start_ends_no_demonstration() -> None:
    assert await address("--set", "console.host=0.0.0.0") is None


async def test_it_ends_when_the_demonstration_is_killed() -> None:
    program = "import sys; from streams.cli import main; main()"
    command = (sys.executable, "-c", program, "console", "--beside", "--port", "0", "--set", "log_level=error")
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert (await process.stdout.readline()).startswith(b"console http://127.0.0.1:")

    process.stdin.close()  # as a process that is killed does

    assert await asyncio.wait_for(process.wait(), 60) == 0
