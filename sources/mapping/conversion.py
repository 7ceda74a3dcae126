"""Turns what stands in a record into what a field of ours takes: amounts, times, ids, pseudonyms, words."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from schemas.checks import PLAIN_AMOUNT, PLAIN_PRICE
from schemas.currencies import DECIMALS
from sources.base import Unreadable
from sources.exact import kind_of
from sources.logical import Bent, is_variable, unscaled, variable
from sources.mapping.contract import Field
from sources.mapping.instants import USUAL_EPOCHS, moment, since_1970
from sources.mapping.paths import NAME
from sources.mapping.written import MARKS, plain
from sources.values import LONGEST_ID, amount, ident, pseudonym

SMALLEST: Final = "smallest"
CENTS: Final = "cents"
DECIMALS_OF: Final = {CENTS: 2, "thousandths": 3, SMALLEST: None}
"""Units of amounts, and how many decimals they have; those of the smallest unit follow from the event's currency."""
PERSON_REMEDY: Final = "map an id, an address or a number of a person: text or a whole number"
KEY_REMEDY: Final = (
    f"set sources.{NAME}.pseudonym_key (or privacy.pseudonym_key): by it personal identifiers become pseudonyms"
)
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_AMOUNT: Final = re.compile(PLAIN_AMOUNT)
_PRICE: Final = re.compile(PLAIN_PRICE)
_USUAL: Final = 30
"""Digits before or after the point, beyond which no amount has any."""
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_CENTS: Final = 2
_MANY: Final = 10**15
_OF_ID: Final = 1
_OF_WORD: Final = 2
_OF_CENTS: Final = 3
_OF_TIME: Final = 4
_QUICK: Final = {"customer": _OF_ID, "id": _OF_ID, "word": _OF_WORD}
_CENT_DIGITS: Final = tuple([f"{number:02}".rstrip("0") for number in range(100)])


@dataclass(frozen=True, slots=True)
class Conversion:
    """Makes the value of one field of what stands at one path."""

    field: Field
    path: str
    unit: str | None = None
    zone: str | None = None
    words: Mapping[str, object] | None = None
    pseudonym: bool = False
    key: str | None = None
    scale: int | None = None
    """Decimals of an amount that is base64 of its unscaled bytes."""
    local: bool = False
    """Whether a Z behind a time says nothing."""
    dates: str | None = None
    """Which part of a date such as 01/03/2026 comes first."""
    decimal: str | None = None
    """The decimal mark of an amount that is text."""
    quick: int = 0
    """Of which kind most values are, one of those below: `usual` makes the value of the field of these."""

    def usual(self, value: object) -> str | None:
        """Return what `made` does, sooner, of a value as most are; None for any other."""
        quick = self.quick
        if quick == _OF_ID:
            if type(value) is str and 0 < len(value) <= LONGEST_ID and "@" not in value and value.isprintable():
                return value
            return str(value) if type(value) is int and 0 <= value < _MANY else None
        if quick == _OF_WORD:
            return value if type(value) is str and "@" not in value else None
        if quick == _OF_CENTS:
            return _of_cents(value) if type(value) is int and 0 <= value < _MANY else None
        return since_1970(value, self.unit) if quick == _OF_TIME and type(value) is int else None

    def made(self, value: object, currency: object, doubts: list[str]) -> object:
        """Return the value of the field; raise `Unreadable` for what it cannot be made of."""
        if self.words and (word := _word(value)) is not None and word in self.words:
            return self.words[word]
        if self.pseudonym:
            return self._pseudonym(ident(NAME, self.path, value, PERSON_REMEDY))
        return self._of_kind(self.field, self.path, value, currency, doubts)

    def _of_kind(self, field: Field, path: str, value: object, currency: object, doubts: list[str]) -> object:
        made = _BY_KIND.get(field.kind)
        if made is not None:
            return made(self, path, value)
        if field.kind in {"amount", "price"}:
            return self._money(field.kind, path, value, currency)
        if field.kind == "time":
            return moment(path, value, self.unit, self.zone, doubts, local=self.local, dates=self.dates)
        return self._inside(field, path, value, currency, doubts)

    def _money(self, kind: str, path: str, value: object, currency: object) -> object:
        """Return an amount in major units. Whole numbers and texts are exact; of other numbers 15 digits count."""
        value = self._decimal(path, value)
        decimals = DECIMALS_OF.get(self.unit, 0) if self.unit is not None else 0
        if self.unit == SMALLEST:
            decimals = DECIMALS.get(currency.upper()) if isinstance(currency, str) else None
            if decimals is None:
                raise Unreadable(NAME, path, "an amount in an unknown currency", "map a currency of ISO 4217")
        if not decimals:
            return (
                value
                if kind == "price" and isinstance(value, str) and _PRICE.fullmatch(value)
                else amount(NAME, path, value)
            )
        if isinstance(value, Decimal):
            usual = (
                value.is_finite() and abs(value.adjusted()) < _USUAL
            )  # `amount` refuses a larger one, or takes it for 0
            return amount(NAME, path, value.scaleb(-decimals) if usual else value)
        if decimals == _CENTS and type(value) is int and 0 <= value < _MANY:
            return _of_cents(value)
        return _shifted(amount(NAME, path, value), decimals)

    def _decimal(self, path: str, value: object) -> object:
        """Return a decimal of Kafka Connect as a number; any other value as it stands."""
        if isinstance(value, int):
            return value
        try:
            if is_variable(value):
                return variable(value, {})
            if self.decimal is not None and self.scale is None and isinstance(value, str):
                return self._without_groups(path, value, self.decimal)
            return unscaled(value, self.scale) if self.scale is not None and isinstance(value, str) else value
        except Bent as bent:
            remedy = "the scale is for base64, as JsonConverter writes decimals without their schema"
            raise Unreadable(NAME, path, str(bent), remedy) from None

    def _without_groups(self, path: str, value: str, mark: str) -> str:
        found = plain(value, mark)
        if found is None:
            remedy = f'map amounts such as 1299{MARKS[mark]}00, as decimal = "{mark}" says'
            raise Unreadable(NAME, path, "text that is no amount", remedy)
        return found

    def customer(self, path: str, value: object) -> object:
        """Return the id of a customer; a pseudonym of one with an @, which no customer's may have."""
        return self._pseudonym(value) if isinstance(value, str) and "@" in value else ident(NAME, path, value)

    def ident(self, path: str, value: object) -> object:
        """Return an id; a pseudonym of an e-mail address."""
        is_address = isinstance(value, str) and "@" in value and _is_address(value)
        return self._pseudonym(value) if is_address else ident(NAME, path, value)

    def word(self, path: str, value: object) -> object:
        """Return a value as it stands; a pseudonym of an e-mail address."""
        return self._pseudonym(value) if _is_address(value) else value

    def _pseudonym(self, value: object) -> str:
        if self.key is None:
            raise Unreadable(NAME, self.path, "a personal identifier", KEY_REMEDY)
        return pseudonym(self.key, str(value))

    def _inside(self, field: Field, path: str, value: object, currency: object, doubts: list[str]) -> object:
        """Return an object, or a list of objects, with each of the fields that its contract has."""
        if isinstance(value, list):
            return [self._inside(field, f"{path}[{n}]", one, currency, doubts) for n, one in enumerate(value)]
        if not isinstance(value, dict) or field.inside is None:
            raise Unreadable(NAME, path, kind_of(value), 'map objects with our names: "lines[].{sku: id, price: cost}"')
        return {
            name: self._of_kind(field.inside[name], f"{path}.{name}", one, currency, doubts)
            for name, one in value.items()
            if name in field.inside and one is not None
        }


def quick_of(kind: str, unit: str | None, *, plain: bool, local: bool) -> int:
    """Return of which kind most values of a field are; 0 for one that is always made by `Conversion.made`.

    `plain` says that neither words nor pseudonyms stand in their place, `local` that times are those of a clock.
    """
    if not plain:
        return 0
    if kind == "time":
        return _OF_TIME if unit in USUAL_EPOCHS and not local else 0
    if kind in {"amount", "price"}:
        return _OF_CENTS if unit == CENTS else 0
    return _QUICK.get(kind, 0)


def _of_cents(number: int) -> str:
    whole, rest = number // 100, number % 100
    return f"{whole}.{_CENT_DIGITS[rest]}" if rest else str(whole)


def _word(value: object) -> str | None:
    """Return a value as the words of a mapping name it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None


def _attributes(value: object) -> object:
    """Return attributes; null for what has an @, which is a person's."""
    if not isinstance(value, dict):
        return value
    return {name: None if isinstance(one, str) and "@" in one else one for name, one in value.items()}


def _is_address(value: object) -> bool:
    return isinstance(value, str) and "@" in value and _ADDRESS.fullmatch(value.strip()) is not None


def _whole(value: object) -> object:
    """Return a whole number that is written as text, or with a fraction of zeros; any other value unchanged."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and -(10**18) < value < 10**18 and value == int(value):
        return int(value)
    return value


def _shifted(text: str, decimals: int) -> str:
    """Return an amount with its point so many places further left, exactly.

    >>> _shifted("5", 2), _shifted("1999.5", 2)
    ('0.05', '19.995')
    """
    whole, _, rest = text.partition(".")
    whole = whole.rjust(decimals + 1, "0")
    digits = f"{whole[:-decimals]}.{whole[-decimals:]}{rest}".rstrip("0").rstrip(".")
    head, point, tail = digits.partition(".")
    return f"{head.lstrip('0') or '0'}{point}{tail[:9]}"


_BY_KIND: Final[dict[str, Callable[[Conversion, str, object], object]]] = {
    "customer": Conversion.customer,
    "id": Conversion.ident,
    "word": Conversion.word,
    "whole": lambda _, __, value: _whole(value),
    "attribute": lambda _, __, value: _attributes(value),
    "text": lambda _, __, value: value,
    "other": lambda _, __, value: value,
}
"""How values are made that depend on nothing but the value and the key."""
