"""The feed of the page: the newest first, the same after a restart, and nothing of who is forgotten."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Literal
from unicodedata import bidirectional, category

import aiohttp
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import Instant
from retention.statements import Statement
from schemas.base import Reason
from schemas.outbound import CustomerChurned, CustomerReturned, ValueLost
from schemas.visible import visible
from streams.app import Worker, build
from streams.broker import Broker
from streams.embedded import EmbeddedBroker
from streams.feed import MOST, Feed
from streams.forgetting import Forgotten
from streams.settings import Settings
from streams.web.server import Web
from streams.web.view import View, described
from tests.building import Log, at, line
from tests.running import on, send

DAY = 86_400_000_000


@pytest_asyncio.fixture
async def settings() -> AsyncIterator[Settings]:
    """Return settings with a broker of the test's own; time goes by the log."""
    async with EmbeddedBroker() as broker:
        yield on(broker.address)


def a_return(customer: str, when: Instant) -> Statement:
    body = CustomerReturned(customer_id=customer, basis="subscription", at=at(0), cause="returned")
    return Statement("customer.returned", f"{customer}-{when}", customer, when, "", body)


def customers(feed: Feed) -> list[str]:
    return [one.key for one in feed.newest]


def test_the_newest_is_first_whenever_it_was_told() -> None:
    feed = Feed("subscription", Forgotten(b"key"))

    feed.take([a_return("b", 2 * DAY), a_return("d", 4 * DAY)])
    feed.take([a_return("a", DAY), a_return("c", 3 * DAY), a_return("e", 4 * DAY)])

    assert customers(feed) == ["e", "d", "c", "b", "a"]


def test_what_is_old_does_not_push_out_what_is_new() -> None:
    feed = Feed("subscription", Forgotten(b"key"))
    feed.take([a_return("new", 1_000 * DAY)])

    feed.take([a_return(f"old-{number}", number) for number in range(2 * MOST)])

    assert customers(feed)[:2] == ["new", f"old-{2 * MOST - 1}"]
    assert len(feed.newest) == MOST


def test_what_was_on_its_way_of_who_is_forgotten_is_not_shown() -> None:
    """A commit may be under way while the request is read."""
    forgotten = Forgotten(b"key")
    feed = Feed("subscription", forgotten)
    feed.take([a_return("gone", DAY), a_return("stays", DAY)])

    feed.forget("gone")
    forgotten.add("gone", 2 * DAY)
    feed.take([a_return("gone", 3 * DAY)])

    assert customers(feed) == ["stays"]


@given(st.text())
def test_no_text_of_a_producer_can_move_or_hide_what_is_shown(text: str) -> None:
    """As a ticket's topic can that turns the line around: `gold<U+202E>fdp.exe`."""
    shown = visible(text)

    assert not [one for one in shown if category(one) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not [
        one for one in shown if bidirectional(one) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    ]
    assert visible(shown) == shown
    assert shown.encode().decode() == shown


def test_what_is_shown_of_a_customer_is_visible() -> None:
    row = described(a_return("c\u202e1", DAY))

    assert row["customer"] == "c\\u202e1"
    assert (row["what"], row["why"]) == ("returned", "returned")


@pytest.mark.parametrize(
    ("reason", "unit", "why"),
    [
        ("too_complex", "mrr", "voluntary: too complex; worth 79.00 EUR a month"),
        ("unused", "spend_12_months", "voluntary: not used; worth 79.00 EUR a year"),
        ("other", "mrr", "voluntary; worth 79.00 EUR a month"),
        (None, "mrr", "voluntary; worth 79.00 EUR a month"),
    ],
)
def test_why_a_customer_left_is_told_in_words(
    reason: Reason | None, unit: Literal["mrr", "spend_12_months"], why: str
) -> None:
    lost = [ValueLost(amount="79.00", currency="EUR", unit=unit)]
    body = CustomerChurned(
        customer_id="c-1", basis="b", at=at(0), cause="voluntary", reason=reason, value_lost=lost, open_signals=[]
    )

    assert described(Statement("customer.churned", "i", "c-1", DAY, "", body))["why"] == why


async def pages(settings: Settings, worker: Worker) -> list[str]:
    """Return what the page, its state and its events say."""
    web = Web(settings.web, worker)
    await web.start()
    found = []
    async with aiohttp.ClientSession() as http:
        for path in ("/", "/state"):
            async with http.get(f"{web.url}{path}") as answer:
                found.append(await answer.text())
        async with http.get(f"{web.url}/events") as answer:
            found.append((await answer.content.readline()).decode())
    await web.stop()
    return found


async def test_the_page_names_a_forgotten_customer_no_more_and_shows_the_others_after_a_restart(
    settings: Settings,
) -> None:
    await Broker(settings).create_topics()
    log = [one for name in ("gone", "stays", "late") for one in Log(name).starts(0).ends(10).lines()]
    await send(settings, log, until=at(20))
    async with await build(settings) as worker:
        await asyncio.wait_for(worker.until_idle(), 30)
        before = await pages(settings, worker)
        await send(settings, [line(Log("gone").add("erasure.requested", 21).events[0])], until=at(22))
        await asyncio.wait_for(worker.until_idle(), 30)
        after = await pages(settings, worker)
    await send(settings, [line(Log("late").add("erasure.requested", 23).events[0])])

    async with await build(settings) as worker:
        await asyncio.wait_for(worker.until_idle(), 30)
        restarted = await pages(settings, worker)

    assert all("gone" in one and "stays" in one and "late" in one for one in before)
    assert all("gone" not in one and "stays" in one and "late" in one for one in after)
    assert all("gone" not in one and "stays" in one and "late" not in one for one in restarted)
    feeds = [json.loads(one)["feed"] for one in (before[1], restarted[1])]
    assert feeds[1] == [row for row in feeds[0] if row["customer"] == "stays"]


async def test_no_row_is_newer_than_the_stated_event_time_and_the_month_that_runs_is_marked(settings: Settings) -> None:
    await Broker(settings).create_topics()
    log = [one for number in range(4) for one in Log(f"c-{number}").starts(3).ends(40 + 15 * number).lines()]
    await send(settings, log, until=at(100))
    async with await build(settings) as worker:
        await asyncio.wait_for(worker.until_idle(), 30)
        state = View(worker, "live").state()

    assert state["feed"]
    assert max(row["at"] for row in state["feed"]) <= state["event_time"]
    assert state["as_of"] <= state["event_time"]
    months = {month["period"]: (month["ended"], month["edition"]) for month in state["figures"]}
    assert [months[one][0] for one in ("2024-01", "2024-03", "2024-04")] == [True, True, False]
    assert months["2024-04"][1] == "provisional"


async def test_the_page_shows_sealed_months_after_a_restart(settings: Settings) -> None:
    """Months before the horizon are not added up again."""
    short = settings.model_copy(update={"metrics": settings.metrics.model_copy(update={"horizon_months": 4})})
    await Broker(short).create_topics()
    shown: list[list[dict[str, Any]]] = []
    log = [one for number in range(3) for one in Log(f"c-{number}").starts(3).ends(40 + 40 * number).lines()]
    await send(short, log, until=at(130))
    await send(short, Log("c-9").starts(390).lines(), until=at(400))
    for _ in range(2):
        async with await build(short) as worker:
            await asyncio.wait_for(worker.until_idle(), 30)
            shown.append(View(worker, "live").state()["figures"])

    assert [month["period"] for month in shown[0]][:2] == ["2024-01", "2024-02"]
    assert [month["customers"] for month in shown[0]][:5] == [3, 2, 1, 0, 0]
    assert shown[1] == shown[0]
