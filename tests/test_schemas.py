"""The JSON Schemas that are shipped give the verdict of the decoder, but for what a schema cannot say."""

import json
from copy import deepcopy
from itertools import chain
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from pydantic import BaseModel

from schemas.decoding import Decoder, Refused
from schemas.families import FAMILIES, TOPIC_OF
from schemas.family import Family, type_of
from streams.contracts import contracts, schema_of
from tests.building import Log, line
from tests.contract_records import TYPES, as_json, damaged_once, records, usual, without_each

DECODERS = {family.topic: Decoder(family) for family in FAMILIES}
SCHEMAS = {name: schema_of(name, contract) for name, contract in contracts().items()}
VALIDATORS = {
    name: jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for name, schema in SCHEMAS.items()
}

BEYOND_A_SCHEMA: dict[str, tuple[list[str], str, str]] = {
    "a whole number is an integer, with a point or an exponent, too": (
        ["1e2", "1.0", "-0.0", "1e-4000000"],
        "mrr",
        "1.0",
    ),
    "how many decimals a number has": (
        ["100.00000000001", "0." + "1" * 400],
        "discounts",
        '[{"percent": 0.11111111111111111}]',
    ),
    "how deep a record is": (["[" * 31 + "]" * 31, "[" * 40 + "]" * 40], "unknown", "[" * 33 + "]" * 33),
    "what half of a character is": (['"\\ud800"', '"\\udc00\\ud800"'], "unknown", '"\\ud800"'),
    "which exponent no program can read": (["1e99999999999999999999"], "attributes", '{"a": 1e99999999999999999999}'),
    "which characters are not assigned yet": ([], "subscription_id", '"\\u0378"'),
    "which day a month does not have, unless formats are checked": ([], "term_end", '"2024-02-30T00:00:00Z"'),
}
"""What the decoder refuses and a schema allows: in which hostile values, and an example of a field."""
NOT_SAID = {text for texts, _, _ in BEYOND_A_SCHEMA.values() for text in texts}


def is_read(family: Family, value: bytes) -> bool:
    try:
        DECODERS[family.topic].decode(value)
    except Refused:
        return False
    return True


def document_of(value: bytes) -> Any:
    """Return what a validator is given; raise `ValueError` for what Python does not read as JSON."""
    return json.loads(value, parse_constant=int)


@pytest.mark.parametrize(("family", "contract"), TYPES, ids=[type_of(contract) for _, contract in TYPES])
def test_schema_and_decoder_give_one_verdict_on_each_hostile_value_in_each_place(
    family: Family, contract: type[BaseModel]
) -> None:
    root, differing = usual(contract), []
    bases = [one for one in map(deepcopy, chain([root], without_each(root))) if is_read(family, as_json(one).encode())][
        :1
    ]
    assert bases

    for text, value in damaged_once(bases[0]):
        if text not in NOT_SAID:
            try:
                document = document_of(value)
            except ValueError:
                continue
            if VALIDATORS[type_of(contract)].is_valid(document) != is_read(family, value):
                differing.append(value)

    assert not differing


@given(records(most=1, hostile=('"x"', "null", "-1", '"EURO"', "[]", '"a@b"', '"1e2"')))
def test_schema_and_decoder_give_one_verdict_on_records(drawn: tuple[Family, type[BaseModel], bytes]) -> None:
    family, contract, value = drawn

    is_valid = VALIDATORS[type_of(contract)].is_valid(document_of(value))

    assert is_valid == is_read(family, value)


@pytest.mark.parametrize("said", BEYOND_A_SCHEMA)
def test_what_a_schema_cannot_say_is_still_so(said: str) -> None:
    _, field, text = BEYOND_A_SCHEMA[said]
    event = (Log().add("customer.updated", 0) if field == "attributes" else Log().starts(0)).events[0]
    value = line(event | {field: "@"}).replace(b'"@"', text.encode())
    family = next(family for family in FAMILIES if family.topic == TOPIC_OF[event["type"]])

    is_valid = VALIDATORS[event["type"]].is_valid(document_of(value))

    assert (is_valid, is_read(family, value)) == (True, False)


def test_every_schema_has_a_name_of_its_own() -> None:
    names = [schema["$id"] for schema in SCHEMAS.values()]

    assert len(set(names)) == len(names)
