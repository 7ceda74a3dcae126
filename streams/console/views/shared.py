"""Parts that several views show: origins, reasons, actions, money and the limits of what is known."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from retention.calendar import DAY, Instant, instant, moment
from retention.identity import packed, unpacked
from retention.money import decimal_text, money_text
from retention.policy import SEVERITIES
from schemas.currencies import DECIMALS
from schemas.outbound import CustomerHealth, Explanation, Health, Money, Severity
from streams.console.documents import Action, Limit, Origin, Page, Reason, Trend
from streams.console.fading import USUAL, Bands, faded, fades, risk_at
from streams.console.intake import STEPS
from streams.console.views.outcomes import Reports, became, outcomes_of
from streams.topics import HEALTH

WEEK: Final = 7 * DAY
FORMER: Final = "former"
ESCALATED: Final = "churn_signal.escalated"
NO_HEALTH: Final = Health(score=None, coverage="0.00", status=None, inputs=[])
Link = sqlite3.Connection
decoded: Final = msgspec.json.Decoder().decode
"""Reads a body as plain JSON: it met its contract when it was taken."""


@dataclass(frozen=True)
class Company:
    """The settings that views need: the basis, the zone, and the segment that names who looks after a customer."""

    basis: str = "subscription"
    zone: str = "UTC"
    owner: str = "owner"
    horizon_days: int = 90
    kinds: tuple[str, ...] = ("month",)
    bands: Bands = USUAL

    def starts(self, day: date) -> Instant:
        """Return the instant at which a local day begins."""
        return instant(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone)))

    def day(self, at: datetime) -> date:
        """Return the local day of an instant."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def today(self, as_of: datetime) -> Instant:
        """Return the instant at which the local day of another one has begun."""
        return self.starts(self.day(as_of))


def money(steps: int, currency: str) -> Money:
    """Return a stored amount in major units.

    >>> money(2_640_000, "EUR").amount
    '264.00'
    """
    if currency not in DECIMALS:
        return Money(amount=decimal_text(Fraction(steps, STEPS), 2), currency=currency)
    return Money(amount=money_text(Fraction(steps, STEPS), currency), currency=currency)


def ratio_text(part: float, whole: float) -> str | None:
    """Return a share with four decimals; None of nothing."""
    return decimal_text(Fraction(part) / Fraction(whole), 4) if whole else None


def severity_of(level: int | None) -> Severity | None:
    """Return the word of a stored severity."""
    return SEVERITIES[level] if level is not None else None


def origin(record: bytes, definition: str) -> Origin:
    """Return the origin of a value from a table without records."""
    topic, partition, offset, ident, at, cause = decoded(record)
    return Origin(
        topic=topic,
        partition=partition,
        offset=offset,
        ce_id=ident,
        ce_time=moment(at),
        caused_by=cause,
        definition=definition,
    )


def origin_of(row: sqlite3.Row, definition: str) -> Origin:
    """Return the origin of a record."""
    return Origin(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        ce_id=unpacked(row["ident"]),
        ce_time=moment(row["at"]),
        caused_by=unpacked(row["cause"]),
        definition=definition,
    )


def rows_of(link: Link, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
    """Return rows by the names of their columns."""
    cursor = link.cursor()
    cursor.row_factory = sqlite3.Row
    return cursor.execute(query, values).fetchall()


class Edge(NamedTuple):
    """A loss or a return of a customer, on the basis of the company."""

    at: Instant
    what: str


class Left(NamedTuple):
    """States whether a customer has left, and since when, if that is known."""

    has: bool
    at: datetime | None


def last_edge(link: Link, customer: int, company: Company) -> Edge | None:
    """Return the last loss or return of a customer; None if the console knows of none."""
    row = link.execute(
        "SELECT at, what FROM edges WHERE customer = ? AND basis = ? ORDER BY at DESC, what LIMIT 1",
        (customer, company.basis),
    ).fetchone()
    return Edge(*row) if row is not None else None


def left_by(card: CustomerHealth | None, last: Edge | None) -> Left:
    """Return whether a customer has left: by its last loss or return, unless its card is of later, or alone is known.

    A loss is a record of its own, and the card after it another one: either may be read first, or be missed.
    """
    if card is not None and (last is None or instant(card.as_of) >= last.at):
        has = card.stage == FORMER
    else:
        has = last is not None and last.what == "churned"
    return Left(has, moment(last.at) if has and last is not None and last.what == "churned" else None)


class Carded(NamedTuple):
    """A card as of the instant of its columns, and when it was written.

    `of_day` is the day that it is of, if that is before the day of the document; `ages` says whether its risk is
    calculated again as its signals age. A customer that has left has no health on it: that was of before.
    """

    card: CustomerHealth
    written: datetime
    of_day: date | None
    ages: bool
    left: Left


def carded(company: Company, body: bytes, aged: Instant, as_of: datetime, last: Edge | None) -> Carded:
    """Return a card as it is shown. It met its contract when it was taken; `last` is the last loss or return."""
    card = CustomerHealth.model_validate_json(body)
    now, left = faded(card, aged, company.bands), left_by(card, last)
    if left.has:
        now = now.model_copy(update={"stage": FORMER, "health": NO_HEALTH})
    of = company.day(now.as_of)
    return Carded(now, card.as_of, of if of < company.day(as_of) else None, fades(card), left)


def reasons(link: Link, company: Company, customer: int, card: CustomerHealth, as_of: datetime) -> list[Reason]:
    """Return why a customer is at risk, the greatest contribution first."""
    words = _explanations(link, company, customer, [one.episode for one in card.open_signals])
    found = [
        Reason(
            signal=one.signal,
            episode=one.episode,
            severity=one.severity,
            since=one.since,
            raised_at=one.raised_at,
            age_days=max(0, (as_of - one.raised_at).days),
            weight=one.weight,
            half_life_days=one.half_life_days,
            contribution=one.contribution,
            folded=one.folded,
            explanation=said.text if (said := words.get(one.episode)) is not None else None,
            explained_on=said.day if said is not None else None,
            explains_escalation=said is not None and said.type == ESCALATED,
            term_is_over=said is not None and term_is_over(said.observed, company.day(as_of)),
        )
        for one in card.open_signals
    ]
    return sorted(found, key=lambda one: (-Decimal(one.contribution), one.signal, one.episode))


class Explained(NamedTuple):
    """The explanation of a signal, its numbers and their local day, and the type of the record that says it."""

    text: Explanation
    observed: Mapping[str, int | str]
    day: date
    type: str


def term_is_over(observed: Mapping[str, int | str], today: date) -> bool:
    """Report whether the day has passed on which a term ends, by what a signal has observed.

    >>> term_is_over({"term_ends": "2026-07-06"}, date(2026, 7, 6)), term_is_over({}, date(2026, 7, 6))
    (False, False)
    """
    ends = observed.get("term_ends")
    return isinstance(ends, str) and date.fromisoformat(ends) < today


def _explanations(link: Link, company: Company, customer: int, episodes: Sequence[str]) -> Mapping[str, Explained]:
    marks = ", ".join("?" * len(episodes))
    found = link.execute(
        "SELECT e.episode, r.body, r.at, r.type FROM episodes e JOIN records r ON r.seq = coalesce(e.said, e.last) "  # noqa: S608
        f"WHERE e.customer = ? AND e.episode IN ({marks})",
        (customer, *map(packed, episodes)),
    )
    return {unpacked(episode): _explained(company, decoded(body), at, kind) for episode, body, at, kind in found}


def _explained(company: Company, body: Mapping[str, Any], at: Instant, kind: str) -> Explained:
    return Explained(Explanation(**body["explanation"]), body["observed"], company.day(moment(at)), kind)


_ACTIONS: Final = """
SELECT a.episode, a.action, a.state, a.at, s.body AS said, s.type AS said_type, s.ident AS said_ident, s.at AS said_at,
l.body AS last, l.ident, l.topic, l.partition, l.offset, l.cause FROM actions a
LEFT JOIN records s ON s.seq = a.said JOIN records l ON l.seq = a.last
WHERE a.customer = ? ORDER BY a.at DESC, a.action, a.episode
"""


def actions(link: Link, customer: int, as_of: datetime) -> list[Action]:
    """Return the actions for a customer, the newest first, each in its present state."""
    known = outcomes_of(link, customer)
    return [_action(row, known, as_of) for row in rows_of(link, _ACTIONS, (customer,))]


def _action(row: sqlite3.Row, known: Reports, as_of: datetime) -> Action:
    last = decoded(row["last"])
    said = decoded(row["said"]) if row["said"] is not None else {}
    expires = datetime.fromisoformat(said["expires_at"]) if "expires_at" in said else None
    recommendation = row["said_ident"] if row["said_type"] == "action.recommended" else None
    reports = known.get((row["episode"], row["action"]), ())
    outcomes, last_outcome = became(reports, recommendation, row["said_at"])
    is_over = row["state"] == "recommended" and expires is not None and expires <= as_of
    return Action(
        action=row["action"],
        signal=last["signal"],
        episode=unpacked(row["episode"]),
        severity=said.get("severity"),
        state="expired" if is_over else row["state"],
        at=moment(row["at"]),
        expires_at=expires,
        channels=said.get("channels", []),
        automated=said.get("automated"),
        gate=said.get("gate"),
        cause=last.get("cause"),
        recommendation_id=unpacked(recommendation) if recommendation is not None else None,
        reported=last_outcome,
        outcomes=outcomes,
        ce_id=unpacked(row["ident"]),
        origin=origin_of(row, "actions.md"),
    )


def standing(found: Sequence[Action], why: Sequence[Reason]) -> Action | None:
    """Return the recommendation that still holds for the reason that adds most; without one for any, the newest.

    One of which something was reported holds no more.
    """
    holding = [one for one in found if one.state == "recommended" and one.reported is None]
    by_episode = {one.episode: one for one in reversed(holding)}
    first = next((by_episode[one.episode] for one in why if one.episode in by_episode), None)
    return first or next(iter(holding), None)


def trend(link: Link, customer: int, card: CustomerHealth, as_of: datetime) -> tuple[Trend, str | None]:
    """Return how a risk has changed in 7 days, and what it was; unknown without a card of that time."""
    row = link.execute(
        "SELECT risk, at, weights FROM points WHERE customer = ? AND at <= ? ORDER BY at DESC LIMIT 1",
        (customer, instant(as_of) - WEEK),
    ).fetchone()
    if row is None:
        return "unknown", None
    risk, at, weights = row
    ago = instant(card.as_of) - WEEK
    if weights is not None and at < ago:
        risk = risk_at(weights, ago)
    before, now = Decimal(risk), Decimal(card.risk)
    return ("up" if now > before else "down" if now < before else "same"), risk


def event_time(link: Link) -> datetime | None:
    """Return the newest event time of all outputs; None before the first."""
    newest = link.execute("SELECT max(event) FROM reads").fetchone()[0]
    return moment(newest) if newest else None


def page_of(number: int, size: int, total: int) -> Page:
    """Return a page, the last one if there are fewer."""
    pages = max(1, -(-total // size))
    return Page(number=min(max(1, number), pages), size=size, total=total)


def number_of(link: Link, name: str) -> int | None:
    """Return the number of a customer in the tables; None if nothing is known of it."""
    row = link.execute("SELECT id FROM customers WHERE name = ?", (name,)).fetchone()
    return int(row[0]) if row is not None else None


def since(link: Link, topic: str) -> datetime | None:
    """Return the oldest instant of the records of a topic."""
    row = link.execute("SELECT min(at) FROM records WHERE topic = ?", (topic,)).fetchone()
    return moment(row[0]) if row[0] is not None else None


def gaps(link: Link) -> list[Limit]:
    """Return the limit that offsets were missed, if any were."""
    row = link.execute("SELECT 1 FROM reads WHERE missed > 0 AND topic <> ? LIMIT 1", (HEALTH.name,)).fetchone()
    return ["gap"] if row is not None else []
