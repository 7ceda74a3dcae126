"""The outputs of many customers, and what the console is asked about them: what its benchmarks fill a store with."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from streams.console.documents import AtRiskFilters
from streams.console.intake import Read
from streams.topics import HEALTH
from tests.console.said import Told

AT_ONCE: Final = 2_000
RECORDS: Final = 6
"""Of each customer."""
OWNERS: Final = 40
RARE: Final = 500
"""Of so many customers one has the rare signal."""
NAME_OF_PATTERN: Final = b"cust-000000-of-a-pattern"
RISK_OF_PATTERN: Final = b"0.6000"


def outputs(customers: int) -> Iterator[list[Read]]:
    """Yield the outputs of many customers, in batches: those of a pattern, under other names and with other risks."""
    patterns = [_pattern(country) for country in ("ES", "IT", "DE")]
    for start in range(0, customers, AT_ONCE):
        batch = list[Read]()
        for number in range(start, min(customers, start + AT_ONCE)):
            name, risk = b"cust-%06d" % number, b"0.%04d" % (1_000 + number * 7919 % 8_999)
            batch += [_of(read, name, risk, number) for read in patterns[number % 3]]
        yield batch


def _pattern(country: str) -> list[Read]:
    name, told = NAME_OF_PATTERN.decode(), Told()
    told.moves(name, 1, "new", "0.00", "50.00")
    told.moves(name, 9, "expansion", "50.00", "100.00")
    told.signal(name, 20, episode=f"{name}-1")
    told.signal(name, 30, episode=f"{name}-2", signal="downgrade")
    told.action(name, 30)
    told.card(name, 30, RISK_OF_PATTERN.decode(), segments={"country": country})
    return told.reads(1)


def _of(pattern: Read, name: bytes, risk: bytes, number: int) -> Read:
    place = pattern.place._replace(offset=number * RECORDS + pattern.place.offset)
    value = (pattern.value or b"").replace(NAME_OF_PATTERN, name).replace(RISK_OF_PATTERN, risk)
    headers = {**pattern.headers, "ce_id": name + b" " + pattern.headers["ce_id"]}
    return Read(
        place,
        pattern.stamp,
        name,
        value.replace(b'"720.00"', b'"%d.%02d"' % divmod(number * 7919 % 99_991, 100)),
        headers,
    )


def varied(customers: int) -> Iterator[list[Read]]:
    """Yield the outputs of customers of whom every filter chooses some: three plans, forty owners, all bands."""
    for start, batch in zip(range(0, customers, AT_ONCE), outputs(customers), strict=True):
        yield [_other(read, start + place // RECORDS) for place, read in enumerate(batch)]


def _other(read: Read, number: int) -> Read:
    if read.place.topic != HEALTH.name or read.value is None:
        return read
    card = json.loads(read.value)
    risk = float(card["risk"])
    card["band"] = "high" if risk >= 0.66 else "medium" if risk >= 0.33 else "low"
    card["plan"] = ("basic", "pro", "enterprise")[number * 31 % 7 % 3]
    card["stage"] = ("established", "new")[number % 5 == 0]
    card["segments"] |= {"plan": card["plan"], "owner": f"owner-{number * 53 % OWNERS:02d}"}
    if number % RARE == 0:
        card["open_signals"][0]["signal"] = "cancellation-requested"
    return replace(read, value=json.dumps(card).encode())


def questions(customers: int) -> dict[str, tuple[AtRiskFilters, int]]:
    """Return each kind of question for customers at risk: its filters, and its page of 25 rows."""
    one = AtRiskFilters
    return {
        "first": (one(), 1),
        "page 100": (one(), 100),
        "last page": (one(), customers),
        "by risk": (one(order="risk"), 1),
        "by risk, middle page": (one(order="risk"), customers // 50),
        "by since": (one(order="since"), 1),
        "by customer": (one(order="customer"), 1),
        "by customer, last page": (one(order="customer"), customers),
        "band": (one(band="high"), 1),
        "plan": (one(plan="pro"), 1),
        "stage": (one(stage="new"), 1),
        "signal": (one(signal="no-login"), 1),
        "rare signal": (one(signal="cancellation-requested"), 1),
        "owner": (one(owner="owner-07"), 1),
        "segment": (one(segment="country=ES"), 1),
        "segment, page 300": (one(segment="country=ES"), 300),
        "search, many": (one(search="9"), 1),
        "search, one": (one(search="cust-000777"), 1),
        "search, none": (one(search="nobody"), 1),
        "segment and search, page 3": (one(segment="country=ES", search="9"), 3),
        "all at once": (one(segment="country=ES", owner="owner-07", band="high", signal="no-login", search="9"), 1),
    }
