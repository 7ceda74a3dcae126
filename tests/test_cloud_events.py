"""CloudEvents on topics of ours: whatever the mode, they are read as the plain event, and headers win."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.rekeyed import sent_home
from schemas.decoding import Decoder, Refused
from schemas.families import FAMILIES, TOPIC_OF
from streams.log_check import look
from streams.logfile import Line
from streams.misplaced import Misplaced, MisplacedRecords
from streams.named import named_in
from streams.records import LogRecord
from streams.setting_sources import read_settings
from tests.building import Log, line
from tests.homes import NEVER_LATE, Homes
from tests.test_dead_letters_command import NOW, judge, refused

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.v1.json"))
DECODERS = {family.topic: Decoder(family) for family in FAMILIES}
EVENT = Log("c-1").buys(1, "o-1").events[0]
JSON_TYPE = ("content-type", b"application/json")
STRUCTURED = ("Content-Type", b"application/cloudevents+json; charset=UTF-8")
Headers = list[tuple[str, Any]]
NOISE: Headers = [("trace", b"\x9f\x86\xd0"), ("retried", None), ("ce_kafkaoffset", b"17"), ("ce_kafkatopic", b"x")]


def parts(event: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the attributes of a CloudEvent that says the same as an event of ours, and its data."""
    data = {name: one for name, one in event.items() if name not in {"type", "event_id", "source"}}
    attributes = {"specversion": "1.0", "id": event["event_id"], "type": event["type"], "source": event["source"]}
    return attributes, data


def binary(event: dict[str, Any], **other: Any) -> tuple[bytes, Headers]:
    attributes, data = parts(event)
    said = {**attributes, **other}
    return line(data), [JSON_TYPE, *((f"ce_{name}", str(one).encode()) for name, one in said.items())]


def structured(event: dict[str, Any], *, hidden: bool = False, **other: Any) -> bytes:
    attributes, data = parts(event)
    said = {"data_base64": base64.b64encode(line(data)).decode()} if hidden else {"data": data}
    return line({**attributes, **said, **other})


def read(value: bytes | None, headers: Headers, topic: str = "purchases") -> Any:
    return DECODERS[topic].read_record(value, headers)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_every_type_of_the_catalogue_is_read_in_every_mode(golden: Path) -> None:
    event = json.loads(golden.read_text())
    if event["type"] not in TOPIC_OF or "event_id" not in event:
        return  # of our own outputs
    event = {**event, "source": "/shop"}
    decoder = DECODERS[TOPIC_OF[event["type"]]]
    wanted = decoder.read(line(event))

    value, headers = binary(event)

    assert decoder.read_record(value, headers) == wanted
    assert decoder.read_record(value, [*NOISE, *headers, *NOISE]) == wanted
    for hidden in (False, True):
        assert decoder.read_record(structured(event, hidden=hidden), [STRUCTURED]) == wanted
        assert decoder.read_record(structured(event, hidden=hidden), [*headers[1:], STRUCTURED, *NOISE]) == wanted
        assert decoder.read(structured(event, hidden=hidden)) == wanted  # in a file, without headers


def test_headers_win_over_the_value_but_for_the_time() -> None:
    value = line(EVENT)
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"other"),
        ("ce_source", b"/relay"),
        ("ce_time", b"2026-11-29T12:00:00Z"),
    ]

    event, at = read(value, headers)

    assert (event.event_id, event.source) == ("other", "/relay")
    assert at == read(value, [])[1]
    assert read(value, [*headers, ("ce_id", b"last")])[0].event_id == "last"


def test_the_time_of_the_attributes_counts_where_the_data_has_none() -> None:
    without = {name: one for name, one in EVENT.items() if name != "occurred_at"} | {"source": "/shop"}
    value, headers = binary(without, time=EVENT["occurred_at"])
    at = read(line(EVENT), [])[1]

    assert read(value, headers)[1] == at
    assert read(line(json.loads(value) | {"occurred_at": None}), headers)[1] == at
    assert read(structured(without, time=EVENT["occurred_at"]), [STRUCTURED])[1] == at
    with pytest.raises(Refused, match="occurred_at: missing"):
        read(*binary(without))


@pytest.mark.parametrize(
    ("value", "headers", "error"),
    [
        (
            json.dumps([EVENT]).encode(),
            [("content-type", b"application/cloudevents-batch+json")],
            "a batch .* one event a record",
        ),
        (line(EVENT), [("ce_specversion", b"1")], "SimpleHeaderConverter.*ByteArrayConverter"),
        (line(EVENT), [("ce_specversion", b"0.3")], r"ce_specversion: only CloudEvents 1\.0"),
        (line(EVENT), [("ce_specversion", None)], r"ce_specversion: only CloudEvents 1\.0"),
        (line(EVENT), [("ce_specversion", b"1.0"), ("ce_id", b"\xff")], "ce_id: it is not UTF-8"),
        (line(EVENT), [("ce_specversion", b"1.0"), ("ce_type", b'{"type":"Buffer","data":[1]}')], "ce_type: .* bytes"),
        (b"[1]", [("ce_specversion", b"1.0")], "expected a JSON object"),
        (line({"specversion": "1.0"}), [STRUCTURED], "data: missing"),
        (line({"specversion": "1.0", "data": "x"}), [STRUCTURED], "data: it is no JSON object"),
        (line({"specversion": "1.0", "data_base64": "?"}), [STRUCTURED], "data_base64: it is no base64"),
        (line({"data": EVENT}), [STRUCTURED], r"specversion: only CloudEvents 1\.0"),
        (b"{", [STRUCTURED], "not_json"),
        (
            line({"specversion": "1.0", "id": {"type": "Buffer", "data": [1]}, "data": EVENT}),
            [STRUCTURED],
            "id: an object of bytes, as a relay in JavaScript",
        ),
        (
            line({"specversion": "1.0", "id": 7, "data": EVENT}),
            [STRUCTURED],
            "id: an attribute of a CloudEvent is text",
        ),
    ],
)
def test_what_is_refused_says_why_and_never_the_value(value: bytes, headers: Headers, error: str) -> None:
    with pytest.raises(Refused, match=error) as refused:
        read(value, headers)

    assert "c-1" not in str(refused.value)


def test_no_event_is_lost_for_a_long_source() -> None:
    value, headers = binary(EVENT | {"source": "/" + "x" * 200})

    assert read(value, headers)[0].source is None


def test_headers_of_others_change_nothing() -> None:
    others: Headers = [
        JSON_TYPE,
        ("ce_id", b"other"),
        ("id", b"x"),
        ("content-encoding", b"\xff"),
        ("content-type", None),
    ]

    assert read(line(EVENT), others) == read(line(EVENT), [])


@given(
    st.binary(),
    st.lists(
        st.tuples(
            st.sampled_from(("ce_specversion", "ce_id", "content-type", "x")),
            st.none() | st.binary() | st.sampled_from((b"1.0", b"application/cloudevents")),
        )
    ),
)
def test_any_bytes_are_read_or_refused(value: bytes, headers: Headers) -> None:
    for one in (value, b'{"data":' + value + b"}", structured(EVENT | {"source": "s"})[: len(value) * 7]):
        try:
            read(one, headers)
        except Refused:
            continue


def test_a_record_on_another_partition_goes_home_with_its_attributes() -> None:
    company = Homes(3)
    value, headers = binary(EVENT | {"source": "/shop"})
    away = (company.home("c-1") + 1) % 3
    large = [("noise", b"x" * 70_000)]
    for offset, one in enumerate((headers, [*headers, *large])):
        record = LogRecord("purchases", away, offset, NEVER_LATE, b"x", value, one)
        company.readers["purchases"]([record], company.processors[away])
    company.settle()

    assert set(company.states()) == {"c-1"}
    assert company.counted("purchases", "applied") == company.counted("purchases", "duplicate") == 1
    assert company.dead_letters() == []


def test_an_erased_customer_is_found_in_hidden_data() -> None:
    assert named_in(None, structured(EVENT | {"source": "s"}, hidden=True)) == {"c-1"}
    assert named_in(None, b'{"data_base64": "?", "customer_id": "c-2"') == {"c-2"}


def test_a_rebuild_takes_a_record_home_whose_header_has_no_value() -> None:
    value, headers = binary(EVENT | {"source": "/shop"})
    record = LogRecord("purchases", 0, 7, NEVER_LATE, b"x", value, [*headers, *NOISE])
    with MisplacedRecords(2) as stored:
        stored.put(1, Misplaced(0, sent_home("purchases", record)))
        stored.end_run()
        (found,) = stored.of(1)

    assert read(found.record.value, list(found.record.headers)) == read(line(EVENT | {"source": "/shop"}), [])


def test_a_log_of_cloud_events_is_checked_and_none_is_taken_for_another_system_s() -> None:
    lines = [structured(EVENT | {"source": "/s"}), structured(EVENT | {"source": "/s", "type": "com.x.bought"})]

    found = look([Line(n, one, len(one)) for n, one in enumerate(lines, 1)], read_settings(), None, 0, 2**60)

    assert (found.events, found.refused, found.likely) == (1, {"unknown_type": 1}, "")
    assert "this is a CloudEvent: its type" in found.first["unknown_type"][0].error


def test_a_letter_that_an_older_build_wrote_of_a_cloud_event_can_be_sent_again() -> None:
    value, headers = binary(EVENT | {"source": "/shop"})

    letters = [
        refused(one, topic="purchases", headers=of, timestamp=NOW) for one, of in ((value, headers), (value, []))
    ]

    assert [judge().judge(one).fate for one in letters] == ["sendable", "refused"]
