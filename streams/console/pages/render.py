"""Templates become pages: every text from the register, everything else escaped."""

from decimal import ROUND_DOWN, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from retention.wording import LANGUAGES, Language
from schemas.visible import visible
from streams.console.pages.formats import Formats, number, percent
from streams.console.pages.visit import THEMES, Visit
from streams.console.pages.words import LANGUAGE_NAMES, counted, said
from streams.console.pages.words.names import name_of, readable, value_of
from streams.web.headers import OURSELVES, policy

FOLDER: Final = Path(__file__).parent
POLICY: Final = policy("script", "style", "connect", images=OURSELVES, forms=OURSELVES)
"""The things that a page may load: its script, styles and mark, and itself again; nothing inline, no other host."""
_SECTIONS: Final = (
    ("at-risk", "/", "nav.at_risk"),
    ("retention", "/retention", "nav.retention"),
    ("signals", "/signals", "nav.signals"),
    ("pipeline", "/pipeline", "nav.pipeline"),
)


@cache
def _environment(language: Language) -> Environment:
    made = Environment(
        loader=FileSystemLoader([FOLDER / "templates", FOLDER / "static"]),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= Formats(language).filters
    made.filters["exact"] = escape
    made.filters["risk"] = lambda value, calibrated: risk(value, language, calibrated=calibrated)
    made.globals |= {
        "language": language,
        "languages": [(one, LANGUAGE_NAMES[one]) for one in LANGUAGES],
        "t": lambda key, **words: said(key, language, **words),
        "name": lambda of, word: name_of(of, word, language),
        "value_of": lambda value: value_of(value, language),
        "names": lambda of, words: ", ".join(name_of(of, word, language) for word in words),
        "count": lambda what, n: count(what, n, language),
        "readable": readable,
    }
    return made


def _shown(value: object) -> object:
    """Return a value as a page shows it: no character of a text is invisible, or turns the direction of others."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def risk(value: str, language: Language, *, calibrated: bool) -> str:
    """Return a risk: as percent if it is a share of customers that leave, and otherwise as a bare number.

    That number is cut, not rounded: 0.3298 is below the band that begins at 0.33, and has to read so.

    >>> risk("0.3298", "es", calibrated=False), risk("0.4444", "en", calibrated=True)
    ('0,32', '44%')
    """
    if calibrated:
        return percent(value, language, 0)
    return number(Decimal(value).quantize(Decimal("0.01"), ROUND_DOWN), language)


def count(what: str, n: int | str, language: Language) -> str:
    """Return how many there are of something, as one reads it.

    >>> count("days", "17.5", "es"), count("customers", 1, "en")
    ('17,5 días', '1 customer')
    """
    exact = Decimal(n)
    whole = int(exact) if exact == int(exact) else 2  # a number with decimals takes the words for several
    return counted(what, whole, number(exact if whole != exact else whole, language), language)


def page(
    template: str,
    visit: Visit,
    here: str = "",
    *,
    live: bool = False,
    status: int = 200,
    **values: Any,  # noqa: ANN401 - documents of any view
) -> HTMLResponse:
    """Return a page, with what each of them needs: its sections, settings and addresses."""
    language, guest = visit.language, visit.guest
    shared = {
        "theme": visit.theme,
        "themes": [(one, said(f"menu.{one}", language)) for one in THEMES],
        "sections": [(place, address, said(label, language)) for place, address, label in _SECTIONS],
        "here": here,
        "live": live,
        "now": guest.now,
        "may": guest.roles,
        "signed_in": guest.signed_in,
        "demo": guest.demo,
        "at": visit.at,
        "again": visit.again,
        "again_at": visit.again_at,
        "customer_at": visit.customer,
        "drill_at": visit.drill,
        "preference": visit.preference,
    }
    text = _environment(language).get_template(template).render(shared | values)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Content-Language": language}
    return HTMLResponse(text, status, headers)
