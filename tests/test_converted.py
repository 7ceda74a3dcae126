"""Figures of money in one currency: worked examples, and a plain addition of what is published of each currency."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import pytest

from retention.calendar import instant
from retention.engine import partials
from retention.engine.editions import Books
from retention.engine.partition_state import PartitionState
from retention.engine.rates import RatesTold
from retention.measures import MEASURES
from retention.measures.base import Measure
from retention.policy import Policy
from retention.reference import Facts
from schemas.families import TOPIC_OF
from schemas.outbound import MetricUpdate
from streams.errors import BadSettings
from streams.setting_sources import read_settings
from tests.building import Log, at, line
from tests.playing import DECODERS, Shelf
from tests.test_reference import Event, fact, stated_in_utc

CURRENCIES = ("EUR", "GBP", "USD")
DAY = timedelta(days=1)
MONTHS = ("2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01")


def rate(day: float, value: str, ident: str = "f-1", base: str = "EUR", quote: str = "USD", **fields: Any) -> Event:
    return fact("rate.published", day, ident, base=base, quote=quote, rate=value, **fields)


class Played:
    """Partitions and books to which events and rates come day by day."""

    def __init__(self, policy: Policy, partitions: int = 1) -> None:
        self.policy = policy
        self.shelves = [Shelf() for _ in range(partitions)]
        self.states = [PartitionState(policy, shelf, facts=Facts()) for shelf in self.shelves]
        self.told = RatesTold(policy.currency, self.states[0].facts)
        self.books = Books(policy, partitions)
        self.updates: dict[str, MetricUpdate] = {}
        self.editions: list[MetricUpdate] = []
        self.sent: list[bytes] = []

    def take(self, event: Event) -> None:
        """Take an event of a customer, or a fact of the company."""
        if event["type"] == "rate.published":
            for state in self.states:
                state.learn(stated_in_utc(event))
            return
        topic = TOPIC_OF[event["type"]]
        read = DECODERS[topic].decode(line(event))
        place = int(event["customer_id"].removeprefix("c-")) % len(self.states)
        self.states[place].observe(read, instant(read.occurred_at), topic, None)

    def pass_time(self, day: float) -> None:
        """Advance event time to a day, commit, and publish."""
        for number, (state, shelf) in enumerate(zip(self.states, self.shelves, strict=True)):
            state.advance(instant(at(day)))
            state.take_statements()
            shelf.commit()
            values = [value for _, value in partials.changes(state.sums, number, 0)]
            values += [value for _, value in partials.rates(self.told, number)] if number == 0 else []
            values.append(partials.watermark(number, state.watermark, 0)[1])
            self.sent += values
            for value in values:
                partials.take(self.books, value)
        self.publish()

    def publish(self) -> None:
        for one in self.books.publish():
            assert isinstance(one.body, MetricUpdate)
            self.updates[one.key] = one.body
            self.editions.append(one.body)

    def play(self, events: Sequence[Event], days: int) -> "Played":
        """Play events in order of time, each on its day."""
        for day in range(days + 1):
            for event in events:
                if at(day) <= datetime.fromisoformat(event["occurred_at"]) < at(day + 1):
                    self.take(event)
            self.pass_time(day + 1)
        return self

    def of(self, metric: str, start: str, basis: str = "subscription_converted", currency: str = "USD") -> MetricUpdate:
        return self.updates[f"{metric}|{basis}|{currency}|month|{start}|all"]


IN_DOLLARS = Policy(currency="USD")


def test_m_26_a_rate_that_falls_is_no_contraction() -> None:
    customers = Log("c-1").starts(3, "100").events + Log("c-2").starts(3, "100", currency="USD").events
    rates = [rate(0, "1.20", "r-1"), rate(45, "1.10", "r-2")]

    found = Played(IN_DOLLARS, 2).play([*rates, *customers], 65)

    january, february, march = (found.of("mrr", start) for start in MONTHS[:3])
    assert (january.value, february.value, march.value) == ("220.00", "210.00", "210.00")
    assert (february.components["mrr_start"], february.components["mrr_end"]) == ("220.00", "210.00")
    for view in ("period_view", "event_view"):
        moves = february.components[view]
        assert moves["fx"] == "-10.00"
        assert {moves[kind] for kind in ("new", "expansion", "contraction", "churn")} == {"0.00"}
    assert february.components["rates"]["EUR"] == {"start": "1.2000000000", "end": "1.1000000000"}
    assert found.of("ndr", MONTHS[1]).value == found.of("grr", MONTHS[1]).value == "1.0000000000"
    assert found.of("arr", MONTHS[1]).value == "2520.00"
    assert found.of("arpa", MONTHS[1]).value == "105.00"
    assert february.components["customers_end"] == 2


def test_without_the_setting_nothing_is_converted_and_no_rate_is_sent() -> None:
    customers = Log("c-1").starts(3, "100").events + Log("c-2").starts(3, "100", currency="USD").events

    found = Played(Policy()).play([rate(0, "1.20"), *customers], 40)

    assert {update.basis for update in found.editions} >= {"subscription"}
    assert not [update for update in found.editions if update.basis.endswith("_converted")]
    assert not [value for value in found.sent if b"rates" in value]


def test_a_customer_that_pays_in_two_currencies_is_one_customer() -> None:
    log = Log("c-1").starts(3, "100").starts(3, "50", name="s-2", currency="USD")

    found = Played(IN_DOLLARS).play([rate(0, "2"), *log.events], 40).of("arpa", MONTHS[0])

    assert (found.value, found.denominator, found.components["mrr_end"]) == ("250.00", "1", "250.00")


@pytest.mark.parametrize("partitions", [1, 2])
def test_a_customer_that_moves_to_another_currency_is_kept(partitions: int) -> None:
    """A country takes the euro: in each currency all of its customers leave or come, as a whole they stay."""
    moves = Log("c-1").starts(3, "100").changes(40, mrr="90", currency="USD")
    other = Log("c-2").starts(3, "50").starts(41, "30", "s-2", currency="USD").ends(42)
    played = Played(IN_DOLLARS, partitions).play([rate(0, "1.20"), *moves.events, *other.events], 65)

    ndr = played.of("ndr", MONTHS[1])

    assert (ndr.components["mrr_start"], ndr.components["mrr_end"]) == ("180.00", "120.00")
    assert (ndr.value, played.of("grr", MONTHS[1]).value) == ("0.6666666667", "0.6666666667")
    moved = {kind: text for kind, text in ndr.components["period_view"].items() if text != "0.00"}
    assert moved == {"mrr_start": "180.00", "mrr_end": "120.00", "contraction": "60.00"}
    events = {kind: text for kind, text in ndr.components["event_view"].items() if text != "0.00"}
    assert events == {"mrr_start": "180.00", "mrr_end": "120.00", "expansion": "30.00", "contraction": "90.00"}
    assert played.of("ndr", MONTHS[1], "subscription", "EUR").value == "0.0000000000"


def test_without_a_rate_the_total_is_unknown_and_not_smaller() -> None:
    customers = Log("c-1").starts(3, "100").events + Log("c-2").starts(3, "70", currency="GBP").events
    found = Played(IN_DOLLARS).play([rate(0, "1.20"), *customers], 40)

    january = found.of("mrr", MONTHS[0])
    assert (january.value, january.reason, january.components["without_rate"]) == (None, "no_rate", ["GBP"])

    found.take(rate(40, "0.8", "r-9", base="USD", quote="GBP", effective_on="2024-01-01"))
    found.pass_time(41)

    january = found.of("mrr", MONTHS[0])
    assert (january.value, january.reason, january.edition) == ("207.50", None, "restated")
    assert january.causes == ["r-9"]


def test_a_rate_that_comes_late_restates_the_months_that_it_concerns_and_no_others() -> None:
    found = Played(IN_DOLLARS).play([rate(0, "1.20", "r-1"), *Log("c-1").starts(3, "100").events], 100)
    assert [found.of("mrr", start).value for start in MONTHS] == ["120.00"] * 4
    before = dict(found.updates)

    found.take(rate(100, "1.50", "r-2", effective_on="2024-03-05"))
    found.pass_time(101)

    assert [found.of("mrr", start).value for start in MONTHS] == ["120.00", "120.00", "150.00", "150.00"]
    march = found.of("mrr", MONTHS[2])
    assert (march.edition, march.previous, march.delta, march.causes) == ("restated", "120.00", "30.00", ["r-2"])
    assert march.components["event_view"]["fx"] == "30.00"
    assert found.of("ndr", MONTHS[2]).value == "1.0000000000"
    changed = {key for key, update in found.updates.items() if before.get(key) != update}
    assert {key.split("|")[1] for key in changed} == {"subscription_converted"}


def test_a_rate_of_tomorrow_counts_when_that_day_begins() -> None:
    published = rate(0, "1.50", "r-2", effective_on="2024-01-21")
    found = Played(IN_DOLLARS).play([rate(0, "1.20"), published, *Log("c-1").starts(3, "100").events], 18)
    found.pass_time(20)
    assert found.of("mrr", MONTHS[0]).value == "120.00"

    found.pass_time(20.5)

    assert found.of("mrr", MONTHS[0]).value == "150.00"


def test_of_two_directions_the_later_one_holds() -> None:
    log = Log("c-1").starts(3, "100").events
    turned = rate(5, "0.5", "r-2", base="USD", quote="EUR")
    early = rate(0, "0.5", "r-2", base="USD", quote="EUR")

    assert Played(IN_DOLLARS).play([rate(0, "1.20"), turned, *log], 20).of("mrr", MONTHS[0]).value == "200.00"
    assert Played(IN_DOLLARS).play([early, rate(8, "1.20"), *log], 20).of("mrr", MONTHS[0]).value == "120.00"


def test_rates_of_a_central_bank_are_all_of_its_own_currency_and_give_the_others() -> None:
    log = Log("c-1").starts(3, "100", currency="GBP").events
    bank = [rate(0, "1.20", "r-1"), rate(0, "0.80", "r-2", quote="GBP")]
    other = [rate(2, "2", "r-3", base="CHF"), rate(2, "0.5", "r-4", base="GBP", quote="CHF")]
    own = rate(-9, "1.40", "r-5", base="GBP")

    assert Played(IN_DOLLARS).play([*bank, *log], 20).of("mrr", MONTHS[0]).value == "150.00"
    assert Played(IN_DOLLARS).play([*bank, *other, *log], 20).of("mrr", MONTHS[0]).value == "100.00"
    found = Played(IN_DOLLARS)
    found.take(own)
    assert found.play([*bank, *other, *log], 20).of("mrr", MONTHS[0]).value == "140.00"


def drawn(seed: int) -> tuple[list[Event], dict[tuple[str, date], Fraction]]:
    """Return customers in three currencies, and the rates from each day on; of every currency from the first day."""
    draw, events, rates = random.Random(seed), list[Event](), dict[tuple[str, date], Fraction]()
    for number in range(14):
        log, currency = Log(f"c-{number}"), draw.choice(CURRENCIES)
        log.starts(draw.randint(0, 60), str(draw.randint(1, 90)), currency=currency)
        for day in sorted(draw.sample(range(61, 110), 3)):
            log.changes(day, mrr=str(draw.randint(1, 90)), currency=currency)
        if draw.random() < 0.3:
            log.ends(draw.randint(61, 115))
        events += log.events
    for currency in ("EUR", "GBP"):
        for day in [0, *sorted(draw.sample(range(1, 110), 5))]:
            value, turned = draw.choice(("2", "1.25", "0.5", "4")), draw.random() < 0.4
            told = {"base": "USD", "quote": currency} if turned else {"base": currency, "quote": "USD"}
            events.append(rate(day, value, f"{currency}-{day}", **told))
            rates[currency, at(day).date()] = 1 / Fraction(value) if turned else Fraction(value)
    return sorted(events, key=lambda event: event["occurred_at"]), rates


def rate_on(rates: dict[tuple[str, date], Fraction], currency: str, day: date) -> Fraction:
    days = [since for of, since in rates if of == currency]
    held = [since for since in days if since <= day]
    return rates[currency, max(held) if held else min(days)] if days else Fraction(1)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("partitions", [1, 3])
def test_what_is_published_in_one_currency_adds_up_from_what_is_published_of_each(seed: int, partitions: int) -> None:
    events, rates = drawn(seed)
    found = Played(IN_DOLLARS, partitions).play(events, 119)

    for start in MONTHS:
        whole = found.of("ndr", start)
        parts = {
            currency: one
            for currency in CURRENCIES
            if (one := found.updates.get(f"ndr|subscription|{currency}|month|{start}|all")) is not None
        }
        first = {name: rate_on(rates, name, whole.period.start - DAY) for name in parts}
        last = {name: rate_on(rates, name, min(whole.period.end, at(120).date()) - DAY) for name in parts}

        def total(part: str, by: dict[str, Fraction], view: str | None = None, of: dict[str, Any] = parts) -> Fraction:
            read = {n: (one.components[view] if view else one.components)[part] for n, one in of.items()}
            return sum((Fraction(value) * by[name] for name, value in read.items()), Fraction())

        said = whole.components
        assert Fraction(said["mrr_start"]) == total("mrr_start", first)
        assert Fraction(said["mrr_end"]) == total("mrr_end", last)
        assert Fraction(said["start_cohort_end"]) == total("start_cohort_end", first)
        assert Fraction(said["start_cohort_kept"]) == total("start_cohort_kept", first)
        for view in ("period_view", "event_view"):
            moves = {kind: Fraction(amount) for kind, amount in said[view].items() if not kind.startswith("mrr_")}
            for kind in moves.keys() - {"fx"}:
                assert moves[kind] == total(kind, first, view)
            up = moves["new"] + moves["reactivation"] + moves["resume"] + moves["expansion"]
            down = moves["contraction"] + moves["churn"] + moves["pause"]
            assert Fraction(said["mrr_start"]) + up - down + moves["fx"] == Fraction(said["mrr_end"])
        if total("mrr_start", first):
            ratio = total("start_cohort_end", first) / total("mrr_start", first)
            assert abs(Fraction(whole.value or "0") - ratio) < Fraction(1, 10**9)
    for before, after in pairwise(MONTHS):
        ended, began = found.of("mrr", before).components["mrr_end"], found.of("mrr", after).components["mrr_start"]
        assert Decimal(ended) == Decimal(began)


@pytest.mark.parametrize("measure", [one for one in MEASURES if any(level.is_money for level in one.levels)])
def test_a_measure_with_money_names_the_flows_that_are_amounts(measure: Measure) -> None:
    """Hold its flows against those of the same log with all amounts doubled: counts are as they were."""
    found = [Counter[str](), Counter[str]()]
    for seed, (place, factor) in product(range(6), enumerate((1, 2))):
        events = [one | {"mrr": str(int(one["mrr"]) * factor)} if "mrr" in one else one for one in drawn(seed)[0]]
        played = Played(Policy()).play(events, 119)
        for (series, index), vector in played.states[0].sums.parts.items():
            if series.basis == measure.name and series.currency is not None and series.kind == "month":
                found[place].update({f"{seed}|{index}|{series.currency}|{name}": v for name, v in vector.items() if v})

    flows = {key.split("|")[3] for key, value in found[1].items() if value == 2 * found[0][key]}
    counts = {key.split("|")[3] for key, value in found[1].items() if value == found[0][key]}
    assert flows - {f"+{level.name}" for level in measure.levels} <= {*measure.money_flows}
    assert not counts & {*measure.money_flows}
    assert len(flows) > 4
    assert flows | counts == {key.split("|")[3] for key in found[1]}


def test_the_setting_is_a_currency() -> None:
    assert read_settings(overrides={"metrics.currency": "usd"}).policy().currency == "USD"
    with pytest.raises(BadSettings, match=r"metrics\.currency: 'EURO' is not an ISO 4217 currency code, such as 'EUR'"):
        read_settings(overrides={"metrics.currency": "EURO"})
