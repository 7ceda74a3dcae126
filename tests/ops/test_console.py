"""The pages of the console in a real browser, with the records of a company that was really played."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest

from streams.broker import Broker
from streams.console.app import App
from streams.console.documents import AtRiskFilters, RetentionFilters
from streams.console.viewing import StoreViews
from streams.embedded import EmbeddedBroker
from streams.topics import OUTCOMES, PRIVACY
from tests.building import Log, at
from tests.console.said import Told
from tests.console_company import played, watched
from tests.console_server import pages_of, served, views_of
from tests.ops.browser import Browser, browser
from tests.ops.test_observed import needs
from tests.ops.test_sdks import installed, run
from tests.running import on, said, send, worked_off

pytestmark = [pytest.mark.ops, pytest.mark.timeout(600)]

NOW: Final = datetime(2026, 9, 9, tzinfo=UTC)
WIDE, NARROW = 1_280, 390
LOOKS: Final = (("light", "en", WIDE), ("dark", "es", NARROW), ("dark", "it", WIDE), ("light", "it", NARROW))
CODES: Final = {"Tab": 9, "Enter": 13, "Escape": 27, "End": 35, "Home": 36, "/": 191} | {
    f"Arrow{to}": code for code, to in enumerate(("Left", "Up", "Right", "Down"), 37)
}
"""Numbers of keys, by which Chromium knows what a key does by itself."""
AXE: Final = Path(__file__).parent / "axe/package.json"
TOO_WIDE: Final = """
[...document.querySelectorAll("header *, main *, footer *")].filter(one => {
  if (one.closest(".hidden, details:not([open]) > :not(summary), .skip, .risks thead, svg, .menu > div")) return false;
  const at = one.getBoundingClientRect();
  const spills = getComputedStyle(one).display === "block" && one.scrollWidth > one.clientWidth + 1;
  return at.width && (at.right > WIDTH + 1 || at.left < -1 || spills);
}).map(one => one.tagName + " " + one.className + ": " + one.textContent.replace(/\\s+/g, " ").slice(0, 40))
"""
"""Elements that reach out of the window, or whose text does not fit."""


@pytest.fixture(scope="module")
def views() -> StoreViews:
    """Return the views of a company of 90 customers in eight months."""
    found = asyncio.run(watched(customers=90, days=240))
    return views_of(found.reads, today=NOW, workers=found.workers)


@pytest.fixture(scope="module")
def console(views: StoreViews) -> Iterator[str]:
    """Return the address of its console."""
    with served(pages_of(views, NOW)) as address:
        yield address


@pytest.fixture(scope="module")
def axe() -> str:
    """Return the source of axe-core, installed once."""
    folder, ready = installed("axe", AXE)
    if not ready:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(AXE, folder)
        run(needs("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", cwd=folder)
        (folder / "done").touch()
    return (folder / "node_modules/axe-core/axe.min.js").read_text()


@asynccontextmanager
async def window(folder: Path, width: int = WIDE) -> AsyncIterator[Browser]:
    """Return a browser with a window of a width."""
    async with browser(needs("chromium"), folder) as tab:
        await tab.ask("Log.enable")
        await tab.ask("Page.enable")
        await tab.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        yield tab


async def go(tab: Browser, address: str) -> None:
    """Open an address, and wait until the page is there."""
    await tab.find("window.left = true")
    await tab.ask("Page.navigate", url=address)
    await until(tab, "!window.left && document.readyState === 'complete' && location.protocol === 'http:'")


async def until(tab: Browser, expression: str) -> None:
    """Wait until something holds in the page; fail with what it is if that takes too long."""
    for _ in range(200):
        if await tab.find(f"Boolean({expression})"):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"never: {expression}, at {await tab.find('location.href')}")


async def press(tab: Browser, key: str, text: str = "") -> None:
    """Press a key and let it go."""
    said = {"key": key, "windowsVirtualKeyCode": CODES.get(key, 0)} | ({"text": text} if text else {})
    await tab.ask("Input.dispatchKeyEvent", type="keyDown", **said)
    await tab.ask("Input.dispatchKeyEvent", type="keyUp", key=key)


def worst(views: StoreViews) -> str:
    """Return the customer at the top of those at risk by the number of its signals."""
    rows = views.at_risk(AtRiskFilters(), 1, 50, NOW).rows
    return max(rows, key=lambda row: (len(row.reasons), row.risk)).customer_id


def former(views: StoreViews) -> str:
    """Return a customer that has left, of those behind the losses of a month."""
    for month in views.retention(RetentionFilters(), NOW).periods:
        for key in (one.drill for one in month.figures if one.metric == "crr" and one.drill):
            found = views.drill(key, 1, 50, NOW)
            for row in found.rows if found is not None else []:
                if views.contact(row.customer_id, NOW).left:
                    return row.customer_id
    raise AssertionError("nobody has left")


def paths(views: StoreViews) -> list[str]:
    """Return a page of each kind."""
    found = views.retention(RetentionFilters(), NOW)
    steps = [step.drill for step in (found.waterfall.steps if found.waterfall else []) if step.drill]
    lost = [one.drill for period in found.periods for one in period.figures if one.drill and one.drill[:4] == "lost"]
    return [
        "/",
        "/?search=nothing-like-that",
        f"/customers/{worst(views)}",
        f"/customers/{former(views)}",
        "/retention?segment=country%3DES",
        "/retention",
        f"/retention?period={found.periods[1].start}",
        f"/drill?{urlencode({'key': steps[0]})}",
        f"/drill?{urlencode({'key': lost[-1]})}",
        "/signals?severity=low&days=30",
        "/pipeline",
        "/login?failed",
        "/behind",
        "/nothing",
    ]


@pytest.mark.parametrize(("theme", "language", "width"), LOOKS)
async def test_every_page_fits_says_nothing_to_the_console_and_passes_axe(
    console: str, views: StoreViews, axe: str, tmp_path: Path, theme: str, language: str, width: int
) -> None:
    wrong: list[str] = []
    async with window(tmp_path, width) as tab:
        await go(tab, f"{console}/preferences?{urlencode({'theme': theme, 'lang': language, 'back': '/'})}")
        for path in paths(views):
            await go(tab, console + path)
            assert await tab.find("document.documentElement.lang + document.documentElement.dataset.theme") == (
                language + theme
            )
            wrong += [f"{path}: {one}" for one in tab.complaints if "status of" not in one]  # what an error page is
            wrong += [f"{path}: too wide: {one}" for one in await tab.find(TOO_WIDE.replace("WIDTH", str(width)))]
            if await tab.find("document.documentElement.scrollWidth") > width:
                wrong.append(f"{path}: scrolls sideways")
            loaded = await tab.find("performance.getEntriesByType('resource').map(one => one.name)")
            wrong += [f"{path}: loads {one}" for one in loaded if not one.startswith(console + "/static/")]
            wrong += [f"{path}: axe: {one}" for one in await judged(tab, axe)]
            tab.complaints.clear()

    assert not wrong, "\n" + "\n".join(wrong[:40])


async def judged(tab: Browser, axe: str) -> list[str]:
    """Return what axe-core finds serious or critical."""
    await tab.find(axe + "; 0")
    expression = "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)"
    answer = await tab.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
    found: list[dict[str, Any]] = answer["result"]["value"]
    return [
        f"{one['id']}: {node['html'][:120]} ({node.get('failureSummary', '')[:160]})"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"][:3]
    ]


async def test_axe_finds_what_is_wrong(console: str, axe: str, tmp_path: Path) -> None:
    async with window(tmp_path) as tab:
        await go(tab, console + "/login")
        await tab.find("document.getElementById('token').removeAttribute('id')")

        assert any(one.startswith("label: ") for one in await judged(tab, axe))


async def test_the_console_is_walked_by_keys_alone(console: str, views: StoreViews, tmp_path: Path) -> None:
    focused = "document.activeElement"
    async with window(tmp_path) as tab:
        await go(tab, console + "/")
        await press(tab, "Tab")
        assert await tab.find(f"{focused}.className") == "skip"
        await press(tab, "Enter", "\r")
        await until(tab, f"{focused}.id === 'main'")

        await press(tab, "/", "/")
        assert await tab.find(f"{focused}.id") == "find"
        await tab.ask("Input.insertText", text=worst(views))
        await press(tab, "Enter", "\r")
        await until(tab, f"location.pathname === '/customers/{worst(views)}' && document.readyState === 'complete'")

        await go(tab, console + "/")
        await tab.find("document.querySelector('a[data-row]').focus()")
        first = await tab.find(f"{focused}.textContent")
        await press(tab, "ArrowDown")
        second = await tab.find(f"{focused}.textContent")
        await press(tab, "ArrowUp")
        assert await tab.find(f"{focused}.textContent") == first != second
        assert await tab.find(f"getComputedStyle({focused}).outlineStyle") == "solid"
        await press(tab, "Enter", "\r")
        await until(tab, f"location.pathname === '/customers/{first}' && document.readyState === 'complete'")

        await tab.find("document.querySelector('.menu summary').focus()")
        await press(tab, "Enter", "\r")
        await until(tab, "document.querySelector('.menu').open")
        await press(tab, "Escape")
        await until(tab, "!document.querySelector('.menu').open")


STOPS: Final = """
[...document.querySelectorAll("a, button, select, input, summary, [tabindex]")].filter(one =>
  one.offsetParent && one.tabIndex >= 0 && !one.disabled && !one.closest("details:not([open]) > :not(summary)")).length
"""
"""Elements at which Tab stops."""


@pytest.mark.parametrize("width", [WIDE, NARROW])
async def test_a_table_of_retention_is_one_stop_and_arrows_go_through_it(
    console: str, tmp_path: Path, width: int
) -> None:
    focused = "document.activeElement"
    cell = f"(({focused}.closest('td, th').cellIndex) + ',' + {focused}.closest('tr').rowIndex)"
    async with window(tmp_path, width) as tab:
        await go(tab, console + "/retention")
        assert await tab.find("document.querySelectorAll('table[data-grid]').length") == 5
        assert await tab.find(STOPS) <= 40 < await tab.find("main.querySelectorAll('a').length")
        assert await tab.find(
            "[...document.querySelectorAll('[role=grid]')].map(one => one.querySelectorAll('a[tabindex=\"0\"]').length)"
        ) == [1, 1, 1, 1, 1]

        await tab.find("document.querySelector('.cohorts a').focus()")
        walked = []
        for key in (
            "ArrowRight",
            "ArrowDown",
            "ArrowDown",
            "ArrowUp",
            "End",
            "Home",
            "ArrowUp",
            "ArrowUp",
            "ArrowLeft",
        ):
            await press(tab, key)
            walked.append(await tab.find(cell))
        assert [walked[0], walked[1], walked[2], walked[3]] == ["2,1", "2,2", "2,3", "2,2"]
        assert walked[4] not in {"2,2", "1,2"}
        assert walked[5:] == ["1,2", "1,1", "1,1", "1,1"]

        await press(tab, "ArrowDown")
        here = await tab.find(f"{focused}.href")
        await press(tab, "Tab")
        assert await tab.find(f"{focused}.tagName") == "SUMMARY"
        await tab.find("replace(document.getElementById('main').cloneNode(true)); 0")
        await tab.find(f"[...document.querySelectorAll('.cohorts a')].find(one => one.href === '{here}').focus()")
        assert await tab.find("document.querySelectorAll('.cohorts a[tabindex=\"0\"]').length") == 1


async def test_a_page_that_has_not_changed_is_not_shown_anew(console: str, tmp_path: Path) -> None:
    async with window(tmp_path) as tab:
        await go(tab, console + "/retention")
        await tab.find(
            "document.querySelector('main details').open = true; window.heading = document.querySelector('h1')"
        )
        await tab.find("again().then(() => { window.looked = true; }); 0")
        await until(tab, "window.looked")

        assert await tab.find("window.heading === document.querySelector('h1')")


async def test_what_opens_more_has_a_name_of_its_own(console: str, views: StoreViews, tmp_path: Path) -> None:
    async with window(tmp_path) as tab:
        for path in ("/", "/retention", "/signals", f"/customers/{worst(views)}"):
            await go(tab, console + path)
            texts = await tab.find("[...document.querySelectorAll('main summary')].map(one => one.textContent)")
            names = [" ".join(text.split()) for text in texts]
            assert len(names) == len(set(names)), [one for one in names if names.count(one) > 1]


async def test_the_menu_closes_once_the_focus_has_left_it(console: str, tmp_path: Path) -> None:
    async with window(tmp_path) as tab:
        await go(tab, console + "/")
        await tab.find("document.querySelector('.menu summary').focus()")
        await press(tab, "Enter", "\r")
        await until(tab, "document.querySelector('.menu').open")
        links = await tab.find("document.querySelectorAll('.menu a, .menu button').length")
        for _ in range(links):
            await press(tab, "Tab")
            assert await tab.find("document.activeElement.closest('.menu[open]') !== null")
        await press(tab, "Tab")

        await until(tab, "!document.querySelector('.menu').open")
        assert await tab.find("document.getElementById('main').contains(document.activeElement)")


async def test_a_page_that_is_shown_anew_keeps_the_focus_where_it_was(console: str, tmp_path: Path) -> None:
    focused = "document.activeElement"
    async with window(tmp_path) as tab:
        await go(tab, console + "/retention")
        twice = "[...main.querySelectorAll('a')].filter((one, n, all) => all.findIndex(a => a.href === one.href) < n)"
        await tab.find(f"{twice}.at(-1).focus()")
        place = await tab.find(f"[...main.querySelectorAll('a')].indexOf({focused})")
        await tab.find("replace(document.getElementById('main').cloneNode(true))")
        assert place > 0
        assert await tab.find(f"[...main.querySelectorAll('a')].indexOf({focused})") == place

        await tab.find("replace(document.createElement('main'))")
        assert await tab.find(f"{focused}.id") == "main"


async def test_what_is_typed_while_rows_are_asked_for_is_kept(console: str, tmp_path: Path) -> None:
    async with window(tmp_path) as tab:
        await go(tab, console + "/")
        await tab.find("document.querySelector('input[name=search]').focus()")
        await tab.find(
            "window.asked = window.fetch; window.fetch = async (...all) => { window.asks = true; "
            "await new Promise(go => setTimeout(go, 300)); return asked(...all); }; 0"
        )
        await tab.ask("Input.insertText", text="c-000")
        await until(tab, "window.asks")
        await tab.find("window.before = document.activeElement; 0")
        await tab.ask("Input.insertText", text="1")
        await until(tab, "document.querySelector('input[name=search]') !== window.before")
        await tab.ask("Input.insertText", text="2")

        assert await tab.find("document.activeElement.value") == "c-00012"
        await until(tab, "location.search.includes('search=c-00012')")


async def test_keys_go_through_a_customer_from_top_to_bottom(console: str, views: StoreViews, tmp_path: Path) -> None:
    """Below each other, as on a phone or in a window at 400 %, sections stand in the order of the document."""
    tops = "[...document.querySelectorAll('main section')].map(one => one.getBoundingClientRect().top)"
    async with window(tmp_path, NARROW) as tab:
        await go(tab, f"{console}/customers/{worst(views)}")
        found = await tab.find(tops)
        assert found == sorted(found)
    async with window(tmp_path / "wide") as tab:
        await go(tab, f"{console}/customers/{worst(views)}")
        left = await tab.find(
            "[...document.querySelectorAll('.customer > *')].map(one => "
            "[one.getBoundingClientRect().left < 400, one.getBoundingClientRect().top])"
        )
        (first, above), (second, beside), (third, below) = left
        assert (first, second, third) == (True, False, True)
        assert above == beside < below


async def test_filters_change_the_rows_and_the_address_without_a_new_page(
    console: str, views: StoreViews, tmp_path: Path
) -> None:
    rows = views.at_risk(AtRiskFilters(), 1, 50, NOW).rows
    plan = rows[0].plan
    there = len([row for row in rows if row.plan == plan])
    async with window(tmp_path) as tab:
        await go(tab, console + "/")
        await tab.find("window.same = true")
        await tab.find(
            f"(one => {{ one.value = '{plan}'; one.dispatchEvent(new Event('change', {{bubbles: true}})); }})"
            "(document.querySelector('select[name=plan]'))"
        )
        await until(tab, f"location.search.includes('plan={plan}')")
        await until(tab, f"document.querySelectorAll('a[data-row]').length === {min(there, 25)}")

        assert await tab.find("window.same") is True
        assert await tab.find("document.querySelector('select[name=plan]').value") == plan
        await tab.find("history.back()")
        await until(tab, f"document.querySelectorAll('a[data-row]').length === {min(len(rows), 25)}")


async def test_a_customer_is_forgotten_only_if_its_id_is_typed(console: str, views: StoreViews, tmp_path: Path) -> None:
    customer = worst(views)
    field = "document.getElementById('confirm')"
    async with window(tmp_path) as tab:
        await go(tab, f"{console}/customers/{quote(customer)}")
        for text, fine in (("", False), (customer[:-1], False), (customer + "0", False), (customer, True)):
            await tab.find(f"{field}.value = '{text}'")
            assert await tab.find(f"{field}.form.checkValidity()") is fine


async def test_a_page_that_is_looked_at_shows_what_has_come_since(tmp_path: Path) -> None:
    reads = await played(customers=25, days=60)
    views = views_of([])
    with served(pages_of(views, NOW)) as address:
        async with window(tmp_path) as tab:
            await go(tab, address + "/")
            await tab.find("window.same = true")
            views._store.apply(reads)
            await tab.find("again()")
            await until(tab, "document.querySelectorAll('a[data-row]').length > 0")

            assert await tab.find("window.same") is True


async def test_a_token_opens_the_real_console_and_a_customer_is_forgotten_by_hand(tmp_path: Path) -> None:
    token = "a-token-of-the-tests-that-is-long"  # noqa: S105 - of tests
    async with EmbeddedBroker() as broker:
        settings = on(broker.address)
        await Broker(settings).create_topics()
        leaving = Log("c-leaving").starts(0, "50").login(*range(1, 30)).add("cancellation.requested", 30)
        await send(settings, leaving.lines(), at(62))
        await worked_off(settings)
        tokens = {"ann": {"token": token, "roles": ["see", "act", "forget"]}}
        console = type(settings.console).model_validate({"port": 0, "tokens": tokens})
        async with App(settings.model_copy(update={"console": console})) as app, window(tmp_path) as tab:
            await asyncio.wait_for(app.subscriber.caught_up.wait(), 30)
            await go(tab, f"{app.url}/customers/c-leaving")
            await until(tab, "location.pathname === '/login' && document.activeElement.id === 'token'")
            await tab.ask("Input.insertText", text="wrong")
            await press(tab, "Enter", "\r")
            await until(tab, "document.getElementById('failed')")
            await tab.find("document.getElementById('token').focus()")
            await tab.ask("Input.insertText", text=token)
            await press(tab, "Enter", "\r")
            await until(tab, "location.pathname === '/customers/c-leaving' && document.readyState === 'complete'")
            await tab.find("document.querySelector('.forget').open = true")
            await tab.find("document.getElementById('confirm').focus()")
            await tab.ask("Input.insertText", text="c-leaving")
            await press(tab, "Enter", "\r")
            await until(tab, "location.pathname === '/' && document.readyState === 'complete'")

            assert await tab.find("document.querySelectorAll('main [role=status]').length") == 1
        asked = [record["value"] for record in await said(settings, PRIVACY)]
    found = [one["customer_id"] for one in asked if one.get("type") == "erasure.requested"]
    assert found == ["c-leaving"]


async def test_what_was_done_is_said_by_a_button_and_is_no_more_to_do(tmp_path: Path) -> None:
    async with EmbeddedBroker() as broker:
        settings = on(broker.address)
        await Broker(settings).create_topics()
        leaving = Log("c-leaving").starts(0, "50").login(*range(1, 30)).add("cancellation.requested", 30)
        await send(settings, leaving.lines(), at(32))
        await worked_off(settings)
        console = type(settings.console).model_validate({"port": 0})
        async with App(settings.model_copy(update={"console": console})) as app, window(tmp_path) as tab:
            await asyncio.wait_for(app.subscriber.caught_up.wait(), 30)
            await go(tab, f"{app.url}/customers/c-leaving")
            buttons = "[...document.querySelectorAll('.do button')].map(one => one.textContent)"
            assert await tab.find(buttons) == ["Done", "Dismiss"]
            await tab.leave("document.querySelector('.do button').click()")
            await until(tab, "!window.left && document.readyState === 'complete' && location.hash === '#actions'")
            while await tab.find(buttons):  # until the console has read what it wrote
                await go(tab, f"{app.url}/customers/c-leaving")
            shown = await tab.find("document.getElementById('actions').closest('section').textContent")
        found = [one["value"] for one in await said(settings, OUTCOMES) if "event_id" in one["value"]]
    assert [(one["type"], one["customer_id"]) for one in found] == [("action.delivered", "c-leaving")]
    assert "done loopback" in " ".join(shown.split())
    assert "It worked" in shown


@pytest.mark.parametrize("name", [".", "..", "a/export", "a\\..\\b", "%2e%2e"])
async def test_a_customer_whose_id_a_browser_would_take_out_of_a_path_opens_from_its_row(
    tmp_path: Path, name: str
) -> None:
    views = views_of(Told().card(name, 1).signal(name, 1).reads())
    with served(pages_of(views, at(2))) as address:
        async with window(tmp_path) as tab:
            await go(tab, address + "/")
            await tab.leave("document.querySelector('a[data-row]').click()")
            await until(tab, "!window.left && document.readyState === 'complete'")

            assert await tab.find("document.querySelector('h1').textContent") == name


async def test_without_a_script_every_page_is_there(console: str, views: StoreViews, tmp_path: Path) -> None:
    async with window(tmp_path) as tab:
        await tab.ask("Emulation.setScriptExecutionDisabled", value=True)
        for path in paths(views)[:9]:
            await tab.ask("Page.navigate", url=console + path)
            for _ in range(100):
                if await tab.find("document.readyState === 'complete' && location.pathname !== 'blank'"):
                    break
                await asyncio.sleep(0.05)
            assert await tab.find("document.querySelectorAll('h1').length") == 1
            assert await tab.find(
                "[...document.querySelectorAll('form[data-filters] button')].every(b => b.offsetParent)"
            )
