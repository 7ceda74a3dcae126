"""The page of a customer: its risk as parts that add up, and its past as pictures."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from markupsafe import Markup

from retention.wording import Language
from schemas.outbound import Money
from schemas.visible import visible
from streams.console.documents import Action, Card, CustomerPage, Episode, HealthPoint, Origin, Reason, TimelineItem
from streams.console.pages.charts.bars import Span, bar, contributions, share_bar
from streams.console.pages.charts.moments import Level, over_time
from streams.console.pages.formats import NONE, day, moment, money, month, number, percent
from streams.console.pages.render import count, risk
from streams.console.pages.words import said
from streams.console.pages.words.names import name_of, readable, value_of

_FITTED = re.compile(r"calibrated: lost within (\d+) days on the basis (\w+)")
"""The words of a card of a fitted model (retention/risk/model.py)."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_ENOUGH = 2
"""Points that a picture over time needs."""
ASKED = ("trend", "owner", "consent")
"""Fields that are explained also where no record says anything of them."""
_OF_CUSTOMERS = ("health", "risk", "band", "value_at_risk", "trend")
"""Fields that say nothing of somebody who has left."""
_MADE_OF = {"owner": "customer.why_owner", "consent": "customer.consent_known"}
NO_POINTS = "customer.no_points"
_LONG_DAYS = 90
"""Pictures of more days name months, and shorter ones days."""


class Part(NamedTuple):
    """A part of the risk: what it is of, how much it adds, and its bar."""

    label: str
    value: str
    bar: Markup


class Input(NamedTuple):
    """An input of the health, and its bar."""

    name: str
    score: int
    bar: Markup


class Field(NamedTuple):
    """A field of the page with its value, what it is made of, and the record that it comes from, if one says it."""

    label: str
    value: str
    says: str
    origin: Origin | None


class Picture(NamedTuple):
    """A picture of the past, and what it is drawn from; or why there is none."""

    name: str
    title: str
    drawn: Markup | None
    says: str


Value = tuple[datetime, float, str]
"""What a card says, when, and as people read it."""


class Activity(NamedTuple):
    """The activity of a customer by its cards, and how it is measured."""

    says: str
    values: list[Value]


def shown(found: CustomerPage, language: Language) -> dict[str, Any]:
    """Return what the template needs besides the document."""
    card = found.card
    parts, whole = _parts(card, language) if card is not None else ([], None)
    return {
        "found": found,
        "card": card,
        "card_of": _card_of(found),
        "parts": parts,
        "whole": whole,
        "holds": _holds(found.actions, card.reasons if card is not None else ()),
        "past": [one for one in found.signals if not one.is_open],
        "health": [
            Input(one.name, one.score, share_bar(Fraction(one.score, 100), "share")) for one in card.health.inputs
        ]
        if card is not None
        else [],
        "pictures": _pictures(found, language),
        "aged": lambda one: aged(one, card.as_of if card is not None else found.as_of),
        "decayed": lambda one: decayed(one, card.as_of if card is not None else found.as_of),
        "model_said": model_said(card.model.says, language) if card is not None else "",
        "seen": lambda key, value: seen(key, value, language),
        "opted_out": [_refused(one, language) for one in found.consent.opted_out],
        "item_name": lambda item: _item_name(item, language),
        "fields": _fields(found, language),
        "pattern": re.escape(visible(found.customer_id)).replace(r"\-", "-"),
    }


def _card_of(found: CustomerPage) -> datetime | None:
    """Return when the card was written, if before the day of the page: its health is of then."""
    card = found.card
    return card.card_at if card is not None and card.card_at.date() < found.as_of.date() else None


def _holds(actions: Sequence[Action], why: Sequence[Reason]) -> list[Action]:
    """Return the actions that still hold and of which nothing was reported, each once, by what their reasons add."""
    places = {one.episode: place for place, one in enumerate(why)}
    found: dict[str, Action] = {}
    for one in sorted(actions, key=lambda one: places.get(one.episode, len(places))):
        if one.state == "recommended" and one.reported is None:
            found.setdefault(one.action, one)
    return list(found.values())[:3]


def _values(segments: Mapping[str, str], language: Language) -> str:
    """Return the values of the segments that a customer is in."""
    return ", ".join(value_of(value, language) for value in segments.values())


def _fields(found: CustomerPage, language: Language) -> list[Field]:
    """Return each field of the card with its value, in the order in which people ask."""
    card, values = found.card, dict.fromkeys(found.why, "")
    if card is not None:
        values |= {
            "risk": risk(card.risk, language, calibrated=card.model.calibrated) if card.risk is not None else NONE,
            "band": name_of("band", card.band, language) if card.band is not None else NONE,
            "value_at_risk": _amounts(card.value_at_risk, language),
            "stage": name_of("stage", card.stage, language),
            "health": number(card.health.score, language, 0),
            "segments": _values(card.segments, language),
            "last_activity": day(card.last_activity, language),
            "reasons": number(len(card.reasons), language),
            "factors": number(len(card.factors), language),
        }
    values |= {
        "mrr": _amounts(found.mrr, language),
        "plan": found.plan or NONE,
        "owner": found.owner or NONE,
        "trend": name_of("trend", found.trend, language) if not found.left else NONE,
        "left": _left(found, language),
        "consent": _consent(found, language),
    }
    names = [*found.why, *(name for name in ASKED if name not in found.why)]
    return [
        Field(name_of("why", key, language), values[key], _says(key, found, language), found.why.get(key))
        for key in names
    ]


def _consent(found: CustomerPage, language: Language) -> str:
    """Return what is known of the consent in a few words: what was refused, else the channels that were left."""
    refused = [_refused(one, language) for one in found.consent.opted_out]
    return ", ".join(refused or [name_of("channel", one, language) for one in found.consent.channels]) or NONE


def _says(key: str, found: CustomerPage, language: Language) -> str:
    """Return what a field is made of, where the record alone does not say it."""
    if key in _OF_CUSTOMERS and found.left:
        return said("customer.no_health", language)
    if key != "trend":
        return said(_MADE_OF[key], language) if key in _MADE_OF else ""
    if found.risk_before is None or found.card is None or found.card.risk is None:
        return said("customer.why_no_trend", language)
    before, now = number(found.risk_before, language, 4), number(found.card.risk, language, 4)
    return said("customer.why_trend", language, before=before, now=now)


def _left(found: CustomerPage, language: Language) -> str:
    if found.left_at is not None:
        return day(found.left_at, language)
    return name_of("stage", "former", language) if found.left else said("customer.not_left", language)


def _amounts(amounts: Sequence[Money], language: Language) -> str:
    return ", ".join(money(one.amount, one.currency, language) for one in amounts) or NONE


def _parts(card: Card, language: Language) -> tuple[list[Part], Markup | None]:
    """Return the parts that add up to the risk, each as a bar that begins where the one before ends."""
    if card.usual_risk is None:
        return [], None
    named = [(said("customer.usual_risk", language), card.usual_risk)] if Decimal(card.usual_risk) else []
    named += [(name_of("signal", one.signal, language), one.contribution) for one in card.reasons]
    named += [(readable(one.name), one.contribution) for one in card.factors if Decimal(one.contribution)]
    bars, whole = contributions([Fraction(value) for _, value in named])
    parts = [Part(label, value, drawn) for (label, value), drawn in zip(named, bars, strict=True)]
    return parts, bar([Span(Fraction(0), min(max(whole, Fraction(0)), Fraction(1)), "level")]) if parts else None


def aged(one: Episode, at: datetime) -> int:
    """Return how many days old a signal was when the risk was calculated: at the time of the card."""
    return max(0, ((one.cleared_at or at) - one.raised_at).days)


def decayed(one: Episode, at: datetime) -> str:
    """Return the weight of a signal as its age had left it by then, rounded: what the sum on the page says."""
    if one.weight is None:
        return "0"
    age = 2.0 ** (-aged(one, at) / one.half_life_days) if one.half_life_days else 1.0
    return f"{one.weight * age:.3f}"


def model_said(says: str, language: Language) -> str:
    """Return how a fitted model judges, in the visitor's language; of another build as the card says it."""
    found = _FITTED.fullmatch(says)
    if found is None:
        return said("customer.model", language, says=says)
    return said("customer.model_fitted", language, days=found[1], basis=name_of("basis", found[2], language))


def seen(key: str, value: int | str, language: Language) -> str:
    """Return what a signal saw as people read it: numbers, days, reasons and channels in the visitor's language.

    >>> seen("tickets", 1200, "it"), seen("term_ends", "2026-03-31", "es"), seen("feature", "export", "es")
    ('1.200', '31 mar 2026', 'export')
    """
    if isinstance(value, int):
        return number(value, language)
    if key in {"reason", "channel"}:
        return name_of(key, value, language)
    try:
        return day(date.fromisoformat(value), language) if _DAY.fullmatch(value) else _at(value, language)
    except ValueError:  # a producer's own word, as 2026-02-31
        return value


def _at(value: str, language: Language) -> str:
    return moment(datetime.fromisoformat(value), language) if _INSTANT.fullmatch(value) else value


def _refused(text: str, language: Language) -> str:
    """Return what a customer has opted out of, as `channel: email`."""
    key, _, value = text.partition(": ")
    return f"{name_of('observed', key, language)}: {seen(key, value, language)}"


def _item_name(item: TimelineItem, language: Language) -> str:
    """Return what an item of the timeline is about."""
    if item.kind in {"signal", "opportunity"}:
        return name_of("signal", item.name, language)
    if item.type == "action.reported":
        became = name_of("reported", str(item.details["outcome"]), language)
        return f"{name_of('action', item.name, language)}: {became}" if item.name else became
    if item.kind == "action":
        return name_of("action", item.name, language)
    if item.kind == "movement":
        segments = item.details.get("segments") if item.name == "none" else None
        if segments:  # nothing else has changed
            return f"{name_of('facet', 'segment', language)}: {_values(segments, language)}"
        return name_of("movement", item.name, language)
    return name_of("type", item.type, language)


def _pictures(found: CustomerPage, language: Language) -> list[Picture]:
    """Return MRR, activity, risk and health over time."""
    named = _activity(found.points, language)
    health = [(one.at, float(one.health), number(one.health, language, 0)) for one in found.points if one.health]
    mrr, of_risk = _mrr_picture(found, language), _risk_picture(found, language)
    activity = _of_cards("customer.activity_said", named.values, language)
    of_health = _of_cards("customer.health_said", health, language, top=100.0)
    drawn = (
        ("mrr", "customer.mrr_picture", mrr, "customer.of_movements", "customer.no_movements"),
        ("activity", "customer.activity_picture", activity, named.says, NO_POINTS),
        ("risk", "customer.risk_picture", of_risk, _of_risk(found), NO_POINTS),
        ("health", "customer.health_picture", of_health, "customer.of_cards", NO_POINTS),
    )
    return [
        Picture(name, said(title, language), picture, said(says if picture is not None else instead, language))
        for name, title, picture, says, instead in drawn
    ]


def _activity(points: Sequence[HealthPoint], language: Language) -> Activity:
    """Return the activity as cards say it: in percent of usual, or by the days since the last one."""
    used = [
        (one.at, float(one.usage), percent(one.usage / 100, language, 0)) for one in points if one.usage is not None
    ]
    if len(used) >= _ENOUGH:
        return Activity("customer.activity_usage", used)
    days = [(one.at, max(0, (one.at.date() - one.last_activity).days)) for one in points if one.last_activity]
    return Activity("customer.activity_days", [(at, float(n), count("days", n, language)) for at, n in days])


def _of_cards(label: str, values: Sequence[Value], language: Language, top: float | None = None) -> Markup | None:
    """Return what the cards say as a line: between two of them, and after the last one, nothing is known."""
    if len(values) < _ENOUGH:
        return None
    first, last = values[0][0], values[-1][0]
    words = {"first": day(first.date(), language), "last": day(last.date(), language), "value": values[-1][2]}
    return over_time(
        [Level(at, value, f"{day(at.date(), language)}: {text}") for at, value, text in values],
        last,
        said(label, language, **words),
        lambda value: number(f"{value:g}", language),
        _named(first, last, language),
        stairs=False,
        look="s2",
        top=top,
        width=400,
        height=170,
    )


def _of_risk(found: CustomerPage) -> str:
    points, card = found.points, found.card
    is_aged = card is not None and card.risk is not None and bool(points) and card.as_of > points[-1].at
    return "customer.of_cards_aged" if is_aged else "customer.of_cards"


def _mrr_picture(found: CustomerPage, language: Language) -> Markup | None:
    """Return the MRR in the first currency of the customer as a stair."""
    if not found.mrr_points:
        return None
    currency = found.mrr_points[-1].currency
    points = [one for one in found.mrr_points if one.currency == currency]
    levels = [
        Level(one.at, float(one.amount), f"{day(one.at.date(), language)}: {money(one.amount, currency, language)}")
        for one in points
    ]
    label = said(
        "customer.mrr_said",
        language,
        first=day(points[0].at.date(), language),
        last=day(found.as_of.date(), language),
        amount=money(points[-1].amount, currency, language),
    )
    named = _named(points[0].at, found.as_of, language)
    return over_time(
        levels,
        found.as_of,
        label,
        lambda value: number(f"{value:g}", language),
        named,
        stairs=True,
        look="s3",
        width=400,
        height=170,
    )


def _risk_picture(found: CustomerPage, language: Language) -> Markup | None:
    """Return the risk of the cards that the console has read as a line: until today, or until the customer left."""
    points = [one for one in found.points if found.left_at is None or one.at < found.left_at]
    if len(points) < _ENOUGH or found.card is None:
        return None
    calibrated, now = found.card.model.calibrated, found.card.risk
    levels = [
        Level(
            one.at,
            float(one.risk),
            f"{day(one.at.date(), language)}: {risk(one.risk, language, calibrated=calibrated)}",
        )
        for one in points
    ]
    if now is not None and found.card.as_of > levels[-1].at:
        today = risk(now, language, calibrated=calibrated)
        named_day = day(found.card.as_of.date(), language)
        levels.append(Level(found.card.as_of, float(now), f"{named_day}: {today}"))
    end = found.as_of if now is not None else found.left_at or points[-1].at
    label = said(
        "customer.risk_said" if now is not None else "customer.risk_said_until",
        language,
        first=day(levels[0].at.date(), language),
        last=day(end.date(), language),
        risk=risk(now if now is not None else points[-1].risk, language, calibrated=calibrated),
    )
    named = _named(levels[0].at, end, language)
    return over_time(
        levels,
        end,
        label,
        lambda value: risk(f"{value:g}", language, calibrated=calibrated),
        named,
        stairs=True,
        look="risk",
        top=1.0,
        width=400,
        height=170,
    )


def _named(start: datetime, end: datetime, language: Language) -> Callable[[datetime], str]:
    """Return how the days of a picture are named: by months if it is long."""
    form = month if (end - start).days > _LONG_DAYS else day
    return lambda at: form(at.date(), language)
