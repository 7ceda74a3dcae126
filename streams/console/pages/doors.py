"""Pages that stand alone: the door, what went wrong, and how far the console is while it catches up."""

from typing import Final, NamedTuple

from starlette.responses import HTMLResponse

from retention.wording import Language
from streams.console.pages.asking import UnknownWord
from streams.console.pages.render import page
from streams.console.pages.visit import Visit
from streams.console.pages.words import said

_KNOWN: Final = {
    400: ("error.400", "error.400_why"),
    401: ("error.401", "error.401_why"),
    403: ("error.403", "error.403_why"),
    404: ("error.404", "error.404_why"),
    503: ("error.503", "error.503_why"),
}
_OTHER: Final = ("error.500", "error.500_why")


class Progress(NamedTuple):
    """Records that were read, of all that there are."""

    done: int
    of: int


def login(visit: Visit, following: str = "/", *, failed: bool = False) -> HTMLResponse:
    """Return the page that asks for the token; a second time, with what went wrong."""
    return page("login.html", visit, failed=failed, following=following, status=401 if failed else 200)


def unknown(wrong: UnknownWord, language: Language) -> str:
    """Return what an address may ask for in place of a word that does not exist."""
    key = "error.parameter" if wrong.is_name else "error.word"
    return said(key, language, field=wrong.field, value=wrong.value, allowed=wrong.allowed or "–")


def error(visit: Visit, status: int, detail: str = "", progress: Progress | None = None) -> HTMLResponse:
    """Return the page for an error; while the console catches up it says how far it is, and looks again by itself."""
    title, text = _KNOWN.get(status, _OTHER)
    found = page(
        "error.html",
        visit,
        status=status,
        live=status == 503,  # noqa: PLR2004
        title=said(title, visit.language),
        text=said(text, visit.language),
        detail=detail,
        progress=progress if progress is not None and progress.of else None,
        share=str(progress.done / progress.of) if progress is not None and progress.of else None,
    )
    if status == 503:  # noqa: PLR2004
        found.headers["Retry-After"] = "5"
        found.headers["Refresh"] = "5"  # without a script, too
    return found
