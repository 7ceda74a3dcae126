"""The customers behind the MRR at the start and at the end of a period, and the pages of a customer's timeline."""

from datetime import datetime

import pytest

from streams.console.views.drilling import AT_START, DIFFERENCE
from streams.console.views.retention import HELP
from tests.building import at
from tests.console.said import Told, stored, views_of


@pytest.fixture
def told() -> Told:
    """Return customers of which the console knows more or less: it has read movements since the tenth day."""
    told = Told().moves("c-up", 12, "expansion", "50.00", "80.00").moves("c-gone", 12, "churn", "30.00", "0.00")
    told.moves("c-new", 40, "new", "0.00", "20.00").moves("c-usd", 12, "new", "0.00", "7.00", currency="USD")
    return told.card("c-card", 15, mrr=[{"amount": "100.00", "currency": "EUR"}], plan="basic").card(
        "c-free", 15, mrr=[]
    )


def _named(start: datetime, end: datetime, what: str, currency: str = "EUR") -> str:
    return f"{what}|{currency}|{start.date()}|{end.date()}"


@pytest.mark.parametrize(
    ("what", "start", "end", "found"),
    [
        ("opening", 11, 30, {"c-card": "100.00", "c-up": "50.00", "c-gone": "30.00"}),
        ("closing", 11, 30, {"c-card": "100.00", "c-up": "80.00"}),
        ("opening", 30, 60, {"c-card": "100.00", "c-up": "80.00"}),
        ("closing", 30, 60, {"c-card": "100.00", "c-up": "80.00", "c-new": "20.00"}),
    ],
)
def test_who_pays_follows_from_movements_before_and_after_and_from_cards(
    told: Told, what: str, start: int, end: int, found: dict[str, str]
) -> None:
    drill = views_of(stored(told.reads())).drill(_named(at(start), at(end), what), 1, 9, at(90))

    assert drill is not None
    assert {row.customer_id: row.amount.amount for row in drill.rows if row.amount} == found
    assert [row.amount.amount for row in drill.rows if row.amount] == sorted(found.values(), key=float, reverse=True)
    assert (drill.metric, drill.what, drill.said, drill.agrees) == ("mrr", what, None, None)
    assert drill.definition == {"opening": AT_START, "closing": HELP["mrr"]}[what]
    by_name = {row.customer_id: row for row in drill.rows}
    assert (by_name["c-card"].at, by_name["c-card"].plan) == (None, "basic")
    assert by_name["c-up"].at == (None if (what, start) == ("opening", 11) else at(12))


def test_who_pays_in_a_segment_is_placed_by_when_the_period_begins_or_when_it_came() -> None:
    told = Told().moves("c-1", 1, "new", "0.00", "10.00").card("c-1", 20).card("c-1", 45, segments={"country": "IT"})
    told.moves("c-2", 40, "new", "0.00", "5.00").card("c-2", 50, segments={"country": "IT"})
    views = views_of(stored(told.moves("c-3", 2, "new", "0.00", "7.00").reads()))
    key = _named(at(30), at(60), "closing") + "|country|"

    found = {country: views.drill(key + country, 1, 9, at(90)) for country in ("ES", "IT", "FR")}

    assert {country: [row.customer_id for row in one.rows] for country, one in found.items() if one} == {
        "ES": ["c-1"],
        "IT": ["c-2"],
        "FR": [],
    }
    assert [one.unplaced for one in found.values() if one] == [1, 1, 1]


def test_a_movement_of_less_than_half_a_unit_is_behind_no_number() -> None:
    told = Told().moves("c-1", 20, "churn", "0", "0", currency="JPY").moves("c-2", 20, "new", "0", "7", currency="JPY")
    told.moves("c-3", 20, "expansion", "0", "1", currency="JPY")

    drill = views_of(stored(told.reads())).drill(f"moved|any|JPY|{at(0).date()}|{at(31).date()}", 1, 9, at(90))

    assert drill is not None
    assert [(row.customer_id, row.what) for row in drill.rows] == [("c-2", "new"), ("c-3", "expansion")]
    assert drill.definition == DIFFERENCE


@pytest.mark.parametrize("size", [1, 3, 7, 200])
def test_the_pages_of_a_timeline_have_every_record_once_and_the_newest_first(size: int) -> None:
    told = Told()
    for number in range(8):
        told.signal("c-1", number, episode=f"e-{number}").action("c-1", number, episode=f"e-{number}")
    views = views_of(stored(told.signal("c-2", 1).reads()))
    first = views.customer("c-1", at(9), items=size)
    assert first is not None
    assert (first.timeline_total, first.timeline_page.pages) == (16, -(-16 // size))

    found = [views.customer("c-1", at(9), items=size, page=number + 1) for number in range(first.timeline_page.pages)]

    items = [item for page in found if page is not None for item in page.timeline]
    assert len({item.origin.ce_id for item in items}) == len(items) == 16
    assert [item.at for item in items] == sorted((item.at for item in items), reverse=True)
    beyond = views.customer("c-1", at(9), items=size, page=99)
    assert beyond is not None
    assert beyond.timeline == (found[-1].timeline if found[-1] is not None else None)


def test_an_outcome_that_names_a_recommendation_alone_is_about_its_action() -> None:
    told = Told().action("c-1", 1, action="call").outcome("c-1", 2, recommendation_id="action.recommended-0")
    told.outcome("c-1", 3, recommendation_id="unknown").outcome("c-1", 4, action="training", episode="e")
    page = views_of(stored(told.reads())).customer("c-1", at(5))

    assert page is not None
    assert [item.name for item in page.timeline] == ["training", "", "call", "call"]


def test_an_action_says_which_record_says_its_state() -> None:
    told = Told().action("c-1", 1).action("c-1", 2, "withdrawn")
    page = views_of(stored(told.reads())).customer("c-1", at(3))

    assert page is not None
    (action,) = page.actions
    assert (action.origin.ce_id, action.origin.ce_time) == (action.ce_id, at(2))
    assert (action.origin.definition, action.origin.caused_by) == ("actions.md", "event-1")
