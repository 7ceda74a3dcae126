"""A visit to a page: who looks, when, in which language and colours. The server knows the guest, cookies the rest."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal, NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request

from retention.wording import LANGUAGES, Language
from streams.console.pages.addresses import address_of
from streams.console_settings import Role

Theme = Literal["auto", "light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("auto", "light", "dark")
LANGUAGE_COOKIE: Final = "backstay_lang"
THEME_COOKIE: Final = "backstay_theme"


class Guest(NamedTuple):
    """A visitor as the server knows it: what it may do, the instant, if it can sign out, if this is a demo."""

    roles: frozenset[Role]
    now: datetime
    signed_in: bool = False
    demo: bool = False


GuestOf = Callable[[Request], Guest]


class Visit(NamedTuple):
    """A request for a page, and the guest who makes it."""

    request: Request
    guest: Guest

    @property
    def language(self) -> Language:
        """Return the language that was chosen, else the first one that the browser asks for and we have."""
        chosen = self.request.cookies.get(LANGUAGE_COOKIE, "")
        return chosen if chosen in LANGUAGES else preferred(self.request.headers.get("accept-language"))

    @property
    def theme(self) -> Theme:
        """Return the colours that were chosen; without a choice those of the system."""
        chosen = self.request.cookies.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else "auto"

    @property
    def _root(self) -> str:
        return str(self.request.scope.get("root_path", ""))

    def at(self, path: str, query: Mapping[str, object] | None = None) -> str:
        """Return the address of a path of the console, which may stand under a path of a proxy."""
        return self._root + path + (f"?{urlencode(query)}" if query else "")

    def again_at(self, path: str, **changes: object) -> str:
        """Return an address with the same query, but for some changes; what is empty is left out."""
        query = {**self.request.query_params, **changes}
        return self.at(path, {key: value for key, value in query.items() if value not in {"", None}})

    def again(self, **changes: object) -> str:
        """Return the address of this page with some changes of its query."""
        return self.again_at(self.request.url.path.removeprefix(self._root), **changes)

    def customer(self, customer_id: str, part: str = "") -> str:
        """Return the address of a customer, or of something of it."""
        return self.at(address_of(customer_id, part))

    def pages_of(self, customer_id: str) -> Callable[[int], str]:
        """Return the address of each page of the timeline of a customer."""
        address = self.customer(customer_id)
        return lambda number: f"{address}{'&' if '?' in address else '?'}page={number}#timeline"

    def drill(self, key: str) -> str:
        """Return the address of the customers behind a number."""
        return self.at("/drill", {"key": key})

    def preference(self, name: str, value: str) -> str:
        """Return the address that stores a choice, and comes back."""
        url = self.request.url
        return self.at("/preferences", {name: value, "back": url.path + (f"?{url.query}" if url.query else "")})


def preferred(header: str | None) -> Language:
    """Return the language of a browser that we have, by its own order; English if there is none.

    >>> preferred("fr, it-IT;q=0.8, en;q=0.5"), preferred("es;q=0.2, it;q=0.9"), preferred("fr"), preferred(None)
    ('it', 'it', 'en', 'en')
    """
    found: list[tuple[float, int, Language]] = []
    for place, part in enumerate((header or "").split(",")):
        name, _, rest = part.strip().partition(";")
        language = name.lower()[:2]
        if language in LANGUAGES:
            found.append((-_weight(rest), place, language))
    return min(found)[2] if found else "en"


def _weight(rest: str) -> float:
    try:
        return float(rest.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0.0
