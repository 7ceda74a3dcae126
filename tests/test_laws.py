"""Laws: what must hold for any log, however it arrives. Logs are drawn; time is drawn with them."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import partial
from operator import itemgetter
from random import Random
from typing import Any, cast

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention import day_counts
from retention.calendar import DAY, HOUR, instant
from retention.engine.figures import update_key
from retention.engine.partition_state import PartitionState
from retention.engine.parts import Series, parts
from retention.engine.signal_answers import ask
from retention.engine.sums import Sums
from retention.features import FEATURES, REGISTER
from retention.features.base import always
from retention.features.purchases.section import orders_seen
from retention.features.subscriptions.requests import without_effect
from retention.features.subscriptions.section import timeline_seen
from retention.features.subscriptions.timeline import terms_of
from retention.features.tickets.section import tickets_seen
from retention.liveness import Sources
from retention.measures import BASIS_NAMES
from retention.measures.subscription import SUBSCRIPTION
from retention.metrics import METRICS, customers, revenue
from retention.policy import Policy
from retention.signals import SIGNALS
from retention.signals.base import View
from retention.state.customer import Customer
from retention.state.section import Horizon
from schemas.encoding import to_json
from schemas.families import TOPIC_OF
from schemas.outbound import OUTBOUND
from streams.contracts import schema_of
from streams.recomputation.lines import distinct
from streams.recomputation.months import purchase_months, purchase_newcomers, subscription_months
from streams.recomputation.periods import Figures
from streams.recomputation.rules import Rules
from tests import drawing, playing
from tests.building import START, Log, line, text
from tests.plain_company import Company
from tests.playing import DECODERS, Outcome, Run, Shelf, play

DAYS = 330
POLICY = Policy(plans=("basic", "pro"))
UNTIL = START + timedelta(days=DAYS + 40)

CORE = (
    *("login.succeeded",) * 6,
    *("purchase.completed",) * 3,
    "purchase.refunded",
    *("ticket.opened",) * 3,
    *("ticket.solved",) * 2,
    "ticket.reopened",
    *("subscription.started",) * 3,
    *("subscription.changed",) * 2,
    "subscription.paused",
    "subscription.resumed",
    "subscription.renewed",
    "cancellation.requested",
    "cancellation.revoked",
    *("cancellation.effective",) * 2,
)
"""Event types of the families that figures follow from, and of logins."""
KINDS = CORE + tuple(kind for topic in drawing.KINDS for kind in drawing.kinds_of(topic))
"""Those of all families."""

VALIDATORS = {
    contract.__name__: jsonschema.Draft202012Validator(schema_of(contract.__name__, contract)) for contract in OUTBOUND
}

Event = dict[str, Any]


class Drawn(list[Event]):
    """A log that is printed as what it was drawn from: hundreds of events are not read, and take long to print."""

    def __init__(self, seed: int, size: int) -> None:
        super().__init__(log_of(seed, size))
        self.origin = seed, size

    def __repr__(self) -> str:
        """Return how to draw it again."""
        return "log_of({}, {})".format(*self.origin)


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Draw the log of a few customers, in order of time. All randomness comes from one drawn seed, so it shrinks."""
    return Drawn(draw(st.integers(0, 2**32)), draw(st.integers(1, 80)))


def log_of(seed: int, size: int) -> list[Event]:
    """Return the log of a seed: single events of about so many, and in half of the logs habits."""
    random = Random(seed)
    kinds = random.choice((CORE, KINDS, _core_and_some(random), _core_and_some(random)))
    events = [_event(random, number, kinds) for number in range(size)]
    for _ in range(random.choice((0, 0, 1, 2)) if kinds is not CORE else 0):
        events += _habit(random, len(events))
    _at_one_instant(random, events)
    return sorted(events, key=lambda e: (e["occurred_at"], e["event_id"]))


def _core_and_some(random: Random) -> tuple[str, ...]:
    """Draw event types of a few families: one log of all has few events of each, and hardly any that meet."""
    topics = random.sample(list(drawing.KINDS), 2)
    return CORE + tuple(kind for topic in topics for kind in drawing.kinds_of(topic) * 3)


def _habit(random: Random, number: int) -> list[Event]:
    """Draw what a customer does again and again for some weeks, until it changes."""
    customer, since = f"c-{random.randrange(4)}", START + timedelta(days=random.randrange(DAYS - 120))
    steps = drawing.habit(random, since, random.randrange(20, 55))
    return [
        {"event_id": f"e-{place:04d}", "type": kind, "customer_id": customer, "occurred_at": text(moment)} | fields
        for place, (moment, kind, fields) in enumerate(steps, number)
    ]


def _at_one_instant(random: Random, events: list[Event]) -> None:
    """Move some events to the instant of another one of their customer: changes of plan, immediate refunds."""
    for event in random.sample(events, len(events) // 5):
        others = [other for other in events if other["customer_id"] == event["customer_id"]]
        event["occurred_at"] = random.choice(others)["occurred_at"]


def _event(random: Random, number: int, kinds: tuple[str, ...] = KINDS) -> Event:
    kind, customer = random.choice(kinds), f"c-{random.randrange(4)}"
    moment = START + timedelta(days=random.randrange(DAYS), minutes=random.choice((0, 0, random.randrange(1440))))
    event: Event = {
        "event_id": f"e-{number:04d}",
        "type": kind,
        "customer_id": customer,
        "occurred_at": text(moment),
    }
    return event | _fields(random, kind, customer, moment)


def _fields(random: Random, kind: str, customer: str, moment: datetime) -> Event:
    subscription = {"subscription_id": f"{customer}-s{random.randrange(2)}"}
    match kind.partition("."):
        case ("purchase", _, "completed"):
            paid = random.choice((("10", "EUR"), ("0.10", "EUR"), ("99.99", "EUR"), ("10", "JPY")))
            order = f"{customer}-o{random.randrange(6)}"
            gift = {"gift": True} if order[-1] in "13" else {}
            return {"order_id": order} | gift | dict(zip(("amount", "currency"), paid, strict=True))
        case ("purchase", _, _):
            part = {"amount": random.choice(("5", "10"))} if random.random() < 0.5 else {}
            currency = {"currency": random.choice(("EUR", "EUR", "JPY"))} if random.random() < 0.6 else {}
            return {"order_id": f"{customer}-o{random.randrange(6)}"} | part | currency
        case ("ticket", _, verb):
            topic = {"topic": random.choice(("billing", "export"))} if verb == "opened" else {}
            return {"ticket_id": f"{customer}-t{random.randrange(5)}"} | topic
        case ("subscription", _, "started"):
            return subscription | _terms(random, moment) | {"currency": random.choice(("EUR", "EUR", "JPY"))}
        case ("subscription", _, "changed"):
            return subscription | _changes(random, moment)
        case ("subscription", _, "renewed") if random.random() < 0.6:
            return subscription | {"term_end": text(moment + timedelta(days=random.choice((0, 30, 90))))}
        case ("cancellation", _, "requested"):
            at_once = {"at_period_end": False} if random.random() < 0.3 else {}
            return (
                (subscription if random.random() < 0.8 else {})
                | at_once
                | {"reason": random.choice(("price", "unused"))}
            )
        case ("subscription", _, "paused"):
            until = text(moment + timedelta(days=random.randrange(5, 120)))
            return subscription | ({"until": until} if random.random() < 0.5 else {})
        case ("cancellation", _, "effective"):
            return (subscription if random.random() < 0.8 else {}) | _ending(random)
    of_subscription = kind.startswith(("subscription", "cancellation"))
    return subscription if of_subscription else drawing.fields(random, kind, customer, moment)


def _ending(random: Random) -> Event:
    """Draw why service ended: in words of the contract, or in others."""
    causes = "voluntary", "involuntary", "erased", "unknown", "other", "a_new_word"
    reason = {"reason": random.choice(("price", "a_new_word"))} if random.random() < 0.5 else {}
    return reason | ({"cause": random.choice(causes)} if random.random() < 0.7 else {})


def _terms(random: Random, moment: datetime) -> Event:
    """Draw what a start says: its price, and maybe a status, a plan, the end of its term."""
    price = _mrr(random) if random.random() < 0.6 else _items(random) | _interval(random) | _discounts(random, moment)
    return price | _status(random, moment) | _rest(random, moment)


def _changes(random: Random, moment: datetime) -> Event:
    """Draw what a change says: any part of the terms, or nothing."""
    off = partial(_discounts, moment=moment)
    price = random.choice((_mrr, _mrr, _items, _interval, off, off, lambda _: {}))(random)
    currency = {"currency": random.choice(("EUR", "JPY"))} if random.random() < 0.15 else {}
    return price | currency | _status(random, moment) | _rest(random, moment)


def _mrr(random: Random) -> Event:
    return {"mrr": random.choice(("0", "10", "19.90", "30", "100"))}


def _items(random: Random) -> Event:
    own = random.choice(({"interval": "week", "interval_count": 2}, {"interval": "year"}, {"interval_count": 3}))
    items = [{"price": random.choice(("5", "12.5", "0.3333")), "quantity": random.choice((1, 3))} for _ in range(2)]
    return {"items": [item | (own if random.random() < 0.2 else {}) for item in items[: random.choice((1, 1, 2))]]}


def _interval(random: Random) -> Event:
    count = {"interval_count": random.choice((1, 2, 3))} if random.random() < 0.3 else {}
    return {"interval": random.choice(("day", "week", "month", "month", "quarter", "year"))} | count


def _discounts(random: Random, moment: datetime) -> Event:
    ending = {"ends_at": text(moment + timedelta(days=random.choice((-1, 0, 1, 20, 31, 45, 200))))}
    lasting = (
        {"duration": "forever"},
        {"duration": "repeating", "periods": random.choice((1, 2, 3))},
        {"duration": "once", "periods": 3},
        {"periods": 2},
        {"periods": random.choice((1, 2))} | ending,
        {"duration": random.choice(("once", "repeating", "forever"))} | ending,
    )
    taken = ({"percent": random.choice((50, "12.5", 100))}, {"amount": random.choice(("1", "2.50"))})
    found = [random.choice(taken) | random.choice(lasting) for _ in range(random.choice((0, 1, 1, 2)))]
    return {"discounts": found}


def _status(random: Random, moment: datetime) -> Event:
    if random.random() > 0.3:
        return {}
    trial = {"trial_end": text(moment + timedelta(days=random.choice((-1, 14, 30))))} if random.random() < 0.6 else {}
    return {"status": random.choice(("active", "past_due", "trialing"))} | trial


def _rest(random: Random, moment: datetime) -> Event:
    plan = {"plan": random.choice(("basic", "pro", "odd"))} if random.random() < 0.7 else {}
    term = {"term_end": text(moment + timedelta(days=random.choice((-5, 10, 30, 60))))} if random.random() < 0.4 else {}
    renewal = {"auto_renew": random.random() < 0.5} if random.random() < 0.3 else {}
    return plan | term | renewal


def lines(events: Iterable[Event]) -> list[bytes]:
    return [line(event) for event in events]


def overtaken(events: list[Event], by: timedelta, seed: int) -> list[Event]:
    """Reorder events within a bound: each arrives up to so much after it happened."""
    random = Random(seed)
    delays = [random.random() * by * 0.999 for _ in events]
    arrivals = [datetime.fromisoformat(e["occurred_at"]) + d for e, d in zip(events, delays, strict=True)]
    return [event for _, _, event in sorted(zip(arrivals, range(len(events)), events, strict=True))]


def doubled(events: list[Event], seed: int) -> list[Event]:
    """Deliver every event once or twice; countable ones again before 256 others have come."""
    random = Random(seed)
    twice: list[Event] = []
    for event in events:
        twice += [event] * random.choice((1, 2))
    return twice


runs = st.builds(
    Run,
    partitions=st.sampled_from((1, 4, 12)),
    batch=st.sampled_from((1, 3, 17, 1_000)),
    publish_every=st.sampled_from((1, 6, 1_000)),
    restart_every=st.sampled_from((None, 1, 4)),
    keeps_sums=st.booleans(),
)


def states_of(outcome: Outcome) -> list[dict[str, bytes]]:
    """Return the written states of each partition."""
    return [cast("Shelf", one.customers).values for one in outcome.partition_states]


def test_quick_ways_say_which_sections_they_change() -> None:
    """Of the usual events of each feature that has a quick way, one more on the same day, written by itself."""
    log = Log().starts(0)
    for moment in (2, 2.01, 2.02):
        log.login(moment).buys(moment, f"o-{moment}")
        log.add("feature.used", moment, feature="export", user_id="u-1").add("session.ended", moment)

    usual, anew = (play(log.lines(), UNTIL, POLICY, Run(batch=1, anew=one)) for one in (False, True))

    assert states_of(anew) == states_of(usual)


@given(logs(), st.sampled_from((1, 3, 17)), st.integers(0, 1_000))
def test_customers_that_stay_decoded_change_nothing(events: list[Event], batch: int, seed: int) -> None:
    arriving = lines(overtaken(events, timedelta(hours=40), seed))
    cold = play(arriving, UNTIL, POLICY, Run(batch=batch))

    warm = play(arriving, UNTIL, POLICY, Run(batch=batch, warm=True))

    assert warm.finals() == cold.finals()
    assert warm.open_signals() == cold.open_signals()
    assert sorted(map(repr, warm.about())) == sorted(map(repr, cold.about()))


@given(logs(), st.sampled_from((1, 3, 17)), st.integers(0, 1_000))
def test_what_code_took_to_read_only_it_has_not_changed(events: list[Event], batch: int, seed: int) -> None:
    arriving = lines(overtaken(events, timedelta(hours=40), seed))
    usual = play(arriving, UNTIL, POLICY, Run(batch=batch))

    anew = play(arriving, UNTIL, POLICY, Run(batch=batch, anew=True))

    assert states_of(anew) == states_of(usual)


@given(logs(), runs)
def test_batches_partitions_and_restarts_change_nothing(events: list[Event], run: Run) -> None:
    plain = play(lines(events), UNTIL, POLICY, Run(batch=5))

    other = play(lines(events), UNTIL, POLICY, run)

    assert other.finals() == plain.finals()
    assert other.open_signals() == plain.open_signals()


@given(logs(), st.integers(0, 1_000), runs)
def test_any_order_within_the_lateness_gives_the_same_figures_and_open_signals(
    events: list[Event], seed: int, run: Run
) -> None:
    plain = play(lines(events), UNTIL, POLICY, Run(batch=5))

    late = play(lines(overtaken(events, timedelta(hours=48), seed)), UNTIL, POLICY, run)

    assert late.finals() == plain.finals()
    assert late.open_signals() == plain.open_signals()


@given(logs(), st.integers(0, 1_000), runs)
def test_a_loss_names_no_signal_that_was_raised_after_it(events: list[Event], seed: int, run: Run) -> None:
    arriving = lines(overtaken(events, timedelta(days=20), seed))

    for lost in play(arriving, UNTIL, POLICY, run).of_type("customer.churned"):
        assert all(signal.raised_at <= lost.at for signal in lost.open_signals), lost


@given(logs(), st.integers(0, DAYS), st.integers(0, 60))
def test_a_signal_has_nothing_to_say_while_it_is_quiet(events: list[Event], day: int, days: int) -> None:
    """Skipping a check must not skip an episode: before `quiet_until` there is none, if no other event comes."""
    (partition_state,) = play(lines(events), UNTIL, POLICY).partition_states
    for name, customer in partition_state.customers.every():  # type: ignore[attr-defined]
        since = max(instant(START) + day * DAY, customer.latest + 1)
        for signal in SIGNALS:
            tuned = signal.tuned(POLICY)
            quiet = signal.quiet_until(View(name, customer, POLICY, tuned, since, since, Sources()))
            for moment in (since, since + days * DAY, quiet - 1):
                if since <= moment < min(quiet, since + 400 * DAY):
                    view = View(name, customer, POLICY, tuned, moment, moment, Sources())
                    assert ask(signal, view).episode is None, (signal.name, name)


@st.composite
def troubles(draw: st.DrawFn) -> list[Event]:
    """Draw the tickets of two customers in trouble, in order of time: opened again, moved to another topic, solved."""
    random, size = Random(draw(st.integers(0, 2**32))), draw(st.integers(3, 60))
    events = []
    for number in range(size):
        moment = START + timedelta(days=random.randrange(100), minutes=random.randrange(1440))
        kind = f"ticket.{random.choice(('opened', 'opened', *('solved',) * 4, 'reopened'))}"
        customer = f"c-{random.randrange(2)}"
        event = {"event_id": f"e-{number:04d}", "type": kind, "customer_id": customer, "occurred_at": text(moment)}
        events.append(event | _fields(random, kind, customer, moment) | {"ticket_id": f"t-{random.randrange(6)}"})
    return sorted(events, key=lambda e: (e["occurred_at"], e["event_id"]))


def always_asking(*arguments: Any, **named: Any) -> PartitionState:
    """Return a partition state whose signals never skip a check."""
    partition_state = PartitionState(*arguments, **named)
    partition_state.episodes._reading = {
        aspect: [(replace(signal, prolonged_by=frozenset()), tuned) for signal, tuned in reading]
        for aspect, reading in partition_state.episodes._reading.items()
    }
    return partition_state


@given(troubles(), st.integers(0, 2**32), st.sampled_from((1, 3, 17)))
def test_what_can_only_prolong_an_episode_need_not_be_asked_about(events: list[Event], seed: int, batch: int) -> None:
    arriving = lines(overtaken(events, timedelta(hours=46), seed))
    end = START + timedelta(days=160)

    told = play(arriving, end, POLICY, Run(batch=batch)).statements
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(playing, "PartitionState", always_asking)
        asked = play(arriving, end, POLICY, Run(batch=batch)).statements

    assert told == asked


@given(logs(), st.integers(0, 1_000), runs)
def test_requests_without_effect_are_counted_as_events_come(events: list[Event], seed: int, run: Run) -> None:
    outcome = play(lines(doubled(overtaken(events, timedelta(days=20), seed), seed)), UNTIL, POLICY, run)

    for partition_state in outcome.partition_states:
        customers = partition_state.customers.every()  # type: ignore[attr-defined]
        counted = sum(without_effect(timeline_seen(customer), terms_of(POLICY)) for _, customer in customers)
        assert partition_state.without_effect == counted


@given(logs(), st.integers(0, 2**32), st.sampled_from((1, 17)))
def test_events_of_no_subscription_need_not_be_compared_or_asked_about(
    events: list[Event], seed: int, batch: int
) -> None:
    arriving = lines(overtaken(events, timedelta(hours=46), seed))

    told = play(arriving, UNTIL, POLICY, Run(batch=batch))
    with pytest.MonkeyPatch.context() as patched:
        for kind, entry in REGISTER.entries.items():
            if kind.startswith(("subscription.", "cancellation.")):  # whether there is a subscription or not
                patched.setattr(entry, "restates", always)
        patched.setattr("retention.features.subscriptions.folds.subscribed", lambda _: True)
        asked = play(arriving, UNTIL, POLICY, Run(batch=batch))

    # Of several events of one instant, as a start and a renewal, another one may be named as the cause.
    said, as_said = ([(one.type, one.key, one.at, one.body) for one in outcome.statements] for outcome in (told, asked))
    assert (said, told.finals()) == (as_said, asked.finals())


@given(logs())
def test_what_is_said_is_what_the_shipped_schemas_allow(events: list[Event]) -> None:
    for statement in play(lines(events), UNTIL, POLICY).statements:
        VALIDATORS[type(statement.body).__name__].validate(json.loads(to_json(statement.body)))


@given(logs(), st.integers(0, 1_000), runs)
def test_a_log_that_is_delivered_twice_counts_once(events: list[Event], seed: int, run: Run) -> None:
    plain = play(lines(events), UNTIL, POLICY, Run(batch=5))

    twice = play(lines(doubled(events, seed)), UNTIL, POLICY, run)

    assert twice.finals() == plain.finals()
    assert twice.open_signals() == plain.open_signals()


@given(logs(), st.integers(0, 1_000), runs)
def test_any_order_within_the_disorder_tells_the_same_of_what_time_shows(
    events: list[Event], seed: int, run: Run
) -> None:
    """Time passes before each event, as in a backlog: one that is months ahead would hide what it lets be dropped."""
    policy, in_turn = replace(POLICY, disorder=6 * HOUR), {"batch": 1, "publish_every": 1_000, "time_first": True}
    plain = play(lines(events), UNTIL, policy, Run(**in_turn))  # type: ignore[arg-type] # of several types

    other = play(lines(overtaken(events, timedelta(hours=6), seed)), UNTIL, policy, replace(run, **in_turn))  # type: ignore[arg-type]

    for signal in (one.name for one in SIGNALS if one.trigger == "on_time"):
        assert _episodes(other, signal) == _episodes(plain, signal), signal


@given(logs(), st.integers(1, 2), st.integers(0, 2**32))
def test_events_that_all_state_midnight_tell_the_same_in_any_order(events: list[Event], days: int, seed: int) -> None:
    """Daily exports know days only. Event time then stands at the very instants at which much is due."""
    random = Random(seed)
    for event in events:
        event["occurred_at"] = event["occurred_at"][:10] + "T00:00:00Z"
    events.sort(key=lambda event: (event["occurred_at"], event["event_id"]))
    policy, in_turn = replace(POLICY, disorder=days * DAY), Run(batch=1, publish_every=1_000, time_first=True)

    def arrival(event: Event) -> tuple[datetime, float]:
        return datetime.fromisoformat(event["occurred_at"]) + timedelta(days=random.choice((0, days))), random.random()

    plain = play(lines(events), UNTIL, policy, in_turn)
    other = play(lines(sorted(events, key=arrival)), UNTIL, policy, in_turn)

    assert other.open_signals() == plain.open_signals()
    for signal in (one.name for one in SIGNALS if one.trigger == "on_time"):
        assert _episodes(other, signal) == _episodes(plain, signal), signal


def _episodes(outcome: Outcome, signal: str) -> set[tuple[Any, ...]]:
    return {
        (s.customer_id, s.episode, s.transition, getattr(s, "severity", ""), s.raised_at) for s in outcome.about(signal)
    }


@given(logs(), st.sampled_from(("UTC", "Europe/Madrid", "America/New_York")))
def test_figures_equal_a_recomputation_from_the_raw_log(events: list[Event], zone: str) -> None:
    policy = replace(POLICY, zone=zone, plans=())

    outcome = play(lines(events), UNTIL, policy, Run(partitions=4, batch=9))

    documents = distinct(lines(events))
    rules = Rules(zone)
    for currency in ("EUR", "JPY"):
        months = subscription_months(documents, "2024-01", "2024-12", currency, rules)
        _assert_months(outcome, "subscription", currency, months)
    _assert_months(outcome, "purchase", None, purchase_months(documents, "2024-01", "2024-12", rules))
    _assert_newcomers(outcome, purchase_newcomers(documents, "2024-01", "2024-12", rules))


def _assert_newcomers(outcome: Outcome, months: dict[str, tuple[int, int]]) -> None:
    for name, expected in months.items():
        year, month = map(int, name.split("-"))
        found = outcome.books.rows.get((Series("purchase", None, "month", "all", "all"), year * 12 + month - 1))
        assert ((found.flow("acquired"), found.flow("new")) if found is not None else (0, 0)) == expected, name


def _assert_months(outcome: Outcome, basis: Any, currency: str | None, months: dict[str, Figures]) -> None:
    calendar = outcome.books.policy.calendar
    for name, expected in months.items():
        year, month = map(int, name.split("-"))
        series = Series(basis, currency, "month", "all", "all")
        found = outcome.books.rows.get((series, year * 12 + month - 1))
        if found is None:
            assert (expected.start, expected.end) == (0, 0), (basis, name)
            continue
        assert calendar.period("month", year * 12 + month - 1).start <= outcome.books.as_of
        counts = customers.start(found), customers.end(found), customers.newcomers(found), found.flow("lost")
        ours = (*counts, revenue.start(found), revenue.end(found))
        theirs = (expected.start, expected.end, expected.newcomers, expected.lost, expected.mrr_start, expected.mrr_end)
        assert ours == theirs, (basis, currency, name)
        if revenue.start(found):
            ratios = tuple(
                Fraction(part(found)) / revenue.start(found) for part in (revenue.cohort_end, revenue.cohort_kept)
            )
            assert ratios == (expected.ndr, expected.grr), (basis, currency, name)


@given(logs(), st.sampled_from(("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago")), runs)
def test_nothing_that_is_kept_is_older_than_the_day_that_is_noted(events: list[Event], zone: str, run: Run) -> None:
    policy = replace(POLICY, zone=zone)
    for partition_state in play(lines(events), UNTIL, policy, run).partition_states:
        for _, customer in partition_state.customers.every():  # type: ignore[attr-defined]
            instants = [op.at for op in timeline_seen(customer).ops]
            instants += [order.dated() for order in orders_seen(customer).values()]
            instants += [step.at for ticket in tickets_seen(customer).values() for step in ticket.steps]
            days = [*map(policy.calendar.day, instants), *day_counts.days(customer.logins)]
            assert customer.oldest <= min(days, default=customer.oldest)
            kept, oldest = sections(customer), policy.calendar.start_of_day(customer.oldest)
            REGISTER.prune(customer, Horizon(oldest, customer.oldest, policy))
            assert sections(customer) == kept, "what is dropped before that day was none"


@given(logs(), st.lists(st.integers(0, 530), min_size=1, max_size=3).map(sorted))
def test_what_goes_behind_the_horizon_changes_nothing_of_an_unsealed_period(
    events: list[Event], days: list[int]
) -> None:
    (partition_state,) = play(lines(events), UNTIL, POLICY).partition_states
    for _, customer in partition_state.customers.every():  # type: ignore[attr-defined]
        for day in days:
            then = PartitionState(POLICY, Shelf(), instant(UNTIL) + day * DAY)
            before = unsealed(customer, then.watermark)

            then._forget_old(customer)

            assert unsealed(customer, then.watermark) == before


def unsealed(customer: Customer, watermark: int) -> dict[Any, Any]:
    """Return a customer's part in each unsealed period, and the levels that the first of them begins with."""
    sums = Sums(POLICY)
    sums.seal(watermark)
    sums.add(parts(customer, POLICY, watermark))
    starts: dict[Any, Any] = {}
    for series, level in sums.levels.items():
        vector = sums.parts.get((series, level.since), {})
        start = [level.levels.get(name, 0) + vector.pop(f">{name}", 0) for name in ("active", "mrr")]
        if any(start):
            starts[series] = start
    return starts | {key: vector for key, vector in sums.parts.items() if vector}


@given(logs(), runs)
def test_from_the_first_subscription_on_every_figure_is_published(events: list[Event], run: Run) -> None:
    """Also of trials alone, and of free plans: `null` with its reason (metrics.md, rule 4)."""
    outcome = play(lines(events), UNTIL, POLICY, run)

    calendar, last = POLICY.calendar, POLICY.calendar.period_index("month", instant(UNTIL))
    starts = [event for event in events if event["type"] == "subscription.started"]
    for currency in {event["currency"] for event in starts}:
        first = min(event["occurred_at"] for event in starts if event["currency"] == currency)
        for index in range(calendar.period_index("month", instant(datetime.fromisoformat(first))), last + 1):
            for metric in (one for one in METRICS if SUBSCRIPTION in one.of):
                series = Series("subscription", currency, "month", "all", "all")
                update = outcome.update(update_key(metric, series, calendar.period("month", index)))
                assert (update.value is None) == (update.reason == "empty_base")


@given(logs(), runs)
def test_plans_add_up_to_all(events: list[Event], run: Run) -> None:
    books = play(lines(events), UNTIL, POLICY, run).books

    for (series, index), whole in books.rows.items():
        if series.by == "all":
            split = [f for (s, i), f in books.rows.items() if i == index and s[:3] == series[:3] and s.by == "plan"]
            for level in ("active", "mrr"):
                assert sum(f.start(level) for f in split) == whole.start(level)
                assert sum(f.end(level) for f in split) == whole.end(level)
            for flow in whole.flows.keys() - {"unpaid"}:
                assert sum(f.flow(flow) for f in split) == whole.flow(flow)


@given(logs(), st.sampled_from((0, 6, 46)), st.integers(0, 1_000), runs)
def test_no_two_statements_share_an_id(events: list[Event], hours: int, seed: int, run: Run) -> None:
    arriving = overtaken(events, timedelta(hours=hours), seed)

    outcome = play(lines(arriving), UNTIL, POLICY, replace(run, restart_every=None))

    ids = [statement.id for statement in outcome.statements]
    assert len(ids) == len(set(ids))


@given(logs(), runs)
def test_what_comes_in_time_is_recommended_once_and_withdrawn_once(events: list[Event], run: Run) -> None:
    """Whatever the batches, nothing that is told in time has expired: time never runs ahead of it.

    What a gate has stopped for a customer that chose what it wants to hear is tried again with its next severity.
    """
    told = play(lines(events), UNTIL, replace(POLICY, message_gap=0, messages_in_30_days=0), run).statements

    stopped: list[Any] = [one.body for one in told if one.type == "action.suppressed"]
    assert {body.gate for body in stopped} <= {"consent", "trouble"}
    opportunities = {signal.name for signal in SIGNALS if signal.is_opportunity}
    assert all(body.signal in opportunities for body in stopped if body.gate == "trouble")
    told = [one for one in told if getattr(one.body, "signal", "") not in opportunities]
    said = [one for one in told if one.key not in drawing.choosy(events)]
    again = {signal.name for signal in SIGNALS if signal.recommends.repeats}
    proposing = [one.id for one in said if one.type == "churn_signal.raised" or _escalated(one, again)]
    over = [one.id for one in said if one.type == "churn_signal.cleared"]
    assert sorted(one.cause for one in said if one.type == "action.recommended") == sorted(proposing)
    assert sorted(one.cause for one in said if one.type == "action.withdrawn") == sorted(over)
    assert "action.suppressed" not in {one.type for one in said}


def _escalated(statement: Any, names: set[str]) -> bool:
    return statement.type == "churn_signal.escalated" and statement.body.signal in names


@given(logs(), st.integers(0, DAYS), runs)
def test_what_a_history_would_recommend_has_expired_however_it_is_read(events: list[Event], day: int, run: Run) -> None:
    """Events to some day are a history that is filled in; what was of use at its end alone follows from the log."""
    end = instant(START) + day * DAY

    def filled_in(*arguments: Any, **named: Any) -> PartitionState:
        partition_state = PartitionState(*arguments, **named)
        partition_state.sources.filled_in_until(end)
        return partition_state

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(playing, "PartitionState", filled_in)
        plain, other = (play(lines(events), UNTIL, POLICY, one) for one in (Run(batch=1), run))

    for said in (one for outcome in (plain, other) for one in outcome.statements if one.type.startswith("action.")):
        if said.type not in {"action.withdrawn", "action.reported"}:  # those recommend nothing, and never expire
            body: Any = said.body
            has_expired = said.type == "action.suppressed" and body.gate == "expired"
            assert has_expired == (instant(body.expires_at) <= end + DAY + 1)


SECTIONS = tuple(section for feature in FEATURES for section in feature.sections)


def sections(customer: Customer) -> dict[str, bytes | None]:
    """Return what is kept of a customer in each section, as bytes."""
    customer.put_away()
    return {section.name: customer.part(section.id) for section in SECTIONS}


@given(logs(), st.integers(0, 1_000), runs)
def test_in_which_order_events_came_shows_nowhere_in_what_is_kept(events: list[Event], seed: int, run: Run) -> None:
    arriving = overtaken(events, timedelta(hours=46), seed)
    kept, kept_of_another = (
        {
            name: sections(customer)
            for partition_state in play(lines(log), UNTIL, POLICY, run).partition_states
            for name, customer in partition_state.customers.every()  # type: ignore[attr-defined]
        }
        for log in (events, arriving)
    )

    assert kept_of_another == kept


@st.composite
def crowded(draw: st.DrawFn) -> list[bytes]:
    """Draw what one customer does in four days, so out of order that what is said is taken back, and said again."""
    random = Random(draw(st.integers(0, 2**32)))
    events = [_event(random, number) for number in range(60)]
    for event in events:
        event.update(customer_id="c-1", occurred_at=text(START + timedelta(days=random.random() * 4)))
        event.update({"subscription_id": "s-1"} if "subscription_id" in event else {})
    return lines(overtaken(sorted(events, key=itemgetter("occurred_at")), timedelta(hours=46), random.randrange(1_000)))


@given(crowded(), st.sampled_from(BASIS_NAMES), st.sampled_from((1, 3, 17)))
def test_what_was_taken_back_and_is_said_again_is_another_statement(
    arriving: list[bytes], basis: str, batch: int
) -> None:
    outcome = play(arriving, START + timedelta(days=120), replace(POLICY, basis=basis), Run(batch=batch))

    ids = [statement.id for statement in outcome.statements]
    assert len(ids) == len(set(ids))


def _turned_round(random: Random) -> list[Event]:
    """Draw a pause of a customer that does not pay, and events about it; one of them arrives late.

    Each event has `arrives`, the day on which it does.
    """
    rests, lasts = 60 + random.randrange(40), random.choice((10, 30, 75))
    until, days = text(START + timedelta(days=rests + lasts)), 200
    story: list[tuple[int, str, Event]] = [
        (0, "subscription.started", {"mrr": "50", "currency": "EUR"}),
        (rests - random.randrange(1, 29), "subscription.changed", {"status": "past_due"}),
        (rests - random.randrange(-2, 40), "subscription.changed", {"mrr": random.choice(("10", "20", "80"))}),
        (rests, "subscription.paused", {"until": until}),
        (rests + lasts + random.randrange(3), "subscription.resumed", {}),
        (random.randrange(days), "cancellation.requested", {}),
        (random.randrange(days), "subscription.paused", {}),
        (random.randrange(days), "subscription.changed", {"term_end": until}),
        (rests + random.randrange(-2, 20), "subscription.changed", {"status": "active"}),
    ]
    told = [one for place, one in enumerate(story) if random.random() < (0.2 if 4 < place < 8 else 0.9)]
    events: list[Event] = [
        {"type": kind, "occurred_at": text(START + timedelta(days=day)), "subscription_id": "s-1", "arrives": day}
        | {"event_id": f"e-{place}", "customer_id": "c-1"}
        | fields
        for place, (day, kind, fields) in enumerate(told)
    ]
    late = random.choice((random.choice(events), events[-1]))
    others = sorted(event["arrives"] for event in events)
    late["arrives"] = max(late["arrives"], random.choice(others[-3:]) + 0.5)
    return sorted(events, key=itemgetter("arrives"))


@given(st.integers(0, 2**32), st.sampled_from((2, 10)), st.sampled_from(BASIS_NAMES))
def test_what_ends_twice_at_one_instant_has_two_ids(seed: int, disorder: int, basis: str) -> None:
    """An event that comes early may show an end that time has not come to, and a late one take that back."""
    random, policy = Random(seed), replace(POLICY, plans=(), basis=basis, disorder=disorder * DAY)
    for _ in range(10):
        arriving = []
        for place, event in enumerate(_turned_round(random)):
            moment = text(START + timedelta(days=event.pop("arrives")))  # when others are heard of, so that time passes
            arriving += Log("z").add("login.succeeded", 0, event_id=f"z-{place}", occurred_at=moment).lines()
            arriving += lines([event])

        outcome = play(arriving, START + timedelta(days=300), policy, Run(batch=1, publish_every=1_000))

        ids = [statement.id for statement in outcome.statements]
        assert len(ids) == len(set(ids))


@given(logs())
def test_a_replay_repeats_every_id(events: list[Event]) -> None:
    first, second = (play(lines(events), UNTIL, POLICY, Run(batch=5)) for _ in range(2))

    assert [s.id for s in first.statements] == [s.id for s in second.statements]
    assert [s.body for s in first.statements] == [s.body for s in second.statements]


@given(logs(), st.integers(0, 1_000))
def test_corrected_movements_add_up_to_what_is_paid(events: list[Event], seed: int) -> None:
    outcome = play(lines(overtaken(events, timedelta(hours=40), seed)), UNTIL, POLICY, Run(batch=3))

    ledger: dict[tuple[str, str, datetime], Fraction] = {}
    for statement in outcome.statements:
        if statement.type.startswith("movement."):
            body: Any = statement.body
            ledger[body.customer_id, body.currency, body.at] = Fraction(body.delta)
    for (series, _), found in _last_rows(outcome).items():
        deltas = [delta for (_, currency, _), delta in ledger.items() if currency == series.currency]
        half = Fraction(1, 2 if series.currency == "JPY" else 200)
        assert abs(sum(deltas, Fraction()) - revenue.end(found)) <= half * len(deltas)  # each of them is rounded once


def _last_rows(outcome: Outcome) -> dict[Any, Any]:
    rows = {k: f for k, f in outcome.books.rows.items() if k[0][:2] != ("purchase", None)}
    kept = {k: f for k, f in rows.items() if k[0].currency is not None and k[0][2:4] == ("month", "all")}
    newest = {series: max(i for s, i in kept if s == series) for series, _ in kept}
    return {k: f for k, f in kept.items() if newest[k[0]] == k[1]}


@pytest.mark.parametrize("seed", range(12))
def test_a_log_of_many_years_stays_exact_behind_the_horizon(seed: int) -> None:
    random = Random(seed)
    events = [_event(random, number) for number in range(400)]
    for event in events:
        moved = datetime.fromisoformat(event["occurred_at"]) + timedelta(days=DAYS * random.randrange(5))
        event["occurred_at"] = text(moved)
        event["order_id"] = f"{event.get('order_id')}-{moved.year}-{moved.month}"
    events.sort(key=lambda e: (e["occurred_at"], e["event_id"]))
    policy = Policy()

    run = Run(partitions=4, batch=7, restart_every=9, keeps_sums=bool(seed % 2))
    outcome = play(lines(events), START + timedelta(days=DAYS * 5 + 40), policy, run)

    documents = distinct(lines(events))
    for currency in ("EUR", "JPY"):
        months = subscription_months(documents, "2024-01", "2028-05", currency, Rules())
        _assert_months(outcome, "subscription", currency, months)
    _assert_months(outcome, "purchase", None, purchase_months(documents, "2024-01", "2028-05", Rules()))


@pytest.mark.parametrize("seed", range(4))
def test_topics_that_are_read_at_their_own_speed_tell_everything_once(seed: int) -> None:
    """One topic may be read weeks ahead of another: its events count, but they do not prove that time has passed."""
    random, policy, shelf = Random(seed), Policy(), Shelf()
    partition_state, statements = PartitionState(policy, shelf), []
    waiting, marks = _by_topic(Company(seed, START, 150, 60)), dict.fromkeys(DECODERS, 0)
    while any(waiting.values()):
        topic = random.choice([topic for topic, left in waiting.items() if left])
        for offset, event in waiting[topic][: (count := random.randrange(1, 400))]:
            partition_state.observe(event, instant(event.occurred_at), topic, offset)
            marks[topic] = max(marks[topic], instant(event.occurred_at) - policy.disorder)
        del waiting[topic][:count]
        held = [marks[topic] for topic, left in waiting.items() if left]
        partition_state.advance(min(held, default=0), limit=random.choice((5, 1_000)))
        if random.random() < 0.2:
            shelf.commit()
            statements += partition_state.take_statements()
            partition_state = PartitionState(policy, shelf, partition_state.watermark, partition_state.sources)
            for name, customer in shelf.every():
                partition_state.load(name, customer)
    partition_state.advance(instant(START + timedelta(days=190)))
    statements += partition_state.take_statements()

    ids = [statement.id for statement in statements]
    assert len(ids) > 100
    assert len(ids) == len(set(ids))


def _by_topic(company: Company) -> dict[str, list[tuple[int, Any]]]:
    waiting: dict[str, list[tuple[int, Any]]] = {topic: [] for topic in DECODERS}
    for offset, arrival in enumerate(company.history()):
        topic = TOPIC_OF[arrival.event["type"]]
        waiting[topic].append((offset, DECODERS[topic].decode(arrival.line())))
    return waiting
