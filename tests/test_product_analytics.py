"""The sources `posthog`, `amplitude` and `mixpanel`: the facts of their pages by number, with records and events."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from pydantic import ValidationError

from sources import SOURCE_OF
from sources.base import Foreign, Translation, Unreadable
from sources.mixpanel import sampled
from sources.mixpanel_options import MixpanelOptions

PAGES: Final = Path(__file__).resolve().parents[1] / "docs" / "sources"
SOURCE: Final = {"P": "posthog", "A": "amplitude", "M": "mixpanel"}
ROW: Final = re.compile(r"^\| ([PAM]\d+) \|", re.MULTILINE)
MS: Final = 1_772_357_400_000
"""2026-03-01T09:30:00Z."""
SECONDS: Final = MS // 1000
AT: Final = "2026-03-01T09:30:00Z"
Json = dict[str, Any]


class Skipped(NamedTuple):
    """Nothing follows: a part of the reason."""

    reason: str


class Refused(NamedTuple):
    """The record is a dead letter: parts of its error."""

    parts: tuple[str, ...]


class Case(NamedTuple):
    """A record, and what follows from it: of events the named fields."""

    fact: str
    record: Json
    follows: list[Json] | Skipped | Refused
    options: Json = {}
    arrived: int = 0


def hog(event: str = "Signed In", properties: Any = None, **fields: Any) -> Json:
    said = {"uuid": "u-1", "event": event, "distinct_id": "c-1", "timestamp": AT, "properties": properties or {}}
    return {name: value for name, value in (said | fields).items() if value is not ...}


def amp(event: str = "Signed In", properties: Any = None, **fields: Any) -> Json:
    said = {"event_type": event, "user_id": "c-1", "device_id": "d-1", "time": MS, "insert_id": "i-1"}
    said["event_properties"] = properties or {}
    return {name: value for name, value in (said | fields).items() if value is not ...}


def mix(_event: str = "Signed In", **properties: Any) -> Json:
    said: Json = {"time": SECONDS, "distinct_id": "c-1", "$insert_id": "i-1", "token": "key"} | properties
    return {"event": _event, "properties": {name: value for name, value in said.items() if value is not ...}}


LOGIN: Final[list[Json]] = [{"type": "login.succeeded", "customer_id": "c-1", "occurred_at": AT}]
EXPORTED: Final[Json] = {"insert_id": ..., "$insert_id": "i-2", "uuid": "u-1"}
UNNAMED: Final[Json] = {"time": ..., "$insert_id": ...}
CHOSEN: Final = {"attributes": ["plan", "country"]}
B2B: Final = CHOSEN | {"group": "company", "others": "feature.used"}
PRO: Final[list[Json]] = [{"type": "customer.updated", "customer_id": "c-1", "attributes": {"plan": "pro"}}]
ACME: Final[list[Json]] = [{"type": "customer.updated", "customer_id": "acme", "attributes": {"plan": "pro"}}]
USED: Final[list[Json]] = [
    {"type": "feature.used", "customer_id": "acme", "user_id": "c-1", "feature": "Report Exported"}
]
ARM: Final[list[Json]] = [{"type": "experiment.exposed", "experiment": "onboarding", "arm": "short"}]
ORDER: Final = {"order_id": "o-1", "amount": 29.9}
NPS: Final = {"surveys": {"s-1": "nps"}}
ANSWERS: Final = {"$survey_id": "s-1", "$survey_response": 9, "$survey_submission_id": "sub-1"}
FLAG: Final = {"$feature_flag": "onboarding", "$feature_flag_response": "short"}
ZONE: Final[Json] = {"zone": "America/Los_Angeles"}
LATER: Final[Json] = {"mp_processing_time_ms": MS + 8 * 3_600_000 + 2_000, "token": ...}
"""What an export of a project in Los Angeles has: its time eight hours behind."""

POSTHOG: Final = [
    Case("P1", hog(person_id="x", elements_chain="", created_at=AT), LOGIN),
    Case("P1", hog(uuid=..., id="u-9"), [{"event_id": "u-9"}]),
    Case("P1", hog(properties='{"a": 1}'), Refused(("properties", "text", "JSON lines"))),
    Case("P2", hog(timestamp="2026-03-01T11:30:00+02:00"), LOGIN),
    Case("P2", {"sent_at": "2026-03-01T12:00:00Z", "batch": [hog()]}, LOGIN),
    Case("P3", hog(timestamp="2026-03-01 09:30:00.000000"), LOGIN),
    Case("P3", hog(timestamp="2026-03-01 10:30:00"), LOGIN, {"zone": "Europe/Madrid"}),
    Case("P3", hog(timestamp="0001-01-01T00:00:00Z"), Refused(("timestamp", "before 1980"))),
    Case("P4", hog(timestamp=..., sent_at="2026-03-01T09:30:02.500Z", offset=2500), LOGIN),
    Case("P4", hog(timestamp=..., offset=2500), LOGIN, {}, MS + 2500),
    Case("P4", hog(timestamp=...), Refused(("timestamp", "missing"))),
    Case("P5", hog(distinct_id=..., properties={"distinct_id": "c-1", "$is_identified": True}), LOGIN),
    Case("P5", hog(distinct_id=...), Refused(("distinct_id", "missing"))),
    Case("P6", hog(distinct_id=..., properties={"distinct_id": "d", "$device_id": "d"}), Skipped("not identified")),
    Case("P6", hog(properties={"$is_identified": False}), Skipped("not identified")),
    Case("P7", hog(properties={"$process_person_profile": False}), Skipped("without_profile")),
    Case("P7", hog(properties={"$process_person_profile": False}), LOGIN, {"without_profile": True}),
    *(Case("P8", hog(distinct_id=word), Skipped("not identified")) for word in ("anonymous", "null", "0", "NaN", "")),
    Case("P9", hog("$identify", {"$anon_distinct_id": "d"}, **{"$set": {"plan": "pro"}}), PRO, CHOSEN),
    Case("P9", hog("$identify", {"$anon_distinct_id": "d"}), Skipped("by itself")),
    Case("P9", hog("$identify"), LOGIN, {"tracks": {"$identify": "login.succeeded"}}),
    Case("P10", hog("$create_alias", {"alias": "backend"}), Skipped("aliases")),
    Case("P10", hog("$create_alias", {"alias": "c-2"}), [{"customer_id": "c-2", "into": "c-1"}], {"aliases": True}),
    Case("P10", hog("$create_alias", {"alias": "d", "$device_id": "d"}), Skipped("visitor"), {"aliases": True}),
    Case("P11", hog("$merge_dangerously", {"alias": "c-2"}), [{"customer_id": "c-2", "into": "c-1"}]),
    Case("P11", hog("$merge_dangerously", {"alias": "c-1"}), Skipped("with itself")),
    Case("P11", hog("$merge_dangerously"), Refused(("properties.alias", "missing"))),
    Case("P12", hog("$set", **{"$set": {"plan": "pro", "other": 1}}), PRO, CHOSEN),
    Case("P12", hog("$set", {"$set": {"plan": "pro"}, "$set_once": {"country": "ES"}}), PRO, CHOSEN),
    Case("P12", hog("$set", {"$unset": ["plan"]}), [{"attributes": {"plan": None}}], CHOSEN),
    Case("P12", hog("$set", {"$set": {"plan": "pro"}}), Skipped("attributes")),
    Case("P13", hog(person_properties={"plan": "pro"}), LOGIN + PRO, CHOSEN),
    Case("P13", hog("Menu Opened", person_properties={"plan": "pro"}), Skipped("tracks, others")),
    Case("P14", hog("Report Exported", {"$groups": {"company": "acme"}}), USED, B2B),
    Case("P13", hog("Menu Opened", person_properties={"plan": "pro"}), Skipped("tracks, others")),
    Case("P14", hog("Report Exported"), Skipped("no group"), B2B),
    Case(
        "P14",
        hog("$groupidentify", {"$group_type": "company", "$group_key": "acme", "$group_set": {"plan": "pro"}}),
        ACME,
        B2B,
    ),
    Case(
        "P14",
        hog("$groupidentify", {"$group_type": "company", "$group_set": {"plan": "pro"}}),
        Skipped("group"),
        CHOSEN,
    ),
    Case("P15", hog("survey sent", ANSWERS), [{"kind": "nps", "score": 9, "event_id": "sub-1"}], NPS),
    Case("P15", hog("survey sent", {"$survey_id": "s-1", "$survey_response_q": "9"}), [{"score": 9}], NPS),
    Case("P15", hog("survey sent", ANSWERS), Skipped("surveys")),
    Case("P15", hog("survey sent", {"$survey_id": "s-1", "$survey_response": "Yes"}), Skipped("without a number"), NPS),
    Case("P16", hog("$feature_flag_called", FLAG), ARM, {"experiments": ["onboarding"]}),
    Case("P16", hog("$feature_flag_called", FLAG), Skipped("experiments"), {"others": "feature.used"}),
    Case("P17", {"event": hog(), "person": {"properties": {"plan": "pro"}}}, LOGIN + PRO, CHOSEN),
    Case("P18", {"distinct_id": "c-1", "person_distinct_id_version": 0, "properties": {}}, Skipped("persons")),
    Case("P19", hog("Order Completed", ORDER), Refused(("properties.currency", "sources.posthog.currency"))),
    Case("P19", hog("Order Completed", ORDER), [{"amount": "29.9", "currency": "EUR"}], {"currency": "eur"}),
    Case("P20", hog("$pageview"), Skipped("pages")),
    Case("P20", hog("$pageview"), [{"type": "feature.used", "feature": "page view"}], {"pages": "feature.used"}),
    Case("P20", hog("$autocapture"), Skipped("by itself"), {"others": "feature.used"}),
    Case("P21", hog(distinct_id="ana@x.example"), Refused(("distinct_id", "an e-mail address", "pseudonym_key"))),
]
AMPLITUDE: Final = [
    Case(
        "A1", amp(time=..., event_time="2026-03-01 09:30:00.000000", client_event_time="2026-03-01 08:00:00.0"), LOGIN
    ),
    Case("A1", amp(time=..., event_time="2026-03-01 25:30:00"), Refused(("event_time", "text that is no time"))),
    Case("A2", amp(), LOGIN),
    Case("A2", amp(time=MS * 1000), Refused(("time", "1980"))),
    Case("A2", amp(time=str(MS)), Refused(("time", "text"))),
    Case("A3", {"client_upload_time": AT, "events": [amp(time=...)]}, LOGIN),
    Case("A3", amp(time=...), LOGIN, {}, MS),
    Case("A3", amp(time=...), Refused(("time", "missing"))),
    Case("A4", amp(**EXPORTED), [{"event_id": "i-2"}]),
    Case("A4", amp(insert_id=..., uuid="u-1"), [{"event_id": "u-1"}]),
    Case("A5", amp(user_id=None), Skipped("visitor")),
    Case("A5", amp(user_id=...), Skipped("visitor")),
    Case("A5", amp(user_id="None"), Skipped("visitor")),
    Case("A5", amp(user_id=..., device_id=...), Refused(("user_id", "missing"))),
    Case("A6", amp("session_start"), LOGIN),
    Case("A6", amp("session_start"), Skipped("by itself"), {"tracks": {"session_start": ""}}),
    Case("A6", amp("session_end"), Skipped("by itself"), {"others": "feature.used"}),
    Case(
        "A7",
        amp("revenue_amount", {"$price": 9.99, "$quantity": 3, "$currency": "EUR"}),
        [{"type": "purchase.completed", "amount": "29.97", "currency": "EUR", "order_id": "i-1"}],
    ),
    Case("A7", amp("revenue_amount", {"$price": 5, "$currency": "EUR"}), [{"amount": "5"}]),
    Case("A7", amp("revenue_amount", {"$price": "5", "$quantity": 2}), Refused(("event_properties.$price is text",))),
    Case("A7", amp("revenue_amount", price=5, quantity="2"), Refused(("amplitude: quantity is text",))),
    Case("A7", amp("revenue_amount", price=10, quantity=2, currency="USD"), [{"amount": "20", "currency": "USD"}]),
    Case(
        "A7",
        amp("Order Completed", {"order_id": "o-1"}, revenue=5, currency="EUR"),
        [{"amount": "5", "currency": "EUR"}],
    ),
    Case("A8", amp("revenue_amount", {"$price": 0, "$revenue": 7.5, "$currency": "EUR"}), [{"amount": "7.5"}]),
    Case(
        "A9",
        amp("revenue_amount", {"$revenue": -5, "$currency": "EUR", "order_id": "o-1"}),
        [{"type": "purchase.refunded", "amount": "5", "order_id": "o-1"}],
    ),
    Case("A9", amp("revenue_amount", {"$revenue": -5, "$currency": "EUR"}), Refused(("order_id", "missing"))),
    Case(
        "A10",
        amp("revenue_amount", {"$revenue": 5, "$currency": "EUR", "order_id": "o-1", "$productId": "p-2"}),
        [{"order_id": "o-1:p-2"}],
    ),
    Case(
        "A10",
        amp("revenue_amount", {"$revenue": 5, "$currency": "EUR", "order_id": "o-1"}),
        [{"order_id": "o-1", "event_id": "i-1"}],
    ),
    Case(
        "A10",
        amp("revenue_amount", {"$revenue": 5, "$currency": "EUR", "order_id": "o-1"}, insert_id="i-2"),
        [{"order_id": "o-1:i-2", "event_id": "i-2"}],
        {"revenues": "each"},
    ),
    Case(
        "A10",
        amp("revenue_amount", {"$revenue": -5, "$currency": "EUR", "order_id": "o-1"}),
        Refused(("$productId", 'revenues = "order"')),
        {"revenues": "each"},
    ),
    Case("A11", amp("revenue_amount", {"$revenue": 5}), Refused(("currency", "sources.amplitude.currency"))),
    Case("A11", amp("revenue_amount", {"$revenue": 5}), [{"currency": "EUR"}], {"currency": "EUR"}),
    Case("A12", amp("Revenue (Verified)", {"$revenue": 5}), Skipped("by itself"), {"others": "feature.used"}),
    Case("A13", amp(user_properties={"plan": "pro", "x": 1}), LOGIN + PRO, CHOSEN),
    Case(
        "A13", amp("$identify", user_properties={"$set": {"plan": "pro"}, "$setOnce": {"country": "ES"}}), PRO, CHOSEN
    ),
    Case("A13", amp("$identify", user_properties={"$unset": {"plan": "-"}}), [{"attributes": {"plan": None}}], CHOSEN),
    Case(
        "A13",
        amp("$identify", user_properties={"$clearAll": "-"}),
        [{"attributes": {"plan": None, "country": None}}],
        CHOSEN,
    ),
    Case("A13", amp("Menu Opened", user_properties={"plan": "pro"}), Skipped("tracks, others")),
    Case("A14", amp("Report Exported", groups={"company": "acme"}), USED, B2B),
    Case("A14", amp("Report Exported", groups={"company": ["acme"]}), USED, B2B),
    Case("A14", amp("Report Exported", groups={"company": ["acme", "bix"]}), Skipped("several groups"), B2B),
    Case(
        "A14",
        amp("$groupidentify", user_id=..., groups={"company": "acme"}, group_properties={"$set": {"plan": "pro"}}),
        ACME,
        B2B,
    ),
    Case("A15", {"amplitude_id": 1, "merged_amplitude_id": 2}, Skipped("Amplitude's own ids")),
    Case("A16", amp("$exposure", {"flag_key": "onboarding", "variant": "short"}), ARM, {"experiments": ["onboarding"]}),
    Case("A17", amp("[Amplitude] Page Viewed"), [{"type": "content.viewed"}], {"pages": "content.viewed"}),
    Case("A17", amp("[Amplitude] Element Clicked"), Skipped("by itself"), {"others": "feature.used"}),
    Case("A18", amp("Order Completed"), Refused(("order_id", "missing")), {"currency": "EUR"}),
]
MIXPANEL: Final = [
    Case("M1", mix(token=..., mp_processing_time_ms=MS + 5), LOGIN),
    Case("M2", mix(time=MS), LOGIN),
    Case("M2", mix(time=SECONDS + 0.25), [{"occurred_at": "2026-03-01T09:30:00.250000Z"}]),
    Case("M2", mix(time=MS * 1000), Refused(("properties.time", "1980"))),
    Case("M3", mix(time="2026-03-01T09:30:00"), Refused(("properties.time", "text", "cuts the zone off"))),
    Case("M4", mix(time=SECONDS - 8 * 3600, **{**LATER, "mp_processing_time_ms": MS + 2_000}), LOGIN, ZONE),
    Case("M4", mix(**LATER), [{"occurred_at": "2026-03-01T17:30:00Z"}], ZONE),
    Case("M4", mix(), LOGIN, ZONE),
    Case(
        "M5", mix(time=SECONDS + 3600, token=..., mp_processing_time_ms=MS), Refused(("time", "sources.mixpanel.zone"))
    ),
    Case("M5", mix(time=SECONDS + 3600, token=..., mp_processing_time_ms=MS), LOGIN, {"zone": "Europe/Madrid"}),
    Case("M7", mix(time=...), LOGIN, {}, MS),
    Case("M7", mix(time=...), Refused(("properties.time", "missing"))),
    Case("M9", mix(distinct_id="$device:d", **{"$device_id": "d"}), Skipped("visitor")),
    Case("M9", mix(distinct_id="d", **{"$device_id": "d"}), Skipped("visitor")),
    Case("M9", mix(distinct_id="undefined"), Skipped("visitor")),
    Case("M9", mix(distinct_id=...), Refused(("distinct_id", "missing"))),
    Case("M10", mix(distinct_id="d", **{"$device_id": "d", "$user_id": "c-1"}), LOGIN),
    Case("M11", mix("$identify", **{"$identified_id": "c-1", "$anon_id": "d"}), Skipped("by itself")),
    Case("M12", mix("$create_alias", alias="c-2"), Skipped("aliases")),
    Case("M12", mix("$create_alias", alias="c-2"), [{"customer_id": "c-2", "into": "c-1"}], {"aliases": True}),
    Case("M13", mix("$merge", **{"$distinct_ids": ["c-1", "c-2"]}), [{"customer_id": "c-2", "into": "c-1"}]),
    Case("M13", mix("$merge", **{"$distinct_ids": ["c-1", "$device:d"]}), Skipped("visitor")),
    Case("M13", mix("$merge", **{"$distinct_ids": ["c-1"]}), Refused(("$distinct_ids", "a list"))),
    Case("M14", mix("$session_start"), LOGIN),
    Case("M15", {"$distinct_id": "c-1", "$time": SECONDS, "$set": {"plan": "pro"}}, PRO, CHOSEN),
    Case(
        "M15", {"$distinct_id": "c-1", "$time": SECONDS, "$unset": ["plan"]}, [{"attributes": {"plan": None}}], CHOSEN
    ),
    Case(
        "M15", {"$distinct_id": "c-1", "$time": SECONDS, "$set_once": {"plan": "pro"}}, Skipped("sets nothing"), CHOSEN
    ),
    Case("M16", {"$distinct_id": "c-1", "$set": {"plan": "pro"}}, PRO, CHOSEN, MS),
    Case("M16", {"$distinct_id": "c-1", "$set": {"plan": "pro"}}, Refused(("$time", "missing")), CHOSEN),
    Case(
        "M17", {"$distinct_id": "c-1", "$properties": {"plan": "pro", "$last_seen": "2026-03-01T09:30:00"}}, PRO, CHOSEN
    ),
    Case(
        "M18",
        {"$distinct_id": "c-1", "$time": SECONDS, "$append": {"$transactions": {"$amount": 9.9, "$time": AT}}},
        [{"type": "purchase.completed", "amount": "9.9", "currency": "EUR", "occurred_at": AT}],
        {"currency": "EUR"},
    ),
    Case(
        "M18",
        {"$distinct_id": "c-1", "$time": SECONDS, "$append": {"$transactions": {"$amount": 9.9}}},
        Refused(("$transactions", "sources.mixpanel.currency")),
    ),
    Case(
        "M18",
        {"$distinct_id": "c-1", "$time": SECONDS, "$append": {"$transactions": {"$amount": -9.9}}},
        Refused(("mixpanel: $append.$transactions.$amount is a number below 0",)),
    ),
    Case("M19", mix("Report Exported", company=["acme"]), USED, B2B),
    Case("M19", {"$group_key": "company", "$group_id": "acme", "$time": SECONDS, "$set": {"plan": "pro"}}, ACME, B2B),
    Case(
        "M19", {"$group_key": "team", "$group_id": "a", "$time": SECONDS, "$set": {"plan": "pro"}}, Skipped("type"), B2B
    ),
    Case(
        "M20",
        mix("$experiment_started", **{"Experiment name": "onboarding", "Variant name": "short"}),
        ARM,
        {"experiments": ["onboarding"]},
    ),
    Case("M21", mix("$mp_web_page_view"), Skipped("pages")),
    Case("M21", mix("$mp_click"), Skipped("by itself"), {"others": "feature.used"}),
]
CASES: Final = [*POSTHOG, *AMPLITUDE, *MIXPANEL]
ELSEWHERE: Final = {"M6", "M8", "P22"}
"""Facts that several records show: tests of their own are below."""


def read(source: str, record: Json, options: Json, arrived: int = 0) -> Translation:
    found = SOURCE_OF[source]
    return found.read(Foreign(json.dumps(record).encode(), timestamp=arrived), found.options.model_validate(options))


def outcome(case: Case) -> Translation | str:
    """Return what follows from the record of a case, or the error that refuses it."""
    try:
        return read(SOURCE[case.fact[0]], case.record, case.options, case.arrived)
    except Unreadable as refused:
        return str(refused)


@pytest.mark.parametrize("case", CASES, ids=[f"{one.fact}-{place}" for place, one in enumerate(CASES)])
def test_a_fact_has_the_outcome_that_its_page_states(case: Case) -> None:
    found = outcome(case)

    if isinstance(case.follows, Refused):
        assert isinstance(found, str), found
        assert [one for one in case.follows.parts if one not in found] == [], found
        return
    assert isinstance(found, Translation), found
    if isinstance(case.follows, Skipped):
        assert (found.events, case.follows.reason in found.skipped) == ((), True), found
        return
    assert len(found.events) == len(case.follows), found
    for event, expected in zip(found.events, case.follows, strict=True):
        assert {name: event.get(name) for name in expected} == expected


def test_every_fact_of_the_pages_has_a_case_and_every_case_a_fact() -> None:
    stated = [fact for name in SOURCE.values() for fact in ROW.findall((PAGES / f"{name}.md").read_text())]

    assert len(stated) == len(set(stated))
    assert set(stated) == {one.fact for one in CASES} | ELSEWHERE


REFUNDS: Final[dict[str, Callable[[Json], Json]]] = {
    "posthog": lambda more: hog("order_refunded", {"order_id": "o-1"} | more),
    "amplitude": lambda more: amp("order_refunded", {"order_id": "o-1"} | more),
    "mixpanel": lambda more: mix("order_refunded", order_id="o-1", **more),
}


@pytest.mark.parametrize("source", REFUNDS)
def test_a_refund_of_an_unknown_amount_is_not_one_in_full(source: str) -> None:
    refund = REFUNDS[source]

    for unknown in (None, float("nan")):
        with pytest.raises(Unreadable, match=r"amount is null: .*in full"):
            read(source, refund({"amount": unknown}), {})
    with pytest.raises(Unreadable, match="no JSON"):
        read(source, refund({"amount": float("inf"), "odd": float("nan")}), {})
    assert "amount" not in read(source, refund({}), {}).events[0]


def test_m6_a_zone_behind_utc_shows_in_a_sample_only() -> None:
    def doubts(lag_hours: int, number: int = 20, **options: Any) -> list[str]:
        lags = sampled(MixpanelOptions.model_validate(options))
        for place in range(number):
            at = SECONDS + place
            processed = (at + lag_hours * 3600 + place) * 1000
            event = mix(time=at, token=..., mp_processing_time_ms=processed)
            lags.take(Foreign(json.dumps(event).encode()))
        return list(lags.doubts())

    assert len(doubts(8)) == 1
    assert "about 8 h" in doubts(8)[0]
    assert doubts(0) == doubts(8, 3) == doubts(8, **ZONE) == []


def test_m8_an_insert_id_is_one_among_the_events_of_its_name() -> None:
    records = (mix(), mix(), mix("Unsubscribed", email_id="m-1"))

    first, again, other = (read("mixpanel", one, {}).events[0]["event_id"] for one in records)

    assert first == again != other


@pytest.mark.parametrize(
    ("source", "record"),
    [
        ("posthog", hog(uuid=..., timestamp=...)),
        ("amplitude", amp(insert_id=..., time=...)),
        ("mixpanel", mix(**UNNAMED)),
    ],
)
def test_p22_events_without_an_id_and_a_time_differ_by_their_arrival(source: str, record: Json) -> None:
    ids = [read(source, record, {}, arrived).events[0]["event_id"] for arrived in (MS, MS, MS + 1)]

    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("source", SOURCE.values())
def test_what_settings_cannot_mean_is_said_at_start(source: str) -> None:
    options = SOURCE_OF[source].options
    for wrong in ({"zone": "Madrid"}, {"currency": "EURO"}, {"tracks": {"a": "login.suceeded"}}):
        with pytest.raises(ValidationError):
            options.model_validate(wrong)


def test_a_kind_of_survey_that_does_not_exist_is_said_at_start() -> None:
    with pytest.raises(ValidationError, match="no kind of survey"):
        SOURCE_OF["posthog"].options.model_validate({"surveys": {"s-1": "npss"}})


def test_the_instant_of_all_cases_is_one() -> None:
    assert datetime.fromtimestamp(SECONDS, UTC).isoformat().replace("+00:00", "Z") == AT


@pytest.mark.parametrize("coupon", ["", None])
def test_an_order_is_not_lost_because_its_coupon_is_empty_text(coupon: str | None) -> None:
    said = {"order_id": "o-1", "total": 10, "currency": "EUR", "coupon": coupon}
    call = {"type": "track", "userId": "u-1", "messageId": "m-1", "timestamp": "2026-03-01T09:30:00Z"}

    found = read("segment", call | {"event": "Order Completed", "properties": said}, {}).events[0]

    assert (found["order_id"], found["amount"]) == ("o-1", "10")
    assert "coupon" not in found
