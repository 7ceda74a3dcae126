"""The console as an ASGI application: every request passes one guard, and then a route that answers it.

    request ─► host ─► length of its body ─► visitor ─► address ─► for a change: from a page of ours, ─► route
               421     413                   401 or     400        or with a token                      404, 405
                                             the door              403                                  role: 403

Rule: only probes pass without a host that is ours, and only `OPEN` without a visitor. What stands behind the guard need
not ask again who looks: it asks for a role. A look at a customer is recorded before it is shown (`looks.py`): if it
cannot be, the answer is 503.

Views read a store and take a thread each, eight at once; they are of one instant, which `as_of` names: the present, or
event time where the clock of a log goes. Pages and the interface for programs have the same views, and an error is a
page for a browser and a document for a program.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.checks import pseudonymous
from streams.console.api import ENDPOINTS, PREFIX, Endpoint, Problem, Receipt, Report, Requested, csv_pages, openapi
from streams.console.documents import EPOCH, AtRiskFilters, Document, Views
from streams.console.gate import COOKIE, SESSION, Gate, Visitor, is_loopback
from streams.console.looks import AuditFull, Looks, NotWritten, Recommendation, Watched, visitor
from streams.console.pages import doors
from streams.console.pages.addresses import ID, IN_PATH, customer_of, customer_routes
from streams.console.pages.asking import Unclear, UnknownWord, known_risks, read, unclear
from streams.console.pages.render import POLICY
from streams.console.pages.routes import local, routes
from streams.console.pages.visit import Guest, Visit
from streams.console.pages.words import said
from streams.console.viewing import StoreViews
from streams.console.views.pipeline import Status
from streams.console_settings import ConsoleSettings
from streams.hosts import Hosts
from streams.web.headers import protection

SECURITY: Final = protection(POLICY)
"""Headers of every answer, unless a page has set its own."""
OPEN: Final = ("/healthz", "/readyz", "/login", "/static/")
"""Paths that everybody may ask for: they say nothing of customers."""
PROBES: Final = frozenset({"/healthz", "/readyz"})
"""Paths that any host name may be used for: an orchestrator asks by address."""
OF_WORKERS: Final = frozenset({"/pipeline", f"{PREFIX}/pipeline"})
"""Paths that show workers: they are asked for by nothing else, so that nobody who looks elsewhere costs them."""
MOST_BODY: Final = 4_096
MOST_FIELDS: Final = 10
AT_ONCE: Final = 8
"""Views that are asked for at the same time; others wait."""
LONGEST_ID: Final = 128
NOT_MEANT: Final = (
    "a change is taken from a page of the console, or from a program that sends `Authorization: Bearer …` "
    "(any word, where no token is set): this request comes from neither"
)


class Unasked(HTTPException):
    """Raised for a question that makes no sense; the text says what to change."""


class Site:
    """The application. `now` is the time by the clock; views get event time where no clock is believed."""

    def __init__(
        self,
        settings: ConsoleSettings,
        views: StoreViews,
        looks: Looks,
        gate: Gate,
        status: Callable[[], Status],
        registry: CollectorRegistry,
        ask_workers: Callable[[], Awaitable[None]],
        *,
        by_log: bool = False,
        demo: bool = False,
    ) -> None:
        self._settings, self._views, self._looks, self._gate = settings, views, looks, gate
        self._watched: Views = Watched(views, looks)
        self._exported: Views = Watched(views, looks, exports=True)
        self._status, self._registry, self._by_log = status, registry, by_log
        self._ask_workers, self._demo = ask_workers, demo
        self._hosts = Hosts(settings.host, settings.allowed_hosts)
        self._busy = asyncio.Semaphore(AT_ONCE)
        self._openapi = openapi()
        self._all = self._routes()
        self.app: ASGIApp = self._guarded(Starlette(routes=self._all, exception_handlers=self._handlers()))

    def _routes(self) -> list[BaseRoute]:
        own: list[BaseRoute] = [
            Route("/healthz", _healthz),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
            Route("/login", self._login, methods=["GET", "POST"]),
            Route("/logout", self._logout, methods=["POST"]),
            Route(f"{PREFIX}/openapi.json", self._document),
            Route(f"{PREFIX}/at-risk.csv", self._csv),
            Route("/at-risk.csv", self._csv),
            *(one for prefix in ("", PREFIX) for one in customer_routes(prefix, "/forget", self._forget, ["POST"])),
            *(one for prefix in ("", PREFIX) for one in customer_routes(prefix, "/actions", self._report, ["POST"])),
            *customer_routes("", "/export", self._answer_of(_named("export")), ["GET"]),
            *(route for one in ENDPOINTS for route in self._routes_of(one)),
        ]
        return [*own, *routes(self._watched, self.guest)]

    def _routes_of(self, one: Endpoint) -> Iterable[BaseRoute]:
        if one.path.startswith(IN_PATH):
            return customer_routes(PREFIX, one.path.removeprefix(IN_PATH), self._answer_of(one), ["GET"])
        return [Route(PREFIX + one.path, self._answer_of(one))]

    # Who asks, and when

    def as_of(self) -> datetime:
        """Return the time that views are of: the present, or event time where time goes by the log."""
        if not self._by_log:
            return datetime.now(UTC)
        return self._views.event_time() or EPOCH

    def guest(self, request: Request) -> Guest:
        """Return who looks at a page; at the door it is still unknown, and may see nothing."""
        who: Visitor | None = request.scope.get("visitor")
        if who is None:
            return Guest(frozenset(), EPOCH, demo=self._demo)
        return Guest(who.roles, self.as_of(), signed_in=who.has_session, demo=self._demo)

    def _guarded(self, inner: ASGIApp) -> ASGIApp:
        async def guard(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return
            request = Request(scope)
            sending = _secured(send, secure=self._is_secure())
            refusal = self._refusal(request)
            if refusal is not None:
                await refusal(scope, receive, sending)
                return
            if scope["path"] in OF_WORKERS:
                await self._ask_workers()
            token = visitor.set(scope["visitor"].name if "visitor" in scope else "")
            try:
                await inner(scope, receive, sending)
            finally:
                visitor.reset(token)

        return guard

    def _is_secure(self) -> bool:
        """Report whether browsers may keep cookies for encrypted connections only."""
        return self._settings.cert_file is not None

    def _refusal(self, request: Request) -> Response | None:
        """Return the answer to a request that may not be answered; None of any other, whose visitor is noted."""
        scope = request.scope
        path: str = scope["path"]  # as routes read it: an url is made of the Host header, too
        if path in PROBES:
            return None
        if (unfit := self._unfit(request)) is not None:
            return unfit
        who = self._gate.visitor(request.headers, request.cookies.get(COOKIE), _address(request))
        if who is not None:
            scope["visitor"] = who
        if who is None and not path.startswith(OPEN):
            return self._unknown(request)
        wrong = unclear(scope.get("raw_path") or quote(path).encode(), scope["query_string"])
        if wrong is not None:
            return self._unclear(request, wrong)
        if self._changes_something(scope) and not self._is_meant(request):
            return self._told(request, 403, NOT_MEANT)
        return None

    def _unfit(self, request: Request) -> Response | None:
        """Return the answer to a request that is for another host, or too long; None of any other."""
        if not self._is_for_us(request):
            return problem(
                421, "the console does not answer for the host of this request: add its name to console.allowed_hosts"
            )
        length = request.headers.get("content-length", "0")
        if request.headers.get("transfer-encoding") or not length.isdecimal() or int(length) > MOST_BODY:
            return problem(413, f"a request may have a body of {MOST_BODY:,} bytes, with its length")
        return None

    def _changes_something(self, scope: Scope) -> bool:
        """Report whether a route would take a request to change something: of any other one the route says what is."""
        if scope["method"] in {"GET", "HEAD"}:
            return False
        return any(one.matches(scope)[0] is Match.FULL for one in self._all if isinstance(one, Route))

    def _unclear(self, request: Request, wrong: Unclear) -> Response:
        if not _wants_page(request):
            return problem(400, said(wrong.phrase, "en", field=wrong.field))
        visit = Visit(request, self.guest(request))
        return doors.error(visit, 400, said(wrong.phrase, visit.language, field=wrong.field))

    def _is_for_us(self, request: Request) -> bool:
        server = request.scope.get("server") or ("", 0)
        raw: bytes = request.scope.get("raw_path", b"/")
        return raw.startswith(b"/") and self._hosts.allow(request.headers.getlist("host"), server[0])

    def _is_meant(self, request: Request) -> bool:
        """Report whether a change is meant: it has a token of its own, or comes from a page of this very host."""
        if request.headers.get("authorization", "").lower().startswith("bearer "):
            return True  # no browser adds it by itself, as it adds the password that a proxy has asked for
        origin = urlsplit(request.headers.get("origin", ""))
        return bool(origin.netloc) and origin.netloc == request.headers.get("host")

    def _unknown(self, request: Request) -> Response:
        if _wants_page(request) and self._gate.has_tokens:
            query = f"?{request.url.query}" if request.url.query else ""
            following = Request({**request.scope, "query_string": b""}).url.path + query
            return RedirectResponse(f"/login?next={_quoted(following)}", 303)
        says = "send a token of console.tokens as `Authorization: Bearer …`"
        answer = self._told(request, 401, says if self._gate.has_tokens else "the proxy has named nobody")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    # Signing in

    async def _login(self, request: Request) -> Response:
        if not self._gate.has_tokens:
            return RedirectResponse("/", 303)
        if request.method == "GET":
            return self._door(request, request.query_params.get("next", "/"), failed=False)
        form = await _form(request)
        following = local(form.get("next") or form.get("following") or "/")
        who = self._gate.holder(form.get("token", ""), _address(request))
        if who is None:
            return self._door(request, following, failed=True)
        answer = RedirectResponse(following, 303)
        answer.set_cookie(
            COOKIE,
            self._gate.begin(who),
            max_age=int(SESSION),
            httponly=True,
            samesite="strict",
            secure=self._is_secure(),
            path="/",
        )
        return answer

    def _door(self, request: Request, following: str, *, failed: bool) -> Response:
        return doors.login(Visit(request, self.guest(request)), local(following), failed=failed)

    async def _logout(self, request: Request) -> Response:
        self._gate.end(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/login" if self._gate.has_tokens else "/", 303)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=self._is_secure())
        return answer

    # Questions

    def _answer_of(self, one: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            _require(request, one.role)
            name, query, apart = "", dict(request.query_params), list[str]()
            if one.path.startswith(IN_PATH):
                name = _customer(request)
                if ID not in request.path_params:
                    del query["id"]
                    apart = ["id"]
            found = await self._asked(one, name, read(one.query, query, apart))
            if found is None:
                raise Unasked(404, one.missing)
            headers = {"Content-Disposition": 'attachment; filename="customer.json"'} if one.name == "export" else None
            return Response(found.model_dump_json(), media_type="application/json", headers=headers)

        return answer

    async def _asked(self, one: Endpoint, name: str, query: Any) -> Document | None:  # noqa: ANN401 - of the endpoint
        async with self._busy:
            as_of, days = self.as_of(), self._settings.horizon_days
            views = self._exported if one.name == "export" else self._watched
            return await asyncio.to_thread(one.ask, views, name, query, as_of, days)

    async def _csv(self, request: Request) -> Response:
        _require(request, "act")
        filters = read(AtRiskFilters, dict(request.query_params))
        # Asked for one row first, which is no look: a file that has begun cannot be refused any more.
        known_risks(await asyncio.to_thread(self._views.at_risk, filters, 1, 1, self.as_of()))
        pages = csv_pages(self._exported, filters, self.as_of())
        first = await asyncio.to_thread(next, pages, "")

        async def lines() -> AsyncIterator[str]:
            text = first
            while text:
                yield text
                text = await asyncio.to_thread(next, pages, "")

        headers = {"Content-Disposition": 'attachment; filename="at-risk.csv"'}
        return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)

    async def _forget(self, request: Request) -> Response:
        _require(request, "forget")
        name, by_page = _customer(request), not request.scope["path"].startswith(PREFIX)
        _require_erasable(name)
        if by_page and (await _form(request)).get("confirm") != name:
            raise Unasked(400, "a customer is forgotten for good only if its id was typed: go back, and type it")
        self._looks.note("forget", name)
        ident = await self._looks.request_erasure(name)
        if not by_page:
            receipt = Requested(request=ident, customer_id=name)
            return Response(receipt.model_dump_json(), 202, media_type="application/json")
        return RedirectResponse("/?done=forget", 303)

    async def _report(self, request: Request) -> Response:
        """Report what became of a recommendation that the console knows of this customer."""
        _require(request, "act")
        name, by_page = _customer(request), not request.scope["path"].startswith(PREFIX)
        asked = _report_of(await _form(request) if by_page else await _json(request))
        at = self.as_of()
        async with self._busy:
            found = await asyncio.to_thread(self._views.customer, name, at, items=1)
        actions = found.actions if found is not None else []
        done = next((one for one in actions if one.recommendation_id == asked.recommendation_id), None)
        if done is None:
            raise Unasked(
                404, "no action of this customer has this recommendation_id: take that of one of its `actions`"
            )
        recommendation = Recommendation(asked.recommendation_id, done.action, done.episode)
        ident = await self._looks.report(name, recommendation, asked.outcome, at)
        if by_page:
            return RedirectResponse(Visit(request, self.guest(request)).customer(name) + "#actions", 303)
        receipt = Receipt(event_id=ident, customer_id=name, **asked.model_dump())
        return Response(receipt.model_dump_json(), 202, media_type="application/json")

    async def _document(self, _: Request) -> Response:
        return JSONResponse(self._openapi)

    # Health

    async def _readyz(self, _: Request) -> Response:
        status = self._status()
        if status.connected and status.caught_up:
            return Response("ready\n", media_type="text/plain")
        return Response(f"{status.error or 'reading the topics'}\n", 503, media_type="text/plain")

    async def _metrics(self, request: Request) -> Response:
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(await asyncio.to_thread(encode, self._registry), headers={"Content-Type": kind})

    # What goes wrong

    def _handlers(self) -> dict[Any, Any]:
        return {
            HTTPException: self._wrong,
            AuditFull: self._full,
            NotWritten: self._full,
            UnknownWord: self._unknown_word,
            ValidationError: self._invalid,
        }

    async def _wrong(self, request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            return self._told(request, 500, "")
        if error.status_code == HTTPStatus.NOT_FOUND and error.detail == HTTPStatus.NOT_FOUND.phrase:
            says = "" if _wants_page(request) else f"nothing is here: {PREFIX}/openapi.json has all addresses"
            return self._told(request, error.status_code, says)
        allowed = (error.headers or {}).get("Allow")
        if allowed is None:
            return self._told(request, error.status_code, error.detail)
        methods = ", ".join(sorted(allowed.split(", ")))  # they come in another order in each process
        answer = self._told(request, error.status_code, f"this address takes {methods}")
        answer.headers["Allow"] = methods
        return answer

    async def _full(self, request: Request, error: Exception) -> Response:
        return self._told(request, 503, str(error))

    async def _unknown_word(self, request: Request, error: Exception) -> Response:
        return self._told(request, 400, str(error))

    async def _invalid(self, request: Request, error: Exception) -> Response:
        return self._told(request, 400, _meaning(error) if isinstance(error, ValidationError) else "")

    def _told(self, request: Request, code: int, detail: str) -> Response:
        if not _wants_page(request):
            return problem(code, detail)
        return doors.error(Visit(request, self.guest(request)), code, detail)


async def _healthz(_: Request) -> Response:
    return Response("ok\n", media_type="text/plain")


def problem(code: int, says: str, headers: dict[str, str] | None = None) -> Response:
    """Return the answer that says why there is no other."""
    return Response(Problem(problem=says).model_dump_json(), code, headers, media_type="application/json")


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.scope["path"].startswith("/api/")


def _named(name: str) -> Endpoint:
    return next(one for one in ENDPOINTS if one.name == name)


def _address(request: Request) -> str:
    client: tuple[str, int] = request.scope.get("client") or ("", 0)
    return client[0]


def _require(request: Request, role: Any) -> None:  # noqa: ANN401 - a role
    who: Visitor = request.scope["visitor"]
    if not who.may(role):
        raise Unasked(
            403, f"{who.name} may not do this: it takes the role {role} (console.tokens, or console.proxy_roles)"
        )


def _customer(request: Request) -> str:
    name = customer_of(request)
    if not name:
        raise Unasked(400, "id is missing: name the customer, as in ?id=c-1")
    if len(name) > LONGEST_ID:
        raise Unasked(400, f"customer_id: at most {LONGEST_ID} characters")
    return name


def _require_erasable(name: str) -> None:
    """Raise `Unasked` for an id that the contract refuses: workers know nothing of it, and would not read a request."""
    try:
        pseudonymous(name)
    except ValueError as error:
        raise Unasked(
            400,
            f"workers cannot erase this customer, as they refuse its id: {error}. Another program wrote its records. "
            "Delete its card yourself: write a record without a value, with this id as its key, to the partition of "
            "customer-health that has the card. The console then erases its own copy; what the other output topics "
            "hold of it goes with their retention",
        ) from error


def _meaning(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5])


def _report_of(said: object) -> Report:
    try:
        return Report.model_validate(said)
    except ValidationError as error:
        raise Unasked(400, _meaning(error)) from error


async def _json(request: Request) -> object:
    try:
        said = json.loads(await _body(request))
    except (ValueError, RecursionError) as error:
        raise Unasked(400, "the body is no JSON") from error
    if not isinstance(said, dict):
        raise Unasked(400, 'the body is no JSON object: send {"recommendation_id": …, "outcome": …}')
    return said


async def _body(request: Request) -> bytes:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BODY:
            raise Unasked(413, "the body is too long")
    return body


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form: of several of one name the last."""
    try:
        fields = parse_qs((await _body(request)).decode("utf-8", "replace"), max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Unasked(400, f"a form may have at most {MOST_FIELDS} fields") from error
    return {name: values[-1] for name, values in fields.items()}


def _quoted(address: str) -> str:
    return quote(local(address), safe="")


def _secured(send: Send, *, secure: bool) -> Send:
    """Add the headers of every answer."""
    wanted = SECURITY | ({"Strict-Transport-Security": "max-age=31536000"} if secure else {})

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            extra = [
                (name.lower().encode(), value.encode())
                for name, value in wanted.items()
                if name.lower().encode() not in there
            ]
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return sending


def is_clear_text(settings: ConsoleSettings) -> bool:
    """Report whether tokens travel in clear text beyond this machine."""
    return bool(settings.tokens) and settings.cert_file is None and not is_loopback(settings.host)
