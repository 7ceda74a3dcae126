"""Proposes the rule with which a mapping begins to read records that are of no system that is known.

    record     {"OrderNo": "A-7", "Customer": "7", "Date": "2026-03-01 10:00", "Total (EUR)": "12,50"}
    rule       event_id = "OrderNo"   customer_id = "Customer"   occurred_at = "Date"   fields.amount = '"Total (EUR)"'
               times = { zone = "UTC" }   amounts = { decimal = "comma" }   fields.currency = { value = "EUR" }

Rule: a field is taken for one of ours if its name means it (`_LIKE`, without case, dots and dashes), and the sample
bears that out: it is there in each record, times can be read, ids differ, amounts are numbers. What has to be known by
the people that the records are of, as a currency that no name and no field says, is a question mark.

Reason: settings with a question mark are refused, so a guess is never read in silence. And whatever is printed may be
a person's: no value is shown, but for words by which kinds of records are told apart.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from typing import Any, Final

from schemas.checks import PLAIN_AMOUNT
from schemas.currencies import DECIMALS
from schemas.decoding import nearest_type
from schemas.families import TOPIC_OF
from schemas.visible import label
from sources.base import Foreign, Unreadable
from sources.exact import decoded
from sources.mapping.instants import EPOCHS, moment
from sources.mapping.written import MARKS, ORDERS, plain

NEEDED: Final = ("type", "event_id", "customer_id", "occurred_at")
"""The fields of every event, but for facts of the company, which have no customer."""
UNKNOWN: Final = "?"
_MOST_FIELDS: Final = 500
_SHOWN: Final = 12
"""Fields that are listed."""
_MOST_RULES: Final = 4
"""Kinds of records for which a rule is shown."""
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_AMOUNT: Final = re.compile(PLAIN_AMOUNT)
_CODE: Final = re.compile(r"[\s_(\[]+([A-Za-z]{3})[)\]\"]*$")
_LIKE: Final = {
    "customer_id": (
        *("customerid", "customer", "customerno", "customernumber", "customerref", "custid", "userid", "user", "uid"),
        *("clientid", "client", "accountid", "account", "memberid", "member", "subscriberid", "buyerid", "companyid"),
        *("distinctid", "contactid", "email", "customeremail", "useremail", "emailaddress"),
    ),
    "occurred_at": (
        *(
            "occurredat",
            "createdat",
            "created",
            "timestamp",
            "time",
            "date",
            "datetime",
            "eventtime",
            "eventdate",
            "ts",
        ),
        *("orderedat", "orderdate", "ordertime", "purchasedate", "purchasedat", "paidat", "placedat", "purchasedon"),
        *("createdon", "creationdate", "loggedinat", "happenedat", "at", "day", "when"),
    ),
    "event_id": (
        *("eventid", "id", "uuid", "messageid", "orderid", "orderno", "ordernumber", "order", "transactionid"),
        *("invoiceid", "invoiceno", "invoicenumber", "number", "reference"),
    ),
    "order_id": ("orderid", "orderno", "ordernumber", "order", "transactionid"),
    "amount": (
        *("amount", "total", "totalamount", "ordertotal", "ordervalue", "grandtotal", "totalprice", "totalcents"),
        *("amountcents", "price", "value", "revenue", "sum", "gross"),
    ),
    "currency": ("currency", "currencycode", "curr", "cur"),
    "kind": ("type", "event", "eventtype", "eventname", "kind", "action", "activity"),
}
"""Names of a field that mean one of ours, without case, dots and dashes; the first of them that is there counts."""
_PLAIN_INSIDE: Final = frozenset({"amount", "currency"})
"""What is known by its own name, whatever object it is in."""
_ORDERS: Final = frozenset(
    {"order", "orders", "purchase", "sale", "orderplaced", "ordercompleted", "orderpaid", "ordercreated", "checkout"}
)
_LOGINS: Final = frozenset({"login", "logins", "signin", "loggedin", "signedin", "userlogin", "userloggedin"})
Values = Sequence[object]


def objects(records: Sequence[Foreign]) -> list[dict[str, Any]]:
    """Return the JSON objects among records."""
    found = []
    for record in records:
        try:
            document = decoded(record.value or b"")
        except (ValueError, RecursionError):
            continue
        if isinstance(document, dict):
            found.append(document)
    return found


def is_strange(record: dict[str, Any]) -> bool:
    """Report whether a record has not the fields of an event, or a type that is like none of the catalogue."""
    kind = record.get("type")
    is_named = isinstance(kind, str) and (kind in TOPIC_OF or nearest_type(kind) != "")
    return not is_named or not record.keys() >= {*NEEDED}


def said(records: Sequence[dict[str, Any]], noun: str) -> Iterator[str]:
    """Yield what the fields of the records are, and which of ours they may be; `noun` is what a field is called."""
    fields = Fields(records)
    names = [name for name in fields.values if label(name) == name]
    missing = [name for name in NEEDED if name not in fields.values]
    if not missing:
        kinds = Counter(str(one.get("type")) for one in records)
        shown = ", ".join(label(kind) for kind, _ in kinds.most_common(3))
        yield f"these are no events of Backstay: it has no type such as {shown} (docs/events.md lists its types)"
        return
    listed = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    is_foreign = len(missing) == len(NEEDED)
    what = "are not those of Backstay's events" if is_foreign else "are there"
    yield f"these {noun}s {what}: {listed}"
    which = "none of them is there" if is_foreign else f"there is no {', '.join(missing)}"
    yield f"an event has {', '.join(NEEDED[:-1])} and {NEEDED[-1]}; {which}"
    meant = [f"{ours} for {theirs}" for ours in missing if (theirs := fields.nearest(ours))]
    if meant:
        yield f"did you mean {', '.join(meant)}?"


class Fields:
    """The fields of a sample, by their paths, with the values that they have."""

    def __init__(self, records: Sequence[dict[str, Any]]) -> None:
        self.number = len(records)
        self.values: dict[str, list[object]] = {}
        for record in records:
            for path, value in _leaves(record):
                if path in self.values or len(self.values) < _MOST_FIELDS:
                    self.values.setdefault(path, []).append(value)
        self._names: dict[str, str] = {}
        self._inner = {_simple(path.rpartition(".")[2]): path for path in self.values if "." in path}
        """Fields of objects by their own names; ids are left out, which say nothing without what they are of."""
        for path in self.values:
            self._names.setdefault(_simple(path), path)
            self._names.setdefault(_simple(_without_currency(path)), path)

    def like(self, meaning: str, fits: Callable[[Values], bool]) -> str:
        """Return the field that means one of ours in every record, and whose values fit; empty if none does."""
        for name in _LIKE[meaning]:
            path = self._names.get(name) or (self._inner.get(name, "") if meaning in _PLAIN_INSIDE else "")
            if path and len(self.values[path]) == self.number and label(path) == path and fits(self.values[path]):
                return path
        return ""

    def nearest(self, ours: str) -> str:
        """Return the field whose name is nearest to one of ours; empty if none is near."""
        names = {_simple(path): path for path in self.values if label(path) == path}
        near = get_close_matches(_simple(ours), names, n=1, cutoff=0.75)
        alike = [name for name in _LIKE.get(ours, ()) if name in names]
        return names[near[0]] if near else names[alike[0]] if alike else ""


def _without_currency(name: str) -> str:
    """Return the name of a field without the code of a currency at its end.

    >>> _without_currency("Total (EUR)"), _without_currency("total_eur"), _without_currency("total")
    ('Total', 'total', 'total')
    """
    return name[: found.start()] if _currency_in(name) and (found := _CODE.search(name)) else name


def _currency_in(name: str) -> str:
    """Return the currency that the name of a field ends with; empty if it ends with none."""
    found = _CODE.search(name)
    code = found[1].upper() if found is not None else ""
    return code if code in DECIMALS else ""


def _leaves(record: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield the values of an object and of the objects in it, with their paths."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from ((f"{_quoted(name)}.{_quoted(inner)}", one) for inner, one in value.items() if one is not None)
        elif value is not None:
            yield _quoted(name), value


def _quoted(name: str) -> str:
    """Return a name as a path has it."""
    return name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _simple(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def rule_of(records: Sequence[dict[str, Any]], zone: str) -> list[str]:
    """Return the settings to begin with, as lines of TOML; question marks stand for what no sample can say.

    >>> rows = [{"OrderNo": f"A-{n}", "Customer": "7", "Date": "2026-03-01 10:00"} for n in range(2)]
    >>> print(*rule_of(rows, "UTC"), sep="\\n")
    [sources.mapping]
    times = { zone = "UTC" }   # the zone of the clock that wrote the times
    <BLANKLINE>
    [[sources.mapping.events]]
    type = "?"   # the event that a record is, from docs/events.md
    event_id = "OrderNo"
    customer_id = "Customer"
    occurred_at = "Date"
    """
    path, words = _kind(Fields(records))
    rules = [_Rule(records, path, word) for word in words[:_MOST_RULES]]
    usual = [*dict.fromkeys(line for rule in rules for line in rule.usual(zone))]
    begin = ["[metrics]", 'basis = "purchase"   # leave it out if subscriptions make a customer, and not orders', ""]
    lines = begin if any(rule.is_order for rule in rules) else []
    lines += ["[sources.mapping]", *usual, ""] if usual else []
    for rule in rules:
        lines += ["[[sources.mapping.events]]", *rule.lines(), ""]
    if len(words) > _MOST_RULES:
        return [*lines, f"# there are {len(words) - _MOST_RULES} further values of {path}"]
    return lines[:-1]


class _Rule:
    """The rule for the records of one kind, as far as these bear it out."""

    def __init__(self, records: Sequence[dict[str, Any]], path: str, word: str) -> None:
        self.path, self.word = path, word
        self.fields = fields = Fields([one for one in records if not path or _kind_in(one, path) == word])
        self.at = fields.like("occurred_at", _are_times)
        self.amount = fields.like("amount", _are_amounts)
        self.order = fields.like("order_id", _are_ids)
        self.is_order = bool(self.order and self.amount) and (not path or _simple(word) in _ORDERS)

    def usual(self, zone: str) -> Iterator[str]:
        """Yield how times and amounts are written, which holds for all rules."""
        yield from _times(self.fields.values.get(self.at, ()), zone)
        if self.is_order:
            yield from _amounts(self.fields.values[self.amount])

    def lines(self) -> Iterator[str]:
        """Yield the lines of the rule."""
        customer = self.fields.like("customer_id", _are_ids)
        event_id = self.fields.like("event_id", _differ)
        is_login = bool(self.path) and _simple(self.word) in _LOGINS
        if self.path:
            yield f"when = {_text(f'{self.path} == {_word(self.word)}')}"
        yield from _type("purchase.completed" if self.is_order else "login.succeeded" if is_login else UNKNOWN)
        if event_id:
            yield f"event_id = {_text(event_id)}"
        yield f"customer_id = {_text(customer or UNKNOWN)}" + _of_persons(self.fields.values.get(customer, ()))
        yield f"occurred_at = {_text(self.at or UNKNOWN)}"
        if self.is_order:
            yield from _of_order(self.fields, self.order, self.amount)


def _type(name: str) -> Iterator[str]:
    yield f'type = "{name}"' + ("   # the event that a record is, from docs/events.md" if name == UNKNOWN else "")


def _kind(fields: Fields) -> tuple[str, list[str]]:
    """Return the field that tells several kinds of records apart, and its words, the most frequent first."""
    path = fields.like("kind", _are_kinds)
    words = [word for word, _ in Counter(map(str, fields.values.get(path, ()))).most_common()]
    return (path, words) if path else ("", [""])


def _kind_in(record: dict[str, Any], path: str) -> str:
    return next((str(value) for name, value in _leaves(record) if name == path), "")


def _of_order(fields: Fields, order: str, amount: str) -> Iterator[str]:
    currency = fields.like("currency", _are_currencies)
    yield f"fields.order_id = {_text(order)}"
    in_cents = "cents" in _simple(amount)
    yield (
        f'fields.amount = {{ path = {_text(amount)}, unit = "cents" }}'
        if in_cents
        else f"fields.amount = {_text(amount)}"
    )
    if currency:
        yield f"fields.currency = {_text(currency)}"
    elif code := _currency_in(amount.strip('"')):
        yield f'fields.currency = {{ value = "{code}" }}'
    else:
        yield f'fields.currency = {{ value = "{UNKNOWN}" }}   # the currency of your amounts, as EUR'


def _of_persons(customers: Values) -> str:
    if any("@" in str(one) for one in customers):
        return "   # addresses become pseudonyms, by BACKSTAY_PRIVACY__PSEUDONYM_KEY"
    return ""


def _times(values: Values, zone: str) -> Iterator[str]:
    """Yield how the times are written, if that has to be said."""
    if not values or _read_all(values):
        return
    unit = next((one for one in EPOCHS if _read_all(values, unit=one)), "")
    if unit:
        yield f'times = {{ unit = "{unit}" }}'
        return
    if _read_all(values, zone=zone):
        yield f'times = {{ zone = "{zone}" }}   # the zone of the clock that wrote the times'
        return
    orders = [one for one in ORDERS if _read_all(values, zone=zone, dates=one)]
    order = orders[0] if len(orders) == 1 else UNKNOWN
    yield f'times = {{ zone = "{zone}", dates = "{order}" }}   # the zone of the clock; day-first or month-first'


def _amounts(values: Values) -> Iterator[str]:
    if all(isinstance(one, str) for one in values) and not all(_AMOUNT.fullmatch(str(one)) for one in values):
        marks = [one for one in MARKS if _in_marks(values, one)]
        yield f'amounts = {{ decimal = "{marks[0] if len(marks) == 1 else UNKNOWN}" }}   # comma or point'


def _in_marks(values: Values, mark: str) -> bool:
    return all(plain(str(one), mark) is not None for one in values)


def _read_all(values: Values, **how: str) -> bool:
    """Report whether all values are read as times, once it is said how."""
    read = partial(moment, "", unit=how.get("unit"), zone=how.get("zone"), doubts=[], dates=how.get("dates"))
    try:
        for value in values:
            read(value)
    except Unreadable:
        return False
    return True


def _are_times(values: Values) -> bool:
    known = ({}, {"zone": "UTC"}, *({"unit": one} for one in EPOCHS), *({"zone": "UTC", "dates": o} for o in ORDERS))
    return any(_read_all(values, **how) for how in known)


def _are_ids(values: Values) -> bool:
    return all(isinstance(one, str | int) and not isinstance(one, bool) and one != "" for one in values)


def _differ(values: Values) -> bool:
    return _are_ids(values) and len(set(map(str, values))) == len(values) and not any("@" in str(one) for one in values)


def _are_amounts(values: Values) -> bool:
    if all(isinstance(one, int | Decimal) and not isinstance(one, bool) for one in values):
        return True
    plainly = all(isinstance(one, str) and _AMOUNT.fullmatch(one) for one in values)
    return plainly or (all(isinstance(one, str) for one in values) and any(_in_marks(values, one) for one in MARKS))


def _are_currencies(values: Values) -> bool:
    return all(isinstance(one, str) and one.upper() in DECIMALS for one in values)


def _are_kinds(values: Values) -> bool:
    """Report whether values are words that come again, and none that may name a person."""
    words = set(map(str, values))
    return all(isinstance(one, str) and label(one) == one and "'" not in one for one in values) and len(words) <= max(
        1, min(20, len(values) // 2)
    )


def _word(word: str) -> str:
    return "'" + word.replace("\\", "\\\\") + "'"


def _text(text: str) -> str:
    """Return a text as TOML writes it."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f"'{text}'" if "'" not in text else json.dumps(text, ensure_ascii=False)
