"""Mixpanel: events of the raw export and of its SDKs, and changes of profiles.

    an event            what its name is mapped to: a login, an order, a use of a feature
    $session_start      a login: of a session whose user is known
    $merge              two ids are one customer
    $set, $unset        chosen properties of a profile as attributes; likewise of a group, if customers are groups
    $append of $transactions    an order, as `track_charge` sends it
    $experiment_started the arm of an experiment, if it is listed

Facts by their numbers: docs/sources/mixpanel.md.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from sources.analytics import NOT_ASKED, Id, Tracked, Vendor, has_usual, is_nobody, named, only_group
from sources.base import Fields, Foreign, Made, Options, Source, Translation, Unreadable, own_of
from sources.exact import MISSING, kind_of
from sources.instants import written
from sources.mixpanel_options import MixpanelOptions
from sources.moments import by_the_clock, moment
from sources.tracking import Also, Properties, digest, object_of, translation
from sources.tracking_options import TRACKS, plain
from sources.usual.reading import Usual
from sources.usual.shape import Unusual
from sources.usual.structs import Sent
from sources.usual.times import since_1970, text_of
from sources.values import document, inside

NAME: Final = "mixpanel"
_AMOUNT: Final = ("$amount", "total", "revenue", "value")
_DEVICE: Final = "$device:"
_AHEAD: Final = timedelta(minutes=5)
_LEAST_LAG: Final = timedelta(minutes=50)
_MANY: Final = 20
_NAMES: Final[Also] = {
    ("purchase.completed", "amount"): _AMOUNT,
    ("purchase.refunded", "amount"): _AMOUNT,
    ("purchase", "currency"): ("$currency",),
}
_CHARGE: Final = Properties(NAME, "$append.$transactions.", _NAMES)
VENDOR: Final = Vendor(
    NAME,
    Properties(NAME, "properties.", _NAMES),
    {**TRACKS, "$session start": "login.succeeded"},
    frozenset({"$mp web page view"}),
    frozenset(),
    lambda name, _: name.startswith("$"),
)


def families(options: Options) -> frozenset[str]:
    """Return the topics of the events that may follow."""
    said = own_of(options, MixpanelOptions)
    return said.topics(VENDOR.tracks, ["purchase.completed", *(["experiment.exposed"] if said.experiments else [])])


def read(foreign: Foreign, options: Options) -> Translation:
    """Return the events of one event, or of one change of a profile."""
    return by_all(foreign, own_of(options, MixpanelOptions))


def by_all(foreign: Foreign, said: MixpanelOptions) -> Translation:
    """Return the events of any event, or of any change of a profile."""
    record = document(NAME, foreign.value)
    found = _events(record, foreign.timestamp, said)
    return translation(found or ["a change of a profile that sets nothing"])


def _events(record: dict[str, Any], arrived: int, options: MixpanelOptions) -> list[Fields | str]:
    """Return what follows from a record."""
    if "event" not in record and ("$distinct_id" in record or "$group_id" in record):
        found = _profile(record, arrived, options)
        charges = list(_charges(record, found, arrived, options))
        return charges + VENDOR.events(found, options) if found.traits() else charges
    found = _event(record, arrived, options)
    if found.name == "$merge":
        return [_merged(found, options)]
    if found.name == "$create_alias" and options.aliases:
        alias = found.properties.get("alias", MISSING)
        return [VENDOR.merged(found, _id(alias, "properties.alias"), options)]
    if found.name == "$create_alias":
        return [f"an alias {VENDOR.setting('aliases')}"]
    return VENDOR.events(found, options)


def _event(record: dict[str, Any], arrived: int, options: MixpanelOptions) -> Tracked:
    name = named(NAME, "event", record.get("event", MISSING))
    properties = record.get("properties")
    if not isinstance(properties, dict):
        raise Unreadable(
            NAME, "properties", kind_of(record.get("properties", MISSING)), "send events as the raw export has them"
        )
    exposes = name == "$experiment_started"
    return Tracked(
        name,
        plain(name),
        "",
        properties,
        _person(properties),
        _group(properties.get(options.group), options) if options.group else NOT_ASKED,
        lambda: _event_id(name, properties, record, arrived),
        lambda: _time(properties, arrived, options),
        "properties.time",
        exposure=(properties.get("Experiment name"), properties.get("Variant name")) if exposes else (None, None),
    )


def _person(properties: Mapping[str, Any]) -> Id:
    """Return who an event is about. With the older merge of ids, `distinct_id` of an export may be a device's."""
    if not is_nobody(properties.get("$user_id")):
        return Id(properties["$user_id"], "properties.$user_id")
    value = properties.get("distinct_id", MISSING)
    found = _id(value, "distinct_id among the properties" if value is MISSING else "properties.distinct_id")
    device = properties.get("$device_id")
    if device is not None and (value is MISSING or value == device):
        return Id(value, found.path, "a visitor without a $user_id")
    return found


def _id(value: object, path: str) -> Id:
    """Return an id that may be a device's."""
    of_device = isinstance(value, str) and value.startswith(_DEVICE)
    visitor = "a visitor without a $user_id" if value is not MISSING and (of_device or is_nobody(value)) else ""
    return Id(value, path, visitor)


def _group(value: object, options: MixpanelOptions) -> Id:
    group, visitor = only_group(value)
    return Id(group, f"properties.{options.group}", visitor)


def _event_id(name: str, properties: Mapping[str, Any], record: Mapping[str, Any], arrived: int) -> str:
    """Return the id of an event: its `$insert_id` is one among those of its name. Of one without, a digest.

    Without a time two of the same content differ by their arrival only.
    """
    given = properties.get("$insert_id")
    if isinstance(given, str) and given:
        return digest([name, given])
    sent = {one: value for one, value in properties.items() if not one.startswith("mp_processing")}
    timed = "time" in properties or "$time" in properties
    return digest({**record, "properties": sent, "arrived": None if timed else arrived})


def _time(properties: Mapping[str, Any], arrived: int, options: MixpanelOptions) -> str:
    """Return when an event happened: seconds or milliseconds, by the clock of the project if it is an old one.

    SDKs send a token and UTC. Without a time Mixpanel takes that of the arrival.
    """
    given = properties.get("time", properties.get("$time"))
    if given is None:
        return _arrival("properties.time", properties.get("time", MISSING), arrived)
    if isinstance(given, str):
        raise Unreadable(
            NAME, "properties.time", "text", "send a number: Mixpanel's SDK for Python cuts the zone off dates"
        )
    at = moment(NAME, "properties.time", given)
    if "token" in properties:
        return written(at)
    at = by_the_clock(at, options.zone)
    processed = properties.get("mp_processing_time_ms")
    if processed is not None and at > moment(NAME, "properties.mp_processing_time_ms", processed) + _AHEAD:
        remedy = f"projects from before 2023 export the time of their own zone: name it, sources.{NAME}.zone"
        raise Unreadable(NAME, "properties.time", "later than Mixpanel has received the event", remedy)
    return written(at)


def _arrival(path: str, value: object, arrived: int) -> str:
    if not arrived:
        remedy = "send the time, in seconds or milliseconds: only Mixpanel knows when it came"
        raise Unreadable(NAME, path, kind_of(value), remedy)
    return written(moment(NAME, "the record's timestamp", arrived))


def _merged(found: Tracked, options: MixpanelOptions) -> Fields | str:
    """Return that the second of two ids is from now on the first one."""
    ids = found.properties.get("$distinct_ids", MISSING)
    path = "properties.$distinct_ids"
    if not isinstance(ids, list) or len(ids) != 2:  # noqa: PLR2004 - that many are merged
        raise Unreadable(NAME, path, kind_of(ids), "send the two ids that are one")
    first, second = (_id(one, f"{path}[{place}]") for place, one in enumerate(ids))
    return VENDOR.merged(msgspec.structs.replace(found, person=first), second, options)


def _profile(record: dict[str, Any], arrived: int, options: MixpanelOptions) -> Tracked:
    """Return a change of a profile, or the whole one as the Engage API has it, as an event without a name."""
    of_group = "$group_id" in record
    group = record.get("$group_id") if record.get("$group_key") == options.group else None
    whole = object_of(record.get("$properties"))
    gone = record.get("$unset")
    unset = [one for one in gone if isinstance(one, str)] if isinstance(gone, list) else []
    stamp = "$time" if record.get("$time") is not None else "$properties.$last_seen"
    user = record.get("$user_id")
    return Tracked(
        "$profile",
        "$profile",
        "",
        {},
        _id(record.get("$distinct_id", MISSING), "$distinct_id") if is_nobody(user) else Id(user, "$user_id"),
        Id(group, "$group_id", "traits of a group of another type" if is_nobody(group) else ""),
        lambda: digest([record, None if "$time" in record or "$last_seen" in whole else arrived]),
        lambda: _of_profile(record, stamp, whole.get("$last_seen"), arrived, options),
        stamp,
        lambda: {**whole, **object_of(record.get("$set")), **dict.fromkeys(unset)},
        "$properties" if whole else "$set",
        of_group,
    )


def _of_profile(record: Mapping[str, Any], path: str, last_seen: object, arrived: int, options: MixpanelOptions) -> str:
    given = record.get("$time") if record.get("$time") is not None else last_seen
    if given is None:
        return _arrival("$time", record.get("$time", MISSING), arrived)
    return written(moment(NAME, path, given, options.zone))


def _charges(
    record: Mapping[str, Any], found: Tracked, arrived: int, options: MixpanelOptions
) -> Iterator[Fields | str]:
    """Yield the order that `track_charge` appends to a profile. It has no id but that of the record."""
    charge = inside(record, "$append", "$transactions")
    if not isinstance(charge, dict):
        return
    begun = VENDOR.begun(found, options)
    if isinstance(begun, str):
        yield begun
        return
    stamp = "$append.$transactions.$time"
    ident = digest([begun["event_id"], "charge"])
    when = charge.get("$time")
    fields = {**begun, "type": "purchase.completed", "event_id": ident, "order_id": ident} | (
        {} if when is None else {"occurred_at": written(moment(NAME, stamp, when))}
    )
    yield _CHARGE.event("purchase.completed", "", fields, charge, "", {"occurred_at": stamp}, options.currency)


class _Lags:
    """The least time from an event of a sample to its processing: hours, if the zone is wrong."""

    def __init__(self, options: MixpanelOptions) -> None:
        self._options = options
        self._number = 0
        self._least: timedelta | None = None

    def take(self, foreign: Foreign) -> None:
        """Note the lag of one record, if it is of an export."""
        try:
            properties = object_of(document(NAME, foreign.value).get("properties"))
            processed = moment(NAME, "", properties.get("mp_processing_time_ms"))
            at = by_the_clock(moment(NAME, "", properties.get("time")), self._options.zone)
        except (Unreadable, OverflowError):
            return
        self._number += 1
        self._least = min(self._least or processed - at, processed - at)

    def unmatched(self) -> Iterable[str]:
        """Return nothing: no option names a path."""
        return ()

    def doubts(self) -> Iterator[str]:
        """Yield a doubt if no event was processed soon after its time."""
        if self._number >= _MANY and self._least is not None and self._least > _LEAST_LAG:
            hours = round(self._least / timedelta(hours=1))
            yield (
                f"none of {self._number:,} events was processed sooner than about {hours} h after its time: is the "
                f"project of before 2023, and its zone another one than {self._options.zone} (sources.{NAME}.zone)?"
            )


def sampled(options: Options) -> _Lags:
    """Return what holds the zone against a sample of an export."""
    return _Lags(own_of(options, MixpanelOptions))


def _usual(record: Sent, said: tuple[Any, ...], options: MixpanelOptions) -> Made:
    """Return what every event has, of one of a user, with an id and a time in UTC."""
    user, distinct, device, given, time, other_time, token, processed = said[: len(_EXTRAS)]
    who = distinct if user is None else user
    if is_nobody(who) or not given or other_time is not None:
        raise Unusual
    if user is None and (who == device or who.startswith(_DEVICE)):
        raise Unusual
    at = since_1970(time) if time is not None else None
    if at is None:
        raise Unusual
    if token is None:
        received = since_1970(processed) if processed is not None else at
        if options.zone != "UTC" or received is None or at > received + _AHEAD_US:
            raise Unusual
    return VENDOR.usual(digest([record.event, given]), who, text_of(at), options)


_AHEAD_US: Final = 300_000_000
"""The same in microseconds."""
_EXTRAS: Final = (
    *(("$user_id", "text"), ("distinct_id", "text"), ("$device_id", "text"), ("$insert_id", "text")),
    *(("time", "whole"), ("$time", "presence"), ("token", "presence"), ("mp_processing_time_ms", "whole")),
)
USUAL: Final = Usual(VENDOR.properties, Sent, _EXTRAS, MixpanelOptions, VENDOR.usual_kind, _usual, has_usual)
MIXPANEL: Final = Source(
    NAME,
    "events and profiles of Mixpanel: its raw export, and what its SDKs send",
    ("raw export (api/2.0/export) of projects from before and after 2023", "/track, /import, /engage and /groups"),
    (
        "Mixpanel: Export Methods",
        "Mixpanel: Managing Projects (manage timezones)",
        "Mixpanel: Identifying Users (Original)",
        "Mixpanel: Identifying Users (Simplified)",
        "Mixpanel: Ingestion API, Identity API (OpenAPI)",
    ),
    MixpanelOptions,
    read,
    families,
    sampled,
    usual=USUAL.read,
)
