"""Fetches schemas from a registry before their records are read. A record waits for its schema; it is never lost.

    fetched records ─► ids that are not known? ─► asked for, again and again ─► records go on to their agent
                                                  │ 404: a dead letter says so

A schema never changes under its id, so each is asked for once. A registry that does not answer, or refuses this user,
stalls the topic: the log says why, and how long the next try waits.
"""

import asyncio
import base64
import binascii
import contextlib
import json
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sources.encodings.schemas import AVRO, PROTOBUF, Schema, Schemas
from streams.errors import BadSettings
from streams.extras import missing
from streams.registry_settings import RegistrySettings

if TYPE_CHECKING:
    import aiohttp

MOST_REFERENCES: Final = 200
MOST_BYTES: Final = 8_388_608
"""Of an answer. The schemas of whole companies are far smaller."""
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
ASKED_AGAIN: Final = 60.0
"""Seconds after which an id is asked for again that the registry did not know."""
_NO_ID: Final = 2_147_483_647
"""The last of all ids."""
_ACCEPT: Final = "application/vnd.schemaregistry.v1+json, application/json"
_NOT_FOUND: Final = 404
_OK: Final = 200
_UNKNOWN_CODES: Final = frozenset({40401, 40402, 40403})
"""A subject, a version, a schema that is not there."""
_UNKNOWN: Final = "not in the registry"
log: Final = logging.getLogger("backstay")


class _Absent(Exception):
    """Raised for what a registry does not have. Its record becomes a dead letter."""


class Unreachable(Exception):
    """Raised where a registry does not answer, or not as one does. The caller waits, and asks again."""


def require_formats(settings: RegistrySettings) -> None:
    """Raise `BadSettings` if a registry is set and what reads its formats is not installed."""
    if settings.url is None:
        return
    try:
        import fastavro  # noqa: F401 - whether it is there
        import google.protobuf  # noqa: F401 - as above
    except ImportError as error:
        raise BadSettings(missing("registry.url", "formats")) from error


class Registry:
    """A schema registry, and what is known of its schemas."""

    def __init__(self, settings: RegistrySettings) -> None:
        require_formats(settings)
        self._settings = settings
        self.schemas = Schemas(is_served=settings.url is not None)
        self._files, self._tls = _descriptors(settings), _tls(settings)
        self._unknown: dict[int | str, float] = {}
        """The ids that the registry lacked, and when."""

    async def prepare(
        self,
        records: Sequence[Any],
        *,
        goes_on: Callable[[], bool] = lambda: True,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> bool:
        """Fetch the schemas of records that are not known yet, however long it takes; return False if given up."""
        if self._settings.url is None:
            return True
        self._doubt_what_was_unknown()
        pause = FIRST_PAUSE
        while missing := list(dict.fromkeys(self.schemas.missing(records))):
            try:
                async with self._session() as session:
                    for ident in missing:
                        await self._fetch(session, ident)
            except Unreachable as error:
                log.warning("%s; its records wait, and nothing is lost: the next try is in %.1f s", error, pause)
                await _pause(pause, goes_on, sleep)
                pause = min(2 * pause, LONGEST_PAUSE)
            if not goes_on():
                return False
        return True

    async def probe(self) -> None:
        """Ask for a schema, as for those of records; raise `Unreachable` if no registry answers, or not this user."""
        async with self._session() as session:
            with contextlib.suppress(_Absent):
                await self._ask(session, f"/schemas/ids/{_NO_ID}")

    def _doubt_what_was_unknown(self) -> None:
        """Have ids asked for again that were unknown a while ago: a schema may be registered after its records."""
        now = asyncio.get_running_loop().time()
        for ident in [one for one, at in self._unknown.items() if now - at > ASKED_AGAIN]:
            del self._unknown[ident]
            self.schemas.doubt(ident)

    def _session(self) -> "aiohttp.ClientSession":
        import aiohttp

        said = self._settings
        headers = {"Accept": _ACCEPT}
        if said.token is not None:
            headers["Authorization"] = f"Bearer {said.token.get_secret_value()}"
        if said.username is not None and said.password is not None:
            user = f"{said.username}:{said.password.get_secret_value()}"
            headers["Authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
        connector = aiohttp.TCPConnector(ssl=self._tls) if self._tls is not None else None
        timeout = aiohttp.ClientTimeout(total=said.timeout)
        return aiohttp.ClientSession(headers=headers, connector=connector, timeout=timeout)

    async def _fetch(self, session: "aiohttp.ClientSession", ident: int | str) -> None:
        path = f"/schemas/ids/{ident}" if isinstance(ident, int) else f"/schemas/guids/{ident}"
        try:
            found = await self._ask(session, path)
            kind = str(found.get("schemaType") or AVRO)
            if kind == PROTOBUF and not self._files:
                found = await self._descriptor(session, f"{path}?format=serialized", found)
            references: dict[str, str] = {}
            await self._resolve(session, found, kind, references, set())
        except _Absent as absent:
            self.schemas.put_unknown(ident, str(absent))
            self._unknown[ident] = asyncio.get_running_loop().time()
            log.error(  # noqa: TRY400 - no fault of ours, and its trace says nothing more
                "the registry at %s has no schema %s: its records become dead letters", self._settings.url, ident
            )
            return
        self.schemas.put(ident, Schema(kind, str(found.get("schema")), tuple(references.items()), self._files))

    async def _descriptor(self, session: "aiohttp.ClientSession", path: str, found: dict[str, Any]) -> dict[str, Any]:
        """Return a schema of Protobuf with its descriptor in place of its text: nothing here reads .proto files."""
        said = await self._ask(session, path)
        try:
            base64.b64decode(str(said.get("schema")), validate=True)
        except (binascii.Error, ValueError) as error:
            raise Unreachable(
                f"the registry at {self._settings.url} has no descriptors of Protobuf (format=serialized): set "
                "registry.descriptors to a FileDescriptorSet"
            ) from error
        return said | {"references": found.get("references")}

    async def _resolve(
        self,
        session: "aiohttp.ClientSession",
        found: dict[str, Any],
        kind: str,
        references: dict[str, str],
        seen: set[tuple[str, str]],
    ) -> None:
        """Add what a schema refers to, each before those that refer to it."""
        said = found.get("references") or ()
        for one in said if isinstance(said, list) else ():
            if not isinstance(one, dict):
                raise Unreachable(f"what answers at {self._settings.url} is no registry: its references are no objects")
            subject, version = str(one.get("subject")), str(one.get("version"))
            if (subject, version) in seen:
                continue
            seen.add((subject, version))
            if len(seen) > MOST_REFERENCES:
                raise _Absent(f"one that refers to more than {MOST_REFERENCES} others")
            path = f"/subjects/{quote(subject, safe='')}/versions/{quote(version, safe='')}"
            try:
                inner = await self._ask(session, path + "?deleted=true")
                if kind == PROTOBUF and not self._files:
                    inner = await self._descriptor(session, path + "?deleted=true&format=serialized", inner)
            except _Absent as absent:
                raise _Absent("one that refers to another, which the registry does not have") from absent
            await self._resolve(session, inner, kind, references, seen)
            references[str(one.get("name"))] = str(inner.get("schema"))

    async def _ask(self, session: "aiohttp.ClientSession", path: str) -> dict[str, Any]:
        """Return the answer of a registry; raise `_Absent` for what it does not have, `Unreachable` for all else."""
        import aiohttp

        url = f"{self._settings.url}{path}"
        try:
            async with session.get(url, allow_redirects=False) as answer:
                if answer.status == _NOT_FOUND and _is_unknown(await _whole(answer)):
                    raise _Absent(_UNKNOWN)
                if answer.status != _OK:
                    raise Unreachable(f"the registry answers {answer.status} to {url}{_hint(answer.status)}")
                text = await _whole(answer)
                if len(text) > MOST_BYTES:
                    raise Unreachable(f"the registry's answer to {url} has more than {MOST_BYTES:,} bytes")
                return _object(text, url)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"the registry does not answer at {url}: {type(error).__name__}") from error


async def _whole(answer: "aiohttp.ClientResponse") -> bytes:
    """Return an answer, in however many pieces it comes; of one that is too long somewhat more than is read."""
    pieces, size = [], 0
    while size <= MOST_BYTES and (more := await answer.content.readany()):
        pieces.append(more)
        size += len(more)
    return b"".join(pieces)


def _object(text: bytes, url: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreachable(f"what answers at {url} is no registry: its answer is no JSON") from error
    if not isinstance(found, dict) or not isinstance(found.get("schema"), str):
        raise Unreachable(f"what answers at {url} is no registry: its answer has no schema")
    return found


def _is_unknown(text: bytes) -> bool:
    """Report whether a registry says that it lacks a schema; a proxy, or another service, knows no such code."""
    try:
        return json.loads(text).get("error_code") in _UNKNOWN_CODES
    except (ValueError, RecursionError, AttributeError, TypeError):
        return False


def _hint(status: int) -> str:
    if status in {401, 403}:
        return ": set registry.username and registry.password, or registry.token"
    return ": set registry.url to where it is" if status in {301, 302, 307, 308, 404} else ""


def _tls(settings: RegistrySettings) -> ssl.SSLContext | None:
    if settings.url is None or not settings.url.startswith("https"):
        return None
    try:
        context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise BadSettings(
            f"registry.ca_file: {settings.ca_file}: {error.strerror or 'no certificates in PEM'}"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _descriptors(settings: RegistrySettings) -> bytes:
    if settings.descriptors is None:
        return b""
    try:
        return settings.descriptors.read_bytes()
    except OSError as error:
        raise BadSettings(f"registry.descriptors: {settings.descriptors}: {error.strerror}") from error


async def _pause(
    seconds: float, goes_on: Callable[[], bool], sleep: Callable[[float], Awaitable[None]], step: float = 0.25
) -> None:
    """Wait in short steps, so that a worker that stops does not wait for the whole pause."""
    left = seconds
    while left > 0 and goes_on():
        await sleep(min(step, left))
        left -= step
