"""Checks the console: its packages, and whether one answers where these settings say. It is in no consumer group."""

import ssl
from typing import Final

import aiohttp

from schemas.visible import visible
from streams.broker import Broker
from streams.console_process import missing_packages
from streams.console_settings import ConsoleSettings
from streams.examining.found import Found
from streams.extras import missing

PATIENCE: Final = 5.0
_READY: Final = 200
_NOT_READY: Final = 503
_MOST_SAID: Final = 200
_ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only read


async def console(broker: Broker) -> Found:
    """Check the console. Where none is set up, none has to be there."""
    settings = broker.settings.console
    is_wanted = bool(settings.model_fields_set)
    if packages := missing_packages():
        says = missing(f"the console ({', '.join(packages)})", "console")
        return Found(says if is_wanted else f"only if one is wanted: {says}", is_wanted)
    if not settings.port:
        return Found("console.port = 0: nothing says where one listens")
    url = _url(settings)
    try:
        status, says = await _asked(url)
    except (aiohttp.ClientError, TimeoutError, OSError):
        return Found(f"none answers at {url}: start `backstay console`, if one is to run there", is_wanted)
    if status == _READY:
        return Found(f"answers at {url}, and has read the topics")
    if status == _NOT_READY:
        return Found(f"answers at {url}, and is not ready: {visible(says.strip())[:_MOST_SAID]}", warns=True)
    return Found(f"what answers at {url} is no console (status {status}): see console.host and console.port", is_wanted)


def _url(settings: ConsoleSettings) -> str:
    name = _ANY.get(settings.host, settings.host)
    scheme = "http" if settings.cert_file is None else "https"
    return f"{scheme}://[{name}]:{settings.port}" if ":" in name else f"{scheme}://{name}:{settings.port}"


async def _asked(url: str) -> tuple[int, str]:
    """Return the status and the text of the console's check. It sends no secret, so any certificate will do."""
    anyone = ssl.create_default_context()
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    connector, timeout = aiohttp.TCPConnector(ssl=anyone), aiohttp.ClientTimeout(total=PATIENCE)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        session.get(f"{url}/readyz", allow_redirects=False) as answer,
    ):
        return answer.status, (await answer.content.read(1_000)).decode(errors="replace")
