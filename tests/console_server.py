"""The pages of the console over the records of a played company, served on a port of this machine."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.documents import Views, Workers
from streams.console.intake import Read
from streams.console.pages import doors
from streams.console.pages.routes import routes
from streams.console.pages.visit import Guest, Visit
from streams.console.store import Store
from streams.console.viewing import StoreViews
from streams.console.views.pipeline import Status
from streams.console.views.shared import Company
from streams.console_settings import Role
from streams.embedded import free_port

COMPANY = Company(kinds=("month", "quarter"))
AT_ONCE = 500


def views_of(
    reads: Sequence[Read], folder: Path | None = None, today: datetime | None = None, workers: Workers | None = None
) -> StoreViews:
    """Return the views of a console that has read some records, and all of them, and was brought to a day."""
    store = Store(folder, b"a key of a test, of 32 bytes, yes")
    for first in range(0, len(reads), AT_ONCE):
        store.apply(reads[first : first + AT_ONCE])
    while today is not None and store.age(COMPANY.today(today), AT_ONCE):
        pass
    status = Status(connected=True, caught_up=True, ends=dict(store.positions()))
    return StoreViews(store, COMPANY, lambda: status, lambda: workers or Workers())


def pages_of(views: Views, now: datetime, role: Role = "forget", *, demo: bool = False) -> Starlette:
    """Return the pages, with a door and two errors besides."""

    def guest(_: Request) -> Guest:
        return Guest(frozenset({"see", role}), now, signed_in=True, demo=demo)

    def login(request: Request) -> Response:
        return doors.login(Visit(request, guest(request)), failed="failed" in request.query_params)

    def behind(request: Request) -> Response:
        return doors.error(Visit(request, guest(request)), 503, progress=doors.Progress(34_120, 81_007))

    def missing(request: Request, _: Exception) -> Response:
        return doors.error(Visit(request, guest(request)), 404)

    own = [Route("/login", login), Route("/behind", behind)]
    return Starlette(routes=[*own, *routes(views, guest)], exception_handlers={404: missing})


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serve an application in a thread of its own; return its address."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.02)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()
