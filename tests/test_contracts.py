"""Contracts: one verdict from both decoders, golden bytes for ever, and every row of "what is wrong with a record"."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from schemas.decoding import MAX_BYTES, Decoder, Refused, nesting
from schemas.families import FAMILIES, TOPIC_OF, UNSUPPORTED, Family, type_of
from schemas.outbound import OUTBOUND
from streams.cli.schemas import contracts
from tests.contract_records import TYPES, Node, as_json, damaged_once, records, usual, without_each

GOLDEN = Path(__file__).parent / "golden"
DECODERS = {family.topic: Decoder(family) for family in FAMILIES}


def verdict(decoder: Decoder, value: bytes) -> tuple[str, Any]:
    """Give the fast decoder's verdict: the event as a plain document, or why not."""
    try:
        event = decoder.decode(value)
    except Refused as refusal:
        return "refused", (refusal.reason, refusal.detail)
    return "read", {k: v for k, v in msgspec.to_builtins(event).items() if k != "type"}


def exact_verdict(decoder: Decoder, value: bytes) -> tuple[str, Any]:
    """Give pydantic's verdict on the same bytes."""
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


@pytest.mark.parametrize(("family", "contract"), TYPES, ids=[type_of(contract) for _, contract in TYPES])
def test_golden_bytes_are_read_as_ever(family: Family, contract: type[BaseModel]) -> None:
    value = (GOLDEN / f"{type_of(contract)}.v1.json").read_bytes()

    event = DECODERS[family.topic].decode(value)

    wanted = json.loads(value)
    found = msgspec.to_builtins(event)
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize(("family", "contract"), TYPES, ids=[type_of(contract) for _, contract in TYPES])
def test_golden_bytes_fit_the_published_schema(family: Family, contract: type[BaseModel]) -> None:
    document = json.loads((GOLDEN / f"{type_of(contract)}.v1.json").read_bytes())

    jsonschema.validate(document, contract.model_json_schema())


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
    "a family that is not read yet": (login(type="survey.answered"), "unsupported"),
}


@pytest.mark.parametrize(("value", "reason"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_record_is_named(value: bytes | None, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        DECODERS["logins"].decode(value)

    assert refusal.value.reason == reason
    assert refusal.value.detail


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
    assert not UNSUPPORTED & set(types)


def test_every_contract_has_a_json_schema() -> None:
    assert set(contracts()) == set(TOPIC_OF) | {contract.__name__ for contract in OUTBOUND}
    for contract in contracts().values():
        jsonschema.Draft202012Validator.check_schema(contract.model_json_schema())
