"""A customer: everything that the output topics have said of it, and where each value comes from."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from retention.actions import ACTIONS
from retention.calendar import moment
from retention.identity import unpacked
from schemas.outbound import CustomerHealth, Explanation, Money
from streams.console.documents import (
    Action,
    Card,
    Consent,
    Contact,
    CustomerPage,
    Episode,
    HealthPoint,
    ItemKind,
    Limit,
    Loss,
    MrrPoint,
    Origin,
    Page,
    TimelineItem,
)
from streams.console.views.shared import (
    ESCALATED,
    Carded,
    Company,
    Left,
    Link,
    actions,
    carded,
    decoded,
    gaps,
    last_edge,
    left_by,
    number_of,
    origin,
    origin_of,
    page_of,
    reasons,
    rows_of,
    severity_of,
    term_is_over,
    trend,
)

LAST_ACTIONS: Final = 5
DEFINITIONS: Final = {
    "churn_signal": "signals.md",
    "opportunity": "opportunities.md",
    "action": "actions.md",
    "movement": "events.md#subscriptions",
    "customer": "events.md",
}
CARD_FIELDS: Final = {
    "risk": "cards.md",
    "band": "cards.md",
    "value_at_risk": "cards.md",
    "mrr": "cards.md",
    "plan": "cards.md",
    "segments": "cards.md",
    "stage": "cards.md",
    "health": "cards.md",
    "last_activity": "cards.md",
    "reasons": "cards.md",
    "factors": "learning.md",
    "trend": "console-views.md#at-risk-whom-to-call",
}
"""The fields of a card, and the page that defines each."""
OF_OWNER: Final = "console-views.md#at-risk-whom-to-call"
OPTED_OUT: Final = "opted-out"
_BESIDE: Final = frozenset({"customer_id", "episode", "severity", "explanation", "signal", "opportunity", "action"})
"""Fields of a record that an item of the timeline has by itself."""


def customer_page(
    link: Link, company: Company, name: str, as_of: datetime, items: int, page: int = 1
) -> CustomerPage | None:
    """Return what is known of a customer, with a page of so many items of its timeline; None if nothing is."""
    customer = number_of(link, name)
    if customer is None:
        return None
    found, record = _card(link, company, customer, as_of)
    card = found.card if found is not None else None
    owner = card.segments.get(company.owner) if card is not None else None
    episodes, done = _episodes(link, company, customer, card, as_of), actions(link, customer, as_of)
    total, first = link.execute("SELECT count(*), min(at) FROM records WHERE customer = ?", (customer,)).fetchone()
    points, shown = _mrr_points(link, customer), page_of(page, items, total)
    left = _left(link, company, customer, found)
    judged = None if left.has else card
    directed, before = trend(link, customer, judged, as_of) if judged is not None else ("unknown", None)
    return CustomerPage(
        customer_id=name,
        as_of=as_of,
        has_card=card is not None,
        card=_shown(link, company, customer, found, as_of) if found is not None else None,
        owner=owner,
        left=left.has,
        left_at=left.at,
        trend=directed,
        risk_before=before,
        mrr=_mrr(card, points),
        plan=_plan(link, customer, card),
        first_seen=moment(first) if first is not None else None,
        mrr_points=points,
        points=_points(link, customer),
        signals=[one for one in episodes if one.kind == "signal"],
        opportunities=[one for one in episodes if one.kind == "opportunity"],
        actions=done,
        losses=_losses(link, customer),
        consent=_consent(episodes, done),
        timeline=[_item(row) for row in _records(link, customer, shown)],
        timeline_total=total,
        timeline_page=shown,
        why=_why(link, customer, record, company.basis, owned=owner is not None, episodes=episodes, done=done),
        limits=[*_limits(card), *gaps(link)],
    )


def _why(
    link: Link,
    customer: int,
    card: bytes | None,
    basis: str,
    *,
    owned: bool,
    episodes: Sequence[Episode],
    done: Sequence[Action],
) -> dict[str, Origin]:
    """Return where each field comes from: the card, without one the last movement, and for the rest their records."""
    of_card = CARD_FIELDS | ({"owner": OF_OWNER} if owned else {})
    found = {field: origin(card, page) for field, page in of_card.items()} if card is not None else {}
    if card is None and (movement := _newest(link, customer, "movement", "%")) is not None:
        found |= {"mrr": movement, "plan": movement}
    if (edge := _newest(link, customer, "customer", basis)) is not None:
        found["left"] = edge
    if (consent := _consent_from(episodes, done)) is not None:
        found["consent"] = consent
    return found


def _newest(link: Link, customer: int, family: str, name: str) -> Origin | None:
    """Return the origin of the newest record of a family about a customer; facts of it have the basis as their name.

    Of one instant it is the last of a partition: the offsets of two partitions say nothing of each other.
    """
    rows = rows_of(
        link,
        "SELECT * FROM records WHERE customer = ? AND type LIKE ? AND name LIKE ? "
        "ORDER BY at DESC, partition, offset DESC LIMIT 1",
        (customer, f"{family}.%", name),
    )
    return origin_of(rows[0], DEFINITIONS[family]) if rows else None


def _consent_from(episodes: Sequence[Episode], done: Sequence[Action]) -> Origin | None:
    """Return the record that says most of a consent: a refusal that stands, else the newest recommendation."""
    refusals = (one.origin for one in episodes if one.name == OPTED_OUT and one.is_open)
    said = (one.origin for one in done if one.channels or one.gate == "consent")
    found = next(refusals, None) or next(said, None)
    return found.model_copy(update={"definition": "actions.md"}) if found is not None else None


def contact(link: Link, company: Company, name: str, as_of: datetime) -> Contact:
    """Return what a service desk needs to know of a customer, known or not."""
    customer = number_of(link, name)
    found = _card(link, company, customer, as_of)[0] if customer is not None else None
    card = found.card if found is not None else None
    done = actions(link, customer, as_of)[:LAST_ACTIONS] if customer is not None else []
    has_left = customer is not None and _left(link, company, customer, found).has
    judged = None if has_left else card
    return Contact(
        customer_id=name,
        as_of=as_of,
        known=customer is not None,
        risk=judged.risk if judged is not None else None,
        band=judged.band if judged is not None else None,
        risk_as_of=judged.as_of if judged is not None else None,
        card_at=found.written if found is not None else None,
        stage=card.stage if card is not None else None,
        plan=_plan(link, customer, card) if customer is not None else None,
        mrr=_mrr(card, _mrr_points(link, customer)) if customer is not None else [],
        segments=card.segments if card is not None else {},
        owner=card.segments.get(company.owner) if card is not None else None,
        signals=reasons(link, company, customer, card, as_of) if customer is not None and card is not None else [],
        opportunities=_open_opportunities(link, customer) if customer is not None else [],
        actions=done,
        last_activity=card.last_activity if card is not None else None,
        left=has_left,
    )


def _card(link: Link, company: Company, customer: int, as_of: datetime) -> tuple[Carded, bytes] | tuple[None, None]:
    row = link.execute(
        "SELECT body, aged, record FROM cards JOIN card_bodies USING (customer) WHERE customer = ?", (customer,)
    ).fetchone()
    if row is None:
        return None, None
    return carded(company, row[0], row[1], as_of, last_edge(link, customer, company)), row[2]


_NO_RISK: Final[dict[str, Any]] = {"risk": None, "band": None, "usual_risk": None, "factors": [], "value_at_risk": []}
"""What a card says of a customer that has left: its own risk is of before, or 0 because no signal is open."""


def _shown(link: Link, company: Company, customer: int, found: Carded, as_of: datetime) -> Card:
    own = {field: getattr(found.card, field) for field in Card.model_fields if field in CustomerHealth.model_fields}
    if found.left.has:
        own |= _NO_RISK
    why = reasons(link, company, customer, found.card, as_of)
    return Card(**own, reasons=why, of_day=found.of_day, ages=found.ages, card_at=found.written)


def _mrr(card: CustomerHealth | None, points: list[MrrPoint]) -> list[Money]:
    if card is not None:
        return card.mrr
    last = {one.currency: one.amount for one in points}
    return [Money(amount=amount, currency=currency) for currency, amount in sorted(last.items()) if float(amount)]


def _plan(link: Link, customer: int, card: CustomerHealth | None) -> str | None:
    if card is not None:
        return card.plan
    row = link.execute(
        "SELECT plan FROM movements WHERE customer = ? ORDER BY at DESC, currency LIMIT 1", (customer,)
    ).fetchone()
    return row[0] if row is not None else None


def _mrr_points(link: Link, customer: int) -> list[MrrPoint]:
    found = link.execute(
        "SELECT at, currency, after, kind FROM movements WHERE customer = ? ORDER BY at, currency", (customer,)
    )
    return [MrrPoint(at=moment(at), currency=currency, amount=after, kind=kind) for at, currency, after, kind in found]


def _points(link: Link, customer: int) -> list[HealthPoint]:
    found = link.execute(
        "SELECT at, risk, band, health, usage, active FROM points WHERE customer = ? ORDER BY at", (customer,)
    )
    return [
        HealthPoint(at=moment(at), risk=risk, band=band, health=health, usage=usage, last_activity=active)
        for at, risk, band, health, usage, active in found
    ]


_EPISODES: Final = """
SELECT e.name, e.kind, e.episode, e.open, e.severity AS level, s.body AS said, s.at AS said_at, s.type AS said_type,
l.* FROM episodes e
LEFT JOIN records s ON s.seq = e.said JOIN records l ON l.seq = e.last
WHERE e.customer = ? ORDER BY e.open DESC, e.raised DESC, e.name, e.episode
"""


def _episodes(
    link: Link, company: Company, customer: int, card: CustomerHealth | None, as_of: datetime
) -> list[Episode]:
    contributions = {one.episode: one for one in card.open_signals} if card is not None else {}
    return [_episode(row, company, contributions, as_of) for row in rows_of(link, _EPISODES, (customer,))]


def _episode(row: sqlite3.Row, company: Company, contributions: dict[str, Any], as_of: datetime) -> Episode:
    last, episode = decoded(row["body"]), unpacked(row["episode"])
    said = decoded(row["said"]) if row["said"] is not None else last
    raised = datetime.fromisoformat(last["raised_at"])
    cleared = datetime.fromisoformat(last["cleared_at"]) if last.get("cleared_at") else None
    on_card = contributions.get(episode)
    return Episode(
        name=row["name"],
        kind=row["kind"],
        episode=episode,
        is_open=bool(row["open"]),
        severity=severity_of(row["level"]),
        since=last["since"],
        raised_at=raised,
        cleared_at=cleared,
        cause=last.get("cause"),
        age_days=max(0, ((cleared or as_of) - raised).days),
        explanation=Explanation(**said["explanation"]),
        explained_on=company.day(moment(row["said_at"] if row["said_at"] is not None else row["at"])),
        explains_escalation=row["said_type"] == ESCALATED,
        term_is_over=bool(row["open"]) and term_is_over(said["observed"], company.day(as_of)),
        observed=said["observed"],
        baseline=said["baseline"],
        weight=last.get("weight"),
        half_life_days=last.get("half_life_days"),
        evidence=said["evidence"],
        data_gaps=last["data_gaps"],
        recommended_action=last["recommended_action"],
        contribution=on_card.contribution if on_card is not None else None,
        folded=on_card.folded if on_card is not None else False,
        origin=origin_of(row, DEFINITIONS["opportunity" if row["kind"] == "opportunity" else "churn_signal"]),
    )


def _open_opportunities(link: Link, customer: int) -> list[str]:
    found = link.execute(
        "SELECT DISTINCT name FROM episodes WHERE customer = ? AND open AND kind = 'opportunity' ORDER BY name",
        (customer,),
    )
    return [name for (name,) in found]


def _losses(link: Link, customer: int) -> list[Loss]:
    found = link.execute(
        "SELECT at, basis, what, cause, reason, worth FROM edges WHERE customer = ? ORDER BY at DESC, basis, what",
        (customer,),
    )
    return [
        Loss(at=moment(at), basis=basis, what=what, cause=cause, reason=reason, value_lost=_worth(worth))
        for at, basis, what, cause, reason, worth in found
    ]


def _worth(worth: bytes) -> list[Money]:
    return [Money(amount=one["amount"], currency=one["currency"]) for one in decoded(worth)]


def _left(link: Link, company: Company, customer: int, found: Carded | None) -> Left:
    return found.left if found is not None else left_by(None, last_edge(link, customer, company))


def _consent(episodes: list[Episode], done: list[Action]) -> Consent:
    refused = [
        f"{name}: {value}"
        for one in episodes
        if one.name == OPTED_OUT and one.is_open
        for name, value in sorted(one.observed.items())
    ]
    newest = next((one for one in done if one.channels), None)
    return Consent(
        opted_out=refused,
        channels=newest.channels if newest is not None else [],
        suppressed=sum(one.gate == "consent" for one in done),
        left_out=_left_out(newest) if newest is not None else [],
        as_of=newest.at if newest is not None else None,
    )


def _left_out(said: Action) -> list[str]:
    """Return the channels of an action that no gate has left in its recommendation."""
    usual = next((one.channels for one in ACTIONS if one.name == said.action), ())
    return [channel for channel in usual if channel not in said.channels]


_RECORDS: Final = """
SELECT t.*, coalesce(nullif(t.name, ''), r.name, '') AS about FROM records t
LEFT JOIN action_reports a ON a.customer = t.customer AND a.record = t.seq
LEFT JOIN records r ON r.ident = a.recommendation AND r.customer = t.customer
WHERE t.customer = ? ORDER BY t.at DESC, t.topic, t.offset DESC, t.ident LIMIT ? OFFSET ?
"""
"""A page of the timeline; an outcome that names a recommendation alone is about the action of that."""


def _records(link: Link, customer: int, page: Page) -> list[sqlite3.Row]:
    return rows_of(link, _RECORDS, (customer, page.size, (page.number - 1) * page.size))


def _item(row: sqlite3.Row) -> TimelineItem:
    body, family = decoded(row["body"]), row["type"].partition(".")[0]
    moved = family == "movement"
    return TimelineItem(
        at=moment(row["at"]),
        kind=_KINDS[family],
        type=row["type"],
        name=row["about"],
        severity=severity_of(row["severity"]),
        explanation=Explanation(**body["explanation"]) if "explanation" in body else None,
        episode=unpacked(row["episode"]) if row["episode"] is not None else None,
        amount=Money(amount=body["delta"], currency=body["currency"]) if moved and body["kind"] != "none" else None,
        details={name: value for name, value in body.items() if name not in _BESIDE},
        origin=item_origin(row),
    )


_KINDS: Final[dict[str, ItemKind]] = {
    "churn_signal": "signal",
    "opportunity": "opportunity",
    "action": "action",
    "movement": "movement",
    "customer": "fact",
}


def item_origin(row: sqlite3.Row) -> Origin:
    """Return the origin of an item of the timeline."""
    return origin_of(row, DEFINITIONS[row["type"].partition(".")[0]])


def _limits(card: CustomerHealth | None) -> list[Limit]:
    found: list[Limit] = ["signals_since", "movements_since"]
    if card is not None and not card.model.calibrated:
        found.append("uncalibrated")
    return found
