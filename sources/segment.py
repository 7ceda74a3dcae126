"""Segment and RudderStack: calls of a tracking SDK, as a warehouse or Kafka destination delivers them.

    track       what its name is mapped to (`TRACKS`, and the option `tracks`): an order, a login, a use of a feature
    identify    chosen traits as attributes of the customer
    group       the same of the account, if customers are accounts
    alias       two ids are one customer
    page, screen    nothing, or a use of the product, by the option `pages`

What the SDKs really send is collected in findings/: times and traits stand in other fields by vendor and language.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import BeforeValidator, Field, SecretStr, field_validator

from schemas.base import Event
from schemas.checks import LARGEST
from schemas.currencies import DECIMALS
from schemas.families import FAMILIES, TOPIC_OF
from schemas.family import type_of
from sources.base import Fields, Foreign, Options, Source, Translation, Unreadable
from sources.exact import MISSING, kind_of
from sources.values import amount, checked, document, ident, inside, pseudonym

NAME: Final = "segment"
TRACKS: Final = {
    "signed in": "login.succeeded",
    "order completed": "purchase.completed",
    "order refunded": "purchase.refunded",
    "cart viewed": "cart.updated",
    "product reviewed": "review.posted",
    "email delivered": "message.delivered",
    "email opened": "message.opened",
    "email link clicked": "message.clicked",
    "email bounced": "message.bounced",
    "email marked as spam": "message.complained",
    "unsubscribed": "message.unsubscribed",
}
"""What the names of Segment's public specifications mean (e-commerce, B2B SaaS, email), in lower case."""
NOT_BY_TRACK: Final = frozenset({"customer.updated", "customer.merged"})
"""Types that follow from `identify` and `alias`, and not from a track."""
_ALSO: Final = {
    ("purchase.completed", "amount"): ("total", "revenue", "value"),
    ("purchase.refunded", "amount"): ("total", "revenue", "value"),
    ("message", "message_id"): ("email_id", "delivery_id"),
    ("message", "campaign"): ("campaign_name", "campaign_id"),
    ("ticket", "ticket_id"): ("conversation_id",),
    ("review", "text"): ("review_body",),
    ("review", "feedback_id"): ("review_id",),
}
"""Other names of properties, by type or family of types, in the order in which they are looked for."""
_NAMED_BY_TRACK: Final = {"feature.used": "feature", "milestone.reached": "milestone"}
"""The field that takes the name of the track where no property has it."""
_AMOUNTS: Final = frozenset({"amount", "mrr", "value", "discount", "cost"})
_WHOLE: Final = frozenset({"duration", "count", "score"})
_WITH_MONEY: Final = ("amount", "value", "mrr", "cost")
_WITH_PRODUCTS: Final = frozenset({"purchase", "cart"})
_CONTRACTS: Final = {type_of(contract): contract for family in FAMILIES for contract in family.contracts}
_CAMEL: Final = re.compile(r"_([a-z])")
_PROPERTY: Final = "properties."
_EMAIL_REMEDY: Final = (
    f"set sources.{NAME}.pseudonym_key (or privacy.pseudonym_key): by it e-mail addresses become pseudonyms"
)


def _words(value: object) -> object:
    """Read a table of words as shells write it: JSON."""
    return msgspec.json.decode(value) if isinstance(value, str) and value.lstrip().startswith("{") else value


def _names(value: object) -> object:
    """Read a list as shells write it: a,b or as JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return msgspec.json.decode(value)
    return tuple(filter(None, map(str.strip, value.split(","))))


Words = Annotated[dict[str, str], BeforeValidator(_words)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


class SegmentOptions(Options):
    """The meaning of a company's own names."""

    customer: Literal["user", "group"] = Field(
        "user", description="who a customer is: the person (userId), or the account (groupId)"
    )
    tracks: Words = Field(
        {},
        description='event types of tracks by their names, as in "Plan Upgraded" = "milestone.reached"; '
        '"" leaves one out that has a type by default',
    )
    others: Literal["", "feature.used"] = Field("", description="event type of all other tracks; empty: left out")
    pages: Literal["", "content.viewed", "feature.used"] = Field(
        "", description="event type of page and screen calls; empty: left out"
    )
    attributes: Names = Field((), description="traits that become attributes of the customer; no others are read")
    currency: str | None = Field(None, description="currency of amounts without one")
    pseudonym_key: SecretStr | None = Field(
        None, description="secret key by which e-mail addresses become pseudonyms; unset: privacy.pseudonym_key"
    )

    @field_validator("tracks")
    @classmethod
    def _read_types(cls, value: dict[str, str]) -> dict[str, str]:
        known = sorted(TOPIC_OF.keys() - NOT_BY_TRACK)
        for name, kind in value.items():
            if kind and kind not in known:
                near = get_close_matches(kind, known, n=1)
                meant = f"; did you mean {near[0]!r}?" if near else ""
                raise ValueError(f"{name}: {kind!r} is no event type that a track can have{meant}")
        return {_plain(name): kind for name, kind in value.items()}

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, value: str | None) -> str | None:
        if value is not None and value.upper() not in DECIMALS:
            raise ValueError(f"{value!r} is no ISO 4217 currency code, such as EUR")
        return value.upper() if value is not None else None


def families(options: Options) -> frozenset[str]:
    """Return the topics of the events that may follow from calls."""
    said = options if isinstance(options, SegmentOptions) else SegmentOptions()
    kinds = {*(TRACKS | said.tracks).values(), said.others, said.pages, *NOT_BY_TRACK}
    return frozenset(TOPIC_OF[kind] for kind in kinds if kind)


def _plain(name: str) -> str:
    return name.strip().casefold().replace("_", " ")


def read(foreign: Foreign, options: Options) -> Translation:
    """Return the events of one call, or of a batch of calls as SDKs send it."""
    if not isinstance(options, SegmentOptions):
        options = SegmentOptions.model_validate(options.model_dump())
    call = document(NAME, foreign.value)
    batch = call.get("batch")
    if not isinstance(batch, list):
        return _translation(list(_events(call, "", options)))
    found: list[Fields | str] = []
    for place, one in enumerate(batch):
        path = f"batch[{place}]."
        if not isinstance(one, dict):
            raise Unreadable(NAME, path.rstrip("."), kind_of(one), "send calls of an SDK")
        found += _events({"timestamp": call.get("timestamp"), **one}, path, options)
    return _translation(found or ["a batch without calls"])


def _translation(found: list[Fields | str]) -> Translation:
    """Return the events in the order of their ids, each id once; why there are none, if there are none."""
    events = {str(one["event_id"]): one for one in found if not isinstance(one, str)}
    skipped = next((one for one in found if isinstance(one, str)), "")
    return Translation(tuple(events[name] for name in sorted(events)), "" if events else skipped)


def _events(call: dict[str, Any], path: str, options: SegmentOptions) -> Iterator[Fields | str]:
    """Yield the event of one call, or the reason why there is none."""
    kind = call.get("type", MISSING)
    if not isinstance(kind, str):
        raise Unreadable(NAME, f"{path}type", kind_of(kind), "send calls of Segment's or RudderStack's SDKs")
    read_call = _CALLS.get(kind)
    yield read_call(call, path, options) if read_call is not None else "a call of a kind that says nothing of customers"


def _track(call: dict[str, Any], path: str, options: SegmentOptions) -> Fields | str:
    name = call.get("event", MISSING)
    if not isinstance(name, str) or not name:
        raise Unreadable(NAME, f"{path}event", kind_of(name), "send the name of the track")
    kind = options.tracks.get(_plain(name), TRACKS.get(_plain(name), options.others))
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
    paths = {"occurred_at": f"{path}timestamp", "type": f"{path}event"}
    properties = call.get("properties")
    for field, names in _FIELDS[kind]:
        found = next((one for one in names if inside(properties, one) is not None), field)
        paths[field] = f"{path}{_PROPERTY}{found}"
        value = inside(properties, found)
        if field == "items" and kind.partition(".")[0] in _WITH_PRODUCTS:
            items = list(_items(inside(properties, "products") or value, f"{path}{_PROPERTY}products"))
            fields |= {field: items} if items else {}
        elif value is not None:
            fields[field] = _value(field, paths[field], value)
    if kind in _NAMED_BY_TRACK:
        fields.setdefault(_NAMED_BY_TRACK[kind], name[:128])
    if "currency" not in fields and options.currency and any(one in fields for one in _WITH_MONEY):
        fields["currency"] = options.currency
    return checked(NAME, fields, paths)


def _value(field: str, path: str, value: object) -> object:
    """Return the value of a property as its contract wants it."""
    if field in _AMOUNTS:
        return amount(NAME, path, value)
    if field.endswith("_id"):
        return ident(NAME, path, value)
    if not isinstance(value, Decimal):
        return value
    if field in _WHOLE and 0 <= value <= LARGEST:
        return int(value)
    return amount(NAME, path, value)


def _own_fields(kind: str) -> Iterator[str]:
    """Yield the fields of a contract that not every event has."""
    for name, field in _CONTRACTS[kind].model_fields.items():
        common = Event.model_fields.get(name)
        if common is None or (name == "channel" and field.annotation != common.annotation):
            yield name


def _names_of(kind: str, field: str) -> tuple[str, ...]:
    """Return the names under which a field may stand among the properties, in the order in which they are tried."""
    family = kind.partition(".")[0]
    also = _ALSO.get((kind, field), _ALSO.get((family, field), ()))
    return tuple(dict.fromkeys((field, _CAMEL.sub(lambda letter: letter[1].upper(), field), *also)))


_FIELDS: Final = {kind: [(field, _names_of(kind, field)) for field in _own_fields(kind)] for kind in _CONTRACTS}
"""The fields of each contract that not every event has, each with the names of properties that it is read from."""


def _items(products: object, path: str) -> Iterator[dict[str, object]]:
    """Yield the lines of an order or a cart; those without an id, which no contract knows, are left out."""
    for place, one in enumerate(products if isinstance(products, list) else ()):
        sku = next((inside(one, name) for name in ("sku", "product_id", "productId") if inside(one, name)), None)
        if sku is None:
            continue
        item: dict[str, object] = {"sku": ident(NAME, f"{path}[{place}].sku", sku)}
        category, quantity, price = (inside(one, name) for name in ("category", "quantity", "price"))
        if isinstance(category, str) and category:
            item["category"] = category[:128]
        if isinstance(quantity, int) and not isinstance(quantity, bool):
            item["quantity"] = quantity
        if price is not None:
            item["price"] = amount(NAME, f"{path}[{place}].price", price)
        yield item


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
    everywhere = {**(_object(inside(call, "context", "traits"))), **_object(call.get("traits"))}
    chosen = {name: _attribute(everywhere[name]) for name in options.attributes if name in everywhere}
    if not chosen:
        return "traits of which none is chosen (sources.segment.attributes)"
    fields = _begun("customer.updated", call, path, options)
    if isinstance(fields, str):
        return fields
    fields["attributes"] = chosen
    return checked(NAME, fields, {"occurred_at": f"{path}timestamp", "attributes": f"{path}traits"})


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _attribute(value: object) -> object:
    """Return a trait as an attribute has it; None for what none can be: an address is a person's."""
    if isinstance(value, bool | str) or value is None:
        return None if isinstance(value, str) and "@" in value else value
    return None if isinstance(value, list | dict) else str(value)


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
    return checked(NAME, fields, {"occurred_at": f"{path}timestamp", "into": f"{path}userId"})


def _begun(kind: str, call: dict[str, Any], path: str, options: SegmentOptions) -> dict[str, object] | str:
    """Return what every event has; the reason why there is none, for a visitor that has no id yet."""
    person, account = call.get("userId"), _account(call)
    whose, where = (person, "userId") if options.customer == "user" else (account, "context.groupId")
    if whose is None or whose == "":
        if options.customer == "group":
            return "a call without a groupId"
        if not call.get("anonymousId"):
            raise Unreadable(NAME, f"{path}userId", kind_of(call.get("userId", MISSING)), "send who it is about")
        return "a visitor without a userId"
    fields: dict[str, object] = {
        "type": kind,
        "event_id": _event_id(call),
        "customer_id": _customer(whose, f"{path}{where}", options),
        "occurred_at": _time(call, path),
        "source": NAME,
    }
    if options.customer == "group" and person:
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
    if isinstance(value, str) and "@" in value:
        if options.pseudonym_key is None:
            raise Unreadable(NAME, path, "an e-mail address", _EMAIL_REMEDY)
        return pseudonym(options.pseudonym_key.get_secret_value(), value)
    return ident(NAME, path, value)


def _event_id(call: dict[str, Any]) -> str:
    """Return the id of a call, which stays the same when it is sent again; of one without, a digest of its content."""
    given = call.get("messageId")
    if isinstance(given, str) and 0 < len(given) <= 128 and given.isprintable():  # noqa: PLR2004 - as every id
        return given
    text = msgspec.json.encode({**call, "sentAt": None, "receivedAt": None}, order="sorted")
    return hashlib.sha256(text).hexdigest()[:32]


Call = Callable[[dict[str, Any], str, SegmentOptions], Fields | str]
_CALLS: Final[dict[str, Call]] = {
    "track": _track,
    "page": _page,
    "screen": _page,
    "identify": _identify,
    "group": _group,
    "alias": _alias,
}

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
)
