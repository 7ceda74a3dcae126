"""Says of the events of a log, taken together, what looks like a mistake: each event by itself is lawful.

    customer_id    o-1   o-2   o-3   o-4   …        no customer has two events: the id of an order?
    occurred_at    10:00 10:00 10:00 10:00 …        all of one instant: that of the export?
    order_id       7     8     7     …              another event id, and an order that came: only the first counts

Rule: a doubt is a sentence with a number and a question, and no error; it names no customer. Most wait for twenty of
something, so that a short file has none.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from retention.calendar import SECOND, Instant, rfc3339
from retention.features import REGISTER
from retention.identity import digest
from schemas.visible import label
from streams.basis import unmet
from streams.settings import Settings

MANY: Final = 20
"""So many of something, and none of its counterpart, look like a mistake."""
_LATE: Final = 172_800 * SECOND
_SHOWN: Final = 5
"""Unlisted plans that are named."""
_ENDS: Final = frozenset({"subscription.ended", "cancellation.effective", "cancellation.requested"})
_ABOUT: Final = ("order_id", "ticket_id", "subscription_id", "purpose", "channel")
"""Fields of what an event is about: a source gives events about several things the id of its one record."""


class Doubts:
    """Takes the events of a sample, and says what of them looks like a mistake."""

    def __init__(self, *, on_topic: bool = False) -> None:
        self._on_topic = on_topic
        self._events = self._again = self._late = self._synthetic = self._orders_again = 0
        self._ids: set[bytes] = set()
        self._orders: dict[tuple[str, str], str] = {}
        self._customers: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._currencies: Counter[str] = Counter()
        self._plans: set[str] = set()
        self._instants: Counter[Instant] = Counter()
        self._newest: dict[int, Instant] = {}
        """The newest event time of each partition; a file is one."""

    def take(self, event: Any, at: Instant, lane: int = 0) -> None:  # noqa: ANN401 - of any contract
        """Note one event. Those of one lane are in order."""
        self._kinds[event.type] += 1
        if event.type == "source.heartbeat":
            return
        self._events += 1
        self._synthetic += bool(event.synthetic)
        known_by = _known_by(event)
        is_known = known_by in self._ids
        self._again += is_known
        self._ids.add(known_by)
        if event.type == "purchase.completed":
            order = (event.customer_id, event.order_id)
            self._orders_again += self._orders.setdefault(order, event.event_id) != event.event_id
        if event.customer_id:  # a fact of the company is about none
            self._customers[event.customer_id] += 1
        self._instants[at] += 1
        if (currency := getattr(event, "currency", None)) is not None:
            self._currencies[currency] += 1
        if (plan := getattr(event, "plan", None)) is not None:
            self._plans.add(plan)
        # A webhook about an order tells again when it was placed: that is no log out of order.
        newest = self._newest.get(lane, 0)
        self._late += not is_known and at < newest - _LATE
        self._newest[lane] = max(newest, at)

    def said(self, settings: Settings) -> Iterator[str]:
        """Yield what looks like a mistake."""
        started = self._kinds["subscription.started"]
        if started >= MANY and not any(self._kinds[kind] for kind in _ENDS):
            yield f"{started:,} subscriptions begin, and none ends or is cancelled: is another log missing?"
        if self._synthetic:
            are = "is" if self._synthetic == 1 else "are"
            yield (
                f"{self._synthetic:,} of {self._events:,} events {are} marked `synthetic`, as those of a test mode: no "
                "figure and no signal is made of them"
            )
        if self._again:
            events = "1 event has" if self._again == 1 else f"{self._again:,} events have"
            yield f"{events} the customer, type and id of one before: a second one is ignored, as one sent twice"
        if self._orders_again:
            have = "has" if self._orders_again == 1 else "have"
            yield (
                f"{self._orders_again:,} of the orders {have} the order_id of one before, and another event id: only "
                "the first of an order counts, whatever its amount"
            )
        if self._events >= MANY and len(self._customers) == self._events:
            yield "no customer has two events: is customer_id the id of an order or of a session?"
        if len(self._customers) == 1 and self._events >= MANY:
            yield "all events are of one customer: is customer_id the same constant everywhere?"
        often = [currency for currency, number in self._currencies.items() if number >= MANY]
        for currency, number in self._currencies.items():
            if number == 1 and often:
                yield f"the currency {currency} comes once, {', '.join(sorted(often))} often: is it right?"
        told = unmet(
            settings.metrics.basis,
            orders=self._kinds["purchase.completed"] > 0,
            subscriptions=self._kinds["subscription.started"] > 0,
        )
        yield from [told] if told else []
        yield from self._of_times()
        yield from self._of_plans(settings.metrics.plans)

    def _of_plans(self, listed: Sequence[str]) -> Iterator[str]:
        missing = [plan for plan in listed if plan not in self._plans]
        if missing and self._plans:
            yield f"metrics.plans lists plans that no event has: {', '.join(missing)}"
        others = sorted(self._plans - set(listed))
        if others and listed:
            shown = ", ".join(dict.fromkeys(label(plan) for plan in others[:_SHOWN]))
            more = f" and {len(others) - _SHOWN:,} more" if len(others) > _SHOWN else ""
            yield f"events have plans that metrics.plans does not list, and that count as `other`: {shown}{more}"

    def _of_times(self) -> Iterator[str]:
        at, number = max(self._instants.items(), key=lambda one: one[1], default=(0, 0))
        if number >= MANY and number * 2 > self._events:
            yield f"{number:,} of {self._events:,} events are of one instant, {rfc3339(at)}: that of the export?"
        if self._late * 20 > self._events:
            where = " of their partition" if self._on_topic else ""
            remedy = (
                "a worker takes them for late; send a history by `backstay load`, sorted by time (docs/loading.md)"
                if self._on_topic
                else "sort the log by time, or name the file of each topic on its own"
            )
            yield (
                f"{self._late:,} of {self._events:,} events are more than two days older than one before them{where}: "
                f"{remedy}"
            )


def _known_by(event: Any) -> bytes:  # noqa: ANN401 - of any contract
    """Return what a second delivery of an event has in common with the first: ids are unique for a customer at most."""
    entry = REGISTER.entries.get(event.type)
    if entry is not None and entry.known_by is not None:
        return digest(f"{event.customer_id}\n{entry.known_by(event)}")
    about = "\n".join(str(getattr(event, name, "")) for name in _ABOUT)
    return digest(f"{event.customer_id}\n{event.type}\n{event.event_id}\n{about}")
