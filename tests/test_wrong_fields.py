"""Errors of single fields name what is wrong in the words of a producer, and what to write instead."""

from typing import Any

import pytest

from retention.calendar import instant
from retention.engine.partition_state import PartitionState
from retention.errors import Rejected
from retention.policy import Policy
from schemas.decoding import Refused
from schemas.families import TOPIC_OF
from tests.building import Log, at, line
from tests.playing import DECODERS, Shelf

WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "purchase.completed",
        {"order_id": "o-1", "amount": 5.5, "currency": "EUR"},
        'amount: a number with decimals is not exact in JSON: write it as text, such as "5.50"',
    ),
    (
        "purchase.completed",
        {"order_id": "o-1", "amount": "5", "currency": "EUR", "items": [{"sku": "s", "price": 1.5}]},
        'items.0.price: a number with decimals is not exact in JSON: write it as text, such as "5.50"',
    ),
    (
        "price.announced",
        {"effective_at": "2026-03-01T00:00:00Z", "percent": "ten"},
        "percent: a rise is a decimal of percent such as 12.5, from 0 on; a price that falls is not announced",
    ),
    (
        "price.announced",
        {"effective_at": "2026-03-01T00:00:00Z", "percent": -200},
        "percent: a rise is a decimal of percent such as 12.5, from 0 on; a price that falls is not announced",
    ),
    (
        "price.announced",
        {"effective_at": "2026-03-01T00:00:00", "percent": 12},
        "effective_at: it has no offset: add Z, or an offset such as +02:00",
    ),
    (
        "price.announced",
        {"effective_at": "tomorrow", "percent": 12},
        "effective_at: it is no time such as 2026-03-01T09:30:00Z",
    ),
    ("consent.changed", {"purpose": "", "granted": False}, "purpose: it is empty: write what it is about"),
]


@pytest.mark.parametrize(("kind", "fields", "says"), WRONG, ids=[f"{kind} {fields}"[:60] for kind, fields, _ in WRONG])
def test_a_wrong_field_is_refused_with_what_to_write(kind: str, fields: dict[str, Any], says: str) -> None:
    (event,) = Log().add(kind, 1, **fields).events

    with pytest.raises(Refused) as refused:
        DECODERS[TOPIC_OF[kind]].decode(line(event))

    assert (refused.value.reason, refused.value.detail) == ("contract", says)


def refusal_of(log: Log) -> str:
    """Return why the only event of a log cannot be used."""
    event = DECODERS["feedback"].decode(*log.lines())
    with pytest.raises(Rejected) as rejected:
        PartitionState(Policy(), Shelf()).observe(event, instant(at(1)), "feedback", 0)
    return rejected.value.detail


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "nps", "score": 11}, "score: 11 is not between 0 and 10, the scale of nps"),
        (
            {"kind": "csat", "score": 6},
            "score: 6 is not between 1 and 5, the scale of csat; another scale is said with `lowest` and `scale`",
        ),
        (
            {"kind": "csat", "score": 11, "scale": 10},
            "score: 11 is not between 1 and 10, as `lowest` and `scale` say",
        ),
    ],
)
def test_a_score_outside_its_scale_names_the_scale(fields: dict[str, Any], says: str) -> None:
    assert refusal_of(Log().add("survey.answered", 1, **fields)) == says


def test_a_rating_above_its_highest_one_says_how_another_is_named() -> None:
    says = "rating: 6 is higher than 5; another highest one is said with `of`"

    assert refusal_of(Log().add("review.posted", 1, rating=6)) == says
