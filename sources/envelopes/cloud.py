"""Unwraps CloudEvents around a company's own records: the data, with the attributes beside it."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Final

from schemas.cloud_events import BATCH, PREFIX, STRUCTURED
from sources.base import Unreadable

NAME: Final = "cloudevents"
_ATTRIBUTES: Final = frozenset({"specversion", "id", "source", "type"})
_REMEDY: Final = "send CloudEvents 1.0, one event a record: binary with ce_* headers, or structured"


def content_type(headers: Sequence[tuple[str, bytes | None]]) -> bytes:
    """Return the content type that headers name; nothing without one."""
    said = next((text or b"" for name, text in reversed(headers) if name.lower() == "content-type"), b"")
    return said.strip().lower()


def attributes(
    document: object, headers: Sequence[tuple[str, bytes | None]], source: str
) -> tuple[dict[str, Any], object]:
    """Return the attributes of a CloudEvent, and its data, which may still be text in base64, as bytes."""
    kind = content_type(headers)
    if kind.startswith(BATCH):
        raise Unreadable(source, "the record", "a batch of CloudEvents", _REMEDY)
    said = {
        name.removeprefix(PREFIX): text.decode(errors="replace")
        for name, text in headers
        if name.startswith(PREFIX) and text is not None
    }
    if kind.startswith(STRUCTURED) or "specversion" not in said:
        if not isinstance(document, dict) or not document.keys() >= _ATTRIBUTES:
            raise Unreadable(source, "the record", "no CloudEvent", _REMEDY)
        said = {name: one for name, one in document.items() if name not in {"data", "data_base64"}}
        _require_version(said, source)
        return said, _data(document, source)
    _require_version(said, source)
    return said, document


def _require_version(said: dict[str, Any], source: str) -> None:
    if said.get("specversion") != "1.0":
        raise Unreadable(source, "specversion", "not 1.0", _REMEDY + "; Kafka Connect's SimpleHeaderConverter writes 1")


def _data(document: dict[str, Any], source: str) -> object:
    if "data_base64" not in document:
        return document.get("data")
    try:
        return base64.b64decode(document["data_base64"], validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise Unreadable(source, "data_base64", "no base64", _REMEDY) from None
