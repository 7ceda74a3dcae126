"""`backstay worker`: run a worker on a Kafka broker."""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any, TypeVar

import click

from streams import memory
from streams.app import Worker, build
from streams.cli.options import config_options, settings_from
from streams.errors import BrokerUnreachable, StreamError
from streams.logs import set_up_logs
from streams.settings import Settings
from streams.web.server import Web

log = logging.getLogger("backstay")

T = TypeVar("T")

LEAVE_WITHIN = 5.0
"""Seconds that a worker may take to commit and leave the group before its process ends."""


@click.command()
@config_options
def worker(config: Path | None, overrides: tuple[str, ...]) -> None:
    """Run one worker until SIGTERM or Ctrl-C. Several workers share the partitions between them.

    The topics must exist: run `backstay topics create` once. On any failure the worker ends with a message and an exit
    code; have a supervisor restart it, and it continues from the last commit.
    """
    settings = settings_from(config, overrides)
    set_up_logs(settings.log_level)
    memory.settle()
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    """Run the worker and end the process here, whatever is still open.

    Leaving the event loop would wait until every task is cancelled, and one of aiokafka's may never be: a replaced
    worker hung in two of twelve runs of the test in which it sleeps through its session.
    """
    code = await _work(settings)
    sys.stdout.flush()
    os._exit(code)


async def _work(settings: Settings) -> int:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    try:
        running, web = await _started(settings, stop)
        await _until_stopped(running, stop)
        await _leave(running, web)
    except StreamError as error:
        log.error("%s", error)  # noqa: TRY400 - the message says what to do; a traceback would not
        logging.disable()  # libraries that lose their connection now would each log it at length
        return error.exit_code
    except Exception:
        log.exception("the worker ended on an internal error; restart it, and it continues from its last commit")
        return 70
    log.info("worker left")
    return 0


async def _started(settings: Settings, stop: asyncio.Event) -> tuple[Worker, Web]:
    """Start the worker; if it is told to stop meanwhile, wait for the start only as long as `_in_time` allows."""
    starting = asyncio.ensure_future(_start(settings))
    await asyncio.wait([starting, asyncio.ensure_future(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
    return await _in_time(starting, settings, "left before it was up", "Nothing was changed")


async def _start(settings: Settings) -> tuple[Worker, Web]:
    running = await build(settings)
    web = Web(settings.web, running)
    await web.start()
    await running.__aenter__()
    log.info("worker up; %s", web.url or "no web page")
    return running, web


async def _until_stopped(running: Worker, stop: asyncio.Event) -> None:
    stopping: asyncio.Future[Any] = asyncio.ensure_future(stop.wait())
    await asyncio.wait([stopping, asyncio.ensure_future(running.failure)], return_when=asyncio.FIRST_COMPLETED)
    if running.failure.done():
        await running.failure


async def _leave(running: Worker, web: Web) -> None:
    """Commit and leave the group, or raise why that failed: another worker may have replaced this one already."""

    async def leaving() -> None:
        await running.__aexit__()
        await web.stop()

    left = asyncio.ensure_future(leaving())
    await _in_time(left, running.settings, "left without a last commit", "What was not committed is read again")


async def _in_time(doing: "asyncio.Future[T]", settings: Settings, what: str, so: str) -> T:
    """Return the result, or raise `BrokerUnreachable` after `LEAVE_WITHIN` seconds.

    `asyncio.wait_for` would not do: it waits for the cancelled task, and a client of a silent broker does not end.
    """
    await asyncio.wait([doing], timeout=LEAVE_WITHIN)
    if not doing.done():
        raise BrokerUnreachable(
            f"{what}: the broker at {settings.kafka.bootstrap_servers} did not answer within {LEAVE_WITHIN:.0f} s. {so}"
        )
    return await doing
