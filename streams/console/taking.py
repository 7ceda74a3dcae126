"""Takes what records say into the tables: a function for each type of output, in one transaction with others.

Records of one customer come in the order of its partition, so of two that say different things the later one counts.
Nothing else is assumed: topics may be read in any order, and any record twice.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from retention.calendar import NEVER, instant
from retention.identity import packed
from streams.console.erasing import erase, gone
from streams.console.fading import Bands, amounts, faded, fades, weights_of
from streams.console.intake import Place, Read, Said, level_of, origin_of, steps_of
from streams.dead_letters import PREFIX
from streams.forgetting import Forgotten

MOST_POINTS: Final = 400
"""Points of the risk of a customer: with one a day, those of a year."""


class Taking:
    """One transaction: the records of a batch are taken one after the other."""

    def __init__(self, link: sqlite3.Connection, names: Forgotten, bands: Bands) -> None:
        self._link, self._names, self._bands = link, names, bands
        self._known: dict[str, int | None] = {}
        self.has_erased = False
        self.oldest = NEVER
        """The oldest instant that was taken."""
        self._sweep = self._noted("sweep")
        self._day = self._noted("day")
        """The instant to which the other cards were brought."""

    def _noted(self, name: str) -> int:
        row = self._link.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row is not None else 0

    def take(self, said: Said, place: Place) -> str:
        """Take what a record says; return what became of it."""
        if said.type in _OF_NOBODY:
            return _OF_NOBODY[said.type](self, said, place)
        name = getattr(said.body, "customer_id", None)
        if name is None:  # withdrawn of an erased customer: its receipt erases all the rest
            return "of_erased"
        customer = self._customer(name)
        if customer is None:
            return "of_erased"
        self.oldest = min(self.oldest, said.at)
        if said.type == "customer.health":
            return self._card(customer, said, place)
        seq = self._record(customer, said, place)
        if seq is None:
            return "repeated"
        _OF_CUSTOMERS[said.type](self, customer, said, seq)
        return "taken"

    def _customer(self, name: str) -> int | None:
        """Return the number of a customer; None of one that is gone."""
        if name not in self._known:
            self._known[name] = self._number(name)
        return self._known[name]

    def _number(self, name: str) -> int | None:
        found = self._link.execute("SELECT id FROM customers WHERE name = ?", (name,)).fetchone()
        if found is not None:
            return int(found[0])
        pseudonym = self._names.pseudonym(name)
        if gone(self._link, pseudonym):
            return None
        self._link.execute("INSERT INTO customers (name, pseudonym) VALUES (?, ?)", (name, pseudonym))
        return int(self._link.execute("SELECT last_insert_rowid()").fetchone()[0])

    def _record(self, customer: int, said: Said, place: Place) -> int | None:
        """Store a record; return its number, or None if it is known already."""
        body = said.body
        cursor = self._link.execute(
            "INSERT OR IGNORE INTO records (ident, customer, topic, partition, offset, at, type, name, severity, "
            "episode, cause, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                packed(said.ident),
                customer,
                *place,
                said.at,
                said.type,
                _name_of(said),
                level_of(getattr(body, "severity", None)),
                packed(body.episode) if getattr(body, "episode", None) is not None else None,
                packed(said.cause),
                said.raw,
            ),
        )
        return cursor.lastrowid if cursor.rowcount else None

    # Of a customer

    def _episode(self, customer: int, said: Said, seq: int) -> None:
        body = said.body
        episode, is_open = packed(body.episode), body.transition != "cleared"
        kind = "opportunity" if said.type.startswith("opportunity") else "signal"
        self._link.execute(
            "INSERT INTO episodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET open = excluded.open, "
            "severity = excluded.severity, raised = excluded.raised, said = coalesce(excluded.said, said), "
            "last = excluded.last",
            (
                customer,
                episode,
                _name_of(said),
                kind,
                is_open,
                level_of(getattr(body, "severity", None)),
                instant(body.raised_at),
                seq if is_open else None,
                seq,
            ),
        )
        self._link.execute("DELETE FROM gaps WHERE customer = ? AND episode = ?", (customer, episode))
        if is_open and body.data_gaps:
            rows = [(customer, episode, source, said.at) for source in dict.fromkeys(body.data_gaps)]
            self._link.executemany("INSERT INTO gaps VALUES (?, ?, ?, ?)", rows)

    def _action(self, customer: int, said: Said, seq: int) -> None:
        state = said.type.removeprefix("action.")
        self._link.execute(
            "INSERT INTO actions VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state, "
            "at = excluded.at, said = coalesce(excluded.said, said), last = excluded.last",
            (
                customer,
                packed(said.body.episode),
                said.body.action,
                state,
                said.at,
                None if state == "withdrawn" else seq,
                seq,
            ),
        )

    def _outcome(self, customer: int, said: Said, seq: int) -> None:
        """Note what became of an action: of the recommendation that it names, or of the action for an episode."""
        body = said.body
        self._link.execute(
            "INSERT INTO action_reports VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                customer,
                seq,
                body.outcome,
                instant(body.at),
                body.source,
                packed(body.recommendation_id) if body.recommendation_id is not None else None,
                packed(body.episode) if body.episode is not None else None,
                body.action,
            ),
        )

    def _edge(self, customer: int, said: Said, _seq: int) -> None:
        """Note a loss or a return; one by late evidence takes back the other one of that instant."""
        body, at = said.body, instant(said.body.at)
        what = said.type.removeprefix("customer.")
        other = "returned" if what == "churned" else "churned"
        if body.cause == "late_evidence":
            self._link.execute(
                "DELETE FROM edges WHERE customer = ? AND basis = ? AND at = ? AND what = ?",
                (customer, body.basis, at, other),
            )
            return
        worth = b"[" + b",".join(one.model_dump_json().encode() for one in getattr(body, "value_lost", [])) + b"]"
        self._link.execute(
            "INSERT OR REPLACE INTO edges VALUES (?, ?, ?, ?, ?, ?, ?)",
            (customer, body.basis, at, what, body.cause, getattr(body, "reason", None), worth),
        )

    def _movement(self, customer: int, said: Said, seq: int) -> None:
        """Note a movement; a correction replaces that of its instant, and one to nothing takes it back."""
        body, at = said.body, instant(said.body.at)
        self._standing(customer, body, at)
        if body.kind == "none":
            self._link.execute(
                "DELETE FROM movements WHERE customer = ? AND currency = ? AND at = ?", (customer, body.currency, at)
            )
            return
        self._link.execute(
            "INSERT OR REPLACE INTO movements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                customer,
                body.currency,
                at,
                body.kind,
                body.before,
                body.after,
                body.delta,
                body.plan,
                body.cause,
                body.reason,
                seq,
            ),
        )

    def _standing(self, customer: int, body: Any, at: int) -> None:  # noqa: ANN401 - the contract of its type
        """Note in which segments a customer counts from a movement on; nothing of one that is taken back."""
        where = customer, body.currency, at
        if body.kind == "none" and body.segments is None:
            self._link.execute("DELETE FROM standings WHERE customer = ? AND currency = ? AND at = ?", where)
            return
        begins = not Decimal(body.before) and body.kind != "resume" and body.segments != {}
        said = None
        if body.segments is not None:
            said = json.dumps(body.segments, ensure_ascii=False, separators=(",", ":"))
        self._link.execute("INSERT OR REPLACE INTO standings VALUES (?, ?, ?, ?, ?)", (*where, said, begins))

    def _card(self, customer: int, said: Said, place: Place) -> str:
        card = said.body
        is_fading = fades(card) and bool(card.open_signals)
        aged = max(instant(card.as_of), self._day) if is_fading else instant(card.as_of)
        now = faded(card, aged, self._bands)
        is_at_risk = bool(card.open_signals) or card.band != "low"
        raised = [instant(one.raised_at) for one in card.open_signals]
        self._link.execute(
            "INSERT OR REPLACE INTO cards VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                customer,
                card.customer_id,
                is_at_risk,
                steps_of(now.risk),
                now.band,
                card.plan,
                card.stage,
                min(raised, default=None),
                instant(card.as_of),
                self._sweep,
                is_fading,
                aged,
            ),
        )
        self._link.execute(
            "INSERT OR REPLACE INTO card_bodies VALUES (?, ?, ?)", (customer, origin_of(said, place), said.raw)
        )
        self._replace("card_signals", customer, sorted({(one.signal,) for one in card.open_signals}))
        self._replace("card_segments", customer, sorted(card.segments.items()) if is_at_risk else [])
        self._replace("card_values", customer, amounts(now) if is_at_risk else [])
        self._point(customer, card)
        return "taken"

    def _replace(self, table: str, customer: int, rows: list[Any]) -> None:
        """Replace the rows of a customer in a side table, unless they are the same."""
        found = self._link.execute(f"SELECT * FROM {table} WHERE customer = ?", (customer,)).fetchall()  # noqa: S608
        wanted = [(customer, *row) for row in rows]
        if found == wanted:
            return
        self._link.execute(f"DELETE FROM {table} WHERE customer = ?", (customer,))  # noqa: S608 - a name of ours
        marks = ", ".join("?" * (len(wanted[0]) if wanted else 0))
        self._link.executemany(f"INSERT INTO {table} VALUES ({marks})", wanted) if wanted else None  # noqa: S608

    def _point(self, customer: int, card: Any) -> None:  # noqa: ANN401 - a card of the contract
        usage = next((one.score for one in card.health.inputs if one.name == "usage"), None)
        active = card.last_activity.isoformat() if card.last_activity is not None else None
        self._link.execute(
            "INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                customer,
                instant(card.as_of),
                card.risk,
                card.band,
                card.health.score,
                usage,
                active,
                weights_of(card),
                json.dumps(card.segments, ensure_ascii=False),
            ),
        )
        self._link.execute(
            "DELETE FROM points WHERE customer = ? AND at <= (SELECT at FROM points WHERE customer = ? "
            "ORDER BY at DESC LIMIT 1 OFFSET ?)",
            (customer, customer, MOST_POINTS),
        )

    # Of the company

    def _figure(self, said: Said, place: Place) -> str:
        body = said.body
        self._link.execute(
            "INSERT OR REPLACE INTO figures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                said.key,
                body.metric,
                body.basis,
                body.currency or "",
                body.period.kind,
                body.period.start.isoformat(),
                body.segment.by,
                body.segment.value,
                origin_of(said, place),
                said.raw,
            ),
        )
        return "taken"

    def _receipt(self, said: Said, _place: Place) -> str:
        self._erase(said.body.pseudonym)
        return "taken"

    def _marks(self, said: Said, _place: Place) -> str:
        body = said.body
        rows = [(body.partition, first, last) for first, last in body.offsets]
        self._link.executemany("INSERT OR IGNORE INTO marks VALUES (?, ?, ?)", rows)
        return "taken"

    def _reported(self, said: Said, _place: Place) -> str:
        """Note what became of a recommendation; of two reports of the same, the first one counts."""
        body = said.body
        self._link.execute(
            "INSERT INTO reports VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, who = excluded.who "
            "WHERE (excluded.at, excluded.who) < (at, who)",
            (packed(body.recommendation_id), body.outcome, instant(body.at), body.by),
        )
        return "taken"

    def tombstone(self, read: Read) -> str:
        """Erase a customer whose card is deleted: it was forgotten, or goes on under another id."""
        if read.key is None:
            return "other"
        self._erase(self._names.pseudonym(read.key.decode("utf-8", "replace")))
        return "taken"

    def _erase(self, pseudonym: str) -> None:
        self._known.clear()
        if erase(self._link, pseudonym):
            self.has_erased = True

    def letter(self, read: Read) -> str:
        """Count a dead letter: where its record stood, and the reason; nothing of what it holds."""
        about = {name: text for name, text in read.headers.items() if name.startswith(PREFIX)}
        topic, reason = (about.get(PREFIX + name, b"").decode("utf-8", "replace")[:249] for name in ("topic", "reason"))
        cursor = self._link.execute(
            "INSERT OR IGNORE INTO letters VALUES (?, ?, ?, ?, ?)",
            (read.place.partition, read.place.offset, topic, reason, read.stamp),
        )
        return "taken" if cursor.rowcount else "repeated"


def _name_of(said: Said) -> str:
    """Return the signal, the opportunity, the action, the kind of movement, or the basis that an output is about."""
    for field in ("action", "signal", "opportunity", "kind", "basis"):
        found = getattr(said.body, field, None)
        if found is not None:
            return str(found)
    return ""


_OF_CUSTOMERS: Final[Mapping[str, Callable[[Taking, int, Said, int], None]]] = {
    "churn_signal.raised": Taking._episode,  # noqa: SLF001 - the register of its own methods
    "churn_signal.escalated": Taking._episode,  # noqa: SLF001
    "churn_signal.cleared": Taking._episode,  # noqa: SLF001
    "opportunity.raised": Taking._episode,  # noqa: SLF001
    "opportunity.cleared": Taking._episode,  # noqa: SLF001
    "action.recommended": Taking._action,  # noqa: SLF001
    "action.suppressed": Taking._action,  # noqa: SLF001
    "action.withdrawn": Taking._action,  # noqa: SLF001
    "action.reported": Taking._outcome,  # noqa: SLF001
    "customer.churned": Taking._edge,  # noqa: SLF001
    "customer.returned": Taking._edge,  # noqa: SLF001
    "movement.made": Taking._movement,  # noqa: SLF001
    "movement.corrected": Taking._movement,  # noqa: SLF001
}
_OF_NOBODY: Final[Mapping[str, Callable[[Taking, Said, Place], str]]] = {
    "metric.updated": Taking._figure,  # noqa: SLF001
    "customer.erased": Taking._receipt,  # noqa: SLF001
    "dead_letters.retried": Taking._marks,  # noqa: SLF001
    "dead_letters.dropped": Taking._marks,  # noqa: SLF001
    "console.reported": Taking._reported,  # noqa: SLF001
}
"""What each type changes: a row of this register for each row of `CONTRACTS`, but for the card."""
