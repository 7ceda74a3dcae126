"""Reads values by the logical types that schemas name: decimals, and the times of Kafka Connect and of Debezium.

A time of a column without a zone becomes text without an offset, whatever its form: whose clock it was, the record does
not say (`zone` of a mapping does). Where no calendar reaches, it becomes a text that no time can be read from.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from decimal import Decimal, DecimalException
from typing import Final

BEYOND: Final = "beyond the calendar"
"""Stands for an instant or a day that no calendar has, such as `infinity` of PostgreSQL."""
MOST_BYTES: Final = 64
"""Of an unscaled decimal: Oracle's longest has 17."""
MOST_SCALE: Final = 1_000
_EXACT: Final = 15
"""Digits of a number that whoever reads it takes as they stand; one with more is written as text."""
_DAY_ZERO: Final = date(1970, 1, 1)
_START: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - the clock of a column without a zone
Parameters = Mapping[str, object]


class Bent(Exception):
    """Raised for a value that its schema does not allow; its text is the kind. The caller knows the path."""


def number(value: Decimal, scale: int | None = None) -> object:
    """Return a decimal as a record holds it: whole without decimals, and as text where digits might be lost.

    >>> number(Decimal("29.90")), number(Decimal("1E+3")), number(Decimal("1234567890123456.78"))
    (Decimal('29.90'), 1000, '1234567890123456.78')
    """
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or value.adjusted() > MOST_SCALE or exponent < -MOST_SCALE:
        raise Bent("a number out of range")
    if exponent >= 0 or (scale is not None and scale <= 0 and value == value.to_integral_value()):
        return int(value)
    return value if len(value.as_tuple().digits) <= _EXACT else format(value, "f")


def unscaled(value: object, scale: int) -> object:
    """Return the decimal of unscaled bytes, which JSON has in base64.

    >>> unscaled("C64=", 2), unscaled(b"\\xff", 2)
    (Decimal('29.90'), Decimal('-0.01'))
    """
    if abs(scale) > MOST_SCALE:
        raise Bent("a decimal with a scale out of range")
    whole = int.from_bytes(raw(value), "big", signed=True)
    digits = tuple(map(int, str(abs(whole))))
    return number(Decimal((int(whole < 0), digits, -scale)), scale)


def raw(value: object) -> bytes:
    """Return the bytes of a value: themselves, or of their base64."""
    try:
        found = base64.b64decode(value, validate=True) if isinstance(value, str) else value
    except (binascii.Error, ValueError) as error:
        raise Bent("text that is no base64") from error
    if not isinstance(found, bytes):
        raise Bent("no bytes")
    if len(found) > MOST_BYTES:
        raise Bent("too long for a number")
    return found


def decimal(value: object, parameters: Parameters) -> object:
    """Return a decimal of Connect: a number, or bytes whose scale the schema has."""
    scale = _scale(parameters.get("scale"))
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return number(Decimal(value), scale)
    return unscaled(value, scale)


def variable(value: object, _: Parameters) -> object:
    """Return a decimal of Debezium whose scale stands beside it.

    >>> variable({"scale": 2, "value": "C64="}, {})
    Decimal('29.90')
    """
    if not isinstance(value, dict):
        raise Bent("no decimal with its scale")
    return unscaled(value.get("value"), _scale(value.get("scale")))


def is_variable(value: object) -> bool:
    """Report whether a value without a schema is a decimal of Debezium with its scale beside it."""
    return (
        isinstance(value, dict)
        and value.keys() == {"scale", "value"}
        and isinstance(value["scale"], int)
        and isinstance(value["value"], str | bytes)
    )


def _scale(said: object) -> int:
    try:
        return int(str(said))
    except ValueError as error:
        raise Bent("a decimal whose schema lacks its scale") from error


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Bent("no whole number")
    return value


def day(value: object, _: Parameters) -> str:
    """Return the day of a number of days since 1970.

    >>> day(20_458, {}), day(2**31 - 1, {})
    ('2026-01-05', 'beyond the calendar')
    """
    try:
        return (_DAY_ZERO + timedelta(days=_whole(value))).isoformat()
    except OverflowError:
        return BEYOND


def clock(per_second: int, *, offset: str = "") -> Callable[[object, Parameters], str]:
    """Return a reader of instants that are numbers of so many a second since 1970; all digits are kept.

    >>> clock(10**9)(1_767_571_200_123_456_789, {}), clock(1_000, offset="Z")(0, {})
    ('2026-01-05T00:00:00.123456789', '1970-01-01T00:00:00Z')
    """

    def read(value: object, _: Parameters) -> str:
        seconds, rest = divmod(_whole(value), per_second)
        try:
            text = (_START + timedelta(seconds=seconds)).isoformat()
        except OverflowError:
            return BEYOND
        places = len(str(per_second)) - 1
        return f"{text}.{rest:0{places}d}{offset}" if rest else text + offset

    return read


def time_of_day(per_second: int) -> Callable[[object, Parameters], str]:
    """Return a reader of times of day that are numbers of so many a second since midnight."""
    read = clock(per_second)
    return lambda value, parameters: read(value, parameters).partition("T")[2] or BEYOND


def without_z(value: str) -> str:
    """Return a time without its Z, where that says nothing: Debezium puts one on columns without a zone.

    >>> without_z("2026-01-05Z"), without_z("2026-01-05T10:00:00+01:00")
    ('2026-01-05', '2026-01-05T10:00:00+01:00')
    """
    return value.removesuffix("Z")


def without_zone(value: object, _: Parameters) -> str:
    """Return a time without the Z that Debezium puts behind a column without a zone.

    >>> without_zone("2026-01-05Z", {})
    '2026-01-05'
    """
    if not isinstance(value, str):
        raise Bent("no text")
    return without_z(value)


CONNECT: Final = "org.apache.kafka.connect.data."
DEBEZIUM: Final = "io.debezium."
LOGICAL: Final[dict[str, Callable[[object, Parameters], object]]] = {
    f"{CONNECT}Decimal": decimal,
    f"{CONNECT}Date": day,
    f"{CONNECT}Time": time_of_day(1_000),
    f"{CONNECT}Timestamp": clock(1_000, offset="Z"),
    f"{DEBEZIUM}data.VariableScaleDecimal": variable,
    f"{DEBEZIUM}time.Date": day,
    f"{DEBEZIUM}time.Time": time_of_day(1_000),
    f"{DEBEZIUM}time.MicroTime": time_of_day(1_000_000),
    f"{DEBEZIUM}time.NanoTime": time_of_day(1_000_000_000),
    f"{DEBEZIUM}time.Timestamp": clock(1_000),
    f"{DEBEZIUM}time.MicroTimestamp": clock(1_000_000),
    f"{DEBEZIUM}time.NanoTimestamp": clock(1_000_000_000),
    f"{DEBEZIUM}time.IsoDate": without_zone,
    f"{DEBEZIUM}time.IsoTime": without_zone,
    f"{DEBEZIUM}time.IsoTimestamp": without_zone,
}
"""Readers of values by the name of their schema. What is not listed stands as it is: ZonedTimestamp is text with its
offset, an Enum or a Uuid is text, a Year is a number."""
OF_COLUMNS: Final = LOGICAL | {f"{CONNECT}Timestamp": clock(1_000)}
"""The same for rows that Debezium has read: in its mode `connect` a column without a zone has Connect's own type."""
_ADDED: Final = frozenset({"__deleted", "__op"})


def is_of_debezium(names: AbstractSet[object]) -> bool:
    """Report whether a schema with these fields is Debezium's: its envelope, or a row that it has flattened.

    >>> [is_of_debezium(one) for one in ({"before", "after", "op", "source"}, {"id", "__op"}, {"id", "op"})]
    [True, True, False]
    """
    return names >= {"before", "after", "op"} or not _ADDED.isdisjoint(names)


def read(name: str, value: object, parameters: Parameters, *, columns: bool) -> object:
    """Return a value by the name of its schema; raise `Bent` for one that does not fit."""
    reader = (OF_COLUMNS if columns else LOGICAL).get(name)
    try:
        return reader(value, parameters) if reader is not None else value
    except (DecimalException, OverflowError, ValueError) as error:
        raise Bent("a number out of range") from error
