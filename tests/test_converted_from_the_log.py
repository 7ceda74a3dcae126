"""Figures in one currency, held against the raw log: late and corrected rates, any batches, partitions, restarts."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any, cast
from zoneinfo import ZoneInfo

from retention.calendar import moment
from retention.engine import partials
from retention.engine.editions import Books
from retention.policy import Policy
from schemas.outbound import MetricUpdate
from tests import raw_figures
from tests.building import Log, at
from tests.plain_money import DOWN, UP, Event, Expected, Rates, expected, paid
from tests.playing import Outcome, Shelf
from tests.raw_figures import PERIODS, arriving, in_any_way, period_of
from tests.test_reference import fact

INTO = "USD"
UNTIL = at(150)


def company(seed: int) -> list[Event]:
    """Return customers who pay in four currencies, some in two or in another one later, and rates as they come."""
    random, events = Random(seed), list[Event]()
    for number in range(9):
        log = Log(f"c-{number}")
        for name in ("s-1", "s-2")[: 2 if random.random() < 0.3 else 1]:
            currency, day = random.choice(("EUR", "GBP", "JPY", INTO)), random.uniform(0, 110)
            log.starts(day, str(random.randint(1, 90)), name, currency=currency)
            for _ in range(random.randint(0, 4)):
                day += random.uniform(0.1, 60)
                kind = random.random()
                if kind < 0.15:
                    log.ends(day, name)
                    day += random.uniform(0.1, 40)
                    log.starts(day, str(random.randint(1, 90)), name, currency=currency)
                else:
                    currency = "EUR" if kind > 0.9 else currency
                    log.changes(day, name, mrr=str(random.randint(1, 90)), currency=currency)
        events += [one for one in log.events if datetime.fromisoformat(one["occurred_at"]) < at(145)]
    return events + list(rates(random))


def rates(random: Random) -> list[Event]:
    """Return rates of two currencies in both directions: told in time, ahead, late, and once more for one day."""
    found = list[Event]()
    for currency in ("CHF", "EUR", "GBP", "JPY"):
        first = random.choice((0, 0, 20, 45))
        for number in range(random.randint(1, 9)):
            day = random.uniform(first, 140)
            value = f"{random.choice((2, 125, 0.5, 0.0066, 1.0842)):.4f}"
            quote = random.choice((INTO, INTO, "EUR", "CHF"))
            pair = (currency, INTO if quote == currency else quote)
            pair = pair if random.random() < 0.7 else pair[::-1]
            since = (at(day) + timedelta(days=random.choice((-40, -3, 0, 0, 5)))).date().isoformat()
            day_of = {"effective_on": since} if random.random() < 0.6 else {}
            name = f"r-{currency}-{number}"
            found.append(fact("rate.published", day, name, base=pair[0], quote=pair[1], rate=value, **day_of))
            if random.random() < 0.3 and day_of:
                again = min(day + random.uniform(0, 60), 145)
                other = fact("rate.published", again, f"{name}-x", base=pair[0], quote=pair[1], rate="3.5", **day_of)
                found.append(other)
    return found


class Recomputed:
    """The figures of a log."""

    def __init__(self, events: list[Event], policy: Policy) -> None:
        self.policy, self.paid, self.rates = policy, paid(events), Rates(events, policy.zone)
        self.known: dict[tuple[datetime, datetime], Expected] = {}

    def of(self, update: MetricUpdate) -> Expected:
        period, zone = period_of(self.policy, update.period.kind, update), ZoneInfo(self.policy.zone)
        key = moment(period.start).astimezone(zone), min(moment(period.end), UNTIL).astimezone(zone)
        if key not in self.known:
            self.known[key] = expected(self.paid, self.rates, INTO, *key)
        return self.known[key]


def assert_is(update: MetricUpdate, found: Expected) -> None:
    """Hold a published figure against the log."""
    if found.without_rate:
        assert (update.value, update.reason, update.components["without_rate"]) == (None, "no_rate", found.without_rate)
        return
    said = update.components
    assert said["mrr_start"] == f"{float(round(found.start, 2)):.2f}"
    assert said["mrr_end"] == f"{float(round(found.end, 2)):.2f}"
    assert said["start_cohort_end"] == f"{float(round(found.cohort_end, 2)):.2f}"
    assert said["start_cohort_kept"] == f"{float(round(found.cohort_kept, 2)):.2f}"
    for view, moves in found.views.items():
        assert {kind: f"{float(round(moves[kind], 2)):.2f}" for kind in moves} == {
            kind: said[f"{view}_view"][kind].replace("-0.00", "0.00") for kind in moves
        }
        net = sum(moves[kind] for kind in UP) - sum(moves[kind] for kind in DOWN) + moves["fx"]
        assert found.start + net == found.end
    match update.metric:
        case "mrr":
            assert update.value == said["mrr_end"]
        case "ndr" | "grr" if found.start:
            part = found.cohort_end if update.metric == "ndr" else found.cohort_kept
            assert update.value is not None
            assert abs(float(update.value) - float(part / found.start)) < 1e-9
        case "ndr" | "grr":
            assert (update.value, update.reason) == (None, "empty_base")


def anew(outcome: Outcome, policy: Policy) -> list[Any]:
    """Return what an aggregator publishes that starts with the newest record of each key, and what was published."""
    books = Books(policy, len(outcome.partition_states))
    for key, update in outcome.updates.items():
        books.note(key, update, "")
    for number, state in enumerate(outcome.partition_states):
        for value in cast("Shelf", state.customers).sums.values():
            partials.take(books, value)
        partials.take(books, partials.watermark(number, state.watermark, 0)[1])
    return list(books.publish())


@in_any_way(*PERIODS)
def test_figures_in_one_currency_are_those_of_the_log(
    seed: int, zone: str, restart_every: int | None, keeps_sums: bool, kinds: tuple[str, ...]
) -> None:
    policy = Policy(zone=zone, periods=kinds, currency=INTO)
    events = company(seed)
    arrived = arriving(events, seed)

    outcome = raw_figures.played(arrived, UNTIL, policy, restart_every, keeps_sums=keeps_sums)

    log = Recomputed(events, policy)
    ours = [one for one in outcome.updates.values() if one.basis == "subscription_converted"]
    each = {(one.period.kind, one.period.end) for one in outcome.updates.values() if one.metric == "mrr"}
    assert {(one.period.kind, one.period.end) for one in ours} == each
    for update in ours:
        assert_is(update, log.of(update))
    assert anew(outcome, policy) == []


def test_the_oracle_sees_the_worked_example() -> None:
    events = [
        *Log("c-1").starts(3, "100").events,
        *Log("c-2").starts(3, "100", currency=INTO).events,
        fact("rate.published", 0, "r-1", base="EUR", quote=INTO, rate="1.20"),
        fact("rate.published", 45, "r-2", base="EUR", quote=INTO, rate="1.10"),
    ]

    found = expected(
        paid(events), Rates(events, "UTC"), INTO, datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
    )

    assert (found.start, found.end, found.views["period"]["fx"]) == tuple(map(Fraction, (220, 210, -10)))
    assert found.cohort_end == found.cohort_kept == 220
