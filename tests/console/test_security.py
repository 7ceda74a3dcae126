"""Tests who may look, against a real server on 127.0.0.1: hosts, tokens, sessions, proxies, sites, slow clients."""

import asyncio
import json
import re
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import pytest
from markupsafe import escape
from starlette.datastructures import Headers
from yarl import URL

from schemas.visible import visible
from streams.console.api import ENDPOINTS, PREFIX, as_csv, harmless
from streams.console.app import App
from streams.console.documents import AtRiskFilters
from streams.console.gate import COOKIE, MOST_ADDRESSES, MOST_SESSIONS, SESSION, WRONG_A_MINUTE, Gate
from streams.console.looks import MOST_WAITING
from streams.console.pages.addresses import address_of
from streams.console.serving import Serving
from streams.console.site import SECURITY
from streams.console_settings import ConsoleSettings
from streams.errors import BadSettings
from streams.setting_sources import read_settings
from tests.building import at
from tests.console.said import Told, stored, views_of
from tests.console.test_whole import TOKEN, with_console
from tests.running import on

SEES, ACTS, FORGETS = (dict[str, Any](token=f"{role}-{TOKEN}", roles=[role]) for role in ("see", "act", "forget"))
CLOSE = b"Connection: close\r\nHost: localhost\r\n"
DOES_ALL = dict[str, Any](token=f"all-{TOKEN}", roles=["act", "forget"])
TOKENS = {"sees": SEES, "acts": ACTS, "forgets": FORGETS, "all": DOES_ALL}
CLOCK = [0.0]


@asynccontextmanager
async def console(**changes: Any) -> AsyncIterator[App]:
    """Run a console without a broker, of which the store holds one customer."""
    async with App(with_console(on("127.0.0.1:1"), **changes)) as app:
        app.store.apply(Told().card("c-1", 1).signal("c-1", 1).reads())
        yield app


def bearer(of: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {of['token']}"}


async def status_of(method: str, url: str, **options: Any) -> int:
    options = {"allow_redirects": False} | options
    async with aiohttp.ClientSession() as session, session.request(method, url, **options) as answer:
        await answer.read()
        return answer.status


async def raw(app: App, request: bytes) -> bytes:
    host, port = app.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    try:
        return await asyncio.wait_for(reader.read(), 30)
    except ConnectionResetError:
        return b"HTTP/1.1 400 closed before everything was read"
    finally:
        writer.close()


PATHS = [PREFIX + one.path.replace("{customer_id}", "c-1") for one in ENDPOINTS]
OTHERS = [
    "/",
    f"{PREFIX}/at-risk.csv",
    "/at-risk.csv",
    "/customers/c-1",
    "/retention",
    "/find?q=c",
    f"{PREFIX}/openapi.json",
    "/metrics",
    "/customers/c-1/export",
]


@pytest.mark.parametrize("path", [*PATHS, *OTHERS])
async def test_without_a_token_nothing_is_said(path: str) -> None:
    async with console(tokens=TOKENS) as app:
        assert await status_of("GET", app.url + path) == 401
        assert await status_of("GET", app.url + path, headers={"Authorization": "Bearer wrong"}) == 401
        assert await status_of("GET", app.url + path, cookies={COOKIE: "wrong"}) == 401
        assert await status_of("GET", app.url + path, headers=bearer(ACTS)) in {200, 303, 400}


async def test_probes_are_open_and_say_nothing_of_customers() -> None:
    async with console(tokens=TOKENS) as app:
        assert await status_of("GET", f"{app.url}/healthz", headers={"Host": "10.0.0.1"}) == 200
        assert await status_of("GET", f"{app.url}/readyz", headers={"Host": "10.0.0.1"}) == 503


ROLES = {"see": SEES, "act": ACTS, "forget": FORGETS}
TAKES = {
    ("GET", "/customers/c-1"): "see",
    ("GET", f"{PREFIX}/at-risk"): "see",
    ("GET", f"{PREFIX}/customers/c-1/contact"): "see",
    ("GET", "/at-risk.csv"): "act",
    ("GET", f"{PREFIX}/at-risk.csv"): "act",
    ("GET", "/customers/c-1/export"): "act",
    ("GET", f"{PREFIX}/customers/c-1/export"): "act",
    ("GET", f"{PREFIX}/customer/export?id=c-1"): "act",
    ("POST", "/customers/c-1/actions"): "act",
    ("POST", f"{PREFIX}/customers/c-1/actions"): "act",
    ("POST", "/customer/actions?id=c-1"): "act",
    ("POST", "/customers/c-1/forget"): "forget",
    ("POST", f"{PREFIX}/customers/c-1/forget"): "forget",
    ("POST", f"{PREFIX}/customer/forget?id=c-1"): "forget",
}


@pytest.mark.parametrize("of", ROLES)
async def test_each_role_may_do_its_own_and_look_and_nothing_else(of: str) -> None:
    async with console(tokens=TOKENS) as app:
        for (method, path), role in TAKES.items():
            status = await status_of(method, app.url + path, headers=bearer(ROLES[of]))
            assert (status == 403) is (role not in {"see", of}), (method, path, status)


async def test_a_visitor_that_may_look_gets_no_more_of_a_customer_than_a_page_of_its_timeline() -> None:
    async with console(tokens=TOKENS) as app:
        url = f"{app.url}{PREFIX}/customers/c-1?items="
        assert await status_of("GET", url + "200", headers=bearer(SEES)) == 200
        assert await status_of("GET", url + "201", headers=bearer(SEES)) == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"recommendation_id": "action.recommended-2", "outcome": "delivered"}', 503),  # there is no broker
        (b'{"recommendation_id": "action.recommended-2", "outcome": "done"}', 400),
        (b'{"recommendation_id": "action.suppressed-3", "outcome": "delivered"}', 404),
        (b'{"recommendation_id": "another", "outcome": "delivered"}', 404),
        (b'{"outcome": "delivered"}', 400),
        (b"outcome=delivered", 400),
        (b"[]", 400),
        (b"[" * 4_000, 400),  # deeper than Python reads
    ],
)
async def test_only_a_recommendation_of_this_customer_is_reported(body: bytes, status: int) -> None:
    async with console(tokens=TOKENS) as app:
        told = Told().card("c-1", 1).signal("c-1", 1).action("c-1", 1)
        app.store.apply(told.action("c-1", 1, "suppressed", episode="another").reads())
        url = f"{app.url}{PREFIX}/customers/c-1/actions"
        assert await status_of("POST", url, headers=bearer(ACTS), data=body) == status
        other = f"{app.url}{PREFIX}/customers/c-2/actions"
        assert await status_of("POST", other, headers=bearer(ACTS), data=body) == (404 if status == 503 else status)


async def test_on_this_machine_without_tokens_everything_is_open_but_erasing() -> None:
    async with console() as app:
        assert await status_of("GET", f"{app.url}{PREFIX}/at-risk") == 200
        same = {"Origin": app.url}
        assert await status_of("POST", f"{app.url}{PREFIX}/customers/c-1/forget", headers=same) == 403


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.1:80, evil.example"])
async def test_another_sites_name_is_not_answered(host: str) -> None:
    async with console() as app:
        assert await status_of("GET", f"{app.url}{PREFIX}/at-risk", headers={"Host": host}) in {400, 421}


async def test_a_path_that_is_a_whole_url_is_not_answered() -> None:
    async with console() as app:
        said = await raw(
            app, b"GET http://evil.example/api/v1/at-risk HTTP/1.1\r\nConnection: close\r\nHost: evil.example\r\n\r\n"
        )
        assert b" 421 " in said.splitlines()[0]


@pytest.mark.parametrize("host", ["evil/healthz?", "localhost/healthz?", "localhost/static/?", "x@localhost/login#"])
async def test_no_host_opens_a_path_that_is_not_open(host: str) -> None:
    async with console(tokens=TOKENS) as app:
        for path in ("/customers/c-1", f"{PREFIX}/at-risk"):
            assert await status_of("GET", app.url + path, headers={"Host": host}) in {401, 421}


async def test_a_password_that_a_proxy_asked_for_does_not_make_a_change_meant() -> None:
    proxy = {"proxy_header": "X-User", "proxy_addresses": ["127.0.0.1"], "proxy_roles": ["forget"]}
    async with console(**proxy) as app:
        headers = {"X-User": "anna", "Authorization": "Basic YTpi", "Origin": "https://evil.example"}
        assert await status_of("POST", f"{app.url}{PREFIX}/customers/c-1/forget", headers=headers) == 403


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_change_that_another_site_causes_is_refused(origin: str | None) -> None:
    async with console(tokens=TOKENS) as app:
        cookie = app.gate.begin(app.gate.holder(FORGETS["token"]))  # type: ignore[arg-type]
        headers = {} if origin is None else {"Origin": origin}
        for path in ("/customers/c-1/forget", f"{PREFIX}/customers/c-1/forget", "/logout", "/login"):
            assert await status_of("POST", app.url + path, headers=headers, cookies={COOKIE: cookie}) == 403


@pytest.mark.parametrize("typed", [None, "", "c-2"])
async def test_a_page_forgets_no_customer_whose_id_was_not_typed(typed: str | None) -> None:
    async with console(tokens=TOKENS) as app, aiohttp.ClientSession() as session:
        cookie = app.gate.begin(app.gate.holder(FORGETS["token"]))  # type: ignore[arg-type]
        form = {} if typed is None else {"confirm": typed}
        options: Any = {"headers": {"Origin": app.url}, "cookies": {COOKIE: cookie}, "data": form}
        async with session.post(f"{app.url}/customers/c-1/forget", **options) as answer:
            assert answer.status == 400


REFUSED_IDS = ("a\u202eb", "a\u200bb", "anna@example.com")


@pytest.mark.parametrize("name", REFUSED_IDS)
@pytest.mark.parametrize("by_page", [True, False])
async def test_a_customer_whose_id_workers_refuse_is_not_asked_to_be_erased(name: str, by_page: bool) -> None:
    """The request would be refused by its contract: the answer says what helps instead."""
    async with console(tokens=TOKENS) as app, aiohttp.ClientSession(headers=bearer(FORGETS)) as session:
        app.store.apply(Told().card(name, 1).reads())
        path = "/customer/forget" if by_page else f"{PREFIX}/customer/forget"
        address = f"{app.url}{path}?{urlencode({'id': name})}"
        async with session.post(address, headers={"Origin": app.url}, data={"confirm": name}) as answer:
            assert answer.status == 400
            assert "write a record without a value, with this id as its key" in await answer.text()
        assert not app.store.is_gone(name)


@pytest.mark.parametrize("name", REFUSED_IDS)
async def test_what_the_console_says_of_a_customer_that_workers_cannot_erase_erases_it(name: str) -> None:
    async with console(tokens=TOKENS) as app, aiohttp.ClientSession(headers=bearer(FORGETS)) as session:
        address = f"{app.url}{PREFIX}/customer?{urlencode({'id': name})}"
        app.store.apply(Told().card(name, 1).reads())
        async with session.get(address) as answer:
            assert answer.status == 200

        app.store.apply(Told().card(name, 1).tombstone(name).reads())

        async with session.get(address) as answer:
            assert answer.status == 404


async def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_cannot_use() -> None:
    async with console(tokens=TOKENS) as app, aiohttp.ClientSession() as session:
        same = {"Origin": app.url}
        form = {"token": SEES["token"], "next": "/api/v1/at-risk"}
        async with session.post(f"{app.url}/login", data=form, headers=same, allow_redirects=False) as answer:
            cookie = answer.headers["Set-Cookie"]
            assert (answer.status, answer.headers["Location"]) == (303, "/api/v1/at-risk")
            value = answer.cookies[COOKIE].value

        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert SEES["token"] not in cookie
        assert await status_of("GET", f"{app.url}{PREFIX}/at-risk", cookies={COOKIE: value}) == 200
        assert await status_of("POST", f"{app.url}/logout", headers=same, cookies={COOKIE: value}) == 303
        assert await status_of("GET", f"{app.url}{PREFIX}/at-risk", cookies={COOKIE: value}) == 401


@pytest.mark.parametrize(
    "following", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_signing_in_leads_nowhere_else(following: str) -> None:
    async with console(tokens=TOKENS) as app, aiohttp.ClientSession() as session:
        form = {"token": SEES["token"], "next": following}
        async with session.post(
            f"{app.url}/login", data=form, headers={"Origin": app.url}, allow_redirects=False
        ) as answer:
            assert answer.headers["Location"] == "/"


async def test_a_browser_without_a_session_is_led_to_the_door() -> None:
    async with console(tokens=TOKENS) as app, aiohttp.ClientSession() as session:
        async with session.get(
            f"{app.url}/?band=high", headers={"Accept": "text/html"}, allow_redirects=False
        ) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/login?next=%2F%3Fband%3Dhigh")
        async with session.get(f"{app.url}/login") as answer:
            assert answer.status == 200
            assert re.search('name="token"', await answer.text())


async def test_a_wrong_token_at_the_door_is_told_so() -> None:
    async with console(tokens=TOKENS) as app:
        assert await status_of("POST", f"{app.url}/login", data={"token": "no"}, headers={"Origin": app.url}) == 401


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /login HTTP/1.1\r\n" + CLOSE + b"Origin: http://localhost\r\nContent-Length: 5000\r\n\r\n",
        b"POST /login HTTP/1.1\r\n" + CLOSE + b"Origin: http://localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 600_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    ],
)
async def test_what_is_too_long_or_no_request_is_refused(request_: bytes) -> None:
    async with console(tokens=TOKENS) as app:
        said = await raw(app, request_)
        assert said.split(b" ")[1] in {b"400", b"413", b"421", b"431"}
        assert await status_of("GET", f"{app.url}/healthz") == 200


IDS = (
    "a/b",
    "../../etc",
    "a/contact",
    "a/export",
    '"><b>',
    "ünï 😀",
    "c?x=1#f",
    "%2e%2e",
    "=1",
    "a\\b",
    "a\u202eb",
    "a\tb",
)


@pytest.mark.parametrize("name", [*IDS, ".", ".."])
@pytest.mark.parametrize("way", ["path", "query", "page"])
async def test_a_customer_of_any_id_is_found_exported_and_forgotten(name: str, way: str) -> None:
    if way == "path" and set(name) == {"."}:
        return  # no path can carry it
    async with console(tokens=TOKENS) as app:
        other = f"{name}/export"
        app.store.apply(Told().card(other, 1).signal(other, 1).card(name, 1).reads())
        parts, headers = ("", "/contact", "/export", "/forget"), bearer(DOES_ALL)
        forms = {
            "path": f"{PREFIX}/customers/{quote(name, safe='')}{{part}}",
            "query": f"{PREFIX}/customer{{part}}?{urlencode({'id': name})}",
            "page": address_of(name, "{part}"),
        }
        addresses = {part: URL(app.url + forms[way].replace("{part}", part), encoded=True) for part in parts}
        async with aiohttp.ClientSession(headers=headers) as session:
            for part in parts[:3] if way != "page" else parts[2:3]:
                async with session.get(addresses[part]) as answer:
                    assert answer.status == 200
                    assert (await answer.json())["customer_id"] == name, part
            if way == "page":
                async with session.get(addresses[""]) as answer:
                    assert f"<h1>{escape(visible(name))}</h1>" in await answer.text()
                data = {"confirm": "another"}  # refused for what was typed, so it was found
                async with session.post(addresses["/forget"], data=data) as answer:
                    assert answer.status == 400


@pytest.mark.parametrize("name", ["a\u202eb", "a\u200bb"])
async def test_characters_that_nobody_sees_are_shown(name: str) -> None:
    async with console(tokens=TOKENS) as app:
        app.store.apply(Told().card(name, 1).signal(name, 1, observed={name: name}).reads())
        headers = bearer(FORGETS)
        async with aiohttp.ClientSession(headers=headers) as session:
            for path in ("/", address_of(name), f"/?{urlencode({'search': name})}"):
                async with session.get(URL(app.url + path, encoded=True)) as answer:
                    page = await answer.text()
                    assert name not in page
                    assert visible(name) in page


async def test_what_the_broker_does_not_take_was_not_done_and_may_be_asked_for_again() -> None:
    data, headers = {"confirm": "c-1"}, bearer(FORGETS)
    async with console(tokens=TOKENS) as app, aiohttp.ClientSession(headers=headers) as session:
        url = f"{app.url}/customers/c-1/forget"
        async with session.post(url, data=data) as answer:
            assert answer.status == 503
            assert "try again" in await answer.text()


@pytest.mark.parametrize("path", ["/nowhere", "/customers/c-1/nothing", "/customers/nobody", "/static/nothing"])
async def test_an_address_that_is_none_answers_a_page_to_a_browser_and_json_to_a_program(path: str) -> None:
    async with console(tokens=TOKENS) as app, aiohttp.ClientSession(headers=bearer(SEES)) as session:
        async with session.get(app.url + path, headers={"Accept": "text/html,*/*"}) as answer:
            assert (answer.status, answer.content_type) == (404, "text/html")
            page = await answer.text()
            assert "Nothing is here" in page
            assert "Not Found" not in page  # English on a page of another language
        async with session.get(f"{app.url}{PREFIX}{path}") as answer:
            assert (answer.status, answer.content_type) == (404, "application/json")


async def test_a_body_that_cannot_be_read_says_what_to_send() -> None:
    async with console(tokens=TOKENS) as app, aiohttp.ClientSession(headers=bearer(ACTS)) as session:
        async with session.post(f"{app.url}{PREFIX}/customers/c-1/actions", data=b"[]") as answer:
            assert (await answer.json())["problem"].startswith("the body is no JSON object: send {")
        for path in ("/login", "/customers/c-1/actions"):
            async with session.post(app.url + path, data={f"field-{n}": "" for n in range(11)}) as answer:
                assert (answer.status, await answer.json()) == (400, {"problem": "a form may have at most 10 fields"})


async def test_a_method_that_an_address_does_not_take_is_told_those_that_it_takes() -> None:
    async with (
        console(tokens=TOKENS) as app,
        aiohttp.ClientSession(headers=bearer(SEES)) as session,
        session.put(f"{app.url}{PREFIX}/at-risk") as answer,
    ):
        assert (answer.status, set(answer.headers["Allow"].split(", "))) == (405, {"GET", "HEAD"})
        assert (await answer.json())["problem"].startswith("this address takes ")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_nobody_learns_without_a_token_which_addresses_there_are(method: str) -> None:
    async with console(tokens=TOKENS) as app:
        for path in ("/at-risk", "/customers/c-1/actions", "/nowhere", "/customer?id=a&id=b"):
            assert await status_of(method, f"{app.url}{PREFIX}{path}") == 401


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "POST"])
async def test_a_method_is_told_so_whether_tokens_are_set_or_not(method: str) -> None:
    async with console() as here, console(tokens=TOKENS) as guarded:
        assert await status_of(method, f"{here.url}{PREFIX}/at-risk") == 405
        assert await status_of(method, f"{guarded.url}{PREFIX}/at-risk", headers=bearer(SEES)) == 405
        assert await status_of(method, f"{here.url}/static/console.css") == 405


@pytest.mark.parametrize("of", ["/api/v1/customer/contact?", "/customer?", "/api/v1/at-risk?search=x&", "/login?"])
async def test_an_address_that_may_mean_two_things_is_refused(of: str) -> None:
    async with console() as app, aiohttp.ClientSession(headers={"Accept-Language": "es"}) as session:
        for query, says in (("id=c-1&id=c-2", "id"), ("id=%ff", "UTF-8"), ("id=c-1&id=", "id"), ("%C3=1", "UTF-8")):
            async with session.get(URL(f"{app.url}{of}{query}", encoded=True)) as answer:
                assert (answer.status, says in (await answer.json())["problem"]) == (400, True)
        page = {"Accept": "text/html"}
        async with session.get(URL(f"{app.url}/customers/%e9", encoded=True), headers=page) as answer:
            assert (answer.status, "no son UTF-8" in await answer.text()) == (400, True)
        async with session.get(URL(f"{app.url}{PREFIX}/customers/%e9/contact", encoded=True)) as answer:
            assert answer.status == 400


async def test_a_change_of_a_program_without_a_token_is_told_what_to_send() -> None:
    async with console() as app, aiohttp.ClientSession() as session:
        url, body = f"{app.url}{PREFIX}/customers/c-1/actions", {"recommendation_id": "x", "outcome": "delivered"}
        async with session.post(url, json=body) as answer:
            assert answer.status == 403
            assert "`Authorization: Bearer …` (any word, where no token is set)" in (await answer.json())["problem"]
        async with session.post(url, json=body, headers={"Authorization": "Bearer any"}) as answer:
            assert answer.status != 403


async def test_who_is_refused_in_a_browser_is_told_by_a_page() -> None:
    browser = {"Accept": "text/html", "Origin": "https://evil.example"}
    proxy = {"proxy_header": "X-User", "proxy_addresses": ["127.0.0.1"]}
    async with console(**proxy) as app, aiohttp.ClientSession(headers=browser) as session:
        async with session.get(f"{app.url}/") as answer:
            assert (answer.status, answer.content_type) == (401, "text/html")
        async with session.post(f"{app.url}/customers/c-1/forget", headers={"X-User": "anna"}) as answer:
            assert (answer.status, answer.content_type) == (403, "text/html")


async def test_a_host_that_nobody_knows_is_told_by_its_name() -> None:
    serving = Serving(ConsoleSettings(host="nonsense.invalid", port=0), _silent)
    with pytest.raises(BadSettings, match=r"console\.host"):
        await serving.start()


async def _silent(*_: Any) -> None:
    """Answer nothing."""


async def test_every_answer_has_the_headers_that_protect_it() -> None:
    async with console() as app, aiohttp.ClientSession() as session:
        for path in ("/api/v1/at-risk", "/healthz", "/nowhere", "/metrics", "/api/v1/at-risk.csv"):
            async with session.get(app.url + path) as answer:
                for name in SECURITY:
                    assert name in answer.headers, (path, name)
                assert "unsafe" not in answer.headers["Content-Security-Policy"]


async def test_clients_that_say_nothing_are_closed_and_stand_in_nobodys_way() -> None:
    settings = ConsoleSettings(port=0)

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    serving = Serving(settings, app, connections=4, patience=0.2)
    await serving.start()
    host, port = serving.url.removeprefix("http://").split(":")
    silent = [await asyncio.open_connection(host, int(port)) for _ in range(12)]

    assert await status_of("GET", serving.url) == 200
    for reader, writer in silent:
        assert b"200" not in await asyncio.wait_for(reader.read(), 10)
        writer.close()
    await serving.stop()


# The gate


def gate(**changes: Any) -> Gate:
    return Gate(ConsoleSettings.model_validate(changes), lambda: CLOCK[0])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "console.example.com", ""])  # noqa: S104 - refused
def test_beyond_this_machine_it_does_not_start_without_knowing_who_may_look(host: str) -> None:
    with pytest.raises(BadSettings, match="openssl rand"):
        gate(host=host)

    assert gate(host=host, tokens=TOKENS).has_tokens
    assert not gate(host=host, proxy_header="X-User", proxy_addresses=["10.0.0.1"]).is_open


def test_a_session_ends_by_itself_and_there_are_only_so_many() -> None:
    one = gate(tokens=TOKENS)
    who = one.holder(SEES["token"])
    assert who is not None
    first = one.begin(who)
    assert one.visitor(Headers(), first, "127.0.0.1") is not None
    CLOCK[0] += SESSION

    assert one.visitor(Headers(), first, "127.0.0.1") is None
    cookies = [one.begin(who) for _ in range(MOST_SESSIONS + 1)]
    assert one.visitor(Headers(), cookies[0], "127.0.0.1") is None
    assert one.visitor(Headers(), cookies[-1], "127.0.0.1") is not None


def test_guessing_is_slow_and_keeps_nobody_else_out() -> None:
    one = gate(tokens=TOKENS)
    for _ in range(WRONG_A_MINUTE):
        assert one.holder("wrong", "10.0.0.1") is None

    assert one.holder(SEES["token"], "10.0.0.1") is None
    assert one.holder(SEES["token"], "10.0.0.2") is not None
    CLOCK[0] += 61
    assert one.holder(SEES["token"], "10.0.0.1") is not None


def test_of_those_who_guess_only_so_many_are_remembered() -> None:
    one = gate(tokens=TOKENS)
    for number in range(MOST_ADDRESSES + 10):
        assert one.holder("wrong", str(number)) is None

    assert len(one._wrong) == MOST_ADDRESSES


@pytest.mark.parametrize(
    ("address", "said", "name"),
    [
        ("10.0.0.1", ["anna"], "anna"),
        ("10.0.0.2", ["anna"], None),
        ("127.0.0.1", ["anna"], None),
        ("10.0.0.1", ["anna", "bob"], None),
        ("10.0.0.1", [""], None),
        ("10.0.0.1", ["a\tb"], None),
        ("10.0.0.1", ["x" * 200], None),
        ("nonsense", ["anna"], None),
    ],
)
def test_a_name_is_believed_from_the_proxy_alone(address: str, said: list[str], name: str | None) -> None:
    one = gate(host="0.0.0.0", proxy_header="X-User", proxy_addresses=["10.0.0.1"])  # noqa: S104
    headers = Headers(raw=[(b"x-user", value.encode()) for value in said])

    who = one.visitor(headers, None, address)

    assert (who and who.name) == name


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"console.tokens.anna.token": "short"}, "openssl rand"),
        ({"console.tokens.anna.roles": "admin", "console.tokens.anna.token": TOKEN}, "see, act, forget"),
        ({"console.proxy_header": "X-User"}, "belong together"),
        ({"console.cert_file": "/x"}, "belong together"),
        ({"console.proxy_addresses": "nonsense", "console.proxy_header": "X-User"}, "10.0.0.7"),
        ({"console.nonsense": "1"}, "nonsense"),
    ],
)
def test_wrong_settings_are_told_what_to_write(overrides: dict[str, Any], says: str) -> None:
    with pytest.raises(BadSettings, match=says):
        read_settings(overrides=overrides)


def test_a_token_without_a_value_a_file_that_is_not_there_and_one_twice_are_refused(tmp_path: Any) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    assert gate(tokens={"anna": {"token_file": str(file)}}).holder(TOKEN) is not None

    for wrong, says in (
        ({"anna": {}}, "BACKSTAY_CONSOLE__TOKENS__ANNA__TOKEN"),
        ({"anna": {"token_file": str(tmp_path / "none")}}, "cannot read"),
        ({"anna": {"token": TOKEN}, "bob": {"token": TOKEN}}, "the same token"),
    ):
        with pytest.raises(BadSettings, match=says):
            gate(tokens=wrong)


# Looks, and files


async def test_when_looks_cannot_be_written_nobody_sees_a_customer() -> None:
    async with console() as app:
        for _ in range(MOST_WAITING):
            app.looks.note("at_risk")

        assert await status_of("GET", f"{app.url}{PREFIX}/customers/c-1") == 503
        assert await status_of("GET", f"{app.url}{PREFIX}/at-risk") == 503
        assert await status_of("GET", f"{app.url}{PREFIX}/pipeline") == 200
        app.looks._waiting.clear()


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", " ="])
def test_no_cell_is_a_formula(begins: str) -> None:
    told = Told().card(f"{begins}HYPERLINK(1)", 1, plan=f"{begins}cmd", segments={"a": "=1"})
    rows = views_of(stored(told.reads())).at_risk(AtRiskFilters(), 1, 50, at(2)).rows

    lines = as_csv(rows, with_names=False)

    assert not re.search(r'(^|,)"?[\s]*[=+\-@]', lines.replace("\r\n", ""))
    assert harmless("plain") == "plain"
    assert json.dumps(lines)


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, Path]:
    """Return the settings of a certificate for 127.0.0.1, signed by itself."""
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    make += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(make, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    return {"cert_file": tmp_path / "cert.pem", "key_file": tmp_path / "key.pem"}


async def test_with_a_certificate_everything_is_encrypted_and_cookies_are_for_encrypted_connections_alone(
    certificate: dict[str, Path],
) -> None:
    known = ssl.create_default_context(cafile=str(certificate["cert_file"]))
    door: dict[str, Any] = {"data": {"token": SEES["token"]}, "allow_redirects": False, "ssl": known}
    async with console(tokens=TOKENS, **certificate) as app, aiohttp.ClientSession() as session:
        async with session.post(f"{app.url}/login", headers={"Origin": app.url}, **door) as answer:
            cookie, strict = answer.headers["Set-Cookie"], answer.headers["Strict-Transport-Security"]
        with pytest.raises(aiohttp.ClientError):
            await status_of("GET", app.url.replace("https", "http") + "/healthz")
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await status_of("GET", f"{app.url}/healthz")

    assert app.url.startswith("https://127.0.0.1:")
    assert answer.status == 303
    assert {"Secure", "HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    assert strict == "max-age=31536000"
