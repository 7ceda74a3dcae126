"""Mapping: what a company's own records become by its rules, and what is said of rules and records that do not fit."""

import json
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import instant
from sources import SOURCE_OF
from sources.base import Foreign, Translation, Unreadable
from sources.mapping.instants import SKIPPED, TWICE
from sources.mapping.paths import compiled
from streams.broker import Broker
from streams.errors import BadSettings
from streams.foreign_logs import reader_of
from streams.log_check import look
from streams.logfile import Line
from streams.looked import Looked
from streams.setting_sources import read_settings
from tests.building import at
from tests.homes import Homes
from tests.test_commands import backstay

MAPPING = SOURCE_OF["mapping"]
ORDER: dict[str, Any] = {
    "type": "purchase.completed",
    "event_id": "id",
    "customer_id": "user.id",
    "occurred_at": "at",
    "fields": {"order_id": "id", "amount": "total", "currency": {"value": "EUR"}},
}
LOGIN: dict[str, Any] = {"type": "login.succeeded", "event_id": "id", "customer_id": "user.id", "occurred_at": "at"}
RECORD: dict[str, Any] = {"id": 7, "user": {"id": "c-1"}, "at": "2026-03-01T09:30:00Z", "total": 30, "kind": "order"}
AN_HOUR_TWICE, NO_SUCH_HOUR = "2026-10-25 02:30:00", "2026-03-29 02:30:00"


def translated(rules: list[dict[str, Any]], record: object, **options: Any) -> Translation:
    said = MAPPING.options.model_validate({"events": rules, **options})
    return MAPPING.read(Foreign(json.dumps(record).encode()), said)


def of(field: str, chosen: object, record: dict[str, Any], rule: dict[str, Any] = ORDER, **options: Any) -> object:
    """Return what a field becomes if it is mapped so."""
    outside = field in {"event_id", "customer_id", "occurred_at"}
    said = rule | ({field: chosen} if outside else {"fields": rule.get("fields", {}) | {field: chosen}})
    return translated([said], RECORD | record, **options).events[0].get(field)


def refusal(rules: list[dict[str, Any]], record: object, **options: Any) -> str:
    with pytest.raises(Unreadable) as refused:
        translated(rules, record, **options)
    return str(refused.value)


@pytest.mark.parametrize(
    ("unit", "currency", "total", "amount"),
    [
        (None, "EUR", 30, "30"),
        (None, "EUR", "29.90", "29.90"),
        (None, "EUR", 29.900000000000002, "29.9"),
        ("cents", "EUR", 2999, "29.99"),
        ("cents", "EUR", "5", "0.05"),
        ("cents", "EUR", 1999.5, "19.995"),
        ("cents", "JPY", 300_000, "3000"),
        ("thousandths", "EUR", 12_500, "12.5"),
        ("smallest", "KWD", 12_500, "12.5"),
        ("smallest", "JPY", 3_000, "3000"),
        ("smallest", "eur", 999_999_999_999_999, "9999999999999.99"),
        ("smallest", "EUR", 0, "0"),
    ],
)
def test_an_amount_is_in_major_units_whatever_the_record_counts(
    unit: str | None, currency: str, total: object, amount: str
) -> None:
    rule = ORDER | {"fields": ORDER["fields"] | {"currency": "cur"}}
    chosen = {"path": "total", "unit": unit} if unit else "total"

    assert of("amount", chosen, {"total": total, "cur": currency}, rule) == amount


@pytest.mark.parametrize(
    ("chosen", "given", "read"),
    [
        ({"unit": "seconds"}, 1_772_352_000, "2026-03-01T08:00:00Z"),
        ({"unit": "seconds"}, "1772352000.25", "2026-03-01T08:00:00.250000Z"),
        ({"unit": "milliseconds"}, 1_772_352_000_123, "2026-03-01T08:00:00.123000Z"),
        ({"unit": "microseconds"}, 1_772_352_000_123_456, "2026-03-01T08:00:00.123456Z"),
        ({}, "2026-03-01T09:30:00+01:00", "2026-03-01T09:30:00+01:00"),
        ({"zone": "Europe/Madrid"}, "2026-03-01T09:30:00Z", "2026-03-01T09:30:00Z"),
        ({"zone": "Europe/Madrid"}, "2026-03-01 09:30:00", "2026-03-01T08:30:00Z"),
        ({"zone": "Europe/Madrid"}, "2026-07-01", "2026-06-30T22:00:00Z"),
        ({"zone": "Europe/Madrid"}, AN_HOUR_TWICE, "2026-10-25T00:30:00Z"),
        ({"zone": "Europe/Madrid"}, NO_SUCH_HOUR, "2026-03-29T01:30:00Z"),
    ],
)
def test_a_time_is_read_by_its_unit_or_its_zone(chosen: dict[str, str], given: object, read: str) -> None:
    assert of("occurred_at", {"path": "at", **chosen}, {"at": given}) == read
    assert of("occurred_at", "at", {"at": given}, times=chosen) == read


def test_a_clock_time_that_a_change_of_offset_leaves_open_is_counted_as_a_doubt() -> None:
    said = [LOGIN | {"occurred_at": {"path": "at", "zone": "Europe/Madrid"}}]

    found = [translated(said, RECORD | {"at": text}).skipped for text in (AN_HOUR_TWICE, NO_SUCH_HOUR, "2026-03-01")]

    assert found == [TWICE, SKIPPED, ""]


@pytest.mark.parametrize(
    ("chosen", "given", "says"),
    [
        ({}, 1_772_352_000, 'a number without a unit: write unit = "seconds"'),
        ({"unit": "seconds"}, 1_772_352_000_000, 'as a number of seconds: write unit = "milliseconds"'),
        ({"unit": "milliseconds"}, 1_772_352_000, 'as a number of milliseconds: write unit = "seconds"'),
        ({"unit": "seconds"}, 12, "as a number of seconds: map a time from 1980 to 2099"),
        ({}, "2026-03-01 09:30", 'a time without an offset: say whose clock it is: zone = "Europe/Madrid"'),
        ({}, "yesterday", "text that is no time"),
        ({"zone": "UTC"}, True, "true or false"),
        ({"zone": "Asia/Tokyo"}, "0001-01-01", "a time beyond the calendar"),
    ],
)
def test_a_time_that_cannot_be_one_is_refused_with_the_remedy(chosen: dict[str, str], given: object, says: str) -> None:
    found = refusal([LOGIN | {"occurred_at": {"path": "at", **chosen}}], RECORD | {"at": given})

    assert found.startswith("mapping: at is ")
    assert says in found


@pytest.mark.parametrize(
    ("dates", "given", "read"),
    [
        ("day-first", "01/03/2026 09:30:15", "2026-03-01T08:30:15Z"),
        ("day-first", "1.3.2026", "2026-02-28T23:00:00Z"),
        ("day-first", "31-12-2026 9:05", "2026-12-31T08:05:00Z"),
        ("month-first", "03/01/2026, 12:30 AM", "2026-02-28T23:30:00Z"),
        ("month-first", "3/1/2026 12:30 p.m.", "2026-03-01T11:30:00Z"),
        ("day-first", "2026-03-01T09:30:00Z", "2026-03-01T09:30:00Z"),
    ],
)
def test_a_date_is_read_by_the_order_that_is_set_for_it_or_for_all(dates: str, given: str, read: str) -> None:
    zone = "Europe/Madrid"
    own = {"path": "at", "dates": dates, "zone": zone}
    assert of("occurred_at", own, {"at": given}) == read
    assert of("occurred_at", "at", {"at": given}, times={"dates": dates, "zone": zone}) == read


@pytest.mark.parametrize(
    ("dates", "given", "says"),
    [
        (None, "01/03/2026", 'dates = "day-first" or "month-first"'),
        ("month-first", "31/12/2026", "text that is no time"),
        ("day-first", "31/02/2026", "text that is no time"),
        ("day-first", "01/03/26", "text that is no time"),
        ("day-first", "01/03/2026 13:30 PM", "text that is no time"),
        ("day-first", "01/03-2026", "text that is no time"),
    ],
)
def test_a_date_that_does_not_fit_its_order_is_refused(dates: str | None, given: str, says: str) -> None:
    rule = ORDER | {"occurred_at": {"path": "at", "zone": "UTC"} | ({"dates": dates} if dates else {})}
    said = refusal([rule], RECORD | {"at": given})
    assert says in said
    assert given not in said


@given(st.dates(min_value=date(1980, 1, 2), max_value=date(2099, 12, 30)), st.sampled_from("./-"), st.booleans())
def test_each_day_is_read_as_it_was_written_in_either_order(day: date, sign: str, padded: bool) -> None:
    width = 2 if padded else 1
    parts = f"{day.day:0{width}}", f"{day.month:0{width}}"
    for dates, written in (("day-first", parts), ("month-first", parts[::-1])):
        own = {"path": "at", "dates": dates, "zone": "UTC"}
        assert of("occurred_at", own, {"at": sign.join((*written, f"{day.year}"))}) == f"{day}T00:00:00Z"


@pytest.mark.parametrize(
    ("decimal", "given", "amount"),
    [
        ("comma", "29,90", "29.90"),
        ("comma", "1.299,00", "1299.00"),
        ("comma", "1.299", "1299"),
        ("comma", "12 345 678,9", "12345678.9"),
        ("comma", "1\u202f299,5", "1299.5"),
        ("point", "1,299.00", "1299.00"),
        ("point", "1'299.00", "1299.00"),
        ("point", "29.90", "29.90"),
        ("comma", 29, "29"),
    ],
)
def test_an_amount_is_read_by_the_decimal_mark_that_is_set(decimal: str, given: object, amount: str) -> None:
    assert of("amount", {"path": "total", "decimal": decimal}, {"total": given}) == amount
    assert of("amount", "total", {"total": given}, amounts={"decimal": decimal}) == amount


@pytest.mark.parametrize(
    ("decimal", "given"),
    [
        (None, "29,90"),
        ("comma", "29.90"),
        ("comma", "1.29,90"),
        ("comma", "1.299.00"),
        ("comma", "1.299 000,00"),
        ("point", "1.299,00"),
        ("point", "1,29.00"),
        ("comma", "EUR 5"),
        ("comma", ""),
        ("comma", "\u0661,5"),
    ],
)
def test_an_amount_that_does_not_fit_its_decimal_mark_is_refused(decimal: str | None, given: str) -> None:
    rule = ORDER | {
        "fields": ORDER["fields"] | {"amount": {"path": "total"} | ({"decimal": decimal} if decimal else {})}
    }
    said = refusal([rule], RECORD | {"total": given})
    assert "total is" in said
    assert not given or given not in said.replace("1299,00", "").replace("1299.00", "")


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.sampled_from(["comma", "point"]))
def test_each_amount_is_read_as_it_was_written_with_groups(amount: Decimal, decimal: str) -> None:
    written = f"{amount:,.2f}"
    if decimal == "comma":
        written = written.translate(str.maketrans(",.", ".,"))
    read = of("amount", {"path": "total", "decimal": decimal}, {"total": written})
    assert Decimal(str(read)) == amount


def test_words_become_ours_and_others_stay_as_they_are() -> None:
    words = {"path": "why", "words": {"zu teuer": "price", "3": "unused", "true": "too_complex"}}
    rule = LOGIN | {"type": "cancellation.requested"}

    found = [of("reason", words, {"why": why}, rule) for why in ("zu teuer", 3, True, "something else")]

    assert found == ["price", "unused", "too_complex", "something else"]


def test_personal_identifiers_become_pseudonyms_and_are_refused_without_a_key() -> None:
    record = RECORD | {"user": {"id": "Ana@shop.example", "tel": "+34 600 000 000"}}
    rule = LOGIN | {"fields": {"user_id": {"path": "user.tel", "pseudonym": True}, "channel": "user.id"}}

    event = translated([rule], record, pseudonym_key="k").events[0]

    assert all(str(event[name]).startswith("p-") for name in ("customer_id", "user_id", "channel"))
    assert event["customer_id"] == event["channel"] != event["user_id"]
    for said in (rule, LOGIN, LOGIN | {"customer_id": "kind", "fields": rule["fields"]}):
        found = refusal([said], record)
        assert "is a personal identifier: set sources.mapping.pseudonym_key" in found
        assert "shop.example" not in found
    ident = translated([LOGIN | {"event_id": ["user.id", "kind"]}], record, pseudonym_key="k").events[0]["event_id"]
    assert ident == f"{event['customer_id']}:order"


def test_every_rule_is_asked_and_ids_of_one_record_stay_apart() -> None:
    rules = [ORDER | {"when": "kind == 'order'"}, LOGIN | {"when": "kind == 'login'"}, LOGIN, LOGIN]

    events = translated(rules, RECORD).events

    assert [(one["type"], one["event_id"]) for one in events] == [
        ("purchase.completed", "7"),
        ("login.succeeded", "7:003"),
        ("login.succeeded", "7:004"),
    ]


def test_ids_of_one_record_that_cannot_be_kept_apart_refuse_it() -> None:
    found = refusal([LOGIN | {"event_id": "other"}, LOGIN, LOGIN], RECORD | {"other": "7:003"})

    assert found.startswith("mapping: id is the id of another event of it: map other paths")


def test_an_id_is_what_several_paths_select_or_a_digest_of_the_record() -> None:
    several, none = LOGIN | {"event_id": ["id", "kind"]}, {name: LOGIN[name] for name in LOGIN if name != "event_id"}

    first, again, other = (translated([none], one).events[0]["event_id"] for one in (RECORD, RECORD, RECORD | {"a": 1}))

    assert translated([several], RECORD).events[0]["event_id"] == "7:order"
    assert first == again != other


def test_lists_of_objects_take_the_names_of_ours_and_the_unit_of_the_field() -> None:
    chosen = {"path": "lines[].{sku: code, quantity: n, price: cents, noise: code}", "unit": "cents"}
    record = {"lines": [{"code": 5, "n": "2", "cents": 1999}, {"code": "b", "n": 1.0, "cents": None}]}

    assert of("items", chosen, record) == [{"sku": "5", "quantity": 2, "price": "19.99"}, {"sku": "b", "quantity": 1}]


def test_empty_text_is_no_value_where_the_contract_can_do_without_one() -> None:
    items = "lines[].{sku: sku, category: kind, quantity: n}"
    rule = ORDER | {"fields": ORDER["fields"] | {"coupon": "coupon", "items": items}}
    record = RECORD | {"coupon": "", "lines": [{"sku": "tea", "kind": "", "n": 2}]}

    found = translated([rule], record).events[0]

    assert "coupon" not in found
    assert found["items"] == [{"sku": "tea", "quantity": 2}]
    assert of("coupon", {"path": "coupon", "words": {"": "none"}}, {"coupon": ""}) == "none"


@pytest.mark.parametrize(
    ("field", "record", "says"),
    [
        ("currency", {"currency": ""}, "currency is empty text"),
        ("user_id", {"currency": "EUR", "user_id": ""}, "user_id is empty text"),
        ("order_id", {"currency": "EUR", "order_id": ""}, "order_id is empty text"),
        ("amount", {"currency": "EUR", "amount": ""}, "amount is text that is no amount"),
    ],
)
def test_empty_text_is_refused_where_a_value_is_needed_or_is_an_id_or_an_amount(
    field: str, record: dict[str, Any], says: str
) -> None:
    rule = ORDER | {"fields": ORDER["fields"] | {"currency": "currency", "coupon": "coupon", field: field}}

    assert says in refusal([rule], RECORD | {"coupon": ""} | record)


def test_a_record_that_no_rule_takes_is_skipped_and_zero_counts_as_true() -> None:
    found = translated([LOGIN | {"when": "kind == 'login'"}], RECORD)

    assert (found.events, found.skipped) == ((), "a record that no rule takes (sources.mapping.events)")
    assert translated([LOGIN | {"when": "n"}], RECORD | {"n": 0}).events
    empty: tuple[object, ...] = (None, False, "", [], {})
    for nothing in empty:
        assert not translated([LOGIN | {"when": "n"}], RECORD | {"n": nothing}).events


SMALL = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 2, "", "a", "b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
OPERANDS = st.sampled_from(["a", "b.c", "a.b.c", "'a'", "''", "`0`", "`1`", "`true`", "`null`", '`{"a": 1}`', "`[]`"])
EXPRESSIONS = st.recursive(
    OPERANDS,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["==", "!=", "&&", "||"]), inner)
        | inner.map("!({})".format)
    ),
    max_leaves=5,
)


@given(EXPRESSIONS, SMALL)
def test_plain_expressions_mean_what_the_library_says(text: str, document: object) -> None:
    found = compiled(text).found(document)

    assert json.dumps(found) == json.dumps(jmespath.search(text, document))


def test_numbers_of_an_expression_are_exact() -> None:
    assert translated([LOGIN | {"when": "total == `29.9`"}], RECORD | {"total": 29.9}).events


@pytest.mark.parametrize(
    ("rule", "record", "says"),
    [
        (ORDER, {"total": None}, "mapping: total is missing, or null: purchase.completed needs its amount"),
        (ORDER, {"user": {}}, "mapping: user.id is missing, or null"),
        (ORDER, {"id": None}, "mapping: id is missing, or null"),
        (ORDER, {"total": "30 €"}, "mapping: total is text that is no amount"),
        (ORDER, {"total": -5}, "mapping: total is a number below 0"),
        (
            LOGIN | {"when": "total > `5`"},
            {"total": "x"},
            "mapping: total > `5` is of a kind that the expression cannot",
        ),
        (ORDER | {"fields": ORDER["fields"] | {"items": "total"}}, {}, "mapping: total is a whole number: map objects"),
    ],
)
def test_a_record_that_does_not_fit_names_the_path_and_the_kind(
    rule: dict[str, Any], record: dict[str, Any], says: str
) -> None:
    assert refusal([rule], RECORD | record).startswith(says)


RULES = """
[[sources.mapping.events]]
when = "kind == 'order'"
type = "purchase.completed"
event_id = "id"
customer_id = "user.id"
occurred_at = "at"
fields.order_id = "id"
fields.amount = { path = "total", unit = "cents" }
fields.currency = { value = "EUR" }
"""


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        (
            "fields.order_id",
            "fields.ordr_id",
            "fields.ordr_id: there is no field of purchase.completed 'ordr_id'; did you",
        ),
        ("fields.order_id", "order_id", "order_id: is a field of purchase.completed: write fields.order_id = …"),
        ('fields.order_id = "id"\n', "", "fields.order_id is missing: purchase.completed needs order_id"),
        (
            "purchase.completed",
            "purchase.complete",
            "events.0.type: there is no event type 'purchase.complete'; did you",
        ),
        ('"cents"', '"cent"', "events.0.fields.amount.unit: there is no unit 'cent'; did you mean 'cents'?"),
        ("unit =", "unti =", "events.0.fields.amount.unti: there is no setting 'unti'; did you mean 'unit'?"),
        ("event_id", "event_ids", "events.0.event_ids: there is no setting 'event_ids'; did you mean 'event_id'?"),
        ("mapping.events", "mapping.event", "there is no setting 'event'; did you mean 'events'?"),
        ('"cents"', '"seconds"', "fields.amount: is no time"),
        ('"total"', '"total["', "events.0.fields.amount.path: 'total[' is no JMESPath"),
        ('"total"', '"währung"', "stands in double quotes of its own: '\"währung\"'"),
        ('"total"', '"Umsatz (netto)"', "stands in double quotes of its own: '\"Umsatz (netto)\"'"),
        ("kind == 'order'", "kind = 'order'", "; equal is =="),
        ('"total"', '"sum(total)"', "there is no function 'sum'"),
        ('"at"', '{ path = "at", unit = "cents" }', "occurred_at.unit: occurred_at is no amount"),
        ('"user.id"', '{ path = "user.id", zone = "UTC" }', "customer_id: is no time"),
        ('"EUR"', '"EURO"', "fields.currency.value: not an ISO 4217 currency code"),
        ('customer_id = "user.id"\n', "", "customer_id is missing: purchase.completed is about a customer"),
        ('occurred_at = "at"', "occurred_at = 5", "events.0.occurred_at: is a path in quotes"),
        ('"at"', '{ path = "at", zone = "Europe/Madird" }', "'Europe/Madird' is not an IANA time zone"),
        ('{ value = "EUR" }', '{ path = "c", value = "EUR" }', "needs either a path or a value"),
        ("[[sources", '[sources.mapping]\ntopic = "a"\n[[other', "a topic without rules"),
    ],
)
def test_a_mapping_that_does_not_fit_the_contract_is_refused_at_start(
    tmp_path: Path, right: str, wrong: str, says: str
) -> None:
    (tmp_path / "a.toml").write_text(RULES)
    (tmp_path / "b.toml").write_text(RULES.replace(right, wrong, 1))

    assert read_settings(tmp_path / "a.toml").sources.topics() == {}
    with pytest.raises(BadSettings) as error:
        read_settings(tmp_path / "b.toml")
    assert says in str(error.value)


QUOTED = "stands in double quotes of its own: "


def advice(path: str) -> str:
    """Return what is said after the error of a path that cannot be compiled."""
    with pytest.raises(ValueError, match=r"is no JMESPath|there is no function") as error:
        compiled(path)
    return str(error.value).partition("; a name with other signs ")[2]


@pytest.mark.parametrize(
    ("path", "record"),
    [
        ("Umsatz (netto)", {"Umsatz (netto)": 1}),
        ("a.Umsatz (netto)", {"a": {"Umsatz (netto)": 1}}),
        ("shop.kunden-nr", {"shop": {"kunden-nr": 1}}),
        ("kunden-nr.id", {"kunden-nr": {"id": 1}}),
        ("währung.code", {"währung": {"code": 1}}),
        ("a.2nd line.b", {"a": {"2nd line": {"b": 1}}}),
        ("items[0].Umsatz (netto)", {"items": [{"Umsatz (netto)": 1}]}),
        ("kunden-nr[-1].id", {"kunden-nr": [{"id": 1}]}),
        ("*.kunden-nr", {"a": {"kunden-nr": 1}}),
        ("a\\b.c", {"a\\b": {"c": 1}}),
    ],
)
def test_a_name_with_other_signs_is_advised_as_the_settings_may_have_it(path: str, record: object) -> None:
    written = advice(path).removeprefix(QUOTED)

    said = tomllib.loads(f"path = {written}")["path"]

    assert compiled(said).found(record) in (1, [1])


@given(st.lists(st.text("aZ_0 ()-ü\\\t*,:@$#%", min_size=1, max_size=6), min_size=1, max_size=3))
def test_what_is_advised_of_a_path_selects_the_field_of_these_names(names: list[str]) -> None:
    record: object = 1
    for name in reversed(names):
        record = {name: record}
    try:
        compiled(".".join(names))
    except ValueError as error:
        _, found, written = str(error).partition(QUOTED)
        if found:
            path = tomllib.loads(f"path = {written}")["path"]
            assert compiled(path).found(record) in (1, [1], [[1]], [[[1]]])


@pytest.mark.parametrize(
    "path", ["items[", "items[a b].c", "total(", "a.b.", "a..b-c", "items.0.sku", "f(a).kunden-nr"]
)
def test_of_a_path_that_may_be_no_name_an_example_is_shown_that_selects(path: str) -> None:
    written = advice(path).removeprefix("stands in double quotes of its own, as in ")

    said = tomllib.loads(f"path = {written}")["path"]

    assert compiled(said).found({"items": [{"net total": 1}]}) == 1


def test_a_word_that_the_contract_would_read_as_other_is_refused_with_the_nearest() -> None:
    rule = {**LOGIN, "type": "cancellation.requested", "fields": {"reason": {"path": "why", "words": {"x": "prize"}}}}

    with pytest.raises(ValueError, match=r'fields.reason.words."x": there is no word .prize.; did you mean .price.'):
        translated([rule], RECORD)


def test_rules_may_be_of_further_topics_each_a_source_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        '[privacy]\npseudonym_key = "key of the company"\n[sources.mapping]\ntopic = "shop.orders"\n'
        + RULES
        + RULES.replace("when", 'topic = "app.events"\n# ').replace("user.id", "user.mail")
    )
    settings = read_settings(tmp_path / "a.toml")
    text = json.dumps(RECORD | {"kind": "x", "user": {"mail": "ana@shop.example"}}).encode()

    readers = dict(zip(("own", "further"), Broker(settings).sources(), strict=True))
    found = {name: source.read(Foreign(text), options).events for name, (source, options) in readers.items()}

    assert settings.sources.topics() == {"mapping": "shop.orders", "mapping.app.events": "app.events"}
    assert Broker(settings).foreign == {"sources.mapping": "shop.orders", "sources.mapping.app.events": "app.events"}
    assert found["own"] == ()
    assert [str(one["customer_id"])[:2] for one in found["further"]] == ["p-"]
    with pytest.raises(BadSettings, match=r"log: there is no source 'mapping.app.event'; did you mean 'mapping.app.ev"):
        read_settings(tmp_path / "a.toml", {"sources.log": "mapping.app.event"})


def test_a_worker_reads_each_topic_of_a_mapping_by_its_rules() -> None:
    rules = [ORDER | {"when": "kind == 'order'"}, LOGIN | {"topic": "app.events"}]
    company = Homes(1, sources__mapping__topic="shop.orders", sources__mapping__events=json.dumps(rules))

    for kind in ("order", "visit"):
        company.read_foreign("sources.mapping", json.dumps(RECORD | {"kind": kind}).encode(), 0)
    for text in (json.dumps(RECORD).encode(), b"{"):
        company.read_foreign("sources.mapping.app.events", text, 0)
    company.commit(0)

    kept = company.processors[0].outcomes.kept
    assert {topic: dict(kept[topic]) for topic in ("sources.mapping", "sources.mapping.app.events")} == {
        "sources.mapping": {"applied": 1, "skipped": 1},
        "sources.mapping.app.events": {"applied": 1, "rejected": 1},
    }


def checked(rules: list[dict[str, Any]], *records: dict[str, Any]) -> Looked:
    said = {"sources.log": "mapping", "sources.mapping.events": json.dumps(rules)}
    settings = read_settings(overrides=said)
    lines = [json.dumps(one).encode() for one in records]
    numbered = [Line(number, text, len(text)) for number, text in enumerate(lines, 1)]
    return look(numbered, settings, reader_of(settings), 0, instant(at(10_000)))


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (
            ORDER | {"fields": ORDER["fields"] | {"coupon": "user.coupn"}},
            "sources.mapping.events.0.fields.coupon = user.coupn: user.coupn is in no record; did you mean user.",
        ),
        (
            ORDER | {"when": "knd == 'order'"},
            "sources.mapping.events.0.when = knd == 'order': knd is in no record; did you mean",
        ),
        (
            ORDER | {"fields": ORDER["fields"] | {"items": "lines[].{sku: a}"}},
            "sources.mapping.events.0.fields.items = lines[].{sku: a}: lines is in no record; did you mean line?",
        ),
        (
            ORDER | {"customer_id": "usr.id"},
            "sources.mapping.events.0.customer_id = usr.id: usr is in no record; did you mean user?",
        ),
    ],
)
def test_a_path_that_matches_nothing_in_the_sample_is_said_with_the_nearest_key(
    rule: dict[str, Any], says: str
) -> None:
    found = checked([rule], RECORD | {"user": {"id": "c", "coupon": "x"}, "line": []}, {"kind": "visit"})

    assert [one for one in found.unmatched if one.startswith(says)] != []


def test_paths_that_match_something_are_not_mentioned_and_rules_without_records_are_doubts() -> None:
    rule = ORDER | {"fields": ORDER["fields"] | {"coupon": "coupon"}}

    found = checked([rule, LOGIN | {"when": "kind == 'login'"}], RECORD, RECORD | {"id": 8, "coupon": None})

    assert found.unmatched == []
    assert "sources.mapping.events.1 (login.succeeded) takes none of 2 records: kind == 'login'" in found.doubts


def test_check_fails_for_a_path_that_matches_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(RULES + 'fields.coupon = "cupon"\n')
    (tmp_path / "a.jsonl").write_text(json.dumps(RECORD | {"coupon": "x"}))

    found = backstay("check", str(tmp_path / "a.jsonl"), "--source", "mapping", "--config", str(tmp_path / "a.toml"))

    assert found.returncode == 1
    assert "matches nothing: sources.mapping.events.0.fields.coupon = cupon" in found.stdout
    assert "did you mean coupon?" in found.stdout
