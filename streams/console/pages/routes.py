"""The addresses of the pages: each asks the views once, and shows what they answer."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from retention.wording import LANGUAGES, Language
from streams.console.documents import AtRiskFilters, Drill, RetentionFilters, Views
from streams.console.pages import doors, figures, flow, person, risks, worth
from streams.console.pages.addresses import customer_of, customer_routes
from streams.console.pages.asking import UnknownWord, known_figures, known_risks, require, require_names
from streams.console.pages.doors import error
from streams.console.pages.formats import money, number
from streams.console.pages.render import FOLDER, count, page
from streams.console.pages.visit import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, GuestOf, Visit
from streams.console.pages.words import said
from streams.console.pages.words.names import MOVEMENTS, name_of

ROWS: Final = 25
ITEMS: Final = 100
"""Items of the timeline of a customer that a page shows."""
PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    "at-risk": (*AtRiskFilters.model_fields, "page", "done"),
    "retention": tuple(RetentionFilters.model_fields),
    "drill": ("key", "page"),
    "signals": ("severity", "days"),
    "pipeline": (),
    "find": ("q",),
    "preferences": ("lang", "theme", "back"),
    "customer": ("id", "page"),
}
"""What the address of each page may ask for."""
WAITING: Final = frozenset({"at-risk", "retention", "drill", "signals"})
"""Pages that, as that of a customer, are not shown while much of what they are about is not read."""
MISSING: Final = 0.02
"""The share of records that may be missing."""
YEAR: Final = 365 * 86_400
Shows = Callable[[Visit], Response]


class Pages:
    """Shows the views as pages. `guest` says who asks, and when."""

    def __init__(self, views: Views, guest: GuestOf) -> None:
        self._views, self._guest = views, guest
        self._has_read = False
        """Whether the topics were read to their ends once: from then on pages are shown, however far behind."""

    def _shown_by(self, place: str, shows: Shows, *, waits: bool) -> Callable[[Request], Response]:
        """Return an endpoint that answers an address that makes no sense with a page that says what would."""

        def answer(request: Request) -> Response:
            visit = Visit(request, self._guest(request))
            try:
                require_names(request.query_params, PARAMETERS[place])
                progress = self._progress(visit) if waits else None
                return shows(visit) if progress is None else error(visit, 503, progress=progress)
            except UnknownWord as wrong:
                return error(visit, 400, doors.unknown(wrong, visit.language))

        return answer

    def routes(self) -> list[BaseRoute]:
        """Return the routes of all pages, and of the files that they load."""
        found: list[BaseRoute] = [
            Route(path, self._shown_by(place, shows, waits=place in WAITING), methods=["GET"], name=f"page-{place}")
            for place, path, shows in (
                ("at-risk", "/", self.at_risk),
                ("retention", "/retention", self.retention),
                ("drill", "/drill", self.drill),
                ("signals", "/signals", self.signals),
                ("pipeline", "/pipeline", self.pipeline),
                ("find", "/find", self.find),
                ("preferences", "/preferences", self.preferences),
            )
        ]
        customer = self._shown_by("customer", self.customer, waits=True)
        found += customer_routes("", "", customer, ["GET"])
        return [*found, Mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")]

    def _progress(self, visit: Visit) -> doors.Progress | None:
        """Return how far the topics are read for the first time, if so much is missing that a page would mislead."""
        if self._has_read:
            return None
        found = self._views.pipeline(visit.guest.now)
        self._has_read = found.caught_up
        if found.caught_up or found.error is not None:
            return None
        known = [one for one in found.partitions if one.end_offset is not None and one.lag is not None]
        there, left = sum(one.end_offset or 0 for one in known), sum(one.lag or 0 for one in known)
        return doors.Progress(there - left, there) if left > MISSING * there else None

    def at_risk(self, visit: Visit) -> Response:
        """Show customers at risk."""
        query = visit.request.query_params
        filters, shown_page = risks.filters_of(dict(query)), _number(query.get("page"))
        found = known_risks(self._views.at_risk(filters, shown_page, ROWS, visit.guest.now))
        shown = risks.shown(found, visit.language) | {"forgotten": query.get("done") == "forget"}
        return page("at_risk.html", visit, "at-risk", live=True, **shown)

    def customer(self, visit: Visit) -> Response:
        """Show a customer."""
        name, number = customer_of(visit.request), _number(visit.request.query_params.get("page"))
        found = self._views.customer(name, visit.guest.now, items=ITEMS, page=number)
        if found is None:
            return error(visit, 404)
        return page("customer.html", visit, older=visit.pages_of(name), **person.shown(found, visit.language))

    def retention(self, visit: Visit) -> Response:
        """Show the figures of retention."""
        filters = figures.filters_of(dict(visit.request.query_params))
        found = known_figures(self._views.retention(filters, visit.guest.now))
        return page("retention.html", visit, "retention", live=True, **figures.shown(found, visit.language))

    def drill(self, visit: Visit) -> Response:
        """Show the customers behind a number."""
        query, language = visit.request.query_params, visit.language
        found = self._views.drill(query.get("key", ""), _number(query.get("page")), ROWS, visit.guest.now)
        if found is None:
            return error(visit, 404)
        return page(
            "drill.html",
            visit,
            "retention",
            found=found,
            title=said(
                "drill.title",
                language,
                metric=said("retention.cohorts", language)
                if found.metric == "cohort"
                else name_of("metric", found.metric, language),
                what=_title(found, visit),
            ),
            what=lambda word: _what(word, visit),
            amount=lambda text: _amount(text, found, language),
            words=_definition(found, language),
            period_name=lambda period: figures.period_name(period, language),
        )

    def signals(self, visit: Visit) -> Response:
        """Show what the signals are worth."""
        severity, days = worth.asked(dict(visit.request.query_params))
        found = self._views.signals(severity, days, visit.guest.now)
        return page("signals.html", visit, "signals", live=True, **worth.shown(found, visit.language))

    def pipeline(self, visit: Visit) -> Response:
        """Show how far the console has read."""
        found = self._views.pipeline(visit.guest.now)
        return page("pipeline.html", visit, "pipeline", live=True, **flow.shown(found, visit.language))

    def find(self, visit: Visit) -> Response:
        """Return the way to a customer by its id, or to the customers at risk whose id contains the text."""
        text = visit.request.query_params.get("q", "").strip()[:128]
        known = bool(text) and self._views.contact(text, visit.guest.now).known
        return RedirectResponse(
            visit.customer(text) if known else visit.at("/", {"search": text} if text else None), 303
        )

    def preferences(self, visit: Visit) -> Response:
        """Store the language or the colours, and go back to the page where they were chosen."""
        query = visit.request.query_params
        answer = RedirectResponse(local(query.get("back", "/")), 303)
        for name, cookie, known in (("lang", LANGUAGE_COOKIE, LANGUAGES), ("theme", THEME_COOKIE, THEMES)):
            require(name, query.get(name), known)
            if name in query:
                answer.set_cookie(cookie, query[name], max_age=YEAR, httponly=True, samesite="strict")
        return answer


_MOVED: Final = frozenset({"any", *MOVEMENTS})
"""What a number of MRR that moved is of: one kind of movement, or any."""
_BEHIND: Final = {
    "lost": "drill.lost",
    "reason": "drill.lost",
    "cohort": "drill.cohort",
    "any": "drill.moved",
    "opening": "drill.opening",
    "closing": "drill.closing",
    "level": "drill.level",
}
"""The words for a list of customers, and for what is said of one of them."""


def _what(word: str, visit: Visit) -> str:
    """Return what happened to the customers behind a number."""
    if word in MOVEMENTS:
        return name_of("movement", word, visit.language)
    return said(_BEHIND[word], visit.language) if word in _BEHIND else name_of("cause", word, visit.language)


def _title(found: Drill, visit: Visit) -> str:
    """Return what all customers behind a number have in common."""
    if found.after is None:
        return _what(found.what, visit)
    return said("drill.cohort_after", visit.language, months=count("months", found.after, visit.language))


def _definition(found: Drill, language: Language) -> str:
    """Return what the number is; of MRR that began or moved it is not that of MRR, which is of the end."""
    if found.what == "opening":
        return said("define.opening", language)
    if found.what in _MOVED:
        return said("define.moved", language)
    return figures.defined(found.metric, language)


def _amount(text: str, found: Drill, language: Language) -> str:
    """Return a number as people read it: money where rows are amounts of one currency, else a number of customers."""
    is_money = found.what in {"opening", "closing", *_MOVED}
    currency = next((row.amount.currency for row in found.rows if row.amount is not None), None) if is_money else None
    return money(text, currency, language) if currency is not None else number(text, language)


def _number(text: str | None) -> int:
    """Return the number of a page; the first one if it is none."""
    return int(text) if text and text.isdigit() and len(text) < 8 else 1  # noqa: PLR2004


def local(address: str) -> str:
    r"""Return an address of the console itself; anything else leads to its first page.

    >>> [local(address) for address in ("/signals?days=30", "//evil.example", "https://evil.example", "/\\evil", "")]
    ['/signals?days=30', '/', '/', '/', '/']
    """
    fine = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if fine and address.isprintable() else "/"


def routes(views: Views, guest: GuestOf) -> list[BaseRoute]:
    """Return the routes of the pages."""
    return Pages(views, guest).routes()
