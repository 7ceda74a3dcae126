"""Decides who may look: a token, a session that began with one, a proxy's word, or being on this machine.

Rule: on any address but loopback no request is answered without a token, or a proxy's word. Settings without either
are refused at start, so that no request is ever judged by a setting that is missing.
"""

import hashlib
import hmac
import ipaddress
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from starlette.datastructures import Headers

from streams.console_settings import LEAST_TOKEN, ConsoleSettings, Role
from streams.errors import BadSettings
from streams.hosts import LOOPBACK
from streams.text_files import text_of, why_unread

SESSION: Final = 12 * 3_600.0
"""Seconds that a session lasts."""
MOST_SESSIONS: Final = 1_000
COOKIE: Final = "backstay_console"
WRONG_A_MINUTE: Final = 10
"""Wrong tokens of an address within a minute after which no token of it is looked at for the rest of it."""
MOST_ADDRESSES: Final = 1_000
MINUTE: Final = 60.0
LONGEST_NAME: Final = 128


@dataclass(frozen=True)
class Visitor:
    """A person or a program that makes a request, and what it may do."""

    name: str
    roles: frozenset[Role]
    has_session: bool = False

    def may(self, role: Role) -> bool:
        """Report whether the visitor has a role; each role includes `see`."""
        return role in self.roles or (role == "see" and bool(self.roles))


HERE: Final = Visitor("loopback", frozenset({"see", "act"}))
"""Somebody on this machine, where no token is set. Erasing a customer needs a token always."""


class Gate:
    """Knows the tokens and the sessions. `clock` is a monotonic time in seconds."""

    def __init__(self, settings: ConsoleSettings, clock: Callable[[], float]) -> None:
        self._settings, self._clock = settings, clock
        self._tokens = list(_tokens(settings))
        self._networks = [ipaddress.ip_network(one, strict=False) for one in settings.proxy_addresses]
        self._sessions: dict[bytes, tuple[Visitor, float]] = {}
        self._wrong: dict[str, deque[float]] = {}
        """When an address has sent wrong tokens: nobody is kept out by the mistakes, or the malice, of others."""
        if not is_loopback(settings.host) and not self._tokens and not self._networks:
            raise BadSettings(
                f"console.host = {settings.host!r} is reached from other machines, and nobody would be asked who they "
                "are: set console.tokens.NAME.token (one of `openssl rand -hex 24`), or console.proxy_header and "
                "console.proxy_addresses, or leave console.host at 127.0.0.1"
            )

    @property
    def is_open(self) -> bool:
        """Report whether every program on this machine may look."""
        return not self._tokens and not self._networks

    @property
    def has_tokens(self) -> bool:
        """Report whether there is something to sign in with."""
        return bool(self._tokens)

    def visitor(self, headers: Headers, cookie: str | None, address: str) -> Visitor | None:
        """Return the visitor that makes a request; None if it is unknown."""
        if self.is_open:
            return HERE
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.holder(token.strip(), address)
        named = self._named_by_proxy(headers, address)
        if named is not None:
            return named
        return self._of_session(cookie) if cookie is not None else None

    def _named_by_proxy(self, headers: Headers, address: str) -> Visitor | None:
        header = self._settings.proxy_header
        if header is None or not self._is_proxy(address):
            return None
        said = headers.getlist(header)
        if len(said) != 1 or not said[0].strip() or len(said[0]) > LONGEST_NAME or not said[0].isprintable():
            return None
        return Visitor(said[0].strip(), frozenset(cast("tuple[Role, ...]", self._settings.proxy_roles)))

    def _is_proxy(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)

    def holder(self, token: str, address: str = "") -> Visitor | None:
        """Return whose token it is. Every token is compared, whether one has matched or not."""
        now, wrong = self._clock(), self._wrong.pop(address, None) or deque[float]()
        while wrong and wrong[0] <= now - MINUTE:
            wrong.popleft()
        found = self._matching(token) if len(wrong) < WRONG_A_MINUTE else None
        if found is None and len(wrong) < WRONG_A_MINUTE:
            wrong.append(now)
        if wrong:
            self._wrong[address] = wrong
        if len(self._wrong) > MOST_ADDRESSES:
            del self._wrong[next(iter(self._wrong))]
        return found

    def _matching(self, token: str) -> Visitor | None:
        digest, found = _digest(token), None
        for visitor, known in self._tokens:
            if hmac.compare_digest(known, digest):
                found = visitor
        return found

    def begin(self, visitor: Visitor) -> str:
        """Start a session; return the value of its cookie."""
        now = self._clock()
        for key in [key for key, (_, until) in self._sessions.items() if until <= now]:
            del self._sessions[key]
        if len(self._sessions) >= MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        value = secrets.token_urlsafe(32)
        self._sessions[_digest(value)] = Visitor(visitor.name, visitor.roles, has_session=True), now + SESSION
        return value

    def end(self, cookie: str) -> None:
        """End a session."""
        self._sessions.pop(_digest(cookie), None)

    def _of_session(self, cookie: str) -> Visitor | None:
        found = self._sessions.get(_digest(cookie))
        return found[0] if found is not None and found[1] > self._clock() else None


def is_loopback(host: str) -> bool:
    """Report whether an address is reached from this machine alone.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "", "console.example.com")]
    [True, True, True, False, False, False]
    """
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == LOOPBACK


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _tokens(settings: ConsoleSettings) -> list[tuple[Visitor, bytes]]:
    found = list[tuple[Visitor, bytes]]()
    for name, said in settings.tokens.items():
        if said.token_file is not None:
            token = _read(said.token_file, name)
        elif said.token is not None:
            token = said.token.get_secret_value()
        else:
            raise BadSettings(
                f"console.tokens.{name} has no token: set BACKSTAY_CONSOLE__TOKENS__{name.upper()}__TOKEN to one of "
                "`openssl rand -hex 24`, or name a file in token_file"
            )
        found.append((Visitor(name, frozenset(cast("tuple[Role, ...]", said.roles))), _digest(token)))
    if len({digest for _, digest in found}) != len(found):
        raise BadSettings("two of console.tokens have the same token: `audit` could not say who looked. Change one")
    return found


def _read(file: Path, name: str) -> str:
    try:
        token = text_of(file).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"console.tokens.{name}.token_file: cannot read {file}: {why_unread(error)}") from error
    if len(token) < LEAST_TOKEN:
        raise BadSettings(f"console.tokens.{name}.token_file: {file} holds fewer than {LEAST_TOKEN} characters")
    return token
