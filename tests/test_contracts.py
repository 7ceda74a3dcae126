"""Contracts: one verdict from both decoders, golden bytes for ever, and every row of "what is wrong with a record"."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from schemas.catalogue import CATALOGUE
from schemas.decoding import MAX_BYTES, Decoder, Refused, nesting
from schemas.families import FAMILIES, TOPIC_OF, UNSUPPORTED
from schemas.family import Family, type_of
from schemas.outbound import OUTBOUND
from streams.contracts import contracts
from tests.building import Log, line
from tests.contract_records import TYPES, Node, as_json, damaged_once, places, records, usual, without_each

GOLDEN = Path(__file__).parent / "golden"
DECODERS = {family.topic: Decoder(family) for family in FAMILIES}


def verdict(decoder: Decoder, value: bytes) -> tuple[str, Any]:
    """Return the fast decoder's verdict: the event as a plain document, or why not."""
    try:
        event = decoder.decode(value)
    except Refused as refusal:
        return "refused", (refusal.reason, refusal.detail)
    return "read", {k: v for k, v in msgspec.to_builtins(event).items() if k != "type"}


def exact_verdict(decoder: Decoder, value: bytes) -> tuple[str, Any]:
    """Return pydantic's verdict on the same bytes."""
    try:
        model = decoder.explain(value)
    except Refused as refusal:
        return "refused", (refusal.reason, refusal.detail)
    plain = msgspec.to_builtins({k: v for k, v in model.model_dump().items() if k != "type"})
    return "read", plain


@pytest.mark.parametrize(("family", "contract"), TYPES, ids=[type_of(contract) for _, contract in TYPES])
def test_both_decoders_give_one_verdict_on_each_hostile_value_in_each_place(
    family: Family, contract: type[BaseModel]
) -> None:
    decoder, root, differing = DECODERS[family.topic], usual(contract), []
    bases = (
        [root]
        if is_read(decoder, root)
        else [one for one in map(deepcopy, without_each(root)) if is_read(decoder, one)]
    )
    assert bases

    for base in bases:
        differing += [v for _, v in damaged_once(base) if verdict(decoder, v) != exact_verdict(decoder, v)]

    assert not differing


def is_read(decoder: Decoder, root: Node) -> bool:
    return verdict(decoder, as_json(root).encode())[0] == "read"


@given(records())
@settings(max_examples=600)
def test_both_decoders_give_one_verdict_on_every_value_at_every_depth(
    drawn: tuple[Family, type[BaseModel], bytes],
) -> None:
    family, _, value = drawn
    decoder = DECODERS[family.topic]

    found = verdict(decoder, value)

    assert found == exact_verdict(decoder, value)
    json.dumps(found, ensure_ascii=False).encode()


@given(records(most=1), st.data())
def test_both_decoders_give_one_verdict_on_damaged_bytes(
    drawn: tuple[Family, type[BaseModel], bytes], data: st.DataObject
) -> None:
    family, _, value = drawn
    place = data.draw(st.integers(0, len(value) - 1))
    byte = data.draw(st.binary(max_size=2))
    damaged = value[:place] + byte + value[place + data.draw(st.integers(0, 3)) :]
    decoder = DECODERS[family.topic]

    assert verdict(decoder, damaged) == exact_verdict(decoder, damaged)


@given(records(most=0))
def test_what_was_read_is_read_again_as_the_same_and_without_the_contract(
    drawn: tuple[Family, type[BaseModel], bytes],
) -> None:
    family, _, value = drawn
    decoder = DECODERS[family.topic]
    assume(verdict(decoder, value)[0] == "read")

    written = msgspec.json.encode(decoder.decode(value))

    assert verdict(decoder, written) == verdict(decoder, value)


GOLDENS = [
    (family, contract, file.name)
    for family, contract in TYPES
    for file in sorted(GOLDEN.glob(f"{type_of(contract)}.v1*.json"))
]
"""Beside the first bytes of each type: those with fields that came later, each in a file of its own."""


def test_every_type_has_golden_bytes() -> None:
    assert {name for _, _, name in GOLDENS} >= {f"{type_of(contract)}.v1.json" for _, contract in TYPES}


@pytest.mark.parametrize(("family", "contract", "name"), GOLDENS, ids=[name for _, _, name in GOLDENS])
def test_golden_bytes_are_read_as_ever(family: Family, contract: type[BaseModel], name: str) -> None:
    value = (GOLDEN / name).read_bytes()

    event = DECODERS[family.topic].decode(value)

    wanted = json.loads(value)
    found = msgspec.to_builtins(event)
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize(("family", "contract", "name"), GOLDENS, ids=[name for _, _, name in GOLDENS])
def test_golden_bytes_fit_the_published_schema(family: Family, contract: type[BaseModel], name: str) -> None:
    document = json.loads((GOLDEN / name).read_bytes())

    jsonschema.validate(document, contract.model_json_schema())


def test_every_new_word_is_read_as_other_and_its_field_is_known_to_be_open() -> None:
    found: dict[str, set[str]] = {}
    for family, contract in TYPES:
        decoder, root = DECODERS[family.topic], usual(contract)
        for holder, key in places(root):
            if isinstance(holder, dict) and isinstance(holder[key][1], str):
                name, kept = holder[key]
                holder[key] = (name, '"a_new_word"')
                for one in (root, *map(deepcopy, without_each(root))):
                    if is_read(decoder, one):
                        found.setdefault(family.topic, set()).update(
                            decoder.decode(as_json(one).encode()).unknown_words
                        )
                holder[key] = (name, kept)

    assert {topic: tuple(sorted(names)) for topic, names in found.items() if names} == {
        family.topic: family.open_words for family in FAMILIES if family.open_words
    }


def started(**changes: Any) -> bytes:
    return line(Log().starts(0).events[0] | changes)


def test_what_producers_write_in_another_way_is_read_as_we_write_it() -> None:
    event = DECODERS["subscriptions"].decode(
        started(
            mrr=None,
            currency="eur",
            customer_id=42,
            subscription_id=-7,
            interval="month",
            items=[{"price": "40.00000000000001"}],
            discounts=[{"percent": 12.1, "duration": "for_a_while"}, {"percent": 40.0, "duration": "forever"}],
            status="unpaid",
            term_end="2024-01-31T23:59:59.999999999Z",
        )
    )

    assert (event.currency, event.customer_id, event.subscription_id) == ("EUR", "42", "-7")
    assert [(d.percent, d.duration) for d in event.discounts] == [("12.1", "other"), ("40", "forever")]
    assert (event.status, sorted(event.unknown_words)) == ("other", ["duration", "status"])
    assert event.term_end == datetime(2024, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)


UNUSABLE = {
    "items.0.price": {"mrr": None, "interval": "month", "items": [{"price": "abc"}]},
    "items.1.price": {"mrr": None, "interval": "month", "items": [{"price": "1"}, {"price": "1e2"}]},
    "discounts.0.amount": {"discounts": [{"amount": "-20"}]},
    "discounts.0": {"discounts": [{"duration": "forever"}]},
    "the price is missing": {"mrr": None},
    "`interval` is missing": {"mrr": None, "items": [{"price": "25", "interval": "year"}, {"price": "25"}]},
}


@pytest.mark.parametrize(("said", "fields"), UNUSABLE.items(), ids=UNUSABLE)
def test_money_that_could_not_be_used_is_refused_and_its_place_is_named(said: str, fields: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refusal:
        DECODERS["subscriptions"].decode(started(**fields))

    assert (refusal.value.reason, said in refusal.value.detail) == ("contract", True)


A_LOGIN = {"event_id": "e", "type": "login.succeeded", "customer_id": "c", "occurred_at": "2024-01-01T00:00:00Z"}


def login(**changes: Any) -> bytes:
    return json.dumps(A_LOGIN | changes).encode()


WRONG = {
    "no value": (None, "not_json"),
    "empty": (b"", "not_json"),
    "not JSON": (b"{", "not_json"),
    "UTF-16": (json.dumps(A_LOGIN).encode("utf-16"), "not_json"),
    "a broken character in the type": (login(type="login.~").replace(b"~", b"\x80"), "not_json"),
    "a broken character in a name": (login(more=1).replace(b"more", b"m\x80re"), "not_json"),
    "NaN": (login().replace(b'"e"', b"NaN"), "not_json"),
    "a list": (b"[]", "contract"),
    "null": (b"null", "contract"),
    "missing field": (json.dumps({"type": "login.succeeded"}).encode(), "contract"),
    "no type": (json.dumps({k: v for k, v in A_LOGIN.items() if k != "type"}).encode(), "contract"),
    "type is a number": (login(type=3), "contract"),
    "wrong type": (login(event_id=3.5), "contract"),
    "no offset": (login(occurred_at="2024-01-01T00:00:00"), "contract"),
    "before 1970": (login(occurred_at="0001-01-01T00:00:00Z"), "contract"),
    "id too long": (login(customer_id="c" * 129), "contract"),
    "empty id": (login(customer_id=""), "contract"),
    "an e-mail address": (login(customer_id="ann@example.org"), "contract"),
    "a key of our own": (login(customer_id="\x00partition"), "contract"),
    "a line break in an id": (login(customer_id="c-1\nc-2"), "contract"),
    "more than 1 MiB": (login(more="x" * MAX_BYTES), "too_large"),
    "nested 33 levels": (login(more=json.loads("[" * 32 + "]" * 32)), "too_deep"),
    "nested 100,000 levels": (login().replace(b'"e"', b"[" * 100_000 + b"]" * 100_000), "not_json"),
    "an integer of 5,000 digits": (login().replace(b'"e"', b"9" * 5_000), "not_json"),
    "unknown type": (login(type="login.dreamt"), "unknown_type"),
    "another topic's type": (login(type="purchase.completed"), "unknown_type"),
    "a fact of the company": (login(type="rate.published"), "unknown_type"),
}


@pytest.mark.parametrize(("value", "reason"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_record_is_named(value: bytes | None, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        DECODERS["logins"].decode(value)

    assert refusal.value.reason == reason
    assert refusal.value.detail


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (b"", "the record is empty"),
        (b" \n", "the record is empty"),
        (b'{"type": "login', "truncated"),
        (login(source="~").replace(b"~", b"\\ud83d"), r"half of a character, as \\ud83d alone"),
    ],
)
def test_a_record_that_is_no_json_is_told_why(value: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        DECODERS["logins"].decode(value)


def test_a_refusal_never_quotes_the_input() -> None:
    with pytest.raises(Refused) as refusal:
        DECODERS["logins"].decode(login(customer_id="ann@example.org"))

    assert "ann" not in refusal.value.detail


@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_nesting_is_counted_as_a_parser_would(document: Any) -> None:
    def depth(one: Any) -> int:
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    assert nesting(json.dumps(document).encode()) == depth(document)


def test_every_type_has_one_topic_and_is_not_listed_as_unsupported() -> None:
    types = [type_of(contract) for family in FAMILIES for contract in family.contracts]

    assert len(types) == len(set(types)) == len(TOPIC_OF)
    assert not UNSUPPORTED
    assert set(types) == {kind for kinds in CATALOGUE.values() for kind in kinds}
    assert all(kind in CATALOGUE[topic] for kind, topic in TOPIC_OF.items())


def test_every_contract_has_a_json_schema() -> None:
    assert set(contracts()) == set(TOPIC_OF) | {contract.__name__ for contract in OUTBOUND}
    for contract in contracts().values():
        jsonschema.Draft202012Validator.check_schema(contract.model_json_schema())
