"""Reads a webhook with its headers: those of the record, or those that stand beside the body in its value.

    headers of the record   x-shopify-topic, …          a bridge that hands them on
    value                   {"headers": {…}, "body": …} an endpoint, or a file, that keeps both
    value                   {"topic": …, "payload": …}  the same with the topic alone
    value                   {"detail": {"metadata": {…}, "payload": …}}  a cloud's event bus

Names of headers are read without regard to case. What stands beside the body wins over the record's own.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from sources.base import Foreign, Unreadable
from sources.document import Node, parsed
from sources.exact import decoded
from sources.instants import of_text

BESIDE: Final = ":topic"
"""Stands for the topic that a value names beside the body. No header is called so: a bridge may add one named topic."""
_BODIES: Final = ("body", "payload")
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = 32_503_680_000_000
"""The beginning of the year 3000, in milliseconds."""


class Delivery(NamedTuple):
    """The body of a webhook, its headers by their names in lower case, and the time of its record."""

    body: Node
    headers: Mapping[str, object]
    timestamp: int

    def header(self, *names: str) -> Node:
        """Return the first of these headers that is there; an older name begins with `x-`."""
        for name in names:
            for one in (f"x-{name}", name):
                if one in self.headers:
                    path = "topic" if one == BESIDE else f"the header {one}"
                    return Node(self.headers[one], (path,), self.body.source)
        return self.body.at("-").named(f"the header {names[0]}")

    def triggered(self, *names: str) -> datetime:
        """Return when it was sent, for a body without a time: by a header, else by its record's timestamp."""
        said = self.header(*names)
        if said.is_known:
            return of_text(said)
        if 0 < self.timestamp < _LATEST:
            return _START + timedelta(milliseconds=self.timestamp)
        raise said.wrong('the body has no time: keep the headers beside it, as {"headers": {…}, "body": {…}}')


def delivered(foreign: Foreign, value: bytes, source: str) -> Delivery:
    """Return a webhook as its record has it; raise `Unreadable` for what is no JSON."""
    whole = parsed(value, source)
    headers, body = _apart(whole)
    if foreign.headers:
        headers = {name.lower(): _plain(text) for name, text in foreign.headers} | headers
    return Delivery(_opened(body), headers, foreign.timestamp)


def _apart(whole: Node) -> tuple[dict[str, object], Node]:
    """Return what stands beside a body, and the body; a record that is a body has nothing beside it."""
    if whole.has("detail"):
        detail = whole.at("detail")
        if detail.has("payload") and detail.at("metadata").is_object:
            return _named(detail.at("metadata")), detail.at("payload")
    name = next((name for name in _BODIES if whole.has(name)), None)
    if name is None or not (whole.has("topic") or whole.at("headers").is_object):
        return {}, whole
    topic = {BESIDE: whole.at("topic").value} if whole.knows("topic") else {}
    return topic | _named(whole.at("headers")), whole.at(name)


def _named(headers: Node) -> dict[str, object]:
    """Return headers by their names in lower case; of one that is a list, the first."""
    if not isinstance(headers.value, dict):
        return {}
    return {name.lower(): one[0] if isinstance(one, list) and one else one for name, one in headers.value.items()}


def _opened(body: Node) -> Node:
    """Return a body; one that is kept as text is read as JSON."""
    if not isinstance(body.value, str) or not body.path:
        return body
    try:
        return Node(decoded(body.value.encode()), (body.path,), body.source)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Unreadable(body.source, body.path, "text that is no JSON", "send the body as it came") from None


def _plain(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")
