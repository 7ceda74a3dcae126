"""PostHog: events of its batch exports and webhooks, and as its SDKs send them.

    capture             what its name is mapped to: a login, an order, a use of a feature
    $set, $identify     chosen properties of the person as attributes; so on every event that sets them
    $groupidentify      the same of the group, if customers are groups
    $merge_dangerously  two ids are one customer
    survey sent         an answer, if the survey is listed
    $feature_flag_called    the arm of an experiment, if its flag is listed
    $pageview, $screen  nothing, or a use of the product

Facts by their numbers: docs/sources/posthog.md.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from msgspec import UNSET

from sources.analytics import NOT_ASKED, Id, Tracked, Vendor, has_usual, is_nobody, named, only_group
from sources.base import Fields, Foreign, Made, Options, Source, Translation, Unreadable, own_of
from sources.exact import MISSING, kind_of
from sources.instants import written
from sources.moments import moment
from sources.posthog_options import PostHogOptions
from sources.tracking import Batch, Properties, id_of, is_id, object_of, of_each, translation
from sources.tracking_options import TRACKS, plain
from sources.usual.reading import Usual
from sources.usual.shape import Unusual
from sources.usual.structs import Captured
from sources.usual.times import in_utc
from sources.values import checked, document, inside

NAME: Final = "posthog"
_OWN: Final = frozenset({"survey shown", "survey sent", "survey dismissed", "survey abandoned"})
"""Events without a dollar sign that PostHog makes by itself."""
_DIGITS: Final = 3
"""Of a score, at most."""
_LONGEST: Final = 10**11
"""Milliseconds for which an event may have waited to be sent: some three years."""
VENDOR: Final = Vendor(
    NAME,
    Properties(NAME, "properties."),
    TRACKS,
    frozenset({"$pageview", "$screen"}),
    frozenset(),
    lambda name, _: name.startswith("$") or name in _OWN,
)
_BATCH: Final = Batch("batch", "sent_at", "events", "a batch without events")


def families(options: Options) -> frozenset[str]:
    """Return the topics of the events that may follow."""
    said = own_of(options, PostHogOptions)
    further = [*(["survey.answered"] if said.surveys else []), *(["experiment.exposed"] if said.experiments else [])]
    return said.topics(TRACKS, further)


def read(foreign: Foreign, options: Options) -> Translation:
    """Return the events of one record, or of a batch as SDKs send it."""
    return by_all(foreign, own_of(options, PostHogOptions))


def by_all(foreign: Foreign, said: PostHogOptions) -> Translation:
    """Return the events of any record, or of a batch as SDKs send it."""
    record = document(NAME, foreign.value)
    if _BATCH.name not in record:
        return translation(_events(record, "", foreign.timestamp, said))
    return of_each(NAME, record, _BATCH, lambda one, path: _events(one, path, foreign.timestamp, said))


def _events(record: dict[str, Any], path: str, arrived: int, options: PostHogOptions) -> list[Fields | str]:
    """Return what follows from one event."""
    if isinstance(record.get("event"), dict):  # a webhook has the event beside its person
        record = {**record["event"], "person_properties": inside(record, "person", "properties")}
        path += "event."
    elif "event" not in record and "person_distinct_id_version" in record:
        return ["a row of persons, which does not say since when"]
    found = _tracked(record, path, arrived, options)
    if found.name == "survey sent" and found.name not in options.tracks:
        return [_answer(found, options)]
    if found.name == "$merge_dangerously" or (found.name == "$create_alias" and options.aliases):
        return [VENDOR.merged(found, _alias(found.properties), options)]
    if found.name == "$create_alias":
        return [f"an alias {VENDOR.setting('aliases')}"]
    return VENDOR.events(found, options)


def _tracked(record: dict[str, Any], path: str, arrived: int, options: PostHogOptions) -> Tracked:
    name = named(NAME, f"{path}event", record.get("event", MISSING))
    properties = record.get("properties")
    if properties is not None and not isinstance(properties, dict):
        raise Unreadable(
            NAME, f"{path}properties", kind_of(properties), "export as JSON lines: there properties are an object"
        )
    properties = properties or {}
    of_group = name == "$groupidentify"
    called = name == "$feature_flag_called"
    return Tracked(
        name,
        plain(name),
        path,
        properties,
        _person(record, properties, options),
        _group(name, properties, options) if options.group else NOT_ASKED,
        lambda: id_of(record.get("uuid", record.get("id")), lambda: _content(record, arrived)),
        lambda: _time(record, path, arrived, options),
        "timestamp",
        lambda: object_of(properties.get("$group_set")) if of_group else _traits(record, properties),
        "properties.$group_set" if of_group else "properties.$set",
        of_group,
        (properties.get("$feature_flag"), properties.get("$feature_flag_response")) if called else (None, None),
    )


def _content(record: Mapping[str, Any], arrived: int) -> dict[str, Any]:
    """Return what tells an event without an id from others: without a time it is its arrival."""
    if record.get("timestamp") is not None:
        return {**record, "sent_at": None}
    return {**record, "arrived": arrived}


def _person(record: Mapping[str, Any], properties: Mapping[str, Any], options: PostHogOptions) -> Id:
    """Return who an event is about. Events about no person have an id as well, mostly a new one each time."""
    inner = record.get("distinct_id") is None and "distinct_id" in properties
    path = "properties.distinct_id" if inner else "distinct_id"
    value = (properties if inner else record).get("distinct_id", MISSING)
    visitor = ""
    if properties.get("$process_person_profile") is False and not options.without_profile:
        visitor = f"an event without a person profile {VENDOR.setting('without_profile')}"
    elif properties.get("$is_identified") is False or is_nobody(value) or value == properties.get("$device_id"):
        visitor = "a visitor that is not identified"
    return Id(value, path, visitor if value is not MISSING else "")


def _group(name: str, properties: Mapping[str, Any], options: PostHogOptions) -> Id:
    if name == "$groupidentify":
        if properties.get("$group_type") != options.group:
            return Id(None, "properties.$group_type", "traits of a group of another type")
        value, visitor = only_group(properties.get("$group_key"))
        return Id(value, "properties.$group_key", visitor)
    value, visitor = only_group(inside(properties, "$groups", options.group))
    return Id(value, f"properties.$groups.{options.group}", visitor)


def _traits(record: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an event says of its person. What is set once may be another value already, and is not read."""
    unset = properties.get("$unset", record.get("$unset"))
    gone = [one for one in unset if isinstance(one, str)] if isinstance(unset, list) else []
    return {
        **object_of(record.get("person_properties", inside(record, "person", "properties"))),
        **object_of(record.get("$set")),
        **object_of(properties.get("$set")),
        **dict.fromkeys(gone),
    }


def _alias(properties: Mapping[str, Any]) -> Id:
    value = properties.get("alias", MISSING)
    visitor = "a visitor" if is_nobody(value) or value == properties.get("$device_id") else ""
    return Id(value, "properties.alias", visitor if value is not MISSING else "")


def _time(record: Mapping[str, Any], path: str, arrived: int, options: PostHogOptions) -> str:
    """Return when an event happened. No correction by `sent_at`, which may be that of an earlier try.

    Without a time PostHog takes that of the arrival, less `offset`.
    """
    given = record.get("timestamp")
    if given is not None:
        return written(moment(NAME, f"{path}timestamp", given, options.zone))
    arrival = _arrival(record, path, arrived, options)
    if arrival is None:
        remedy = "send the time as text, such as 2026-03-01T09:30:00Z: only PostHog knows when it came"
        raise Unreadable(NAME, f"{path}timestamp", kind_of(record.get("timestamp", MISSING)), remedy)
    offset = record.get("offset", 0)
    if isinstance(offset, bool) or not isinstance(offset, int | Decimal) or not 0 <= offset < _LONGEST:
        raise Unreadable(
            NAME, f"{path}offset", kind_of(offset), "send the milliseconds from the event until it was sent"
        )
    return written(arrival - timedelta(milliseconds=int(offset)))


def _arrival(record: Mapping[str, Any], path: str, arrived: int, options: PostHogOptions) -> datetime | None:
    if record.get("sent_at") is not None:
        return moment(NAME, f"{path}sent_at", record["sent_at"], options.zone)
    return moment(NAME, "the record's timestamp", arrived) if arrived else None


def _answer(found: Tracked, options: PostHogOptions) -> Fields | str:
    """Return the answer to a survey that is listed. One that is sent again with each question counts once."""
    survey = found.properties.get("$survey_id")
    kind = options.surveys.get(survey) if isinstance(survey, str) else None
    if kind is None:
        return f"an answer to a survey that is not listed {VENDOR.setting('surveys')}"
    begun = VENDOR.begun(found, options)
    if isinstance(begun, str):
        return begun
    answers = list(_answers(found.properties))
    score = next((one for one in map(_number, answers) if one is not None), None)
    if score is None and kind != "exit":
        return "an answer without a number, to a survey that asks for one"
    text = next((one for one in answers if isinstance(one, str) and _number(one) is None and one), None)
    said = {"score": score, "text": text, "feedback_id": found.properties.get("$survey_submission_id")}
    fields = {**begun, "type": "survey.answered", "kind": kind} | {
        name: value for name, value in said.items() if value is not None
    }
    if "feedback_id" in fields:
        fields["event_id"] = id_of(fields["feedback_id"], lambda: {"submission": fields["feedback_id"]})
    paths = {"score": f"{found.path}properties.$survey_response", "occurred_at": f"{found.path}timestamp"}
    return checked(NAME, fields, paths.get)


def _answers(properties: Mapping[str, Any]) -> Iterator[object]:
    """Yield the answers in the order of their questions; older SDKs number them from the second on."""
    questions = properties.get("$survey_questions")
    ids = [inside(one, "id") for one in questions] if isinstance(questions, list) else []
    names = [
        "$survey_response",
        *(f"$survey_response_{one}" for one in ids if isinstance(one, str)),
        *sorted(one for one in properties if one.startswith("$survey_response_")),
    ]
    yield from (properties[one] for one in dict.fromkeys(names) if properties.get(one) is not None)


def _number(value: object) -> int | None:
    """Return the score of an answer; some SDKs send it as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _DIGITS:
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() < _DIGITS and value == int(value):
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _usual(record: Captured, said: tuple[Any, ...], options: PostHogOptions) -> Made:
    """Return what every event has, of one about a person that is identified, with an id and a time in UTC."""
    profile, identified, device = said[: len(_EXTRAS)]
    who = record.distinct_id
    if (
        record.batch is not UNSET
        or (profile is False and not options.without_profile)
        or identified is False
        or who == device
        or is_nobody(who)
        or not is_id(record.uuid)
    ):
        raise Unusual
    when = in_utc(record.timestamp)
    if when is None:
        raise Unusual
    return VENDOR.usual(record.uuid, who, when, options)


_EXTRAS: Final = (("$process_person_profile", "plain"), ("$is_identified", "plain"), ("$device_id", "text"))
USUAL: Final = Usual(VENDOR.properties, Captured, _EXTRAS, PostHogOptions, VENDOR.usual_kind, _usual, has_usual)
POSTHOG: Final = Source(
    NAME,
    "events of PostHog: its batch exports and webhooks, and what its SDKs send",
    (
        "batch exports in JSON lines, events model of November 2026",
        "posthog 7 for Python, posthog-node 5, posthog-js 1",
    ),
    (
        "PostHog: S3 destination for batch exports (events model, JSONLines)",
        "PostHog: Identifying users",
        "PostHog: Timestamps",
        "PostHog: Implementing custom surveys",
        "PostHog: Group analytics",
    ),
    PostHogOptions,
    read,
    families,
    usual=USUAL.read,
)
