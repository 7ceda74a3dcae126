"""Segment and RudderStack: calls of a tracking SDK, as a warehouse or Kafka destination delivers them.

    track       what its name is mapped to (`TRACKS`, and the option `tracks`): an order, a login, a use of a feature
    identify    chosen traits as attributes of the customer
    group       the same of the account, if customers are accounts
    alias       two ids are one customer
    page, screen    nothing, or a use of the product, by the option `pages`

What the SDKs really send is collected in findings/: times and traits stand in other fields by vendor and language.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec import UNSET

from sources.base import Fields, Foreign, Made, Options, Source, Translation, Unreadable, own_of
from sources.exact import MISSING, kind_of
from sources.segment_options import SegmentOptions
from sources.tracking import (
    Batch,
    Properties,
    attribute,
    customer_of,
    digest,
    is_id,
    object_of,
    of_each,
    translation,
)
from sources.tracking_options import TRACKS, plain
from sources.usual.reading import Usual
from sources.usual.shape import Unusual
from sources.usual.structs import Call
from sources.values import checked, document, inside

NAME: Final = "segment"
PROPERTIES: Final = Properties(NAME, "properties.")
_BATCH: Final = Batch("batch", "timestamp", "calls", "a batch without calls")
_SAYS_NOTHING: Final = "a call of a kind that says nothing of customers"
_PATHS: Final = {"occurred_at": "timestamp", "type": "event"}
"""Where the fields of a track stand in a call."""


def families(options: Options) -> frozenset[str]:
    """Return the topics of the events that may follow from calls."""
    said = options if isinstance(options, SegmentOptions) else SegmentOptions()
    return said.topics(TRACKS)


def read(foreign: Foreign, options: Options) -> Translation:
    """Return the events of one call, or of a batch of calls as SDKs send it."""
    return by_all(foreign, own_of(options, SegmentOptions))


def by_all(foreign: Foreign, said: SegmentOptions) -> Translation:
    """Return the events of any call, or of a batch of calls as SDKs send it."""
    record = document(NAME, foreign.value)
    if _BATCH.name not in record:
        return translation(_events(record, "", said))
    return of_each(NAME, record, _BATCH, lambda one, path: _events(one, path, said))


def _events(call: dict[str, Any], path: str, options: SegmentOptions) -> list[Fields | str]:
    """Return the event of one call, or the reason why there is none."""
    kind = call.get("type", MISSING)
    if not isinstance(kind, str):
        raise Unreadable(NAME, f"{path}type", kind_of(kind), "send calls of Segment's or RudderStack's SDKs")
    read_call = _CALLS.get(kind)
    return [read_call(call, path, options) if read_call is not None else _SAYS_NOTHING]


def _track(call: dict[str, Any], path: str, options: SegmentOptions) -> Fields | str:
    name = call.get("event", MISSING)
    if not isinstance(name, str) or not name:
        raise Unreadable(NAME, f"{path}event", kind_of(name), "send the name of the track")
    word = plain(name)
    kind = options.tracks.get(word, TRACKS.get(word, options.others))
    if not kind:
        return "a track whose name has no event type (sources.segment.tracks, others)"
    return _of_contract(kind, name, call, path, options)


def _page(call: dict[str, Any], path: str, options: SegmentOptions) -> Fields | str:
    if not options.pages:
        return "a page or a screen (sources.segment.pages)"
    name = call.get("name")
    return _of_contract(options.pages, name if isinstance(name, str) and name else "page", call, path, options)


def _of_contract(kind: str, name: str, call: dict[str, Any], path: str, options: SegmentOptions) -> Fields | str:
    """Return an event with the fields of its contract, each from the property of its name."""
    fields = _begun(kind, call, path, options)
    if isinstance(fields, str):
        return fields
    return PROPERTIES.event(kind, name, fields, call.get("properties"), path, _PATHS, options.currency)


def _identify(call: dict[str, Any], path: str, options: SegmentOptions) -> Fields | str:
    if options.customer == "group":
        return "traits of a person, where customers are accounts"
    return _traits(call, path, options)


def _group(call: dict[str, Any], path: str, options: SegmentOptions) -> Fields | str:
    if options.customer == "user":
        return "traits of an account, where customers are persons"
    return _traits(call, path, options)


def _traits(call: dict[str, Any], path: str, options: SegmentOptions) -> Fields | str:
    """Return the chosen traits as attributes. RudderStack's SDK for Python has them in `context` alone."""
    everywhere = {**object_of(inside(call, "context", "traits")), **object_of(call.get("traits"))}
    chosen = {name: attribute(everywhere[name]) for name in options.attributes if name in everywhere}
    if not chosen:
        return "traits of which none is chosen (sources.segment.attributes)"
    fields = _begun("customer.updated", call, path, options)
    if isinstance(fields, str):
        return fields
    fields["attributes"] = chosen
    return checked(NAME, fields, {"occurred_at": f"{path}timestamp", "attributes": f"{path}traits"}.get)


def _alias(call: dict[str, Any], path: str, options: SegmentOptions) -> Fields | str:
    if options.customer == "group":
        return "an alias of a person, where customers are accounts"
    fields = _begun("customer.merged", call, path, options)
    if isinstance(fields, str):
        return fields
    before = _customer(call.get("previousId", MISSING), f"{path}previousId", options)
    if before == fields["customer_id"]:
        return "an alias of an id with itself"
    fields["customer_id"], fields["into"] = before, fields["customer_id"]
    return checked(NAME, fields, {"occurred_at": f"{path}timestamp", "into": f"{path}userId"}.get)


def _begun(kind: str, call: dict[str, Any], path: str, options: SegmentOptions) -> dict[str, object] | str:
    """Return what every event has; the reason why there is none, for a visitor that has no id yet."""
    person, of_group = call.get("userId"), options.customer == "group"
    whose, where = (_account(call), "context.groupId") if of_group else (person, "userId")
    if whose is None or whose == "":
        if of_group:
            return "a call without a groupId"
        if not call.get("anonymousId"):
            raise Unreadable(NAME, f"{path}userId", kind_of(call.get("userId", MISSING)), "send who it is about")
        return "a visitor without a userId"
    given = call.get("messageId")
    fields: dict[str, object] = {
        "type": kind,
        "event_id": given if is_id(given) else digest({**call, "sentAt": None, "receivedAt": None}),
        "customer_id": _customer(whose, f"{path}{where}", options),
        "occurred_at": _time(call, path),
        "source": NAME,
    }
    if of_group and person:
        fields["user_id"] = _customer(person, f"{path}userId", options)
    return fields


def _account(call: dict[str, Any]) -> object:
    return call.get("groupId") or inside(call, "context", "groupId")


def _time(call: dict[str, Any], path: str) -> str:
    """Return when a call says it happened. RudderStack's SDK for Node has `timestamp` only where its caller gave it.

    No correction by `sentAt`: some SDKs keep that of the first try (findings/sdk-retries-keep-the-first-sent-at.sh).
    """
    field = "timestamp" if call.get("timestamp") is not None else "originalTimestamp"
    when = call.get(field)
    if not isinstance(when, str):
        kind = kind_of(when) if field in call else "missing"
        raise Unreadable(NAME, f"{path}timestamp", kind, "send the time as text, such as 2026-03-01T09:30:00Z")
    return when


def _customer(value: object, path: str, options: SegmentOptions) -> str:
    """Return an id of a person or an account; a pseudonym of an e-mail address."""
    return customer_of(NAME, path, value, options.pseudonym_key)


_CALLS: Final[dict[str, Callable[[dict[str, Any], str, SegmentOptions], Fields | str]]] = {
    "track": _track,
    "page": _page,
    "screen": _page,
    "identify": _identify,
    "group": _group,
    "alias": _alias,
}


def _usual_kind(name: str, options: SegmentOptions) -> str:
    word = plain(name)
    return options.tracks.get(word, TRACKS.get(word, options.others)) if name else ""


def _usual(call: Call, _said: tuple[Any, ...], options: SegmentOptions) -> Made:
    """Return what every event has, of a track of a user with an id."""
    if call.type != "track" or call.batch is not UNSET or not call.userId or not is_id(call.messageId):
        raise Unusual
    customer_id = _customer(call.userId, "userId", options)
    return Made(type="", event_id=call.messageId, customer_id=customer_id, occurred_at=call.timestamp, source=NAME)


USUAL: Final = Usual(
    PROPERTIES, Call, (), SegmentOptions, _usual_kind, _usual, lambda options: options.customer != "group"
)
SEGMENT: Final = Source(
    NAME,
    "calls of Segment's and RudderStack's SDKs: track, identify, alias, group, page, screen",
    ("Segment's HTTP tracking API v1", "RudderStack's HTTP API v1"),
    (
        "Segment: Spec (common fields, track, identify, alias, group, page)",
        "Segment: V2 E-commerce events, B2B SaaS spec, email spec",
        "RudderStack: event specification",
    ),
    SegmentOptions,
    read,
    families,
    usual=USUAL.read,
)
