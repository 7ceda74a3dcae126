"""A usual record of tracked events is read by type, and means what the reader of any record makes of it."""

import json
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.foreign import Translating
from agents.readings import READINGS
from benchmarks.sources import RULE, SHAPES
from schemas.base import Event
from schemas.families import TOPIC_OF
from sources import SOURCE_OF, SOURCES, amplitude, mixpanel, posthog, segment
from sources.base import Foreign, Made, Options, Source, Translation, Unreadable
from sources.encodings.framing import VALUE_HEADER
from sources.envelopes.opening import through
from sources.instants import written
from sources.mapping.instants import moment as of_mapping
from sources.mapping.options import MappingOptions
from sources.moments import moment
from sources.tracking_options import NOT_BY_TRACK
from sources.usual.reading import Usual
from sources.usual.times import in_utc, since_1970, text_of
from streams.records import LogRecord
from tests.test_sources import SAID, changed, paths, samples

Json = dict[str, Any]
GOLDEN: Final = Path(__file__).parent / "golden"
ARRIVED: Final = 1_800_000_000_000
ITEMS: Final = [{"sku": "TEA", "quantity": 2, "price": 23.1, "category": "x" * 130}, {"product_id": "CUP"}, {"x": 1}]


class Read(NamedTuple):
    """The two readers of one source."""

    usual: Usual
    by_all: Callable[[Foreign, Any], Translation]


READERS: Final = {
    "segment": Read(segment.USUAL, segment.by_all),
    "posthog": Read(posthog.USUAL, posthog.by_all),
    "amplitude": Read(amplitude.USUAL, amplitude.by_all),
    "mixpanel": Read(mixpanel.USUAL, mixpanel.by_all),
}
WHERE: Final = {"segment": "properties", "posthog": "properties", "amplitude": "event_properties"}
NAMED: Final = {"segment": "event", "posthog": "event", "amplitude": "event_type", "mixpanel": "event"}
ODD: Final[tuple[object, ...]] = (
    *(None, True, False, 0, 1, -1, 5, 2**70, 1_772_357_400, 1_772_357_400_250, 0.5, -0.0, 29.90, 1e3, 1e-7, 1e300),
    *(29.900000000000002, 123456789012345.6, 0.1234567891, 999999999999999.0, 1e15, 10**15, "", " ", "0", "29.90"),
    *("0100", "-1", "1e2", "EUR", "eur", "XXX", "a@x.example", "ü", "\x7f", "x" * 129, "anonymous", "d-1", "c-1"),
    *(
        "track",
        "Order Completed",
        "$identify",
        "Session Start",
        "Survey Sent",
        "survey sent",
        "Page_Viewed",
        "42",
        "revenue_amount",
    ),
    *(
        "$create_alias",
        "$merge",
        "$exposure",
        "[Experiment] Exposure",
        " [Amplitude] Page Viewed",
        " $mp_web_page_view",
        " $pageview",
    ),
    *("2026-01-05T00:00:00Z", "2026-01-05T00:00:00.250Z", "2026-01-05 00:00:00.000000", "2026-01-05T01:00:00+01:00"),
    *("2026-02-30T00:00:00Z", "2026-01-05T00:00:60Z", "2026-01-05T00:00:00.2x5Z", "1979-12-31T23:59:59Z", "2026-01-05"),
    *([], {}, [None], [{}], ITEMS, [{"sku": 5}], {"sku": "TEA"}),
)


OF_SYSTEMS: Final = ("$create_alias", "$merge", "$exposure", "$identify", "[experiment] exposure", "revenue amount")
"""Names that mean something of their own, whatever type settings give them; the last one unless they do."""


def options_of(name: str) -> Iterator[Options]:
    """Yield options under which most records are usual ones, and some under which none is."""
    options = SOURCE_OF[name].options
    given = {key: value for key, value in SAID[name].items() if key != "attributes"}
    yield options()
    yield options.model_validate({**given, "currency": "EUR"})
    yield options.model_validate(SAID[name])
    yield options.model_validate({"tracks": dict.fromkeys(OF_SYSTEMS, "feature.used")})
    if name != "segment":
        yield options.model_validate({"zone": "Europe/Madrid"})


def by_all(name: str, record: Foreign, options: Options) -> Translation | None:
    """Return what the reader of any record makes of a record; None if it refuses it."""
    try:
        return READERS[name].by_all(record, options)
    except Unreadable:
        return None


def require_same(name: str, document: object) -> bool:
    """Hold what is read of a usual record against the reader of any; report whether it was a usual one."""
    was_usual = False
    record = Foreign(json.dumps(document).encode(), (), None, ARRIVED)
    for options in options_of(name):
        found = READERS[name].usual.read(record, options)
        if found is not None:
            was_usual = True
            other = by_all(name, record, options)
            assert found == other
            assert carried(found) == carried(other)
    return was_usual


def carried(found: Translation) -> Sequence[object]:
    """Return what the events of a record carry."""
    return [(one.text, one.event, one.at) for one in found.events if isinstance(one, Made)]


def full(name: str, **properties: object) -> Json:
    """Return an order of a source with all that a usual one may say."""
    order = SHAPES[name](1)
    said = {"coupon": "SUMMER", "discount": 1.5, "channel": "web", "products": ITEMS, **properties}
    where = WHERE.get(name, "properties")
    return {**order, where: {**order[where], **said}}


@pytest.mark.parametrize("name", READERS)
def test_the_usual_order_of_a_source_is_read_by_type(name: str) -> None:
    assert require_same(name, SHAPES[name](1))
    assert require_same(name, full(name))
    assert require_same(name, full(name, products=[], items=ITEMS))


@pytest.mark.parametrize("name", READERS)
def test_any_value_in_an_order_means_the_same_by_both_readers(name: str) -> None:
    for document in (full(name), *samples(SOURCE_OF[name])):
        for path in paths(document):
            for value in ODD if path else ():
                require_same(name, changed(document, path, value))
            if path:
                require_same(name, changed(document, path, None, gone=True))


FURTHER: Final[Json] = {
    "$process_person_profile": False,
    "$is_identified": False,
    "$device_id": "c-1",
    "$user_id": "c-1",
    "$time": 1_772_357_400,
    "token": "t",
    "mp_processing_time_ms": 1_772_357_400_000,
    "$currency": "USD",
    "batch": [],
    "events": [],
    "currency": "USD",
    "revenue": 5,
    "insert_id": "i",
    "uuid": "u",
    "id": "x",
    "time": 1_772_357_400_250,
    "orderId": "o",
    "total": "5",
    "value": 7,
    "gift": True,
    "$set": {"plan": "pro"},
}


@pytest.mark.parametrize("name", READERS)
def test_a_further_field_means_the_same_by_both_readers(name: str) -> None:
    where = WHERE.get(name, "properties")
    for field, first in FURTHER.items():
        for value in (first, *ODD):
            document = full(name)
            require_same(name, {**document, field: value})
            require_same(name, {**document, where: {**document[where], field: value}})
            bare = {one: said for one, said in document[where].items() if one not in {"amount", "currency"}}
            require_same(name, {**document, where: {**bare, field: value}})


@pytest.mark.parametrize("name", READERS)
def test_every_type_of_event_means_the_same_by_both_readers(name: str) -> None:
    read, usual = READERS[name], set[str]()
    for kind in sorted(TOPIC_OF.keys() - NOT_BY_TRACK):
        golden = json.loads((GOLDEN / f"{kind}.v1.json").read_text())
        options = SOURCE_OF[name].options.model_validate({"tracks": {"it happened": kind}})
        whole = {one: value for one, value in golden.items() if one not in Event.model_fields}
        for said in (whole, *({**whole, one: value} for one in whole for value in ("x", "5", 5, 2.5, True, None))):
            order = SHAPES[name](1)
            where = WHERE.get(name, "properties")
            kept = {one: value for one, value in order[where].items() if one not in {"order_id", "amount", "currency"}}
            document = {**order, NAMED[name]: "It_Happened", where: {**kept, **said}}
            record = Foreign(json.dumps(document).encode(), (), None, ARRIVED)
            found = read.usual.read(record, options)
            if found is not None:
                usual.add(kind)
                other = by_all(name, record, options)
                assert found == other
                assert carried(found) == carried(other)
    assert len(usual) > len(TOPIC_OF) / 2


RULES: Final = (
    RULE,
    {
        "type": "subscription.started",
        "event_id": "id",
        "customer_id": {"path": "user.id", "words": {"5": "five"}},
        "occurred_at": {"path": "created", "zone": "Europe/Madrid", "unit": "milliseconds", "dates": "day-first"},
        "fields": {
            "subscription_id": "id",
            "mrr": {"path": "total_cents", "decimal": "comma"},
            "currency": {"path": "cur", "words": {"x": "EUR"}},
            "plan": "status",
            "seats": "seats",
            "term_end": "ends",
        },
    },
    {
        "type": "feedback.submitted",
        "event_id": ["id", "kind"],
        "customer_id": "user.id",
        "occurred_at": "ends",
        "fields": {"feedback_id": "id", "text": "note", "kind": {"value": "complaint"}, "topic": "status"},
    },
)
MAPPED: Final[Json] = SHAPES["mapping"](1) | {"seats": 5, "ends": "2026-03-01T09:30:00.250Z"}
ODD_TIMES: Final = (
    *(
        "2026-03-01T09:30:00.1234567Z",
        "2026-03-01T09:30:00.9999999Z",
        "2026-03-01T09:30:00.999Z",
        "2026-10-25 02:30:00",
    ),
    *("01/03/2026 9:30 PM", "1772357400.9999999", 1_772_357_400_999, 1772357400.9991234, "1969-12-31T23:59:59Z"),
)


def by_text(options: MappingOptions) -> MappingOptions:
    """Return options of a mapping that makes the text of each event, and reads it."""
    found = options.model_copy()
    found.__dict__["ready"] = tuple(replace(rule, copies_values=False) for rule in options.ready)
    return found


def of_mapping_both(options: MappingOptions, document: object) -> bool:
    """Hold what rules make of a record against the reading of texts; report whether one was read from its fields."""
    record, source = Foreign(json.dumps(document).encode(), (), None, ARRIVED), SOURCE_OF["mapping"]
    found = outcome(source, record, options)
    assert found == outcome(source, record, by_text(options))
    events = found[0].events if isinstance(found, tuple) else ()
    return any(isinstance(one, Made) and one.written is None for one in events)


def options_of_mappings() -> Iterator[MappingOptions]:
    """Yield options with one rule that selects by plain names, and those of the samples."""
    yield from (MappingOptions.model_validate({"events": [rule], "pseudonym_key": "key"}) for rule in RULES)
    yield MappingOptions.model_validate(SAID["mapping"])


def test_an_event_of_a_mapping_is_what_its_text_is_read_as() -> None:
    for options in options_of_mappings():
        assert any(of_mapping_both(options, one) for one in (MAPPED, *samples(SOURCE_OF["mapping"])))
        for document in (MAPPED, *samples(SOURCE_OF["mapping"])):
            for path in paths(document):
                for value in (*ODD, *ODD_TIMES) if path else ():
                    of_mapping_both(options, changed(document, path, value))
                if path:
                    of_mapping_both(options, changed(document, path, None, gone=True))


@pytest.mark.parametrize(
    "field",
    [
        "join('', ['a', id])",
        {"value": "a\u00fc"},
        {"path": "status", "words": {"paid": "a@b"}},
        {"path": "status", "words": {"paid": "a\\b"}},
    ],
)
def test_texts_that_are_put_together_are_read_as_texts(field: object) -> None:
    fields = {"order_id": "id", "amount": "total_cents", "currency": "cur", "channel": field}
    options = MappingOptions.model_validate({"events": [{**RULE, "fields": fields}]})

    assert not options.ready[0].copies_values
    assert not of_mapping_both(options, MAPPED)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "id": st.text(max_size=4) | st.integers(),
            "user": st.fixed_dictionaries({"id": st.text(max_size=4) | st.integers() | st.none()}),
            "created": st.integers(0, 2**42) | st.datetimes().map(str) | st.decimals(0, 2**32, places=7).map(float),
            "total_cents": st.integers()
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text("0123,.", max_size=5),
            "cur": st.sampled_from(["EUR", "JPY", "usd", "x", ""]),
            "status": st.text(max_size=4),
            "seats": st.integers() | st.floats(0, 10) | st.sampled_from(["5", "5.0"]),
            "ends": st.datetimes().map(lambda one: f"{one.isoformat()}Z") | st.sampled_from(ODD_TIMES),
            "note": st.text() | st.lists(st.integers(), max_size=2),
        },
    )
)
def test_a_drawn_event_of_a_mapping_is_what_its_text_is_read_as(said: Json) -> None:
    for options in options_of_mappings():
        of_mapping_both(options, MAPPED | said)


USUAL: Final = tuple(source for source in SOURCES if source.usual is not None)
SIGNS: Final[Json] = {
    "__deleted": ("false", False, True, "no", None),
    "__op": ("c", "d", "t", "x", 5),
    "op": ("c", "d", "x", None),
    "payload": ({}, "x", None),
    "__": (1,),
}


def wrapped(document: Json) -> Iterator[object]:
    """Yield a record as it stands, in envelopes, and with what looks like a sign of one."""
    yield document
    yield {"schema": None, "payload": document}
    yield {"schema": {"type": "struct", "fields": []}, "payload": document}
    yield from ({"before": None, "after": document, "op": op, "source": {}} for op in "cdt")
    for sign, values in SIGNS.items():
        yield from ({**document, sign: value} for value in values)
        yield from ({**document, one: {**said, sign: "c"}} for one, said in document.items() if isinstance(said, dict))


def outcome(source: Source, record: Foreign, options: Options) -> object:
    """Return what is made of a record that may be wrapped: events with what they carry, or why it is refused."""
    try:
        found = through(source, "auto").read(record, options)
    except Unreadable as refused:
        return str(refused)
    return found, carried(found)


@pytest.mark.parametrize("source", USUAL, ids=lambda source: source.name)
def test_no_wrapped_record_is_a_usual_one(source: Source) -> None:
    options, whole = source.options.model_validate(SAID.get(source.name, {})), replace(source, usual=None)
    for document in (SHAPES[source.name](1), *samples(source)):
        for other in wrapped(document):
            for headers in ((), [("trace", b"1")], [(VALUE_HEADER, b"x")], [(VALUE_HEADER, b"\0\0\0\0\7")]):
                record = Foreign(json.dumps(other).encode(), headers, b'{"id": 7}', ARRIVED)
                assert outcome(source, record, options) == outcome(whole, record, options)


BEAT: Final = {"type": "source.heartbeat", "occurred_at": "2026-03-01T09:30:00Z"}
ABOUT: Final = {"specversion": "1.0", "id": "b-1", "source": "/shop", "data": BEAT}
TYPES: Final[tuple[object, ...]] = (BEAT["type"], "track", "", None, 5, [], {})


def beats(document: Json) -> Iterator[Json]:
    """Yield a record with more and more of a heartbeat of ours in it."""
    yield document
    for beside in (BEAT, ABOUT, {**ABOUT, "data": {**BEAT, "type": "x"}}, {"occurred_at": BEAT["occurred_at"]}):
        yield {**document, **beside}
        yield from ({**document, **beside, "type": kind} for kind in TYPES)


@pytest.mark.parametrize("source", USUAL, ids=lambda source: source.name)
def test_no_heartbeat_is_a_usual_record(source: Source) -> None:
    options, agents = source.options.model_validate(SAID.get(source.name, {})), {one.topic: one for one in READINGS}
    quick, whole = (Translating(through(one, "auto"), options, agents) for one in (source, replace(source, usual=None)))
    for document in (SHAPES[source.name](1), *samples(source)):
        for other in beats(document):
            record = LogRecord("sources", 0, 7, ARRIVED, None, json.dumps(other).encode(), ())
            found, expected = quick.meaning(record), whole.meaning(record)
            assert (found.heartbeat, str(found.refusal), found.doubts) == (
                expected.heartbeat,
                str(expected.refusal),
                expected.doubts,
            )
            assert [(one.event, one.at, one.piece.key, one.piece.value, str(one.refusal)) for one in found.said] == [
                (one.event, one.at, one.piece.key, one.piece.value, str(one.refusal)) for one in expected.said
            ]


@pytest.mark.parametrize("source", USUAL, ids=lambda source: source.name)
def test_what_is_no_object_is_left_to_the_reader_of_any(source: Source) -> None:
    options, whole = source.options.model_validate(SAID.get(source.name, {})), replace(source, usual=None)
    for value in (None, b"", b"null", b"[]", b"{", b" {}", b"{}", b"\0\0\0\0\7{}", b'{"op": "\xff"}', b'{"a": NaN}'):
        record = Foreign(value, (), b'{"id": 7}', ARRIVED)
        assert outcome(source, record, options) == outcome(whole, record, options)


PROPERTIES = st.fixed_dictionaries(
    {"order_id": st.text(max_size=3) | st.integers(0, 9)},
    optional={
        "amount": st.floats(allow_nan=False) | st.integers() | st.decimals(0, 99, places=2).map(str),
        "revenue": st.floats(0, 1e6) | st.none(),
        "currency": st.sampled_from(["EUR", "JPY", "usd", ""]),
        "coupon": st.text(max_size=3),
        "products": st.lists(
            st.fixed_dictionaries({}, optional={"sku": st.text(max_size=3), "quantity": st.integers(-1, 9)}), max_size=2
        ),
        "$device_id": st.sampled_from(["c-1", "d"]),
    },
)


@pytest.mark.parametrize("name", READERS)
@given(said=PROPERTIES)
def test_drawn_orders_mean_the_same_by_both_readers(name: str, said: Json) -> None:
    where = WHERE.get(name, "properties")
    order = SHAPES[name](1)
    kept = {one: value for one, value in order[where].items() if one not in {"order_id", "amount", "currency"}}
    require_same(name, {**order, where: {**kept, **said}})


def test_long_names_of_events_are_not_held() -> None:
    usual, options = segment.USUAL, segment.SEGMENT.options()
    call = {"type": "track", "messageId": "m-1", "userId": "c-1", "timestamp": "2026-01-05T00:00:00Z", "properties": {}}
    usual.read(Foreign(json.dumps(call | {"event": "x"}).encode(), ()), options)

    tracemalloc.start()
    for number in range(100):
        usual.read(Foreign(json.dumps(call | {"event": f"{number} {'x' * 20_000}"}).encode(), ()), options)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1_000_000


@pytest.mark.parametrize("name", READERS)
def test_broken_text_is_never_usual(name: str) -> None:
    text = json.dumps(full(name)).replace("SUMMER", "MARK")
    for odd in (b"\xff", b"\\ud800", b"\x01"):
        record = Foreign(text.encode().replace(b"MARK", odd))
        assert READERS[name].usual.read(record, SOURCE_OF[name].options()) is None
    for value in (None, b"", b"[]", b"null", b"x" * 1_048_577):
        assert READERS[name].usual.read(Foreign(value), SOURCE_OF[name].options()) is None


TIMES = st.datetimes().map(lambda at: at.isoformat()) | st.sampled_from([str(one) for one in ODD])


@given(
    text=TIMES,
    offset=st.sampled_from(["Z", "+00:00", "", "+01:00", "-09:30", "+05:45", "-00:00", "+24:00", "+1:00"]),
    separator=st.sampled_from("T t"),
)
def test_a_usual_time_is_the_instant_that_any_time_is(text: str, offset: str, separator: str) -> None:
    said = text.replace("T", separator) + offset
    found = in_utc(said, "UTC")
    if found is not None:
        try:
            expected = written(moment("x", "x", said))
        except Unreadable:
            with pytest.raises(msgspec.ValidationError):
                msgspec.convert(found, datetime)  # the contract of the event refuses it, too
        else:
            assert found == expected


@given(number=st.integers(0, 5 * 10**12))
def test_a_usual_number_is_the_instant_that_any_number_is(number: int) -> None:
    at = since_1970(number)
    try:
        expected = written(moment("x", "x", number))
    except Unreadable:
        assert at is None
    else:
        assert at is not None
        assert text_of(at) == expected


@given(number=st.integers(-1, 5 * 10**12), unit=st.sampled_from(["seconds", "milliseconds", "microseconds", None]))
def test_a_whole_number_of_a_mapping_is_the_instant_that_it_is_as_a_decimal(number: int, unit: str | None) -> None:
    def said(value: object) -> str:
        try:
            return of_mapping("x", value, unit, None, [])
        except Unreadable as refused:
            return refused.kind

    assert said(number) == said(Decimal(number))
