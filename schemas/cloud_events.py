"""Reads CloudEvents 1.0 as events of ours: the attributes take their places among the fields of the data.

    ce_specversion 1.0, ce_id o-7, ce_type …      {"customer_id": "c-1", "occurred_at": …}      binary
    content-type application/cloudevents+json     {"specversion": "1.0", "id": "o-7", "data": {…}}   structured

The content type decides first, whatever `ce_*` headers stand beside it. No other header is looked at: one may be null
or raw bytes (findings/cloudevents-python-kafka-foreign-bytes.sh). Relays that read and write events anew fill in the
present where there was no time, so an `occurred_at` in the data wins over `time`.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

PREFIX: Final = "ce_"
STRUCTURED: Final = b"application/cloudevents"
BATCH: Final = b"application/cloudevents-batch"
VERSION: Final = "1.0"
PLACES: Final = (("type", "type"), ("id", "event_id"), ("source", "source"))
"""Attributes that win over the data, and the fields that they are."""
LONGEST_SOURCE: Final = 128
"""Characters of a `source`, which may be any URI: no event is lost for a longer one, it is left out."""
_STRUCTURE: Final = frozenset({"specversion", "id", "source", "type"})
_BUFFER: Final = '{"type":"Buffer"'
_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text: Final = msgspec.json.Decoder(str).decode
_encode: Final = msgspec.json.Encoder().encode
Headers = Sequence[tuple[str, bytes | None]]


class Unusable(Exception):
    """Raised for a CloudEvent of which no event of ours can be made. The decoder refuses the record with its text."""


def concerns(headers: Headers) -> bool:
    """Report whether headers may belong to a CloudEvent: `ce_specversion`, or a content type.

    >>> concerns([("trace", b"1")]), concerns([("ce_specversion", b"1.0")])
    (False, True)
    """
    return any(name == "ce_specversion" or name.lower() == "content-type" for name, _ in headers)


def plain(value: bytes, headers: Headers) -> bytes:
    """Return the event of ours that a CloudEvent is, as plain JSON; the value itself if it is no CloudEvent.

    >>> plain(b'{"event_id": "1"}', [("ce_specversion", b"1.0"), ("ce_id", b"7")])
    b'{"event_id":"7"}'
    """
    kind = next((text or b"" for name, text in reversed(headers) if name.lower() == "content-type"), b"")
    kind = kind.strip().lower()
    if kind.startswith(BATCH):
        raise Unusable("a batch of CloudEvents, which Kafka's binding does not know: send one event a record")
    if kind.startswith(STRUCTURED):
        fields = _object(value)
        return value if fields is None else structured(fields)
    said = {name.removeprefix(PREFIX): text for name, text in headers if name.startswith(PREFIX)}
    return _binary(value, said) if "specversion" in said else value


def is_structured(fields: Mapping[str, msgspec.Raw]) -> bool:
    """Report whether the fields of an object are the attributes of a CloudEvent, as in a file, which has no headers."""
    return "event_id" not in fields and fields.keys() >= _STRUCTURE


def structured(fields: Mapping[str, msgspec.Raw]) -> bytes:
    """Return the event of ours that a structured CloudEvent is; raise `Unusable` if it is none."""
    attributes = {name: _attribute(name, fields.get(name)) for name in ("specversion", "time", "type", "id", "source")}
    _require_version("specversion", attributes.pop("specversion"))
    return _merged(_data_of(fields), attributes, "")


def _binary(value: bytes, said: Mapping[str, bytes | None]) -> bytes:
    attributes = {name: _decoded(name, said.get(name)) for name in ("time", "type", "id", "source")}
    _require_version("ce_specversion", _decoded("specversion", said["specversion"]))
    data = _object(value)
    return value if data is None else _merged(data, attributes, PREFIX)


def _merged(data: dict[str, msgspec.Raw], attributes: Mapping[str, str | None], prefix: str) -> bytes:
    """Return the data with the attributes in their places: they win, but for the time."""
    for attribute, field in PLACES:
        said = attributes[attribute]
        if said and not (attribute == "source" and len(said) > LONGEST_SOURCE):
            _require_no_buffer(prefix + attribute, said)
            data[field] = msgspec.Raw(_encode(said))
    if attributes["time"] and bytes(data.get("occurred_at", b"null")) == b"null":
        data["occurred_at"] = msgspec.Raw(_encode(attributes["time"]))
    return _encode(data)


def _data_of(fields: Mapping[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """Return the fields of the data, which may be in base64; raise `Unusable` if it is no JSON object."""
    if "data" in fields:
        data = _object(bytes(fields["data"]))
    elif "data_base64" in fields:
        try:
            data = _object(base64.b64decode(_text(fields["data_base64"]), validate=True))
        except (binascii.Error, msgspec.DecodeError, ValueError) as error:
            raise Unusable("data_base64: it is no base64") from error
    else:
        raise Unusable("data: missing")
    if data is None:
        raise Unusable("data: it is no JSON object, with the fields of an event of the catalogue")
    return data


def _object(value: bytes) -> dict[str, msgspec.Raw] | None:
    try:
        return _fields(value)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def _attribute(name: str, raw: msgspec.Raw | None) -> str | None:
    """Return a text of a structured event; None if it is absent or null."""
    if raw is None or bytes(raw) == b"null":
        return None
    try:
        return _text(raw)
    except (msgspec.DecodeError, ValueError) as error:
        _require_no_buffer(name, bytes(raw).decode(errors="replace"))
        raise Unusable(f"{name}: an attribute of a CloudEvent is text") from error


def _decoded(name: str, text: bytes | None) -> str | None:
    try:
        return text.decode() if text is not None else None
    except UnicodeDecodeError as error:
        raise Unusable(f"{PREFIX}{name}: it is not UTF-8") from error


def _require_no_buffer(name: str, said: str) -> None:
    """Raise `Unusable` for an attribute that a relay in JavaScript wrote as the bytes that it had not decoded."""
    if "".join(said[:40].split()).startswith(_BUFFER):
        raise Unusable(
            f"{name}: an object of bytes, as a relay in JavaScript writes it that passes headers on undecoded: have it "
            "turn headers into text first"
        )


def _require_version(name: str, said: str | None) -> None:
    if said == VERSION:
        return
    if said == "1":
        raise Unusable(
            f"{name}: it is 1, as SimpleHeaderConverter of Kafka Connect writes 1.0; ids have lost their zeros as "
            "well: set header.converter=org.apache.kafka.connect.converters.ByteArrayConverter in the connector"
        )
    raise Unusable(f"{name}: only CloudEvents {VERSION} are read")


def plain_line(text: bytes) -> bytes:
    """Return the event of ours that a line of a log is, if it is a structured CloudEvent; any other line unchanged."""
    if b'"specversion"' not in text:
        return text
    fields = _object(text)
    try:
        return structured(fields) if fields is not None and is_structured(fields) else text
    except Unusable:  # the decoder says why
        return text


def data_in_base64(value: bytes) -> bytes:
    """Return the data of a CloudEvent that are in base64; nothing of any other value."""
    fields = _object(value) if b'"data_base64"' in value else None
    try:
        return base64.b64decode(_text(fields["data_base64"])) if fields is not None else b""
    except (KeyError, binascii.Error, msgspec.DecodeError, ValueError):
        return b""
