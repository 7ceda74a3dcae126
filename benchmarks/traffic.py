"""The log that every benchmark reads: seeded, of four kinds, shaped like the contest of `../shared/peers`.

A few customers are very active and many are not, and a quarter of them fades out: a log of equal customers who all stay
would hide the work of a retention job.
"""

import bisect
import itertools
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
DAYS: Final = 60
KINDS: Final = ("logins", "purchases", "tickets", "cancellations")


class _Crowd:
    """Customers by activity (Zipf, exponent 0.9), and the day on which some of them begin to stay away."""

    def __init__(self, draw: random.Random, size: int, days: int) -> None:
        self.draw = draw
        self.names = draw.sample(range(size), size)
        self.weights = list(itertools.accumulate((rank + 20) ** -0.9 for rank in range(size)))
        stretched = days / DAYS
        self.fades = [stretched * draw.uniform(15, 55) if draw.random() < 0.25 else days for _ in range(size)]

    def one(self, day: float, *, login: bool) -> int:
        """Return a random customer for an event of a day. Faded ones still sign in now and then."""
        while True:
            rank = bisect.bisect(self.weights, self.draw.random() * self.weights[-1])
            name = self.names[min(rank, len(self.names) - 1)]
            if not login or day < self.fades[name] or self.draw.random() > 0.85:
                return name


def events(number: int, customers: int, days: int = DAYS, start: datetime = START) -> Iterator[tuple[str, bytes]]:
    """Yield topic and value of events of so many days, 70 : 20 : 7 : 3, about 220 bytes, up to an hour out of order."""
    draw = random.Random(20260101)
    crowd = _Crowd(draw, customers, days)
    for place in range(number):
        kind = draw.choices(KINDS, (70, 20, 7, 3))[0]
        day = days * place / number
        at = start + timedelta(days=day, seconds=-draw.random() * 3_600)
        event: dict[str, Any] = {
            "event_id": f"{draw.getrandbits(128):032x}",
            "customer_id": f"cust-{crowd.one(day, login=kind == 'logins'):06d}",
            "occurred_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "source": "shop-backend-eu",
            "channel": "web",
        }
        yield kind, json.dumps(event | _details(draw, kind), separators=(",", ":")).encode()


def _details(draw: random.Random, kind: str) -> dict[str, Any]:
    match kind:
        case "logins":
            return {"type": "login.succeeded", "user_id": f"u-{draw.getrandbits(32):08x}"}
        case "purchases":
            amount = f"{draw.randrange(100, 50_000) / 100:.2f}"
            order_id = f"o-{draw.getrandbits(64):016x}"
            return {"type": "purchase.completed", "order_id": order_id, "amount": amount, "currency": "EUR"}
        case "tickets":
            topic = draw.choice(("billing", "export"))
            return {"type": "ticket.opened", "ticket_id": f"t-{draw.getrandbits(64):016x}", "topic": topic}
        case _:
            return {"type": "cancellation.requested", "reason": draw.choice(("price", "unused"))}
