"""Reads the values of foreign records exactly, and names the kind of one that cannot be used, never the value."""

import functools
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

import msgspec
from pydantic import SecretStr

from schemas.checks import PLAIN_AMOUNT
from schemas.decoding import MAX_BYTES, Decoder, Refused, decimal, is_plain
from schemas.families import CONTRACTS, FAMILIES, TOPIC_OF
from sources.base import Fields, Made, Translation, Unreadable, json_of
from sources.exact import MISSING, decoded, kind_of

LONGEST_ID: Final = 128
UNSIGNED: Final = (
    "send ids as text, or as whole numbers from 0; unsigned ones of 64 bits wrap in Debezium, unless "
    "bigint.unsigned.handling.mode is precise"
)
_AMOUNT: Final = re.compile(PLAIN_AMOUNT)
_NUMBERS: Final = (int, Decimal)
"""A tuple, and no union, which is made anew each time that it is asked for."""
_SHORT: Final = 16
"""A point and 15 digits: an amount of so many characters stands as it is."""
_WHOLE_DIGITS: Final = 15
_UNUSUAL: Final = 10**_WHOLE_DIGITS
_DECIMALS: Final = 9
_DOUBLE: Final = Context(prec=15, rounding=ROUND_HALF_EVEN)
"""A double holds 15 digits: what stands behind them, as in 29.900000000000002, is noise of the arithmetic before."""
_FEW_BYTES: Final = MAX_BYTES // 16
"""Bytes of a record of which no event is too large."""
_FAMILY_OF: Final = {family.topic: family for family in FAMILIES}


def document(source: str, value: bytes | None) -> dict[str, Any]:
    """Return the JSON object of a record, numbers by their decimal digits; raise `Unreadable` for anything else.

    The bare word NaN, which SDKs for Python write for a missing value, is read as null
    (findings/python-sdks-one-nan-spoils-a-batch.sh).
    """
    if value is None:
        raise Unreadable(source, "the record", "without a value", "send what the system sent, one message a record")
    if len(value) > MAX_BYTES:
        raise Unreadable(source, "the record", f"longer than {MAX_BYTES:,} bytes", "send less in one record")
    try:
        found = decoded(value)
    except (msgspec.DecodeError, ValueError, RecursionError):
        found = _with_nan(source, value)
    if not isinstance(found, dict):
        raise Unreadable(source, "the record", kind_of(found), "send one JSON object a record")
    return found


def _with_nan(source: str, value: bytes) -> Any:  # noqa: ANN401 - any JSON
    if b"NaN" not in value:
        raise Unreadable(source, "the record", "no JSON", "send UTF-8 JSON, one object a record") from None
    try:
        found = json.loads(value, parse_float=decimal, parse_constant=_missing)
        msgspec.json.encode(found)  # Python's JSON takes half a character, of which no event can be made
    except (ValueError, RecursionError):
        raise Unreadable(source, "the record", "no JSON", "send UTF-8 JSON, one object a record") from None
    return found


def _missing(word: str) -> None:
    """Return null for NaN; raise `ValueError` for Infinity, which stands for no missing value."""
    if word != "NaN":
        raise ValueError("a number out of range")


def inside(value: object, *path: str) -> Any:  # noqa: ANN401 - any JSON
    """Return what stands at a path of an object; None if it is not there.

    >>> inside({"context": {"traits": {"plan": "pro"}}}, "context", "traits", "plan")
    'pro'
    """
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def ident(source: str, path: str, value: object, remedy: str = "send an id: text or a whole number") -> str:
    """Return an id as text; raise `Unreadable` for what is none."""
    if isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        if value < 0:
            raise Unreadable(source, path, "a number below 0", UNSIGNED)
        value = str(value)
    if not isinstance(value, str) or not value:
        raise Unreadable(source, path, kind_of(value), remedy)
    if len(value) > LONGEST_ID:
        raise Unreadable(source, path, f"text of more than {LONGEST_ID} characters", remedy)
    if not value.isprintable():
        raise Unreadable(source, path, "text with invisible characters", remedy)
    return value


def pseudonym(key: str, text: str) -> str:
    """Return the pseudonym of a personal identifier such as an e-mail address: the same under one key, always.

    >>> pseudonym("secret", "Ana@shop.example") == pseudonym("secret", " ana@SHOP.example")
    True
    """
    found = hmac.new(key.encode(), b"source|" + text.strip().casefold().encode("utf-8", "replace"), hashlib.sha256)
    return f"p-{found.hexdigest()[:32]}"


def amount(source: str, path: str, value: object) -> str:
    """Return an amount in major units as decimal text; raise `Unreadable` for what is none.

    A number is one of a double, whatever wrote it: its first 15 digits count.

    >>> amount("shop", "total", Decimal("29.900000000000002")), amount("shop", "total", 30)
    ('29.9', '30')
    """
    remedy = "send an amount of 0 or more in major units, as a number or as decimal text such as 29.90"
    if isinstance(value, str) and _AMOUNT.fullmatch(value):
        return value
    if isinstance(value, Decimal) and len(text := str(value)) <= _SHORT and _AMOUNT.fullmatch(text):
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, bool) or not isinstance(value, _NUMBERS):
        raise Unreadable(source, path, "text that is no amount" if isinstance(value, str) else kind_of(value), remedy)
    if isinstance(value, int) and 0 <= value < _UNUSUAL:
        return str(value)
    number = Decimal(value)
    if not number.is_finite() or number < 0 or (number and number.adjusted() >= _WHOLE_DIGITS):
        raise Unreadable(source, path, "a number below 0, or too large", remedy)
    text = format(round(_DOUBLE.plus(number) if isinstance(value, Decimal) else number, _DECIMALS), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@functools.cache
def _decoder(topic: str) -> Decoder:
    """Return the decoder of a family by its topic, made when it is first needed: most commands read no source."""
    return Decoder(_FAMILY_OF[topic])


@functools.cache
def _contract(kind: str) -> Callable[[bytes], tuple[Any, int]]:
    """Return what reads the events of a type."""
    return _decoder(TOPIC_OF[kind]).read


def made(fields: Fields) -> Made:
    """Return an event of ours as its contract reads it; raise `Refused` or `UnicodeEncodeError` if it refuses it."""
    return completed(Made(fields))


def completed(found: Made) -> Made:
    """Return the same event with its text, and what that is read as; raise as `made` does."""
    text = json_of(found)
    found.event, found.at = _contract(str(found["type"]))(text)
    found.written = text
    return found


def without_empty(fields: Fields) -> Made | None:
    """Return an event that its contract refuses without its fields of empty text, where it may lack them; else None.

    Empty text stands for no value in records of others: an order is not lost because it has no coupon.
    """
    known = CONTRACTS[str(fields["type"])].model_fields
    full = {
        name: [_inside_without(one) for one in value] if isinstance(value, list) else value
        for name, value in fields.items()
        if value != "" or name not in known or known[name].is_required()
    }
    return Made(full) if full != fields else None


def _inside_without(value: object) -> object:
    return {name: one for name, one in value.items() if one != ""} if isinstance(value, dict) else value


def taken(found: Made, value: bytes) -> Made:
    """Return the same event with what it is read as, without its text if that is not needed; raise as `made` does.

    `value` is the record that all texts of the event are taken from as they stand, but for words of ours.
    """
    if len(value) <= _FEW_BYTES and is_plain(value):
        kind = str(found["type"])
        read = _decoder(TOPIC_OF[kind]).of_fields(kind, found, value)
        if read is not None:
            found.event, found.at = read
            found.written = None
            return found
    return completed(found)


def checked(source: str, fields: Fields, path_of: Callable[[str], str | None]) -> Made:
    """Return an event of ours; raise `Unreadable` with the path of the field that its contract refuses.

    `path_of` returns where a field of the event stands in the record. It is asked for that field alone: paths that are
    made for every event took longer than the contract.
    """
    try:
        return made(fields)
    except (Refused, UnicodeEncodeError) as error:
        raise refusal(source, fields, error, path_of) from None


def refusal(source: str, fields: Fields, error: Exception, path_of: Callable[[str], str | None]) -> Unreadable:
    """Return why an event cannot be made, with the path in the record of the field that its contract refuses."""
    if not isinstance(error, Refused):
        return Unreadable(source, "the record", "text with half a character", "send UTF-8 JSON")
    name, _, wrong = error.detail.partition("; ")[0].partition(": ")
    field = name.split(".")[0]
    if not wrong:
        field, wrong = "type", name
    path = path_of(field)
    path = f"the {field} of the event that follows" if path is None else path
    return Unreadable(source, path, kind_of(fields.get(field, MISSING)), wrong)


def pseudonymised(source: str, found: Translation, key: SecretStr | None) -> Translation:
    """Return the events of a record, with a pseudonym for a customer id that is an e-mail address.

    Raise `Unreadable` for one without a key.
    """
    if not any("@" in str(fields["customer_id"]) for fields in found.events):
        return found
    if key is None:
        remedy = (
            f"set sources.{source}.pseudonym_key (or privacy.pseudonym_key): by it e-mail addresses become pseudonyms"
        )
        raise Unreadable(source, "the id of the customer", "an e-mail address", remedy)
    names = [str(fields["customer_id"]) for fields in found.events]
    ids = [pseudonym(key.get_secret_value(), name) if "@" in name else name for name in names]
    changed = [{**fields, "customer_id": name} for fields, name in zip(found.events, ids, strict=True)]
    return Translation(tuple(changed), found.skipped)


def lawful(source: str, found: Translation) -> Translation:
    """Return the events of a record; raise `Unreadable` if the contract of one refuses it."""
    events = tuple([checked(source, fields, _nowhere) for fields in found.events])
    return Translation(events, found.skipped)


def _nowhere(_: str) -> None:
    """Return no path: the source itself has looked at what may be wrong with a field."""
