"""Words of a question that do not exist, and those that do: pages and the interface for programs refuse both alike.

/retention?kind=zzz     kind may be month, quarter           the page says so in the visitor's language
/retention?kimd=month   kimd: kind, basis, currency, …       the names that there are
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeVar
from urllib.parse import parse_qsl, unquote

from pydantic import BaseModel, ValidationError

from retention.periods import KIND_OF
from retention.risk.standing import STAGES
from retention.signals import RISKS
from schemas.visible import visible
from streams.console.documents import AtRisk, Retention

M = TypeVar("M", bound=BaseModel)
MOST_SHOWN: Final = 60
"""Characters of a word that are said again."""
_DAY: Final = "YYYY-MM-DD"


class UnknownWord(ValueError):
    """Raised for a question with a word that does not exist: the answer is 400, with those that are allowed.

    `is_name`: the name of the parameter is unknown, not its value.
    """

    def __init__(self, field: str, value: str, allowed: Iterable[str], *, is_name: bool = False) -> None:
        self.field, self.value, self.is_name = visible(field)[:MOST_SHOWN], visible(value)[:MOST_SHOWN], is_name
        self.allowed = ", ".join(allowed)
        super().__init__(
            f"there is no parameter {self.field}; there are: {self.allowed or 'none'}"
            if is_name
            else f"{self.field} cannot be {self.value!r}; it may be: {self.allowed or 'nothing'}"
            if value
            else f"{self.field} is missing"
        )


class Unclear(NamedTuple):
    """Says why an address has no one meaning: a phrase, and the parameter that it is about."""

    phrase: Literal["error.twice", "error.bytes"]
    field: str = ""


def unclear(path: bytes, query: bytes) -> Unclear | None:
    """Return what is unclear about an address as it was sent; None if nothing is.

    Two values of one parameter have no order that all programs agree on, and bytes that are no UTF-8 would be read as
    the same sign, whatever they were: so another customer could be shown than the one that was meant.

    >>> unclear(b"/customer", b"id=c-1&id=c-2"), unclear(b"/customers/%ff", b"")
    (Unclear(phrase='error.twice', field='id'), Unclear(phrase='error.bytes', field=''))
    >>> unclear(b"/customers/%C3%A9", b"page=1&id=&q=")
    """
    try:
        unquote(path.decode("ascii"), errors="strict")
        names = [name for name, _ in parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict")]
    except UnicodeDecodeError:
        return Unclear("error.bytes")
    twice = next((name for name, number in Counter(names).items() if number > 1), None)
    return None if twice is None else Unclear("error.twice", visible(twice)[:MOST_SHOWN])


def require(field: str, value: str | None, allowed: Iterable[str]) -> None:
    """Raise `UnknownWord` if a value is given that is not allowed. Where nothing is known yet, nothing is refused.

    >>> require("kind", "month", ["month"]), require("kind", None, ["month"]), require("currency", "EUR", [])
    (None, None, None)
    """
    known = list(allowed)
    if value is not None and known and value not in known:
        raise UnknownWord(field, value, known)


def require_names(query: Iterable[str], known: Iterable[str]) -> None:
    """Raise `UnknownWord` if a question has a parameter that is not among those that are known."""
    names = list(known)
    for name in query:
        if name not in names:
            raise UnknownWord(name, "", names, is_name=True)


def read(model: type[M], query: Mapping[str, str], others: Iterable[str] = ()) -> M:
    """Return a question without those parameters that are empty; raise `UnknownWord` for one that is wrong.

    `others` are parameters of the same address that are read apart.
    """
    said = {name: value for name, value in query.items() if value}
    require_names(said, [*others, *model.model_fields])
    try:
        return model.model_validate_strings(said)
    except ValidationError as error:
        raise _refused(error, said) from error


def known_risks(found: AtRisk) -> AtRisk:
    """Return the customers at risk; raise `UnknownWord` if they were asked for by a filter that there is not."""
    asked, facets = found.filters, {one.name: [value.value for value in one.values] for one in found.facets}
    require("currency", asked.currency, found.currencies)
    require("signal", asked.signal, dict.fromkeys([*(one.name for one in RISKS), *facets.get("signal", ())]))
    require("stage", asked.stage, dict.fromkeys([*STAGES, *facets.get("stage", ())]))
    if asked.segment is not None:
        name, _, value = asked.segment.partition("=")
        names = [one.removeprefix("segment.") for one in facets if one.startswith("segment.")]
        if not (name and value) or (names and name not in names):
            raise UnknownWord("segment", asked.segment, [f"{one}=…" for one in names or ["country"]])
    return found


def known_figures(found: Retention) -> Retention:
    """Return the figures of retention; raise `UnknownWord` if they were asked for by a choice that there is not."""
    asked, starts = found.filters, [one.start.isoformat() for one in found.periods]
    require("kind", asked.kind, found.kinds or KIND_OF)
    require("basis", asked.basis, found.bases)
    require("currency", asked.currency, found.currencies)
    require("segment", asked.segment, found.choices)
    if asked.segment is not None and found.kinds and not found.choices:  # there are figures, and none of a segment
        raise UnknownWord("segment", asked.segment, [])
    require("period", asked.period.isoformat() if asked.period is not None else None, starts)
    return found


def _refused(error: ValidationError, said: Mapping[str, str]) -> UnknownWord:
    """Return why a question is refused, by its first fault: its parameters are plain values, each a field."""
    first: Any = error.errors()[0]
    field = str(first["loc"][0])
    return UnknownWord(field, said.get(field, ""), [_allowed(first["type"], first.get("ctx", {}), first["msg"])])


def _allowed(kind: str, context: Mapping[str, Any], says: str) -> str:
    """Return what may stand in place of a wrong value, in signs that are the same in every language."""
    if kind == "literal_error":
        return str(context["expected"]).replace(" or ", ", ").replace("'", "")
    if kind.startswith("date_"):
        return _DAY
    if kind == "missing":
        return "…"
    bounds = {"greater_than_equal": "≥ {ge}", "less_than_equal": "≤ {le}", "string_too_long": "≤ {max_length}"}
    if kind in bounds:
        return bounds[kind].format(**context)
    return "1, 2, 3 …" if kind.startswith("int_") else says
