"""The signals that read payments: their stories, with the edges of each."""

from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import instant
from retention.liveness import Sources
from retention.policy import Policy, SignalPolicy
from retention.signals.base import Signal, View
from retention.signals.card_expiring import CARD_EXPIRING
from retention.signals.payment_failing import PAYMENT_FAILING
from retention.signals.price_shock import PRICE_SHOCK
from tests.building import Log, at, text
from tests.playing import Outcome, Run, in_turn_with_time, play
from tests.test_laws import lines, overtaken
from tests.test_signals import told


def failing(*days: float, log: Log | None = None, **fields: Any) -> Log:
    """Return a log in which attempts to collect one invoice fail on some days."""
    log = log or Log()
    for day in days:
        log.add("payment.failed", day, **{"invoice_id": "i-1", **fields})
    return log


def played(log: Log, until: float) -> Outcome:
    """Play a log record by record, so that time passes between them."""
    return play(log.lines(), at(until), run=Run(batch=1))


def words(outcome: Outcome, signal: str, place: int = -1) -> str:
    return outcome.signals(signal)[place].explanation.en


#  payment-failing
#  day   10      12     13       17            35                40
#        failed  failed                         └ 5 days before   └ grace ends, 30 days after the first one
#        low     medium  (3 days) high (7 days) critical            cleared by time


def test_a_failed_payment_becomes_more_severe_to_the_end_of_its_grace() -> None:
    log = failing(10).login(50)

    outcome = played(log, 60)

    assert told(outcome, "payment-failing") == [
        ("raised", "low", "01-11"),
        ("escalated", "medium", "01-11"),
        ("escalated", "high", "01-11"),
        ("escalated", "critical", "01-11"),
        ("cleared", "critical", "02-10"),
    ]
    dated = [s.at for s in outcome.statements if s.type == "churn_signal.escalated"]
    assert dated == [instant(at(day)) for day in (13, 17, 35)]
    assert words(outcome, "payment-failing", 0) == "Payment failed once; grace ends on 10 February 2024"


def test_a_second_attempt_that_fails_is_medium_at_once() -> None:
    outcome = played(failing(10, 11, reason="insufficient_funds"), 12.5)

    assert [severity for _, severity, _ in told(outcome, "payment-failing")] == ["low", "medium"]
    assert (
        words(outcome, "payment-failing") == "Payment failed twice (insufficient funds); grace ends on 10 February 2024"
    )
    assert outcome.signals("payment-failing")[-1].observed == {
        "failed_attempts": 2,
        "grace_ends": "2024-02-10T00:00:00Z",
        "reason": "insufficient_funds",
    }


def test_an_event_may_state_how_many_attempts_there_were() -> None:
    outcome = played(failing(10, attempt=4), 10.5)

    assert told(outcome, "payment-failing") == [("raised", "medium", "01-11")]
    assert words(outcome, "payment-failing").startswith("Payment failed 4 times;")


def test_a_stated_end_of_the_grace_counts_and_the_latest_one_replaces_it() -> None:
    log = failing(10, grace_ends_at=text(at(17))).login(15)
    longer = failing(14, log=failing(10, grace_ends_at=text(at(17))), grace_ends_at=text(at(24))).login(30)

    assert told(played(log, 16), "payment-failing")[-1] == ("escalated", "critical", "01-11")
    assert told(played(longer, 30), "payment-failing")[-1] == ("cleared", "critical", "01-25")


def test_a_status_alone_is_enough_and_its_end_clears() -> None:
    log = Log().starts(0).changes(10, status="past_due").login(19).changes(20, status="active")

    outcome = played(log, 30)

    assert told(outcome, "payment-failing") == [
        ("raised", "medium", "01-11"),
        ("escalated", "high", "01-11"),
        ("cleared", "high", "01-21"),
    ]
    assert (
        words(outcome, "payment-failing", 0) == "Payment past due since 11 January 2024; grace ends on 10 February 2024"
    )
    assert outcome.signals("payment-failing")[0].evidence == ["c-1-e00002"]


def test_attempts_and_status_are_one_trouble() -> None:
    log = failing(10, log=Log().starts(0), subscription_id="s-1").changes(10.01, status="past_due")
    log.login(11).add("payment.succeeded", 14, invoice_id="i-1", subscription_id="s-1").changes(14.01, status="active")

    outcome = played(log, 30)

    assert told(outcome, "payment-failing") == [
        ("raised", "low", "01-11"),
        ("escalated", "medium", "01-11"),
        ("cleared", "medium", "01-15"),
    ]


PAID: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "the same invoice": ({}, {"invoice_id": "i-1"}, True),
    "another payment of the same invoice": ({"payment_id": "p-1"}, {"invoice_id": "i-1", "payment_id": "p-2"}, True),
    "the payment, by its own id": ({"payment_id": "p-1", "subscription_id": "s-1"}, {"payment_id": "p-1"}, True),
    "a later invoice of the same subscription": (
        {"subscription_id": "s-1"},
        {"invoice_id": "i-2", "subscription_id": "s-1"},
        True,
    ),
    "another subscription": ({"subscription_id": "s-1"}, {"invoice_id": "i-2", "subscription_id": "s-2"}, False),
    "something else than the subscription": ({"subscription_id": "s-1"}, {"invoice_id": "i-2"}, False),
    "anything, where none is named": ({}, {"invoice_id": "i-2"}, True),
    "a subscription, where the failure names none": ({}, {"invoice_id": "i-2", "subscription_id": "s-1"}, True),
}


@pytest.mark.parametrize("what", PAID)
def test_it_is_over_when_it_is_paid(what: str) -> None:
    said, paid, is_over = PAID[what]
    log = failing(10, **said).add("payment.succeeded", 12, **paid)

    assert (told(played(log, 14), "payment-failing")[-1][0] == "cleared") == is_over


def test_a_payment_in_the_same_instant_leaves_nothing_to_say() -> None:
    log = failing(10).add("payment.succeeded", 10, invoice_id="i-1")

    assert told(play(log.lines(), at(20), run=Run(batch=2)), "payment-failing") in (
        [],
        [("raised", "low", "01-11"), ("cleared", "low", "01-11")],
    )


def test_a_payment_that_is_known_late_ends_it_when_it_was_made() -> None:
    log = failing(10).login(11)
    late = log.lines() + Log("c-1").add("payment.succeeded", 10.5, invoice_id="i-1").lines()[:1]
    late[-1] = late[-1].replace(b"c-1-e00001", b"late")

    outcome = play(late, at(12), run=Run(batch=1))

    assert outcome.signals("payment-failing")[-1].cleared_at == at(10.5)


def test_a_failure_after_the_payment_is_another_trouble() -> None:
    log = failing(10).add("payment.succeeded", 11, invoice_id="i-1")
    failing(40, log=log, invoice_id="i-2")

    outcome = played(log, 41)

    assert [one for one, _, _ in told(outcome, "payment-failing")] == ["raised", "cleared", "raised"]
    assert len({s.episode for s in outcome.signals("payment-failing")}) == 2


def test_the_end_of_the_subscription_ends_what_was_owed_for_it() -> None:
    log = failing(10, log=Log().starts(0).starts(0, name="s-2"), subscription_id="s-1").ends(12)

    outcome = played(log, 14)

    assert told(outcome, "payment-failing")[-1] == ("cleared", "low", "01-13")


def test_a_customer_that_is_lost_for_it_has_left() -> None:
    log = Log().starts(0).changes(10, status="past_due").login(50)

    outcome = played(log, 60)

    last = outcome.signals("payment-failing")[-1]
    assert (last.transition, last.severity, last.cleared_at) == ("cleared", "critical", at(40))


def test_the_days_are_settings() -> None:
    tuned = SignalPolicy(severity="low", thresholds=(("past_due_days", 5), ("last_days", 20)))

    outcome = play(failing(10).lines(), at(18), Policy(signals={"payment-failing": tuned}))

    dated = [severity for _, severity, _ in told(outcome, "payment-failing")]
    assert dated == ["low", "medium", "high"]


def test_the_text_of_a_reason_that_is_not_known_is_not_said() -> None:
    outcome = played(failing(10, reason="the customer wrote that she is ill"), 12)

    said = repr([s.body for s in outcome.statements])

    assert "ill" not in said.replace("will", "")
    assert words(outcome, "payment-failing") == "Payment failed once; grace ends on 10 February 2024"


#  card-expiring
#  day   0 (1 January)      30                 60               90
#        valid to February  └ low              └ medium         └ over: days 60 is the first of March


def expiring(*, log: Log | None = None, day: float = 0, **fields: Any) -> Log:
    """Return a log in which a card is said to be valid to the end of February."""
    return (log or Log()).add("card.expiring", day, **{"expires": "2024-02", **fields})


def test_a_card_is_named_thirty_days_before_it_expires_and_for_thirty_after() -> None:
    outcome = played(expiring().login(10, 29.9, 30.1, 60.1), 100)

    assert told(outcome, "card-expiring") == [("raised", "low", "01-31"), ("cleared", "low", "03-31")]
    assert words(outcome, "card-expiring", 0) == "Card expires on 29 February 2024"


def test_a_renewal_that_is_known_late_moves_when_a_card_is_named() -> None:
    """The card has to last to the next payment: the end of a term that lies before it expires comes first."""
    log = Log().starts(0, term_end=text(at(30))).add("payment.succeeded", 40, payment_id="p", card_expires="2024-04")
    log.login(95).add("subscription.renewed", 60, subscription_id="s-1", term_end=text(at(105)))

    said = [one for one in in_turn_with_time(log, 0, 110) if one.signal == "card-expiring"]

    assert [(one.transition, one.cause, one.raised_at) for one in said] == [
        ("raised", None, at(91)),
        ("cleared", "late_evidence", at(91)),
        ("raised", None, at(105)),
    ]


def test_a_card_of_which_one_hears_late_is_named_at_once() -> None:
    assert told(played(expiring(day=50), 51), "card-expiring") == [("raised", "low", "02-20")]
    late = played(expiring(day=70), 71)
    assert told(late, "card-expiring") == [("raised", "low", "03-11")]
    assert words(late, "card-expiring") == "Card was valid to 29 February 2024, and nothing has been paid since"


UPDATED: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "a later date of the same card": ({"card_id": "k"}, {"card_id": "k", "expires": "2027-02"}, True),
    "the same date again": ({"card_id": "k"}, {"card_id": "k"}, False),
    "a later date, of no named card": ({"card_id": "k"}, {"expires": "2027-02"}, True),
    "an earlier date of another card": ({"card_id": "k"}, {"card_id": "j", "expires": "2024-01"}, False),
    "a later date of another card that has not paid": (
        {"card_id": "k"},
        {"card_id": "j", "expires": "2027-02"},
        False,
    ),
    "another subscription": ({"subscription_id": "s-1"}, {"subscription_id": "s-2", "expires": "2027-02"}, False),
}


@pytest.mark.parametrize("what", UPDATED)
def test_a_card_is_updated_by_a_later_statement(what: str) -> None:
    said, later, is_over = UPDATED[what]
    log = expiring(**said).login(40)

    outcome = played(expiring(log=log, day=45, **later), 50)

    assert (told(outcome, "card-expiring")[-1][0] == "cleared") == is_over


PAID_BY: dict[str, tuple[float, dict[str, Any], bool]] = {
    "another card": (45, {"card_id": "j"}, True),
    "the same card": (45, {"card_id": "k"}, False),
    "an unknown card, before it expires": (45, {}, False),
    "an unknown card, after it has expired": (65, {}, True),
    "another card, of another subscription": (45, {"card_id": "j", "subscription_id": "s-2"}, False),
    "a card that is valid for longer": (45, {"card_expires": "2027-01"}, True),
}


@pytest.mark.parametrize("what", PAID_BY)
def test_a_payment_shows_whether_the_card_was_replaced(what: str) -> None:
    day, fields, is_over = PAID_BY[what]
    log = expiring(card_id="k", subscription_id="s-1").login(40)
    log.add("payment.succeeded", day, **{"payment_id": "p", "subscription_id": "s-1", **fields})

    outcome = played(log, day + 1)

    assert (told(outcome, "card-expiring")[-1][0] == "cleared") == is_over


def test_a_card_that_pays_for_the_next_term_is_named_after_it() -> None:
    log = Log().starts(0, term_end=text(at(45)))

    outcome = played(expiring(log=log, day=1).login(31, 44, 46), 47)

    assert told(outcome, "card-expiring") == [("raised", "low", "02-15")]


def test_the_days_before_it_expires_are_a_setting() -> None:
    tuned = SignalPolicy(severity="low", thresholds=(("within_days", 10),))

    outcome = play(expiring().login(49).lines(), at(49), Policy(signals={"card-expiring": tuned}))

    assert told(outcome, "card-expiring") == []


#  price-shock


def announced(day: float, *, log: Log | None = None, effective: float = 60, **fields: Any) -> Log:
    return (log or Log()).add("price.announced", day, **{"effective_at": text(at(effective)), **fields})


@pytest.mark.parametrize(
    ("percent", "severity"), [("9.99", None), (10, "low"), (99, "low"), (100, "medium"), (300, "medium")]
)
def test_an_announced_rise_is_named_if_it_is_large_enough(percent: Any, severity: str | None) -> None:
    outcome = played(announced(10, percent=percent), 11)

    wanted = [("raised", severity, "01-11")] if severity is not None else []
    assert told(outcome, "price-shock") == wanted
    if wanted:
        assert words(outcome, "price-shock") == f"Price rises by {percent} % on 1 March 2024"


def test_it_is_over_thirty_days_after_it_took_effect() -> None:
    outcome = played(announced(10, old_price="10", price="11").login(61, 89, 91), 100)

    assert told(outcome, "price-shock") == [("raised", "low", "01-11"), ("cleared", "low", "03-31")]


ANSWERS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "it is accepted": ({}, {"accepted": True}, True),
    "it is withdrawn": ({}, {"percent": 0}, True),
    "another subscription is told of another": (
        {"subscription_id": "s-1"},
        {"subscription_id": "s-2", "percent": 0},
        False,
    ),
    "all is withdrawn": ({"subscription_id": "s-1"}, {"percent": 0}, True),
    "one subscription accepts what all were told": ({}, {"subscription_id": "s-1", "accepted": True}, True),
    "one subscription is told of another than all": ({}, {"subscription_id": "s-1", "percent": 0}, False),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_an_announcement_is_answered(what: str) -> None:
    said, answer, is_over = ANSWERS[what]
    log = announced(10, percent=15, **said).login(15)

    outcome = played(announced(20, log=log, **answer), 21)

    assert (told(outcome, "price-shock")[-1][0] == "cleared") == is_over


HALF: dict[str, Any] = {"mrr": None, "items": [{"price": "30"}], "interval": "month"}


def test_a_discount_that_ends_is_named_thirty_days_before() -> None:
    half: dict[str, Any] = {"discounts": [{"percent": 50, "duration": "repeating", "periods": 3}]}
    log = Log().starts(0, **HALF, **half).login(30, 61, 62, 95, 130)

    outcome = played(log, 130)

    assert told(outcome, "price-shock") == [("raised", "medium", "03-02"), ("cleared", "medium", "05-01")]
    assert words(outcome, "price-shock", 0) == "Discount ends on 1 April 2024: from 15.00 to 30.00 EUR a month"
    assert outcome.signals("price-shock")[0].baseline == {"mrr": "15.00"}


@pytest.mark.parametrize("said", [{"discounts": []}, {"mrr": "20"}])
def test_a_discount_that_is_gone_before_is_not_waited_for(said: dict[str, Any]) -> None:
    half: dict[str, Any] = {"discounts": [{"percent": 50, "duration": "repeating", "periods": 3}]}
    log = Log().starts(0, **HALF, **half).login(62).changes(70, **said).login(71)

    assert told(played(log, 72), "price-shock")[-1] == ("cleared", "medium", "03-11")


def test_a_small_discount_ends_unnoticed() -> None:
    tenth: dict[str, Any] = {"discounts": [{"percent": 5, "duration": "repeating", "periods": 3}]}

    assert told(played(Log().starts(0, **HALF, **tenth).login(30, 61, 62, 95), 96), "price-shock") == []


# Laws over drawn payments


@st.composite
def owing(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw the payments and statuses of two customers, in order of time; several lie in one instant."""
    random = Random(draw(st.integers(0, 2**32)))
    events: list[dict[str, Any]] = []
    for number in range(draw(st.integers(2, 40))):
        log, day = Log(f"c-{random.randrange(2)}"), random.randrange(0, 120) + random.choice((0, 0.25))
        _happens(random, log, day)
        events.append(log.events[0] | {"event_id": f"e-{number:03d}"})
    return sorted(events, key=lambda one: (one["occurred_at"], one["event_id"]))


def _happens(random: Random, log: Log, day: float) -> None:
    name = f"s-{random.randrange(2)}"
    about: dict[str, Any] = {"invoice_id": f"i-{random.randrange(4)}"}
    about |= {"subscription_id": name} if random.random() < 0.7 else {}
    match random.randrange(9):
        case 0 | 1:
            grace = {"grace_ends_at": text(at(day + random.randrange(20)))} if random.random() < 0.4 else {}
            log.add("payment.failed", day, **about, **grace, reason=random.choice(("expired_card", "other")))
        case 2:
            card = {"card_id": random.choice("jk")} if random.random() < 0.4 else {}
            log.add("payment.succeeded", day, **about, **card)
        case 3:
            terms: dict[str, Any] = {"term_end": text(at(day + random.randrange(60)))}
            if random.random() < 0.4:
                periods = random.randrange(2, 4)
                terms |= HALF | {"discounts": [{"percent": 50, "duration": "repeating", "periods": periods}]}
            log.starts(day, name=name, **terms)
        case 4:
            log.changes(day, name, status=random.choice(("past_due", "past_due", "active")))
        case 5:
            card = {"card_id": random.choice("jk")} if random.random() < 0.7 else {}
            log.add("card.expiring", day, expires=random.choice(("2024-02", "2024-03", "2024-04-11")), **card)
        case 6:
            log.login(day)
        case 7:
            rise = {"percent": random.choice((0, 12, 40))} if random.random() < 0.8 else {"accepted": True}
            named = {"subscription_id": name} if random.random() < 0.5 else {}
            log.add("price.announced", day, effective_at=text(at(day + random.randrange(60))), **rise, **named)
        case _:
            log.ends(day, random.choice((name, None)))


@given(owing(), st.integers(0, 1_000), st.sampled_from((1, 7)), st.sampled_from((None, 3)))
def test_what_is_open_at_the_end_does_not_depend_on_how_it_was_read(
    events: list[dict[str, Any]], seed: int, batch: int, restart_every: int | None
) -> None:
    arriving = overtaken(events, timedelta(hours=40), seed)

    outcomes = [
        play(lines(events), at(170)),
        play(lines(arriving), at(170), run=Run(batch=batch, restart_every=restart_every)),
    ]

    assert outcomes[0].open_signals() == outcomes[1].open_signals()


@pytest.mark.parametrize("signal", [PAYMENT_FAILING, CARD_EXPIRING, PRICE_SHOCK], ids=lambda one: one.name)
@given(events=owing(), day=st.integers(0, 150))
def test_what_it_is_quiet_about_does_not_hold_and_stretches_do_not_overlap(
    signal: Signal, events: list[dict[str, Any]], day: int
) -> None:
    (state,) = play(lines(events), at(170)).partition_states
    for name, customer in state.customers.every():  # type: ignore[attr-defined]
        since = max(instant(at(day)), customer.latest + 1)
        view = View(name, customer, Policy(), signal.default, since, since, Sources())
        found = list(signal.stretches(view))
        quiet_until = signal.quiet_until(view)
        assert all(one.end <= since or quiet_until <= max(one.start, since) for one in found)
        assert all(later.start >= earlier.end for later, earlier in pairwise(found))
        assert all(one.start < one.end for one in found)
