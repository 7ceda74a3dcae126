"""JSON Schemas of the field types of the contracts. What JSON Schema cannot express is listed in the tests."""

from typing import Any, Final, get_args

from schemas.checks import (
    FIRST_YEAR,
    LARGEST,
    MONTH_AND_DAY,
    PLAIN_AMOUNT,
    PLAIN_CONFIDENCE,
    PLAIN_PERCENT,
    PLAIN_PRICE,
    PLAIN_RATE,
    PLAIN_SENTIMENT,
    WHOLE_PERCENT,
    YEAR_MONTH,
    YEAR_MONTH_DAY,
)
from schemas.currencies import DECIMALS

_LONGEST: Final = 128
_LEAST_INTEGER: Final = -(10 ** (_LONGEST - 1) - 1)
_GREATEST_INTEGER: Final = 10**_LONGEST - 1
# Control characters, spaces other than the ordinary one, direction marks, zero-width characters, lone surrogates.
_UNSEEN: Final = (
    r"\u0000-\u001f\u007f-\u00a0\u00ad\u0600-\u0605\u061c\u06dd\u070f\u1680\u180e\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3000\ud800-\uf8ff\ufeff\ufff9-\ufffb"
)
_END: Final = r"$(?!\n)"
"""In some languages `$` also matches before a final line break."""
Schema = dict[str, Any]


def _id(without: str) -> Schema:
    text = {"type": "string", "minLength": 1, "maxLength": _LONGEST, "pattern": f"^[^{without}]*{_END}"}
    return {"anyOf": [text, {"type": "integer", "minimum": _LEAST_INTEGER, "maximum": _GREATEST_INTEGER}]}


def _decimal(pattern: str, largest: int, number: str = "integer", *, least: int = 0) -> Schema:
    text = {"type": "string", "pattern": f"^{pattern}{_END}"}
    return {"anyOf": [text, {"type": number, "minimum": least, "maximum": largest}]}


def open_enumeration(words: object, *, least: int = 0) -> Schema:
    """Return the schema of an open enumeration: an unknown word of at least so many characters is read as `other`."""
    known = {"enum": list(get_args(words))}
    other: Schema = {"type": "string", "description": "Any other word is read as `other`, and counted."}
    return {"anyOf": [known, other | {"minLength": least} if least else other]}


ID: Final = _id(_UNSEEN)
CUSTOMER_ID: Final = _id("@" + _UNSEEN)
NAME: Final[Schema] = {
    "anyOf": [
        {"type": "string", "minLength": 1, "maxLength": _LONGEST},
        {"type": "integer", "minimum": _LEAST_INTEGER, "maximum": _GREATEST_INTEGER},
    ]
}
ATTRIBUTE: Final[Schema] = {"type": ["string", "number", "boolean", "null", "array", "object"]}
"""Of any size: what is too large counts as null."""
AMOUNT: Final = _decimal(PLAIN_AMOUNT, LARGEST)
PRICE: Final = _decimal(PLAIN_PRICE, LARGEST)
RATE: Final = _decimal(PLAIN_RATE, LARGEST, least=1)
RISE: Final = _decimal(PLAIN_AMOUNT, LARGEST, "number")
MONTH_OR_DAY: Final[Schema] = {
    "type": "string",
    "anyOf": [
        {"pattern": f"^{YEAR_MONTH}{_END}"},
        {"format": "date", "pattern": f"^{YEAR_MONTH_DAY}{_END}"},
    ],
}
DAY: Final[Schema] = {"type": "string", "format": "date", "pattern": f"^{YEAR_MONTH_DAY}{_END}"}
NO_CUSTOMER: Final[Schema] = {"type": "null", "description": "A fact of the whole company names no customer."}
PERCENT: Final = _decimal(PLAIN_PERCENT, WHOLE_PERCENT, "number")
SENTIMENT: Final = _decimal(PLAIN_SENTIMENT, 1, "number", least=-1)
CONFIDENCE: Final = _decimal(PLAIN_CONFIDENCE, 1, "number")
SECONDS: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 10**9}
BIRTHDAY: Final[Schema] = {"type": "string", "pattern": f"^{MONTH_AND_DAY}{_END}"}
CURRENCY: Final[Schema] = {
    "type": "string",
    "pattern": "^(" + "|".join("".join(f"[{c}{c.lower()}]" for c in code) for code in sorted(DECIMALS)) + ")" + _END,
}
INSTANT: Final[Schema] = {
    "type": "string",
    "format": "date-time",
    "pattern": (
        f"^({FIRST_YEAR // 10}[0-9]|19[89][0-9]|[2-9][0-9]{{3}})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
        r"[Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])" + _END
    ),
}
