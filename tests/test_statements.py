"""Each statement is made once, under its own id: also if it is revoked, or made again, at one instant."""

from collections import Counter
from datetime import datetime
from fractions import Fraction
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import DAY, instant
from retention.engine.editions import Books
from retention.engine.once import once
from retention.engine.partition_state import PartitionState
from retention.engine.parts import Series
from retention.measures import BASIS_NAMES, MEASURES
from retention.policy import Policy
from retention.risk.section import drop
from retention.state.codec import decode, encode
from retention.statements import Statement
from schemas.outbound import MetricUpdate
from tests.building import Log, at, line, text
from tests.playing import CARDS_AT_ONCE, DECODERS, Outcome, Run, Shelf, play

MONTH = 2024 * 12
LAST_WORDS = dict(word for measure in MEASURES for word in measure.last_words)
EUROS = Series("subscription", "EUR", "month", "all", "all")


@given(st.lists(st.tuples(st.sampled_from((515, 517)), st.booleans()), min_size=2, max_size=8))
def test_a_figure_that_goes_back_and_forth_at_one_instant_says_so_under_new_ids(steps: list[tuple[int, bool]]) -> None:
    """Also if another worker takes the books over in between: it reads the published updates and their ids."""
    said = published(steps)

    ids = [statement.id for statement in said]
    assert len(ids) == len(set(ids))
    assert ids == [statement.id for statement in published([(value, False) for value, _ in steps])]


def published(steps: list[tuple[int, bool]]) -> list[Statement]:
    """Return what is said of a running month as its sums change, with another worker after each step that says so."""
    said: list[Statement] = []
    books = Books(Policy(), 1)
    for value, hands_over in steps:
        paid = {field: Fraction(value) for field in ("+mrr", "period_new", "event_new")}
        books.take_part(0, (EUROS, MONTH), {"+active": 1, "new": 1, "acquired": 1, **paid}, [])
        books.take_watermark(0, instant(at(20)))
        said += books.publish()
        if hands_over:
            books = Books(Policy(), 1)
            for one in said:
                assert isinstance(one.body, MetricUpdate)
                books.note(one.key, one.body, one.id)
    return said


def movements(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    told = [s for s in outcome.statements if s.type.startswith("movement.")]
    return [(s.type, s.body.kind, s.body.before, s.body.after) for s in told]  # type: ignore[attr-defined]


def switch(*, topics: int = 1, mrr: str = "12") -> Log:
    """Return a change of plan in one instant, as billing systems write it; `no-login` is open meanwhile."""
    log = Log().starts(0).login(1, 2, 3, 4, 5).add("login.failed", 19)
    ended = "subscription.ended" if topics == 1 else "cancellation.effective"
    return log.add(ended, 20, subscription_id="s-1").starts(20, mrr, "s-2")


@pytest.mark.parametrize("topics", [1, 2])
@pytest.mark.parametrize("first", [-1, -2])
@pytest.mark.parametrize("basis", BASIS_NAMES)
def test_a_switch_of_plans_in_one_instant_is_one_movement_and_no_loss(topics: int, first: int, basis: str) -> None:
    log = switch(topics=topics)
    log.events[-2:] = [log.events[first], log.events[-3 - first]]

    outcome = play(log.lines(), at(21), Policy(basis=basis), Run(batch=6))

    assert movements(outcome)[1:] == [("movement.made", "expansion", "10.00", "12.00")]
    assert outcome.of_type("customer.churned") == outcome.of_type("customer.returned") == []
    assert [s.transition for s in outcome.signals()] == ["raised"]


def test_a_switch_to_less_is_a_downgrade_and_its_movement_names_what_ended() -> None:
    outcome = play(switch(mrr="6").lines(), at(21), run=Run(batch=50))

    assert movements(outcome)[1:] == [("movement.made", "contraction", "10.00", "6.00")]
    assert [s.observed["fall_percent"] for s in outcome.signals("downgrade")] == [40]


def test_three_starts_in_one_instant_are_one_movement() -> None:
    log = Log().starts(3, "10", "a").starts(3, "10", "b").starts(3, "10", "c")

    assert movements(play(log.lines(), at(4))) == [("movement.made", "new", "0.00", "30.00")]


def test_what_one_commit_after_the_other_says_of_one_instant_is_corrected() -> None:
    """Live, events are told when they come: who reads one of a pair first is told of it, and of what became of it."""
    outcome = play(switch().lines(), at(21), run=Run(batch=1))

    assert movements(outcome)[1:] == [
        ("movement.made", "churn", "10.00", "0.00"),
        ("movement.corrected", "expansion", "10.00", "12.00"),
    ]
    assert [fact.cause for fact in outcome.of_type("customer.returned")] == ["late_evidence"]


def test_a_customer_that_returns_with_an_order_refunded_at_once_never_did() -> None:
    log = Log().buys(1, "a").buys(120, "b").refunds(120, "b")

    outcome = play(log.lines(), at(130), Policy(basis="purchase"), Run(batch=50))

    assert len(outcome.of_type("customer.churned")) == 1
    assert outcome.of_type("customer.returned") == []


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_a_request_that_is_revoked_in_its_own_instant_says_nothing(order: tuple[int, ...]) -> None:
    named = {"subscription_id": "s-1"}
    log = Log().starts(0).add("cancellation.requested", 3, **named).add("cancellation.revoked", 3, **named)
    events = log.changes(3, mrr="10").events

    outcome = play([line(events[place]) for place in (0, *order)], at(4), run=Run(batch=4))

    assert outcome.signals() == []


CROWDED = (
    *("subscription.started",) * 3,
    *("subscription.changed",) * 2,
    "subscription.paused",
    "subscription.resumed",
    *("cancellation.effective", "subscription.ended") * 2,
    *("cancellation.requested", "cancellation.revoked") * 2,
    *("purchase.completed", "purchase.refunded") * 2,
    "login.succeeded",
)


@st.composite
def crowded(draw: st.DrawFn) -> list[bytes]:
    """Draw what one customer does in four instants, in any order of arrival."""
    random = Random(draw(st.integers(0, 2**32)))
    log = Log()
    for _ in range(40):
        kind = random.choice(CROWDED)
        fields: dict[str, Any] = {}
        if kind.startswith(("subscription", "cancellation")):
            fields = {"subscription_id": f"s-{random.randrange(2)}"}
        if kind in {"subscription.started", "subscription.changed"}:
            fields |= {"mrr": random.choice(("0", "10", "20", "30")), "currency": random.choice(("EUR", "JPY"))}
        if kind.startswith("purchase"):
            fields = {"order_id": f"o-{random.randrange(5)}"}
        if kind == "purchase.completed":
            fields |= {"amount": "10", "currency": "EUR"}
        log.add(kind, random.choice((0, 0, 1, 1, 100, 130)), **fields)
    if draw(st.booleans()):
        log.events.sort(key=lambda event: event["occurred_at"])
    return log.lines()


@given(crowded(), st.sampled_from(BASIS_NAMES), st.sampled_from((1, 2, 7, 50)))
def test_no_two_statements_of_one_instant_share_an_id(arriving: list[bytes], basis: str, batch: int) -> None:
    outcome = play(arriving, at(300), Policy(basis=basis), Run(batch=batch))

    shared = [ident for ident, times in Counter(s.id for s in outcome.statements).items() if times > 1]
    assert [s for s in outcome.statements if s.id in shared] == []


@given(crowded(), st.sampled_from(BASIS_NAMES), st.integers(0, 1_000))
def test_of_one_thing_a_commit_says_one_thing(arriving: list[bytes], basis: str, seed: int) -> None:
    """And whatever is said where the log is cut, its last words are those of a log that is not cut at all."""
    random, partition_state = Random(seed), PartitionState(Policy(basis=basis), Shelf())
    words: dict[Any, Any] = {}
    for one in arriving:
        observe(partition_state, one)
        if random.random() < 0.2:
            take_in(words, partition_state.take_statements())
    take_in(words, partition_state.take_statements())

    whole = PartitionState(Policy(basis=basis), Shelf())
    for one in arriving:
        observe(whole, one)
    at_once: dict[Any, Any] = {}
    take_in(at_once, whole.take_statements())
    assert {k: w for k, w in words.items() if w is not None} == {k: w for k, w in at_once.items() if w is not None}


def test_a_loss_that_turns_out_to_be_a_return_is_said_to_be_one() -> None:
    """One paid and ended at an instant at which another began to pay: that the first had ended before comes late."""
    log = Log().starts(0).changes(20, "s-2", mrr="5").ends(20)
    ended_before = [log.ends(10).events[-1], log.starts(10, "0", "s-2").events[-1]]
    partition_state = PartitionState(Policy(), Shelf())
    for event in log.events[:3]:
        observe(partition_state, line(event))
    assert [s.type for s in facts(partition_state.take_statements())] == ["customer.churned"]

    for event in ended_before:
        observe(partition_state, line(event))

    lost, returned = facts(partition_state.take_statements())
    assert (lost.type, lost.at) == ("customer.churned", instant(at(10)))
    assert (returned.type, returned.at) == ("customer.returned", instant(at(20)))


def facts(said: list[Statement]) -> list[Statement]:
    return sorted((one for one in said if one.type.startswith("customer.")), key=lambda one: one.at)


def returning(read_at: float) -> PartitionState:
    """Return a customer who buys again three days after a lapse, where time had come to a day when that was read."""
    log = Log().buys(0, "a").buys(93, "b")
    partition_state = PartitionState(Policy(basis="purchase"), Shelf())
    observe(partition_state, log.lines()[0])
    partition_state.advance(instant(at(read_at)))
    observe(partition_state, log.lines()[1])
    partition_state.advance(instant(at(92)))
    return partition_state


def test_a_return_has_one_id_whether_time_or_its_own_event_says_it() -> None:
    by_time, by_event = (facts(returning(read_at).take_statements()) for read_at in (88, 92))

    assert [one.type for one in by_time] == ["customer.churned", "customer.returned"]
    assert [one.id for one in by_time] == [one.id for one in by_event]


def test_a_return_that_time_says_again_has_another_id() -> None:
    """A late order took it back, and its refund, read before its time, makes it a return again."""
    partition_state = returning(92)
    said = partition_state.take_statements()
    for one in Log("c-1").login(1, 2).buys(50, "late").refunds(92.5, "late").lines()[2:]:
        observe(partition_state, one)
        said += partition_state.take_statements()
    partition_state.advance(instant(at(93)))
    said += partition_state.take_statements()

    returns = [one for one in said if (one.type, one.at) == ("customer.returned", instant(at(93)))]
    assert [one.body.cause for one in returns] == ["returned", "returned"]  # type: ignore[attr-defined]
    assert len({one.id for one in returns}) == 2


TURNS = (0, 1, 2, 14, 15, 16, 60, 61, 62, 90, 91, 92, 93, 94, 104, 105, 106, 150, 151, 180, 181, 182, 183)
"""Days on which, and around which, graces, terms, pauses and windows of each other end."""


def turning(random: Random) -> list[dict[str, Any]]:
    """Return what one customer does on days on which time ends what it did on others, in order."""
    log, subscriptions = Log(), random.choice((1, 1, 2))
    for _ in range(25):
        kind = random.choice([one for one in CROWDED if one not in {"login.succeeded", "cancellation.revoked"}])
        fields: dict[str, Any] = {"subscription_id": f"s-{random.randrange(subscriptions)}"}
        if kind in {"subscription.started", "subscription.changed"}:
            status = random.choice(("active", "active", "past_due"))
            fields |= {"mrr": random.choice(("0", "10", "20")), "currency": "EUR", "status": status}
            fields |= {"term_end": text(at(random.choice(TURNS)))} if random.random() < 0.3 else {}
        elif kind == "subscription.paused":
            fields |= {"until": text(at(random.choice(TURNS) + 0.5))} if random.random() < 0.5 else {}
        elif kind == "cancellation.requested":
            fields |= {"at_period_end": random.random() < 0.7}
        elif kind.startswith("purchase"):
            fields = {"order_id": f"o-{random.randrange(6)}"}
            fields |= {"amount": "10", "currency": "EUR"} if kind == "purchase.completed" else {}
        log.add(kind, random.choice(TURNS) + random.randrange(4) / 4, **fields)
    return sorted(log.events, key=lambda event: event["occurred_at"])


def worked_off(
    events: list[dict[str, Any]], random: Random, days_behind: float, commits: float
) -> tuple[list[Statement], dict[str, bytes]]:
    """Return what is said of a log and what is kept, where time has come to within so many days of what is read."""
    shelf, said = Shelf(), list[Statement]()
    partition_state = PartitionState(Policy(), shelf)
    for event in events:
        at_most = instant(datetime.fromisoformat(event["occurred_at"]))
        partition_state.advance(at_most - int(random.random() * days_behind * DAY))
        observe(partition_state, line(event))
        if random.random() < commits:
            said += partition_state.take_statements()
            shelf.commit()
    partition_state.advance(instant(at(400)))
    said += partition_state.take_statements()
    while partition_state.write_cards(CARDS_AT_ONCE):
        partition_state.take_statements()  # written, it is kept without the id of its cause
    shelf.commit()
    return said, shelf.values


@given(st.integers(0, 2**32), st.sampled_from((0, 0.3, 1)))
def test_what_time_brings_to_light_shares_no_id(seed: int, commits: float) -> None:
    random = Random(seed)
    events = turning(random)
    for _ in range(6):
        one = events.pop(random.randrange(len(events)))
        events.insert(random.randrange(len(events) + 1), one)

    said, _ = worked_off(events, random, 5, commits)

    ids = [one.id for one in said if not one.type.startswith("churn_signal.")]
    assert len(ids) == len(set(ids))


@given(st.integers(0, 2**32))
def test_how_far_time_lags_behind_what_is_read_shows_neither_in_ids_nor_in_what_is_kept(seed: int) -> None:
    """A lapse that is not known when the next events are read may have more said, and taken back; nothing else may."""
    random = Random(seed)
    events = list({event["occurred_at"]: event for event in turning(random)}.values())

    said, kept = worked_off(events, random, 0, 0)
    lagging, kept_lagging = worked_off(events, random, 4, 0.3)

    assert _but_for_cards(kept) == _but_for_cards(kept_lagging)
    ids = {one.id for one in facts(said)}
    undone = {(one.at, one.type) for one in facts(lagging) if one.body.cause == "late_evidence"}  # type: ignore[attr-defined]
    assert undone or {one.id for one in facts(lagging)} == ids
    assert ids <= {one.id for one in facts(lagging)}


def _but_for_cards(kept: dict[str, bytes]) -> dict[str, bytes]:
    """Return what is kept but for the cards: a signal that is over was raised, or never, by what was read together."""
    customers = {name: decode(value) for name, value in kept.items()}
    for customer in customers.values():
        drop(customer)
    return {name: encode(customer) for name, customer in customers.items()}


def observe(partition_state: PartitionState, one: bytes) -> None:
    topic = next(name for name in DECODERS if f'"{name[:-1]}'.encode() in one)
    event = DECODERS[topic].decode(one)
    partition_state.observe(event, instant(event.occurred_at), topic, None)


def take_in(words: dict[Any, Any], said: list[Statement]) -> None:
    """Hold one commit against itself, and keep the last word on each thing."""
    once_each: Counter[Any] = Counter()
    for statement in said:
        body: Any = statement.body
        if statement.type.startswith("movement."):
            about: Any = (body.currency, body.at)
            words[about] = None if body.kind == "none" else (body.kind, body.before, body.after)
        elif statement.type.startswith("customer."):
            about = (body.basis, body.at)
            words[about] = None if body.cause == "late_evidence" else statement.type
        else:
            continue
        once_each[about] += 1
    assert set(once_each.values()) <= {1}
    assert once(said, LAST_WORDS) == said


@pytest.mark.parametrize("kind", ["subscription.ended", "cancellation.effective"])
@pytest.mark.parametrize("cause", ["voluntary", "involuntary", "erased", "unknown", "other", "a_new_word", None])
def test_why_a_customer_was_lost_is_told_in_the_words_of_the_schema(kind: str, cause: str | None) -> None:
    """A word that is read as `other` gives no cause: it is unknown (metrics.md, Cause)."""
    log = Log().starts(0).add(kind, 20, subscription_id="s-1", **({"cause": cause} if cause else {}))

    outcome = play(log.lines(), at(21))

    known = cause if cause in {"voluntary", "involuntary", "erased"} else "unknown"
    (churned,) = outcome.of_type("customer.churned")
    assert (churned.cause, outcome.of_type("movement.made")[-1].cause) == (known, known)
