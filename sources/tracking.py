"""Turns tracked events into events of ours: the fields of a contract from the properties of the same names.

Shared by the sources of tracking SDKs and of product analytics. What an event is about, and when it was, is the
source's business.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeGuard

import msgspec
from pydantic import SecretStr

from schemas.base import Event
from schemas.checks import LARGEST
from schemas.decoding import Refused
from schemas.families import CONTRACTS
from sources.base import Fields, Translation, Unreadable
from sources.exact import kind_of
from sources.values import LONGEST_ID, amount, ident, inside, made, pseudonym, refusal, without_empty

Also = Mapping[tuple[str, str], tuple[str, ...]]
"""Other names of properties, by type or family of types, in the order in which they are looked for."""
_ALSO: Final[Also] = {
    ("purchase.completed", "amount"): ("total", "revenue", "value"),
    ("purchase.refunded", "amount"): ("total", "revenue", "value"),
    ("message", "message_id"): ("email_id", "delivery_id"),
    ("message", "campaign"): ("campaign_name", "campaign_id"),
    ("ticket", "ticket_id"): ("conversation_id",),
    ("review", "text"): ("review_body",),
    ("review", "feedback_id"): ("review_id",),
}
_NAMED_BY_TRACK: Final = {"feature.used": "feature", "milestone.reached": "milestone"}
"""The field that takes the name of the track where no property has it."""
_AMOUNTS: Final = frozenset({"amount", "mrr", "value", "discount", "cost"})
_WHOLE: Final = frozenset({"duration", "count", "score"})
_WITH_MONEY: Final = ("amount", "value", "mrr", "cost")
_WHOLE_WITHOUT: Final = frozenset({("purchase.refunded", "amount")})
"""Fields without which an event means all there is: null says that it is unknown."""
_IN_FULL: Final = "send what was paid back, or leave the property out: then the order was refunded in full"
_WITH_PRODUCTS: Final = frozenset({"purchase", "cart"})
_CAMEL: Final = re.compile(r"_([a-z])")
_NO_WORDS: Final[Also] = MappingProxyType({})
_sorted: Final = msgspec.json.Encoder(order="sorted").encode


_Make = Callable[[str, object], object]


class _Own(NamedTuple):
    """A field that not every event has, and how it is made of properties."""

    name: str
    names: tuple[str, ...]
    """The properties that it may be, in the order in which they are looked for."""
    make: _Make
    """Returns the value, of what stands at a path."""
    is_items: bool
    """Whether it is the lines of an order or a cart."""
    means_all: bool
    """Whether an event without it means all there is."""


class Properties:
    """Reads the fields of every contract from properties, by the names that one source has for them."""

    def __init__(self, source: str, prefix: str, also: Also = _NO_WORDS) -> None:
        self._source, self._prefix = source, prefix
        self._fields = {kind: tuple(self._own_of(kind, also)) for kind in CONTRACTS}

    def _own_of(self, kind: str, also: Also) -> Iterator[_Own]:
        """Yield the fields of a contract that not every event has."""
        for name, field in CONTRACTS[kind].model_fields.items():
            common = Event.model_fields.get(name)
            if common is None or (name == "channel" and field.annotation != common.annotation):
                is_items = name == "items" and kind.partition(".")[0] in _WITH_PRODUCTS
                whole = (kind, name) in _WHOLE_WITHOUT
                yield _Own(name, _names_of(kind, name, also), self._maker(name), is_items, whole)

    def event(
        self,
        kind: str,
        name: str,
        fields: dict[str, object],
        properties: object,
        path: str,
        places: Mapping[str, str],
        currency: str | None,
    ) -> Fields:
        """Return an event of a type; raise `Unreadable` if its contract refuses it.

        `fields` is what every event has, and is changed; `path` where the record stands in its batch, and `places`
        where in the record those fields come from.
        """
        found_at, prefix = dict[str, str](), path + self._prefix
        self._fill(kind, fields, object_of(properties), prefix, found_at)
        self.complete(kind, fields, name, currency, prefix, found_at)
        try:
            return _made(fields)
        except (Refused, UnicodeEncodeError) as error:
            missing = {one.name: prefix + one.name for one in self._fields[kind] if one.name not in fields}
            known = {field: path + place for field, place in places.items()}
            raise refusal(self._source, fields, error, (known | missing | found_at).get) from None

    def complete(
        self,
        kind: str,
        fields: dict[str, object],
        name: str,
        currency: str | None,
        prefix: str,
        found_at: dict[str, str],
    ) -> None:
        """Add what no property says: the name of the event where it is one of ours, and the currency of all amounts."""
        if kind in _NAMED_BY_TRACK and (own := _NAMED_BY_TRACK[kind]) not in fields:
            fields[own], found_at[own] = name[:LONGEST_ID], prefix + own
        if "currency" not in fields:
            self._name_currency(kind, fields, prefix, currency, found_at)

    def fields_of(self, kind: str) -> Iterator[tuple[str, tuple[str, ...], str, bool]]:
        """Yield the fields of a type: name, properties that it may be, what is made of them, whether it means all."""
        for one in self._fields[kind]:
            names = ("products", *one.names) if one.is_items else one.names
            yield one.name, names, "items" if one.is_items else _make_of(one.name), one.means_all

    def _fill(self, kind: str, fields: dict[str, object], said: Fields, prefix: str, found_at: dict[str, str]) -> None:
        """Add the fields that properties say, and to `found_at` where each of them stands."""
        for field, names, make, is_items, means_all in self._fields[kind]:
            if field in fields:
                continue
            value = None
            for one in names:
                value = said.get(one)
                if value is not None:
                    found_at[field] = prefix + one
                    break
            if is_items:
                products = said.get("products") or value
                if products and (items := list(self._items(products, prefix + "products"))):
                    fields[field] = items
                    found_at.setdefault(field, prefix + field)
            elif value is not None:
                fields[field] = make(found_at[field], value)
            elif means_all:
                self._refuse_null(said, names, prefix)

    def _name_currency(
        self, kind: str, fields: dict[str, object], prefix: str, default: str | None, found_at: dict[str, str]
    ) -> None:
        if not any(one in fields for one in _WITH_MONEY):
            return
        if default:
            fields["currency"], found_at["currency"] = default, prefix + "currency"
        elif (field := CONTRACTS[kind].model_fields.get("currency")) is not None and field.is_required():
            remedy = f"send it with the amount, or name that of all such amounts: sources.{self._source}.currency"
            raise Unreadable(self._source, prefix + "currency", "missing", remedy)

    def _refuse_null(self, said: Fields, names: tuple[str, ...], prefix: str) -> None:
        """Raise `Unreadable` for a field that stands there as null, where without it all would be meant."""
        null = next((one for one in names if one in said), None)
        if null is not None:
            raise Unreadable(self._source, prefix + null, "null", _IN_FULL)

    def _maker(self, field: str) -> _Make:
        """Return what makes the value of a property such as the contract of a field wants it."""
        make = _make_of(field)
        if make == "amount":
            return partial(amount, self._source)
        if make == "ident":
            return partial(ident, self._source)
        return self._whole if make == "whole" else self._plain

    def _plain(self, path: str, value: object) -> object:
        return amount(self._source, path, value) if isinstance(value, Decimal) else value

    def _whole(self, path: str, value: object) -> object:
        if isinstance(value, Decimal) and 0 <= value <= LARGEST:
            return int(value)
        return self._plain(path, value)

    def _items(self, products: object, path: str) -> Iterator[dict[str, object]]:
        """Yield the lines of an order or a cart; those without an id, which no contract knows, are left out."""
        for place, one in enumerate(products if isinstance(products, list) else ()):
            sku = next((inside(one, name) for name in ("sku", "product_id", "productId") if inside(one, name)), None)
            if sku is None:
                continue
            item: dict[str, object] = {"sku": ident(self._source, f"{path}[{place}].sku", sku)}
            category, quantity, price = (inside(one, name) for name in ("category", "quantity", "price"))
            if isinstance(category, str) and category:
                item["category"] = category[:LONGEST_ID]
            if isinstance(quantity, int) and not isinstance(quantity, bool):
                item["quantity"] = quantity
            if price is not None:
                item["price"] = amount(self._source, f"{path}[{place}].price", price)
            yield item


def _made(fields: Fields) -> Fields:
    """Return an event as its contract reads it, without empty text where the contract refuses that."""
    try:
        return made(fields)
    except Refused:
        full = without_empty(fields)
        if full is None:
            raise
        return made(full)


def _make_of(field: str) -> str:
    """Return what is made of the property of a field: an amount, an id, a whole number, or what it is."""
    if field in _AMOUNTS:
        return "amount"
    if field.endswith("_id"):
        return "ident"
    return "whole" if field in _WHOLE else "plain"


def _names_of(kind: str, field: str, also: Also) -> tuple[str, ...]:
    """Return the names under which a field may stand among the properties, in the order in which they are tried."""
    family = kind.partition(".")[0]
    usual = _ALSO.get((kind, field), _ALSO.get((family, field), ()))
    own = also.get((kind, field), also.get((family, field), ()))
    return tuple(dict.fromkeys((field, _CAMEL.sub(lambda letter: letter[1].upper(), field), *own, *usual)))


def translation(found: list[Fields | str]) -> Translation:
    """Return the events in the order of their ids, each id once; why there are none, if there are none."""
    if len(found) == 1:
        return Translation((), found[0]) if isinstance(found[0], str) else Translation((found[0],))
    events = {str(one["event_id"]): one for one in found if not isinstance(one, str)}
    skipped = next((one for one in found if isinstance(one, str)), "")
    return Translation(tuple(events[name] for name in sorted(events)), "" if events else skipped)


class Batch(NamedTuple):
    """Defines how an SDK sends several records in one: the field with them, one that each may lack, and their name."""

    name: str
    common: str
    nouns: str
    empty: str
    """Why nothing follows of one without any."""


def of_each(
    source: str, record: dict[str, Any], batch: Batch, read: Callable[[dict[str, Any], str], list[Fields | str]]
) -> Translation:
    """Return what follows of each record of a batch, by its place there; of a record that is none, of itself."""
    listed = record.get(batch.name)
    if not isinstance(listed, list):
        return translation(read(record, ""))
    found: list[Fields | str] = []
    for place, one in enumerate(listed):
        path = f"{batch.name}[{place}]"
        if not isinstance(one, dict):
            raise Unreadable(source, path, kind_of(one), f"send {batch.nouns} of an SDK")
        found += read({batch.common: record.get(batch.common), **one}, f"{path}.")
    return translation(found or [batch.empty])


def object_of(value: object) -> dict[str, Any]:
    """Return an object; an empty one for any other value."""
    return value if isinstance(value, dict) else {}


def attribute(value: object) -> object:
    """Return a trait as an attribute has it; None for what none can be: an address is a person's."""
    if isinstance(value, bool | str) or value is None:
        return None if isinstance(value, str) and "@" in value else value
    return None if isinstance(value, list | dict) else str(value)


def customer_of(source: str, path: str, value: object, key: SecretStr | None) -> str:
    """Return the id of a person or an account; a pseudonym of an e-mail address."""
    if isinstance(value, str) and "@" in value:
        if key is None:
            remedy = (
                f"set sources.{source}.pseudonym_key (or privacy.pseudonym_key): "
                "by it e-mail addresses become pseudonyms"
            )
            raise Unreadable(source, path, "an e-mail address", remedy)
        return pseudonym(key.get_secret_value(), value)
    return ident(source, path, value)


def id_of(given: object, content: Callable[[], Mapping[str, object]]) -> str:
    """Return the id that a record was given, which stays the same when it is sent again; else a digest of it."""
    return given if is_id(given) else digest(content())


def is_id(given: object) -> TypeGuard[str]:
    """Report whether a record was given an id that an event can have."""
    return isinstance(given, str) and 0 < len(given) <= LONGEST_ID and given.isprintable()


def digest(content: object) -> str:
    """Return an id that follows from a JSON value."""
    return hashlib.sha256(_sorted(content)).hexdigest()[:32]
