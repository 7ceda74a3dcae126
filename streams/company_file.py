"""The company calendar as a file that people can read: weights of weekdays and months, holidays, closures.

`backstay calendar learn` writes it, people edit it, and `time.calendar` names it. A file that does not fit is refused.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from retention.calendar import LocalDay, local_date
from retention.company import HEAVIEST, USUAL, Weights
from streams.learned_file import Part, Unfit, checked, quoted, read_document

FORMAT: Final = 1
"""The format that this build reads and writes."""
NOUN: Final = "calendar"
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
MOST_DAYS: Final = 5_000
"""Upper bound of holidays, and of closures: a hundred years of them."""
_UNIX: Final = date(1970, 1, 1).toordinal()


def _whole(value: int | Decimal) -> int | Decimal:
    """Return a weight; raise `ValueError` if it has more than three decimals, or is out of bounds."""
    if not 0 <= value <= HEAVIEST // USUAL:
        raise ValueError(f"a weight lies between 0 and {HEAVIEST // USUAL}; a usual day has 1")
    if value * USUAL != int(value * USUAL):
        raise ValueError("a weight has at most three decimals")
    return value


Weight = Annotated[int | Decimal, AfterValidator(_whole)]


class _Week(Part):
    monday: Weight
    tuesday: Weight
    wednesday: Weight
    thursday: Weight
    friday: Weight
    saturday: Weight
    sunday: Weight


class _Year(Part):
    january: Weight
    february: Weight
    march: Weight
    april: Weight
    may: Weight
    june: Weight
    july: Weight
    august: Weight
    september: Weight
    october: Weight
    november: Weight
    december: Weight


class _Holidays(Part):
    weight: Weight
    days: dict[str, str] = Field(default_factory=dict, max_length=MOST_DAYS)


class _Closure(Part):
    first: date
    last: date
    weight: Weight
    why: str = ""


class _Document(Part):
    format: Literal[1]
    zone: str
    weekdays: _Week
    months: _Year
    holidays: _Holidays = _Holidays(weight=1)
    closures: list[_Closure] = Field(default_factory=list, max_length=MOST_DAYS)


def read_calendar(file: Path, zone: str) -> Weights:
    """Return the weights in a file, whose days are those of a zone; raise `Unfit` with what differs."""
    found = checked(file, NOUN, read_document(file, NOUN, FORMAT), _Document)
    if found.zone != zone:
        raise Unfit(f"the days of {file} are those of {found.zone}, and metrics.zone is {zone}: set one like the other")
    try:
        return _weights(found)
    except ValueError as error:
        raise Unfit(f"{file} cannot be used: {error}") from error


def _weights(found: _Document) -> Weights:
    return Weights(
        weekdays=tuple([_thousandths(getattr(found.weekdays, name)) for name in WEEKDAYS]),
        months=tuple([_thousandths(getattr(found.months, name)) for name in MONTHS]),
        holiday=_thousandths(found.holidays.weight),
        holidays=frozenset(map(_day, found.holidays.days)),
        closures=tuple([(_of(one.first), _of(one.last), _thousandths(one.weight)) for one in found.closures]),
    )


def _thousandths(weight: int | Decimal) -> int:
    return int(weight * USUAL)


def _day(text: str) -> LocalDay:
    try:
        return _of(date.fromisoformat(text))
    except ValueError as error:
        raise ValueError(f"holidays.days: {text!r} is not a day such as 2026-12-25") from error


def _of(day: date) -> LocalDay:
    return day.toordinal() - _UNIX


def written(weights: Weights, zone: str, names: Mapping[LocalDay, str], about: str = "") -> str:
    """Return weights as a file, which `read_calendar` reads; `names` are those of holidays, `about` stands above."""
    lines = [f"# {line}" for line in about.splitlines()]
    lines += [f"format = {FORMAT}", f"zone = {quoted(zone)}", ""]
    lines += ["# 1 is a usual day: a weekday of 0.25 counts as a quarter of one.", "[weekdays]"]
    lines += [f"{name} = {_number(weight)}" for name, weight in zip(WEEKDAYS, weights.weekdays, strict=True)]
    lines += ["", "# Multiplied with the weight of the weekday.", "[months]"]
    lines += [f"{name} = {_number(weight)}" for name, weight in zip(MONTHS, weights.months, strict=True)]
    lines += ["", "# In place of the weight of the weekday, if that is more.", "[holidays]"]
    lines += [f"weight = {_number(weights.holiday)}", "", "[holidays.days]"]
    lines += [f"{local_date(day)} = {quoted(names.get(day, ''))}" for day in sorted(weights.holidays)]
    for first, last, weight in weights.closures:
        lines += ["", "[[closures]]", f"first = {local_date(first)}", f"last = {local_date(last)}"]
        lines.append(f"weight = {_number(weight)}")
    return "\n".join([*lines, ""])


def _number(thousandths: int) -> str:
    return f"{thousandths // USUAL}.{thousandths % USUAL:03}"


def checked_weights(file: Path | None, zone: str) -> Weights:
    """Return the weights of a file; without one, each day is a usual one."""
    return read_calendar(file, zone) if file is not None else Weights()
