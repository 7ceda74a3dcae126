"""The risk of a card on a later day: rows say what the formula says, add up, and are in the order of their values."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.calendar import instant
from streams.console.documents import AtRisk, AtRiskFilters, AtRiskRow
from streams.console.fading import Bands
from streams.console.store import Store
from streams.console.viewing import StoreViews
from streams.console.views.shared import Company
from tests.building import at
from tests.console.said import KEY, Told

TOLERANCE: Final = 0.0005
"""A half-life has 4,096 parts, and up to four signals weigh at most 0.6 each; the rest is the rounding of a risk."""
BOUNDS: Final = Bands(2_500, 5_000)


class Sign(NamedTuple):
    """A signal: when it was raised, what it weighs, and how fast it ages."""

    day: float
    weight: float
    half_life: int | None
    folded: bool


class Written(NamedTuple):
    """A card: when it was written, of which signals, and the MRR."""

    day: float
    signs: list[Sign]
    mrr: int


def formula(signs: Sequence[Sign], day: float) -> float:
    """Return the risk, as docs/cards.md has it."""
    left = 1.0
    for one in signs:
        if not one.folded:
            left *= 1 - one.weight * (2.0 ** (-(day - one.day) / one.half_life) if one.half_life else 1)
    return 1 - left


SIGNS = st.builds(
    Sign,
    st.floats(0, 40).map(lambda day: round(day, 3)),
    st.sampled_from([0.05, 0.1, 0.3, 0.6]),
    st.sampled_from([7, 14, 60, None]),
    st.booleans(),
)
WRITTEN = st.builds(
    Written,
    st.floats(40, 80).map(lambda day: round(day, 3)),
    st.lists(SIGNS, min_size=1, max_size=4),
    st.integers(1, 500),
)


def told_of(cards: Sequence[Written]) -> Told:
    told = Told()
    for number, one in enumerate(cards):
        write(told, f"c-{number}", one)
    return told


def write(told: Told, customer: str, one: Written, **changes: Any) -> None:
    risk = f"{formula(one.signs, one.day):.4f}"
    signals = [
        {
            "signal": "no-login",
            "episode": f"{customer}-{place}",
            "severity": "medium",
            "since": at(sign.day).date().isoformat(),
            "raised_at": at(sign.day).isoformat(),
            "age_days": int(one.day - sign.day),
            "weight": sign.weight,
            "half_life_days": sign.half_life,
            "contribution": "0.0000",
            "folded": sign.folded,
        }
        for place, sign in enumerate(one.signs)
    ]
    amount = f"{Decimal(risk) * 12 * one.mrr:.2f}"
    value = {"amount": amount, "currency": "EUR", "unit": "mrr_12_months"}
    body: dict[str, Any] = {"open_signals": signals, "value_at_risk": [value] if float(risk) else []}
    told.card(customer, one.day, risk, **body, **changes)


def views_on(store: Store, day: float) -> StoreViews:
    """Return the views of a store that was brought to a day, two cards at a time."""
    company = Company(bands=BOUNDS)
    while store.age(company.today(at(day)), 2):
        pass
    return StoreViews(store, company)


def listed(views: StoreViews, day: float) -> AtRisk:
    return views.at_risk(AtRiskFilters(), 1, 200, at(day))


def store_of(told: Told) -> Store:
    store = Store(None, KEY, bands=BOUNDS)
    store.apply(told.reads(1))
    return store


@given(cards=st.lists(WRITTEN, min_size=1, max_size=7), days=st.lists(st.integers(80, 200), min_size=1, max_size=3))
@settings(max_examples=25, deadline=None)
def test_a_row_says_what_the_formula_says_on_that_day(cards: list[Written], days: list[int]) -> None:
    store = store_of(told_of(cards))

    for day in sorted(days):
        found = listed(views_on(store, day + 0.4), day + 0.4)

        rows = {row.customer_id: row for row in found.rows}
        assert len(rows) == len(cards)
        for number, one in enumerate(cards):
            agrees(rows[f"c-{number}"], one, day)
        adds_up(found)


def agrees(row: AtRiskRow, one: Written, day: int) -> None:
    assert float(row.risk) == pytest.approx(formula(one.signs, day), abs=TOLERANCE)
    assert sum(Decimal(reason.contribution) for reason in row.reasons) == Decimal(row.risk)
    assert (row.as_of, row.of_day, row.card_at) == (at(day), None, at(one.day))
    steps = int(Decimal(row.risk) * 10_000)
    assert row.band == ("high" if steps >= BOUNDS.high else "medium" if steps >= BOUNDS.medium else "low")
    worth = Decimal(row.value.amount) if row.value is not None else Decimal()
    assert abs(worth - Decimal(row.risk) * 12 * one.mrr) <= Decimal("0.01")


def adds_up(found: AtRisk) -> None:
    amounts = [Decimal(row.value.amount) if row.value is not None else Decimal(-1) for row in found.rows]
    assert amounts == sorted(amounts, reverse=True)
    total = Decimal(found.total_value[0].amount) if found.total_value else Decimal()
    assert total == sum(one for one in amounts if one > 0)


@given(cards=st.lists(WRITTEN, min_size=1, max_size=6), late=st.integers(0, 5), day=st.integers(81, 200))
@settings(max_examples=12, deadline=None)
def test_a_card_that_comes_when_the_others_are_of_today_is_of_today_at_once(
    cards: list[Written], late: int, day: int
) -> None:
    reads = told_of(cards).reads(1)
    first = Store(None, KEY, bands=BOUNDS)
    first.apply(reads[:late])
    views = views_on(first, day)
    first.apply(reads[late:])

    found = listed(views, day)

    assert found.rows == listed(views_on(store_of(told_of(cards)), day), day).rows
    adds_up(found)


@given(cards=st.lists(WRITTEN, min_size=1, max_size=5))
@settings(max_examples=12, deadline=None)
def test_on_the_day_of_the_card_nothing_changes(cards: list[Written]) -> None:
    store = store_of(told_of(cards))
    before = {row.customer_id: row for row in listed(StoreViews(store, Company(bands=BOUNDS)), 40).rows}

    for number, one in enumerate(cards):
        alone = store_of(told_of(cards))
        row = {one.customer_id: one for one in listed(views_on(alone, one.day), one.day).rows}[f"c-{number}"]

        own = before[f"c-{number}"]
        assert (row.risk, row.band, row.value_at_risk, row.as_of) == (
            own.risk,
            own.band,
            own.value_at_risk,
            at(one.day),
        )


def one_old_signal(**changes: Any) -> Told:
    told = Told()
    write(told, "c-old", Written(1, [Sign(1, 0.3, 14, folded=False)], 200), **changes)
    return told


def test_an_old_signal_stands_behind_a_new_one_that_weighs_less() -> None:
    told = one_old_signal()
    write(told, "c-new", Written(69, [Sign(69, 0.1, 14, folded=False)], 100))

    found = listed(views_on(store_of(told), 69), 69)

    assert [(row.customer_id, row.risk) for row in found.rows] == [("c-new", "0.1000"), ("c-old", "0.0104")]
    assert [one.amount for one in found.total_value] == ["144.96"]  # 120.00 and 24.96: 0.0104 of 2,400


def test_the_page_and_the_look_up_say_what_the_row_says() -> None:
    views = views_on(store_of(one_old_signal()), 69)

    row, page, contact = listed(views, 69).rows[0], views.customer("c-old", at(69)), views.contact("c-old", at(69))

    assert page is not None
    assert page.card is not None
    assert page.signals == []
    assert row.risk == page.card.risk == contact.risk == "0.0104"
    assert row.value_at_risk == page.card.value_at_risk
    assert row.reasons == page.card.reasons == contact.signals
    assert row.card_at == page.card.card_at == contact.card_at == at(1)
    assert row.as_of == page.card.as_of == contact.risk_as_of == at(69)


def test_a_sentence_has_the_day_on_which_it_was_written_and_the_signal_the_age_of_today() -> None:
    words = {"en": "20 days without a login", "es": "20 días", "it": "20 giorni"}
    told = Told().card("c-1", 1).signal("c-1", 1).signal("c-1", 11, "escalated", raised_at=at(1).isoformat())
    told.signal("c-2", 1).signal("c-2", 11, "escalated", raised_at=at(1).isoformat(), explanation=words).card("c-2", 11)

    views = views_on(store_of(told), 20)

    (late,) = [one for row in listed(views, 20).rows if row.customer_id == "c-2" for one in row.reasons]
    page = views.customer("c-2", at(20))
    assert late.explanation is not None
    assert (late.explanation.en, late.explained_on) == ("20 days without a login", at(11).date())
    assert page is not None
    assert [(one.explained_on, one.age_days) for one in page.signals] == [(at(11).date(), 19)]


@pytest.mark.parametrize(("ends", "is_over"), [(None, False), (21, False), (20, False), (19, True)])
def test_a_term_that_is_over_while_its_signal_is_open_is_said_to_be(ends: int | None, is_over: bool) -> None:
    observed = {} if ends is None else {"term_ends": at(ends).date().isoformat()}
    told = Told().signal("c-1", 1, observed=observed).card("c-1", 1)
    told.signal("c-2", 1, observed=observed).signal("c-2", 2, "cleared", raised_at=at(1).isoformat())

    views = views_on(store_of(told), 20)

    (row,) = listed(views, 20).rows
    page, gone = views.customer("c-1", at(20)), views.customer("c-2", at(20))
    assert page is not None
    assert gone is not None
    assert [one.term_is_over for one in row.reasons] == [one.term_is_over for one in page.signals] == [is_over]
    assert [one.term_is_over for one in gone.signals] == [False]


def test_a_sentence_says_whether_it_is_of_the_raise_or_of_the_escalation() -> None:
    told = Told().card("c-1", 1).signal("c-1", 1).card("c-2", 11)
    told.signal("c-2", 1).signal("c-2", 11, "escalated", raised_at=at(1).isoformat())

    views = views_on(store_of(told), 20)

    for name, is_escalated in (("c-1", False), ("c-2", True)):
        (reason,) = [one for row in listed(views, 20).rows if row.customer_id == name for one in row.reasons]
        page = views.customer(name, at(20))
        assert page is not None
        assert [one.explains_escalation for one in page.signals] == [reason.explains_escalation] == [is_escalated]


def test_the_card_of_a_fitted_model_stands_with_its_date() -> None:
    model = {"name": "fitted", "digest": "d", "calibrated": True, "says": "calibrated"}
    views = views_on(store_of(one_old_signal(model=model)), 69)

    row = listed(views, 69).rows[0]

    assert (row.risk, row.as_of, row.of_day, row.ages) == ("0.3000", at(1), at(1).date(), False)


@pytest.mark.parametrize(("zone", "begun"), [("UTC", 0), ("Asia/Tokyo", 15)])
def test_a_day_begins_where_the_company_is(zone: str, begun: int) -> None:
    company, evening = Company(zone=zone), datetime(2026, 1, 2, 20, tzinfo=UTC)

    assert company.today(evening) == instant(datetime(2026, 1, 2, begun, tzinfo=UTC))


def test_bands_follow_bounds_that_were_set_anew(tmp_path: Path) -> None:
    first = Store(tmp_path, KEY, bands=BOUNDS)
    first.apply(one_old_signal().reads(1))
    assert not first.age(instant(at(69)), 10)
    first.close()

    again = Store(tmp_path, KEY, bands=Bands(100, 5_000))

    again.age(instant(at(69)), 10)
    row = StoreViews(again, Company(bands=Bands(100, 5_000))).at_risk(AtRiskFilters(band="medium"), 1, 9, at(69)).rows
    assert [(one.risk, one.band) for one in row] == [("0.0104", "medium")]
    again.close()
