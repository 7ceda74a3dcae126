"""Every page of the console is shown, with much, little and nothing to show, and says where its numbers come from."""

import asyncio
import html
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from retention.calendar import instant
from retention.wording import LANGUAGES, Language
from streams.console.documents import AtRiskFilters, Pipeline, RetentionFilters
from streams.console.intake import Read
from streams.console.pages.formats import day, moment, month, percent
from streams.console.pages.render import POLICY, count
from streams.console.pages.words import said
from streams.console.viewing import StoreViews
from streams.console.views.placing import Placed, Placing
from streams.console_settings import Role
from streams.topics import HEALTH
from tests.building import at
from tests.console.said import Told
from tests.console_company import START, played
from tests.console_server import COMPANY, pages_of, served, views_of

DAYS: Final = 75
NOW: Final = START + timedelta(days=DAYS)
PATHS: Final = ("/", "/?search=x&order=risk", "/retention", "/signals", "/pipeline", "/login", "/behind", "/nothing")
DEFINED: Final = ("define.opening", "define.moved", "define.mrr", "define.cohorts")
SAYS: Final[dict[Language, str]] = {"en": "At risk", "es": "En riesgo", "it": "A rischio"}


@pytest.fixture(scope="module")
def reads() -> list[Read]:
    """Return what a worker has written about a small company."""
    return asyncio.run(played(customers=30, days=DAYS))


@pytest.fixture(scope="module")
def full(reads: list[Read]) -> StoreViews:
    """Return the views of the company."""
    return views_of(reads, today=NOW)


@pytest.fixture(scope="module")
def shop() -> StoreViews:
    """Return the views of a shop: customers without MRR, plan and country."""
    return views_of(asyncio.run(played(customers=25, days=DAYS, kind="shop", segments=False)))


@pytest.fixture(scope="module", params=["full", "shop", "empty"])
def address(request: pytest.FixtureRequest, full: StoreViews, shop: StoreViews) -> Iterator[str]:
    views = {"full": full, "shop": shop, "empty": views_of([])}
    with served(pages_of(views[request.param], NOW)) as url:
        yield url


@pytest.fixture(scope="module")
def shown(full: StoreViews) -> Iterator[str]:
    with served(pages_of(full, NOW)) as url:
        yield url


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def text(http: aiohttp.ClientSession, url: str | URL, language: Language = "en", status: int = 200) -> str:
    async with http.get(url, headers={"Accept-Language": language}) as answer:
        assert answer.status == status, url
        assert answer.headers["Content-Security-Policy"] == POLICY
        return await answer.text()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_is_shown_in_each_language(
    address: str, http: aiohttp.ClientSession, language: Language
) -> None:
    for path in PATHS:
        status = {"/behind": 503, "/nothing": 404}.get(path, 200)
        page = await text(http, address + path, language, status)

        assert f'<html lang="{language}"' in page
        assert page.count("<h1>") == 1
        assert "None" not in re.sub(r"<[^>]*>", "", page)
        if status == 200 and path != "/login":
            assert SAYS[language] in page


async def test_every_customer_and_every_number_behind_figures_opens(
    shown: str, full: StoreViews, http: aiohttp.ClientSession
) -> None:
    rows = full.at_risk(AtRiskFilters(), 1, 50, NOW).rows
    assert rows
    for row in rows[:8]:
        page = await text(http, f"{shown}/customers/{row.customer_id}")
        assert page.count("<h1>") == 1
    page = await text(http, f"{shown}/retention")
    drills = sorted({found.replace("&amp;", "&") for found in re.findall(r'href="(/drill\?[^"]*)"', page)})
    assert drills
    for drill in drills:
        await text(http, shown + drill)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_lies_behind_a_number_is_defined_as_that_number_and_a_cohort_names_its_month(
    shown: str, full: StoreViews, http: aiohttp.ClientSession, language: Language
) -> None:
    found = full.retention(RetentionFilters(), NOW)
    assert found.waterfall is not None
    (opening, *moved, closing), cohort = (one.drill or "" for one in found.waterfall.steps), found.cohorts[0]
    of_cohort = [cohort.drill, cohort.cells[1].drill]

    pages = {
        key: html.unescape(await text(http, f"{shown}/drill?{urlencode({'key': key})}", language))
        for key in (opening, moved[0], closing, *of_cohort)
    }

    assert {word: [key for key, page in pages.items() if said(word, language) in page] for word in DEFINED} == {
        "define.opening": [opening],
        "define.moved": [moved[0]],
        "define.mrr": [closing],
        "define.cohorts": of_cohort,
    }
    assert all(f"<p>{month(cohort.month, language)} · " in pages[key] for key in of_cohort)
    after = said("drill.cohort_after", language, months=count("months", 1, language))
    assert [after in re.findall(r"<h1>(.*)</h1>", pages[key])[0] for key in of_cohort] == [False, True]


def test_every_number_of_all_customers_leads_to_those_who_add_up_to_it(full: StoreViews) -> None:
    kinds = set()
    for period in full.retention(RetentionFilters(), NOW).periods:
        found = full.retention(RetentionFilters(period=period.start), NOW)
        assert found.waterfall is not None
        keys = [figure.drill for figure in period.figures if figure.drill is not None]
        keys += [step.drill for step in found.waterfall.steps if step.drill is not None]
        for key in (*keys, period.opening):
            assert key is not None
            drill = full.drill(key, 1, 200, NOW)
            assert drill is not None
            assert drill.agrees, (key, drill.said, drill.found)
            kinds.add(key.partition("|")[0])
        (crr,) = [figure for figure in period.figures if figure.metric == "crr"]
        there = full.drill(period.opening or "", 1, 200, NOW)
        assert there is not None
        assert there.page.total == crr.components["S"]
    assert kinds == {"lost", "moved", "opening", "closing"}


@pytest.mark.parametrize("by", ["plan", "country"])
def test_what_lies_behind_a_period_by_segment_is_together_what_lies_behind_it_for_all(
    full: StoreViews, by: str
) -> None:
    kinds = set()
    for period in full.retention(RetentionFilters(), NOW).periods:
        whole = full.retention(RetentionFilters(period=period.start), NOW)
        names = [name for name in whole.choices if name.startswith(f"{by}=")]
        parts = [full.retention(RetentionFilters(period=period.start, segment=name), NOW) for name in names]
        for segment, one in zip(names, parts, strict=True):
            value = segment.partition("=")[2]
            assert {f.segment.value for p in one.periods for f in p.figures} <= {value}
            for reason in one.reasons:
                drill = full.drill(reason.drill, 1, 200, NOW)
                assert drill is not None
                assert (drill.page.total, drill.segment and drill.segment.value) == (reason.customers, value)
        began = Counter({one.month: one.customers for one in whole.cohorts})
        assert sum((Counter({c.month: c.customers for c in one.cohorts}) for one in parts), Counter()) == began
        steps = {one.kind: Decimal(one.amount) for one in whole.waterfall.steps} if whole.waterfall else {}
        split = Counter[str]()
        for one in parts:
            for step in one.waterfall.steps if one.waterfall else []:
                split[step.kind] += Decimal(step.amount)  # type: ignore[assignment]
        assert {kind: split.get(kind, 0) for kind in steps} == steps
        kinds |= {kind for kind, amount in steps.items() if amount}
        lost = Counter({(one.reason, one.cause): one.customers for one in whole.reasons})
        assert (
            sum((Counter({(r.reason, r.cause): r.customers for r in one.reasons}) for one in parts), Counter()) == lost
        )
    assert {"start", "new", "end"} <= kinds


@pytest.mark.parametrize(("language", "words"), [("es", ("País", "otro")), ("it", ("Paese", "altro"))])
async def test_customers_of_no_listed_country_are_called_so_in_the_visitors_language(
    full: StoreViews, shown: str, http: aiohttp.ClientSession, language: Language, words: tuple[str, str]
) -> None:
    of_rest = full.at_risk(AtRiskFilters(segment="country=other"), 1, 1, NOW).rows[0].customer_id
    country, rest = words

    retention = await text(http, f"{shown}/retention", language)
    customer = await text(http, f"{shown}/customers/{of_rest}", language)

    assert f">{country}: {rest}<" in retention
    assert f"{country} <b>{rest}</b>" in customer
    assert f">{rest} (" in await text(http, shown, language)


async def test_of_several_segments_one_is_chosen() -> None:
    told = Told()
    for number, (country, size) in enumerate([("ES", "big"), ("IT", "other"), ("ES", "other")]):
        told.card(f"c-{number}", 1, segments={"country": country, "size": size}).signal(f"c-{number}", 1)
    views = views_of(told.reads())

    with served(pages_of(views, at(2))) as address:
        async with aiohttp.ClientSession() as http:
            page = await text(http, f"{address}/?segment=size%3Dbig", "it")

    assert page.count('name="segment"') == 1
    assert '<optgroup label="Paese"><option value="country=ES">ES (2)</option>' in page
    assert '<option value="size=big" selected>big (1)</option></optgroup>' in page
    assert '<option value="size=other">altro (2)</option>' in page


async def test_a_segment_is_chosen_by_its_name_in_the_table_and_its_page_says_so(
    shown: str, http: aiohttp.ClientSession
) -> None:
    page = await text(http, f"{shown}/retention?segment=country%3DES", "es")

    assert '<option value="country=ES" selected>' in page
    assert "De un segmento: quienes empezaron en él" in page
    assert "segment=country%3DIT" in page
    assert await text(http, f"{shown}/retention?segment=country%3DXX", status=400)


def test_figures_of_segments_lead_to_their_customers_which_add_up(full: StoreViews) -> None:
    agreeing = 0
    for period in full.retention(RetentionFilters(), NOW).periods:
        found = full.retention(RetentionFilters(period=period.start), NOW)
        whole = {figure.metric: figure.drill for figure in period.figures}
        parts: dict[tuple[str, str], list[str]] = {}
        for one in found.segments:
            for figure in one.figures:
                if figure.drill is None:
                    continue
                behind = full.drill(figure.drill, 1, 200, NOW)
                assert behind is not None
                assert behind.segment == one.segment
                assert (behind.agrees, behind.unplaced) == (True, 0), figure.drill
                agreeing += bool(behind.agrees)
                names = [row.customer_id for row in behind.rows]
                parts.setdefault((figure.metric, one.segment.by), []).extend(names)
        for (metric, by), names in parts.items():
            key = whole[metric]
            assert key is not None
            all_of_them = full.drill(key, 1, 200, NOW)
            assert all_of_them is not None
            assert len(set(names)) == len(names), by
            assert set(names) == {row.customer_id for row in all_of_them.rows}
    assert agreeing > 20


async def test_a_page_of_segments_names_its_definitions_and_where_each_number_leads(
    shown: str, full: StoreViews, http: aiohttp.ClientSession
) -> None:
    page = await text(http, f"{shown}/retention")
    segments = page.split('id="segments"')[1].split("</section>")[0]
    table, defined = segments.split("</table>")

    cells = re.findall(r'<td class="n[^"]*">(.*?)</td>', table, re.DOTALL)
    assert cells
    assert all("/drill?key=" in cell or "–" in cell for cell in cells)
    for metric in ("Customer retention", "Net dollar retention", "Churn rate", "MRR per customer"):
        assert f"<dt>{metric}</dt>" in defined
    (link, *_) = re.findall(r'href="(/drill\?[^"]*country[^"]*)"', table)
    behind = await text(http, shown + html.unescape(link))
    assert "Country: " in behind
    assert "no movement says the segment of then" not in html.unescape(behind)


async def test_segments_by_plan_have_the_name_of_a_plan_in_each_language(
    shown: str, http: aiohttp.ClientSession
) -> None:
    page = await text(http, f"{shown}/retention", "it")
    table = page.split('id="segments"')[1].split("</table>")[0]

    assert set(re.findall(r"(\w+): (?:basic|team|pro)", table)) == {"Piano"}
    (link, *_) = re.findall(r'href="(/drill\?[^"]*plan[^"]*)"', table)
    assert "Piano: " in await text(http, shown + html.unescape(link), "it")


def test_a_segment_is_that_of_the_card_before_and_without_one_of_the_next() -> None:
    told = Told().card("c-1", 1, segments={"country": "ES"}).card("c-1", 20, segments={"country": "IT"})
    views = views_of(told.reads())

    with views._store.reading() as link:
        placing = Placing(link, "country")
        (customer,) = link.execute("SELECT id FROM customers").fetchone()
        found = [placing.of(customer, None, instant(at(day))) for day in (0, 1, 19, 20, 40)]
        assert placing.of(99, None, instant(at(1))).value is None

    assert found == [Placed(value, is_guessed=True) for value in ("ES", "ES", "ES", "IT", "IT")]


async def test_a_change_of_segment_alone_is_in_the_timeline_by_its_segments(http: aiohttp.ClientSession) -> None:
    told = Told().moves("c-1", 1, "new", "0.00", "10.00", segments={"country": "ES", "plan": "pro"})
    told.moves("c-1", 3, "none", "10.00", "10.00", segments={"country": "IT", "plan": "pro"})
    with served(pages_of(views_of(told.reads()), NOW)) as url:
        page = await text(http, f"{url}/customers/c-1")
    timeline = re.sub(r"<[^>]*>", "", page.split('id="timeline"')[1])

    assert "Segment: IT, pro" in timeline
    assert "0.00" not in timeline.split("Segment: IT, pro")[1].split("MRR moved")[0]


async def test_a_customer_without_mrr_plan_and_segments_opens(shop: StoreViews, http: aiohttp.ClientSession) -> None:
    rows = shop.at_risk(AtRiskFilters(), 1, 5, NOW).rows
    assert rows
    with served(pages_of(shop, NOW)) as url:
        for row in rows:
            assert "None" not in re.sub(r"<[^>]*>", "", await text(http, f"{url}/customers/{row.customer_id}"))


@pytest.mark.parametrize("name", ["a/b", "c d", "ü?x=1#y", "50%25", "<b>", "a.b"])
async def test_a_customer_with_any_id_opens_from_its_row(
    http: aiohttp.ClientSession, reads: list[Read], name: str
) -> None:
    card = next(read for read in reads if read.place.topic == HEALTH.name and b'"risk":"0.0' not in (read.value or b""))
    value = json.loads(card.value or b"") | {"customer_id": name}
    views = views_of([replace(card, key=name.encode(), value=json.dumps(value).encode())])
    with served(pages_of(views, NOW)) as url:
        (link,) = re.findall(r'<a href="(/customers?[/?][^"]*)" data-row', await text(http, f"{url}/"))
        page = await text(http, URL(url + html.unescape(link), encoded=True))

    assert f"<h1>{html.escape(name)}</h1>" in page


async def test_the_owner_of_a_customer_is_named_once(http: aiohttp.ClientSession, reads: list[Read]) -> None:
    card = next(read for read in reads if read.place.topic == HEALTH.name and read.value)
    value = json.loads(card.value or b"") | {"customer_id": "c-1", "segments": {"owner": "Ms Verdi", "country": "IT"}}
    views = views_of([replace(card, key=b"c-1", value=json.dumps(value).encode())])
    with served(pages_of(views, NOW)) as url:
        chips = re.findall(r'<li class="chip">.*?<b>(.*?)</b>', await text(http, f"{url}/customers/c-1"), re.DOTALL)

    assert chips.count("Ms Verdi") == 1
    assert "IT" in chips


@pytest.mark.parametrize(
    ("chosen", "choices"),
    [
        ({}, {"country", "owner"}),
        ({"segment": "csm=Ms Verdi"}, {"country", "csm", "owner"}),
        ({"owner": "Ms Verdi"}, {"country", "owner"}),
    ],
)
async def test_owners_are_a_choice_once_unless_the_address_names_their_segment(
    http: aiohttp.ClientSession, chosen: dict[str, str], choices: set[str]
) -> None:
    told = Told().card("c-1", 1, segments={"csm": "Ms Verdi", "country": "IT"})
    reads = told.card("c-2", 1, segments={"csm": "Mr Ruiz", "country": "ES"}).reads()
    views = StoreViews(views_of(reads)._store, replace(COMPANY, owner="csm"))
    with served(pages_of(views, at(2))) as url:
        page = await text(http, URL(f"{url}/").with_query(chosen))
    selects = re.findall(r'<select name="(\w+)">(.*?)</select>', page, re.DOTALL)
    values = [one for name, options in selects if name == "segment" for one in re.findall('value="([^"=]+)=', options)]
    asked = set(values)

    assert asked | {name for name, _ in selects if name not in {"segment", "order"}} == choices


async def test_all_that_was_done_for_a_customer_is_on_its_page_and_its_records_on_several(
    http: aiohttp.ClientSession,
) -> None:
    told = Told().card("c-1", 1)
    for number in range(40):
        told.signal("c-1", number, episode=f"e-{number}").action("c-1", number, episode=f"e-{number}")
        told.signal("c-1", number + 0.5, "cleared", episode=f"e-{number}")
    with served(pages_of(views_of(told.reads()), at(41), "act")) as url:
        page = await text(http, f"{url}/customers/c-1")
        (following,) = re.findall(r'rel="next" href="([^"]*)"', page)
        second = await text(http, url + following)
        odd = await text(http, f"{url}/customers/c-1?page=none")

    done = page.split('id="actions"')[1].split("</section>")[0]
    past = page.split('id="past"')[1].split("</section>")[0]
    assert (done.count("<b>We miss you</b>"), past.count('<details class="more" id="e-')) == (40, 40)
    assert "and 28 more" in done
    assert "and 28 more" in past
    assert following == "/customers/c-1?page=2#timeline"
    assert (page.count("<time "), second.count("<time "), odd.count("<time ")) == (100, 20, 100)
    assert "120 records" in page
    assert "101–120 of 120" in second


def usage(score: int | None) -> dict[str, Any]:
    """Return the health of a card, with or without its input `usage`."""
    inputs = [{"name": "usage", "score": score, "weight": 35}] if score is not None else []
    return {"score": "65.0", "coverage": "0.80", "status": "fair", "inputs": inputs}


@pytest.mark.parametrize(
    ("scores", "picture", "says"),
    [
        ((80, None, 20), "Activity from 2 Jan 2024 to 12 Jan 2024: 20% at last", "percent of a usual week"),
        ((None, None, 20), "Activity from 2 Jan 2024 to 12 Jan 2024: 4 days at last", "Days since the last activity"),
        ((None,), None, "a picture needs two"),
    ],
)
async def test_activity_is_a_picture_of_what_cards_say(
    http: aiohttp.ClientSession, scores: tuple[int | None, ...], picture: str | None, says: str
) -> None:
    told = Told()
    for place, score in enumerate(scores):
        day_ = 1 + 5 * place
        told.card("c-1", day_, health=usage(score), last_activity=at(day_ - 2 * place).date().isoformat())
    with served(pages_of(views_of(told.reads()), at(20))) as url:
        page = await text(http, f"{url}/customers/c-1")
    section = page.split('id="activity-picture"')[1].split("</section>")[0]

    assert re.findall(r'aria-label="([^"]*)"', section) == ([picture] if picture else [])
    assert says in section


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Days without a login", "1,200", "Grace ends", "31 Mar 2026, 00:00", "Channel: e-mail")),
        ("es", ("Días sin acceder", "1200", "Fin del plazo de gracia", "31 mar 2026, 00:00", "Canal: correo")),
        ("it", ("Giorni senza accessi", "1.200", "Fine della tolleranza", "31 mar 2026, 00:00", "Canale: e-mail")),
    ],
)
async def test_what_a_signal_saw_is_in_the_language_of_the_visitor(
    http: aiohttp.ClientSession, language: Language, words: tuple[str, ...]
) -> None:
    seen = {"days_without_login": 1_200, "grace_ends": "2026-03-31T00:00:00Z", "feature": "2026-02-31", "own_word": "x"}
    told = Told().card("c-1", 1).signal("c-1", 1, observed=seen, baseline={"usual_gap_p90_days": 3})
    told.signal("c-1", 2, signal="opted-out", episode="e-2", observed={"channel": "email"}, baseline={})
    with served(pages_of(views_of(told.reads()), at(3))) as url:
        page = html.unescape(await text(http, f"{url}/customers/c-1", language))

    assert [word for word in (*words, "2026-02-31", "Own word") if word not in page] == []


async def test_the_sum_of_a_signal_is_of_the_instant_of_the_risk(http: aiohttp.ClientSession) -> None:
    views = views_of(Told().card("c-1", 1).signal("c-1", 1).reads(), today=at(61))
    with served(pages_of(views, at(61))) as url:
        page = await text(http, f"{url}/customers/c-1")

    assert "0.2 × 2^(−60 ÷ 14) = 0.010" in page
    assert "raised 60 days ago" in page
    assert f"On {day(at(1), 'en')}: 10 days without a login" in page


async def test_a_row_leads_from_the_list_to_the_customer_with_its_risk_as_parts_that_add_up(
    shown: str, full: StoreViews, http: aiohttp.ClientSession
) -> None:
    row = full.at_risk(AtRiskFilters(), 1, 50, NOW).rows[0]
    listed = await text(http, f"{shown}/?order=value")
    page = await text(http, f"{shown}/customers/{row.customer_id}")

    assert f'href="/customers/{row.customer_id}"' in listed
    table = page.split('class="parts"')[1].split("</table>")[0]
    parts = [float(found) for found in re.findall(r'class="n">\+([0-9.]+)<', table)]
    (whole,) = re.findall(r"<tfoot>.*?class=\"n\">([0-9.]+)<", table, re.DOTALL)
    assert sum(parts) == pytest.approx(float(whole), abs=1e-9) == pytest.approx(float(row.risk))


async def test_provisional_figures_are_marked_by_words_and_not_by_colour_alone(
    shown: str, full: StoreViews, http: aiohttp.ClientSession
) -> None:
    assert full.retention(RetentionFilters(), NOW).periods[-1].figures[0].edition == "provisional"

    page = await text(http, f"{shown}/retention")

    assert 'class="provisional-value"' in page
    assert '<span class="pill provisional">provisional</span>' in page
    assert "stroke s1 provisional" in page


async def test_the_interval_of_a_small_sample_is_in_the_table_and_not_in_the_picture(
    shown: str, full: StoreViews, http: aiohttp.ClientSession
) -> None:
    figures = [one.figures[0] for one in full.retention(RetentionFilters(), NOW).periods if one.figures[0].interval]
    assert figures
    assert all(figure.low_sample for figure in figures)

    page = await text(http, f"{shown}/retention")

    assert re.findall(r'<path[^>]*class="interval', page) == []
    assert all(figure.interval and percent(figure.interval[0], "en") in page for figure in figures)


@pytest.mark.parametrize(
    ("role", "found"), [("see", set()), ("act", {"export", "actions", "at-risk.csv"}), ("forget", {"forget"})]
)
async def test_buttons_are_those_of_the_role(
    full: StoreViews, http: aiohttp.ClientSession, role: Role, found: set[str]
) -> None:
    rows = full.at_risk(AtRiskFilters(), 1, 50, NOW).rows
    customer = next(row.customer_id for row in rows if row.action is not None)
    with served(pages_of(full, NOW, role)) as url:
        page, listed = await text(http, f"{url}/customers/{customer}"), await text(http, f"{url}/")

    there = set(re.findall(rf'(?:href|action)="/customers/{customer}/([a-z]+)"', page))
    assert there | set(re.findall(r'href="/(at-risk\.csv)', listed)) == found
    assert ('name="outcome" value="dismissed"' in page) is ("actions" in found)


async def test_what_was_reported_of_an_action_is_shown_with_who_said_so_and_the_action_no_more(
    http: aiohttp.ClientSession,
) -> None:
    told = Told().card("c-1", 1).signal("c-1", 1).action("c-1", 1, "recommended")
    told.reported(2, "action.recommended-2", "delivered", by="anna")
    with served(pages_of(views_of(told.reads()), at(3), "act")) as url:
        page, listed = await text(http, f"{url}/customers/c-1"), await text(http, f"{url}/")

    assert '<span class="pill good">done</span>' in page
    assert f"anna, {day(at(2), 'en')}" in page
    assert re.findall(r'name="outcome" value="([a-z]+)"', page) == ["converted"]
    assert "nothing now" in listed


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("done", "a service")), ("es", ("hecha", "un servicio")), ("it", ("fatta", "un servizio"))],
)
async def test_what_services_reported_of_an_action_is_shown_beside_it(
    http: aiohttp.ClientSession, language: Language, words: tuple[str, str]
) -> None:
    told = Told().card("c-1", 1).signal("c-1", 1).action("c-1", 1, "recommended")
    told.outcome("c-1", 2, "dismissed", action="we-miss-you", episode="c-1-episode", source="crm <b>")
    told.outcome("c-1", 1.5, recommendation_id="action.recommended-2", source=None)
    with served(pages_of(views_of(told.reads()), at(3), "see")) as url:
        page = await text(http, f"{url}/customers/c-1", language)
        listed = await text(http, f"{url}/")

    assert f'<span class="pill good">{words[0]}</span>' in page
    assert f"{words[1]}, " in page
    assert "crm &lt;b&gt;, " in page
    assert "nothing now" in listed


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/?band=purple", "low, medium, high"),
        ("/?order=luck", "value, risk, since, customer"),
        ("/?signal=no-logn", "no-login, "),
        ("/?stage=gone", "prospect, trial, "),
        ("/?segment=continent=EU", "country=…"),
        ("/?currency=ZZZ", "EUR"),
        ("/?bnad=low", "currency, band, "),
        ("/retention?kind=zzz", "month, quarter"),
        ("/retention?basis=zzz", "subscription, purchase"),
        ("/retention?currency=ZZZ", "EUR"),
        ("/retention?periods=0", "≥ 1"),
        ("/retention?period=soon", "YYYY-MM-DD"),
        ("/retention?period=2031-01-01", "2026-01-01, 2026-02-01"),
        ("/signals?days=1", "7 – 365"),
        ("/signals?days=0000079999999999", "7 – 365"),
        ("/signals?severity=x", "low, medium, high, critical"),
        ("/pipeline?page=1", "–"),
        ("/preferences?lang=de", "en, es, it"),
    ],
)
async def test_an_address_that_makes_no_sense_is_told_what_would(
    shown: str, http: aiohttp.ClientSession, path: str, allowed: str
) -> None:
    ways: dict[Language, str] = {"en": "may", "es": "ued", "it": "uò"}
    for language, way in ways.items():
        page = html.unescape(await text(http, shown + path, language, status=400))

        assert way in page.partition(allowed)[0]
        assert allowed in page


async def test_a_text_of_a_visitor_is_shown_and_never_run(shown: str, http: aiohttp.ClientSession) -> None:
    page = await text(http, f"{shown}/?search=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


async def test_search_leads_to_the_customer_and_choices_come_back(shown: str, full: StoreViews) -> None:
    customer = full.at_risk(AtRiskFilters(), 1, 1, NOW).rows[0].customer_id
    ways = {
        f"/find?q={customer}": f"/customers/{customer}",
        "/find?q=nobody": "/?search=nobody",
        "/find?q=": "/",
        "/preferences?lang=it&back=/signals": "/signals",
        "/preferences?theme=dark&back=//elsewhere.example/": "/",
    }
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        for path, to in ways.items():
            async with http.get(shown + path, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (303, to)
        page = await text(http, f"{shown}/", "en")

    assert '<html lang="it" data-theme="dark">' in page


async def test_a_risk_is_as_of_today_and_that_of_a_fitted_model_has_its_day(http: aiohttp.ClientSession) -> None:
    model = {"name": "fitted", "digest": "d", "calibrated": True, "says": "calibrated"}
    views = views_of(Told().card("c-1", 1, "0.2000").card("c-2", 1, "0.2000", model=model).reads(), today=at(15))
    with served(pages_of(views, at(15))) as url:
        listed = await text(http, f"{url}/")
        aged, fitted = await text(http, f"{url}/customers/c-1"), await text(http, f"{url}/customers/c-2")

    written = day(at(1), "en")
    assert listed.count(f"model&#39;s card of {written}") == fitted.count(f"model&#39;s card of {written}") == 1
    assert "does not age between cards" in listed
    assert "does not age between cards" in fitted
    assert "does not age between cards" not in aged
    assert f"signals have aged since the card of {written}" in aged
    assert "0.10" in aged
    for page in (aged, fitted):
        assert f"Card of <b>{written}</b>" in page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("today", [1, 1.5, 15])
async def test_health_and_last_seen_have_their_day_beside_them_if_it_is_past(
    http: aiohttp.ClientSession, language: Language, today: float
) -> None:
    with served(pages_of(views_of(Told().card("c-1", 1).reads(), today=at(today)), at(today))) as url:
        page = await text(http, f"{url}/customers/c-1", language)
    written = day(at(1), language)
    of_then = said("at_risk.as_of", language, when=written)

    assert (f"<b>{written}</b> · {of_then}</li>" in page) is (today > 2)
    assert (f"</small><small>{of_then}</small></dd>" in page) is (today > 2)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_was_said_of_an_escalation_is_not_taken_for_the_day_of_the_raise(
    http: aiohttp.ClientSession, language: Language
) -> None:
    observed = {"term_ends": at(19).date().isoformat()}
    told = Told().card("c-1", 1).card("c-2", 11).signal("c-1", 1, observed=observed).signal("c-2", 1)
    told.signal("c-2", 11, "escalated", raised_at=at(1).isoformat())
    with served(pages_of(views_of(told.reads(), today=at(20)), at(20))) as url:
        raised, escalated = [await text(http, f"{url}/customers/{name}", language) for name in ("c-1", "c-2")]
    first, later = (
        said(key, language, day=day(at(on), language), text="")
        for key, on in (("at_risk.explained", 1), ("at_risk.escalated", 11))
    )

    assert (first in raised, later in raised) == (True, False)
    assert later in escalated
    over = said("at_risk.term_is_over", language)
    assert (over in raised, over in escalated) == (True, False)


async def test_before_the_first_record_a_page_says_that_nothing_is_known(http: aiohttp.ClientSession) -> None:
    """Show no 1970 where time goes by the log, of which there is none yet."""
    with served(pages_of(views_of([]), datetime.fromtimestamp(0, UTC))) as url:
        for path in ("/", "/retention", "/signals", "/pipeline"):
            page = await text(http, url + path)
            assert "Nothing is known yet" in page
            assert "1970" not in page


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ("value", "ordered by value at risk in EUR, the greatest first"),
        ("risk", "ordered by risk, the greatest first"),
        ("since", "the newest of these first"),
        ("customer", "ordered by id"),
    ],
)
async def test_the_first_page_says_until_when_the_data_go_and_how_it_is_ordered(
    shown: str, full: StoreViews, http: aiohttp.ClientSession, order: str, says: str
) -> None:
    page = await text(http, f"{shown}/?order={order}")
    until = full.event_time()

    assert until is not None
    assert f"Data up to {moment(until, 'en')} UTC" in page
    assert says in page


async def test_without_anybody_at_risk_no_order_and_no_currency_is_named(http: aiohttp.ClientSession) -> None:
    with served(pages_of(views_of(Told().moves("c-1", 1, "new", "0", "9").reads()), NOW)) as url:
        page = await text(http, url + "/")

    assert "Data up to" in page
    assert "ordered by" not in page


@pytest.mark.parametrize("demo", [True, False])
async def test_a_demonstration_says_so_on_every_page(
    full: StoreViews, http: aiohttp.ClientSession, *, demo: bool
) -> None:
    with served(pages_of(full, NOW, demo=demo)) as url:
        for path in ("/", "/retention", "/signals", "/pipeline"):
            assert ("a simulated company" in await text(http, url + path)) is demo


async def test_a_page_of_the_past_is_of_the_instant_it_names(shown: str, http: aiohttp.ClientSession) -> None:
    assert f"As of {NOW.day} Mar 2026" in await text(http, f"{shown}/")
    assert datetime(2026, 3, 28, tzinfo=UTC) == NOW


async def test_while_the_topics_are_read_a_page_says_how_far_and_is_shown_afterwards(
    full: StoreViews, http: aiohttp.ClientSession
) -> None:
    behind = Behind(full)
    with served(pages_of(behind, NOW)) as url:
        page = await text(http, f"{url}/", status=503)
        pipeline = await text(http, f"{url}/pipeline")
        behind.has_read = True
        afterwards = await text(http, f"{url}/")

    assert "25 of 100 records read (25%)" in page
    assert "The console is still catching up" in pipeline
    assert "At risk" in afterwards


class Behind:
    """Views of a store that has read a quarter of its topics."""

    def __init__(self, views: StoreViews) -> None:
        self._views, self.has_read = views, False

    def pipeline(self, as_of: datetime) -> Pipeline:
        found = self._views.pipeline(as_of)
        if self.has_read:
            return found
        part = found.partitions[0].model_copy(update={"end_offset": 100, "next_offset": 25, "lag": 75})
        return found.model_copy(update={"caught_up": False, "partitions": [part]})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._views, name)
