"""Addresses of customers: an id is one segment of the path, percent-encoded, so none is taken for another address.

The same addresses take it as `id` in the query, for ids that no path can carry.

    /customers/c-1/export        /customers/a%2Fcontact/contact        /customer/export?id=..
"""

from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import Scope

ID: Final = "customer_id"
IN_PATH: Final = f"/customers/{{{ID}}}"
IN_QUERY: Final = "/customer"
_DOTS: Final = frozenset({".", ".."})
"""Segments that clients take out of a path, however they are written."""


class _OfCustomer(Route):
    """A route that reads the path as it was sent: a slash within an id is no slash of the path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a request is for this route, and the id in it."""
        sent: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
        match, found = super().matches({**scope, "path": sent.decode("ascii", "replace")})
        if ID in found.get("path_params", {}):
            found["path_params"][ID] = unquote(found["path_params"][ID])
        return match, found


def customer_routes(prefix: str, part: str, answer: Callable[..., Any], methods: list[str]) -> Iterator[Route]:
    """Yield the two routes of something of a customer: with its id in the path, and in the query."""
    yield _OfCustomer(f"{prefix}{IN_PATH}{part}", answer, methods=methods)
    yield Route(f"{prefix}{IN_QUERY}{part}", answer, methods=methods)


def customer_of(request: Request) -> str:
    """Return the id that a request names; empty if it names none."""
    name: str = request.path_params.get(ID) or request.query_params.get("id", "")
    return name


def address_of(customer_id: str, part: str = "") -> str:
    """Return the address of a customer, or of something of it.

    >>> address_of("a c/export"), address_of("..", "/export")
    ('/customer?id=a+c%2Fexport', '/customer/export?id=..')
    >>> address_of("c-1?", "/export")
    '/customers/c-1%3F/export'
    """
    if customer_id in _DOTS or "/" in customer_id or "\\" in customer_id:  # some servers in front decode these
        return f"{IN_QUERY}{part}?{urlencode({'id': customer_id})}"
    return f"/customers/{quote(customer_id, safe='')}{part}"
