"""Amplitude: events as the Export API has them, and as its SDKs send them to the HTTP API v2.

    an event            what its name is mapped to: a login, an order, a use of a feature
    session_start       a login: of a session whose user is known
    revenue_amount      an order: `$revenue`, else `$price` times `$quantity`; a refund, if it is below 0
    user_properties     chosen ones as attributes of the customer
    $groupidentify      the same of the group, if customers are groups
    $exposure           the arm of an experiment, if its flag is listed

Facts by their numbers: docs/sources/amplitude.md.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec import UNSET

from sources.amplitude_options import AmplitudeOptions
from sources.analytics import NOT_ASKED, Id, Tracked, Vendor, has_usual, is_nobody, named, only_group
from sources.base import Fields, Foreign, Made, Options, Source, Translation, Unreadable, own_of
from sources.exact import MISSING, kind_of
from sources.instants import written
from sources.moments import moment
from sources.tracking import Batch, Properties, id_of, is_id, object_of, of_each, translation
from sources.tracking_options import TRACKS, plain
from sources.usual.reading import Usual
from sources.usual.shape import Unusual
from sources.usual.structs import Logged
from sources.usual.times import in_utc, since_1970, text_of
from sources.values import amount, document, ident, inside

NAME: Final = "amplitude"
_PREFIX: Final = "event_properties."
_PRICED: Final = ("$revenue", "amount", "total", "revenue", "value")
_CURRENCY: Final = ("$currency",)
_REVENUES: Final = frozenset({"revenue amount", "[amplitude] revenue"})
"""How a revenue event is called: by SDKs, and where people read it."""
_OWN: Final = frozenset({"session start", "session end", "revenue (verified)", "revenue (unverified)"})
"""Names of events that Amplitude and its SDKs make by themselves, as `plain` writes them."""
_PREFIXES: Final = ("[amplitude]", "[experiment]", "[guides-surveys]", "$")
"""How others of them begin."""
_EXPOSURES: Final = frozenset({"$exposure", "[experiment] exposure"})
_VERBS: Final = frozenset(
    {"$set", "$setOnce", "$add", "$append", "$prepend", "$preInsert", "$postInsert", "$remove", "$unset"}
)
"""What may be done to properties in the HTTP API; others stand as they are."""
_MINUS: Final = "-"
LONGEST: Final = 24
"""Digits of a factor, before or behind the point."""
VENDOR: Final = Vendor(
    NAME,
    Properties(
        NAME,
        _PREFIX,
        {
            ("purchase.completed", "amount"): _PRICED,
            ("purchase.refunded", "amount"): _PRICED,
            ("purchase", "currency"): _CURRENCY,
        },
    ),
    {**TRACKS, "session start": "login.succeeded", "revenue amount": "purchase.completed"},
    frozenset({"[amplitude] page viewed", "[amplitude] screen viewed"}),
    _REVENUES,
    lambda name, word: word in _OWN or name.casefold().startswith(_PREFIXES),
)
_BATCH: Final = Batch("events", "client_upload_time", "events", "a request without events")


def families(options: Options) -> frozenset[str]:
    """Return the topics of the events that may follow."""
    said = own_of(options, AmplitudeOptions)
    return said.topics(VENDOR.tracks, ["purchase.refunded", *(["experiment.exposed"] if said.experiments else [])])


def read(foreign: Foreign, options: Options) -> Translation:
    """Return the events of one record, or of a request as SDKs send it."""
    return by_all(foreign, own_of(options, AmplitudeOptions))


def by_all(foreign: Foreign, said: AmplitudeOptions) -> Translation:
    """Return the events of any record, or of a request as SDKs send it."""
    record = document(NAME, foreign.value)
    if _BATCH.name not in record:
        return translation(_events(record, "", foreign.timestamp, said))
    return of_each(NAME, record, _BATCH, lambda one, path: _events(one, path, foreign.timestamp, said))


def _events(record: dict[str, Any], path: str, arrived: int, options: AmplitudeOptions) -> list[Fields | str]:
    """Return what follows from one event."""
    if "event_type" not in record and "merged_amplitude_id" in record:
        return ["a merge of Amplitude's own ids, which are of no customer"]
    found = _tracked(record, path, arrived, options)
    if found.word in _REVENUES and found.word not in options.tracks:
        return [_revenue(record, found, options)]
    return VENDOR.events(found, options)


def _tracked(record: dict[str, Any], path: str, arrived: int, options: AmplitudeOptions) -> Tracked:
    name = named(NAME, f"{path}event_type", record.get("event_type", MISSING))
    properties = _with_money(record)
    of_group = name == "$groupidentify"
    exposes = name.casefold() in _EXPOSURES
    return Tracked(
        name,
        plain(name),
        path,
        properties,
        _person(record),
        _group(record, options) if options.group else NOT_ASKED,
        lambda: _event_id(record, arrived),
        lambda: _time(record, path, arrived, options),
        "event_time" if record.get("event_time") is not None else "time",
        lambda: _traits(record.get("group_properties" if of_group else "user_properties"), options),
        "group_properties" if of_group else "user_properties",
        of_group,
        (properties.get("flag_key"), properties.get("variant")) if exposes else (None, None),
    )


def _with_money(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of an event, with the revenue and its currency that other senders write beside them.

    An order under a name of the company's own may have its money there, too.
    """
    found = object_of(record.get("event_properties"))
    if record.get("currency") is not None:
        found = {"$currency": record["currency"], **found}
    if record.get("revenue") is not None and not any(one in found for one in (*_PRICED, "$price")):
        found = {"$revenue": record["revenue"], **found}
    return found


def _person(record: Mapping[str, Any]) -> Id:
    value = record.get("user_id", MISSING)
    if value is MISSING and not record.get("device_id") and not record.get("groups"):
        return Id(value, "user_id")  # it names nobody at all: refused
    return Id(value, "user_id", "a visitor without a user_id" if is_nobody(value) else "")


def _group(record: Mapping[str, Any], options: AmplitudeOptions) -> Id:
    value, visitor = only_group(inside(record, "groups", options.group))
    return Id(value, f"groups.{options.group}", visitor)


def _traits(said: object, options: AmplitudeOptions) -> dict[str, Any]:
    """Return the properties that are set. What is set once may be another value already, and is not read."""
    properties = object_of(said)
    if "$clearAll" in properties:
        return dict.fromkeys(options.attributes)
    whole = {name: value for name, value in properties.items() if name not in _VERBS}
    gone = dict.fromkeys(object_of(properties.get("$unset")))
    return {**whole, **object_of(properties.get("$set")), **gone}


def _event_id(record: Mapping[str, Any], arrived: int) -> str:
    """Return the id that SDKs give an event, which exports have as well; else that of the export.

    Without any, two of the same content and without a time differ by their arrival only.
    """
    given = record.get("insert_id") or record.get("$insert_id") or record.get("uuid")
    if record.get("event_time", record.get("time")) is not None:
        return id_of(given, lambda: {**record, "client_upload_time": None})
    return id_of(given, lambda: {**record, "arrived": arrived})


def _time(record: Mapping[str, Any], path: str, arrived: int, options: AmplitudeOptions) -> str:
    """Return when an event happened: in exports as Amplitude has corrected it, which is in UTC and says so nowhere.

    Without a time Amplitude takes that of the upload.
    """
    for field in ("event_time", "time", "client_upload_time"):
        if record.get(field) is not None:
            return written(moment(NAME, path + field, record[field], options.zone))
    if arrived:
        return written(moment(NAME, "the record's timestamp", arrived))
    remedy = "send event_time as exports have it, or time in milliseconds: only Amplitude knows when it came"
    raise Unreadable(NAME, f"{path}time", kind_of(record.get("time", MISSING)), remedy)


def _revenue(record: dict[str, Any], found: Tracked, options: AmplitudeOptions) -> Fields | str:
    """Return the order of a revenue event, or the refund, if it is below 0.

    SDKs send one for each product: those of one order_id are orders apart, or only the first would count.
    """
    begun = VENDOR.begun(found, options)
    if isinstance(begun, str):
        return begun
    total, place = _total(record, found)
    order = found.properties.get("order_id", found.properties.get("orderId"))
    if total.startswith(_MINUS) and order is None:
        remedy = "add order_id, the order that it takes back, to the properties of the event"
        raise Unreadable(NAME, f"{found.path}{_PREFIX}order_id", "missing", remedy)
    if total.startswith(_MINUS) and options.revenues == "each" and not found.properties.get("$productId"):
        remedy = 'add the $productId of what is paid back, or set sources.amplitude.revenues = "order"'
        raise Unreadable(NAME, f"{found.path}{_PREFIX}$productId", "missing", remedy)
    kind = "purchase.refunded" if total.startswith(_MINUS) else "purchase.completed"
    fields = {**begun, "type": kind, "amount": total.removeprefix(_MINUS)}
    fields["order_id"] = begun["event_id"] if order is None else _line(found, order, str(begun["event_id"]), options)
    places = {"amount": place, "occurred_at": found.time_path, "currency": f"{_PREFIX}$currency"}
    return VENDOR.properties.event(kind, found.name, fields, found.properties, found.path, places, options.currency)


def _line(found: Tracked, order: object, event_id: str, options: AmplitudeOptions) -> str:
    """Return the id under which a revenue event is an order: with its product, or with its own id where each counts."""
    name, product = ident(NAME, f"{found.path}{_PREFIX}order_id", order), found.properties.get("$productId")
    if not isinstance(product, str) or not product:
        return (
            name
            if options.revenues == "order"
            else id_of(f"{name}:{event_id}", lambda: {"order": name, "event": event_id})
        )
    return id_of(f"{name}:{product}", lambda: {"order": name, "product": product})


def _total(record: Mapping[str, Any], found: Tracked) -> tuple[str, str]:
    """Return the revenue of an event, with a sign, and where it stands in the record.

    A total wins over a price: the SDK for Node adds a price of 0 to it.
    """
    for whole, prefix, field in (
        (found.properties, _PREFIX, "$revenue"),
        (record, "", "revenue"),
        (found.properties, _PREFIX, "$price"),
        (record, "", "price"),
    ):
        if whole.get(field) is None:
            continue
        place = prefix + field
        path = found.path + place
        value = whole[field]
        if field.endswith("price"):
            factor = field.replace("price", "quantity")
            value = _times(value, path, whole.get(factor), path.removesuffix(field) + factor)
        sign = _MINUS if isinstance(value, int | Decimal) and not isinstance(value, bool) and value < 0 else ""
        return sign + amount(NAME, path, abs(value) if sign else value), place
    raise Unreadable(NAME, f"{found.path}{_PREFIX}$revenue", "missing", "send $revenue, or $price and $quantity")


def _times(price: object, of_price: str, quantity: object, of_quantity: str) -> object:
    """Return a price times a quantity, which is 1 where there is none; a price alone as it stands."""
    if quantity is None:
        return price
    for value, path in ((price, of_price), (quantity, of_quantity)):
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise Unreadable(NAME, path, kind_of(value), "send a price and a quantity as numbers")
    first, second = (Decimal(one) for one in (price, quantity))  # type: ignore[arg-type] # both are numbers
    if max(first.adjusted(), second.adjusted()) > LONGEST or min(first.adjusted(), second.adjusted()) < -LONGEST:
        return Decimal("Infinity")  # too large for an amount, or of no use as one: refused
    return first * second


def _usual(record: Logged, _said: tuple[Any, ...], options: AmplitudeOptions) -> Made:
    """Return what every event has, of one of a user, with an id and a time, and without money beside its properties."""
    given, who = record.insert_id or record.own_insert_id or record.uuid, record.user_id
    beside = not (record.events is record.currency is record.revenue is UNSET)
    if beside or is_nobody(who) or not is_id(given):
        raise Unusual
    return VENDOR.usual(given, who, _usual_time(record, options), options)


def _usual_time(record: Logged, options: AmplitudeOptions) -> str:
    text, number = record.event_time, record.time
    if text is not None:
        when = in_utc(text, options.zone)
    else:
        at = since_1970(number) if number is not None else None
        when = text_of(at) if at is not None else None
    if when is None:
        raise Unusual
    return when


USUAL: Final = Usual(VENDOR.properties, Logged, (), AmplitudeOptions, VENDOR.usual_kind, _usual, has_usual)
AMPLITUDE: Final = Source(
    NAME,
    "events of Amplitude: its exports, and what its SDKs send to the HTTP API v2",
    (
        "Export API (api/2/export)",
        "HTTP API v2",
        "amplitude-analytics 1.3 for Python, analytics-node 1.5, analytics-browser 2",
    ),
    (
        "Amplitude: Export API",
        "Amplitude: HTTP V2 API",
        "Amplitude: Track revenue",
        "Amplitude: Track unique users",
        "Amplitude: Identify API",
    ),
    AmplitudeOptions,
    read,
    families,
    usual=USUAL.read,
)
