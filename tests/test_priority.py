"""Priority among messages: one that is not delivered yet gives way to a higher one, where deliveries are reported."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from retention.actions import ACTIONS
from retention.contacts import CONTACTS, Contacts
from retention.policy import Policy
from streams.setting_sources import read_settings
from tests.building import Log, at
from tests.playing import Outcome, Run, play
from tests.test_frequency import carts, fits, kept, of_messages, told, without_outcomes
from tests.test_laws import POLICY, UNTIL, Event, lines, logs, overtaken, runs

REPORTED = Policy(deliveries_reported=True)
ONE = Run(batch=1, time_first=True)
LAWS = replace(POLICY, deliveries_reported=True)
PRIORITY = {action.name: action.priority for action in ACTIONS}


def cart_and_debt(**outcomes: Any) -> list[bytes]:
    """Return a cart that is left on day 1, and a payment that fails a day after its reminder."""
    log = left(1)
    if outcomes:
        log.add(outcomes.pop("kind"), 1.8, **outcomes)
    return log.add("payment.failed", 2, invoice_id="i-1").lines()


def left(*days: float) -> Log:
    """Return a customer that leaves carts, and does not come back: a reminder of each follows four hours later."""
    log = Log()
    for day in days:
        log.add("cart.updated", day, cart_id=f"k-{day}", items=[{"sku": "s", "quantity": 2}])
    return log


def became(outcome: Outcome) -> list[tuple[str, str]]:
    return [(action, what) for action, what, _ in told(outcome)]


def withdrawn(outcome: Outcome, cause: str = "superseded") -> list[str]:
    return [one.action for one in outcome.of_type("action.withdrawn") if one.cause == cause]


def test_a_reminder_that_is_not_delivered_gives_way_to_a_debt_of_the_next_day() -> None:
    outcome = play(cart_and_debt(), at(2.2), REPORTED, ONE)

    assert became(outcome) == [("cart-reminder", "recommended"), ("dunning", "recommended")]
    assert withdrawn(outcome) == ["cart-reminder"]
    ((_, customer),) = outcome.partition_states[0].customers.every()  # type: ignore[attr-defined]
    assert len((CONTACTS.seen(customer) or Contacts()).messages) == 1


def test_one_that_was_delivered_holds_whatever_comes() -> None:
    first = play(left(1).lines(), at(1.5), REPORTED, ONE)
    (recommended,) = (one for one in first.statements if one.type == "action.recommended")

    outcome = play(cart_and_debt(kind="action.delivered", recommendation_id=recommended.id), at(2.2), REPORTED, ONE)

    assert became(outcome) == [("cart-reminder", "recommended"), ("dunning", "suppressed")]
    assert withdrawn(outcome) == []


def test_unless_deliveries_are_reported_each_counts_as_sent() -> None:
    outcome = play(cart_and_debt(), at(2.2), run=ONE)

    assert became(outcome) == [("cart-reminder", "recommended"), ("dunning", "suppressed")]


def test_a_lower_one_waits_for_a_higher_one_and_so_does_its_equal() -> None:
    debt = Log().add("payment.failed", 1, invoice_id="i-1")
    debt.add("cart.updated", 1.8, cart_id="k-1", items=[{"sku": "s", "quantity": 2}])

    lower = play(debt.lines(), at(2.1), REPORTED, ONE)
    equal = play(carts(1, 1.8).lines(), at(3), REPORTED, ONE)

    assert became(lower) == [("dunning", "recommended"), ("cart-reminder", "suppressed")]
    assert [what for _, what in became(equal)] == ["recommended", "suppressed"]


def test_what_gave_way_is_proposed_again_when_its_signal_becomes_more_severe() -> None:
    outcome = play(cart_and_debt(), at(2.2), REPORTED, ONE)

    ((_, customer),) = outcome.partition_states[0].customers.every()  # type: ignore[attr-defined]
    stopped = {key: one.stopped for key, one in customer.open_episodes.items()}
    assert stopped["cart-abandoned"]
    assert not stopped["payment-failing"]


def test_what_people_do_has_no_priority_and_debts_have_the_highest() -> None:
    assert {action.name for action in ACTIONS if action.priority and not action.automated} == set()
    assert max(PRIORITY, key=lambda name: PRIORITY[name]) in {"dunning", "update-link"}


def test_the_setting_is_read() -> None:
    assert read_settings(overrides={"actions.deliveries_reported": "true"}).policy().deliveries_reported
    assert not read_settings().policy().deliveries_reported


# Laws


@given(logs(), st.integers(0, 1_000), runs)
def test_what_stands_never_exceeds_the_limits_whatever_came_when(events: list[Event], seed: int, run: Run) -> None:
    outcome = play(lines(without_outcomes(events, seed)), UNTIL, LAWS, run)

    for name, instants in kept(outcome):
        assert fits(instants)
        assert fits(standing(outcome, name))


def standing(outcome: Outcome, name: str) -> list[int]:
    """Return when messages were recommended that did not give way to another one."""
    found: dict[str, list[int]] = {}
    for one in outcome.statements:
        body: Any = one.body
        if one.key == name and one.type == "action.recommended" and body.automated:
            found.setdefault(body.episode, []).append(one.at)
        elif one.key == name and one.type == "action.withdrawn" and body.cause == "superseded":
            found[body.episode] = []
    return [when for instants in found.values() for when in instants]


@given(logs(), runs)
def test_what_gives_way_is_lower_than_what_goes_and_was_recommended_before(events: list[Event], run: Run) -> None:
    outcome = play(lines(events), UNTIL, LAWS, run)

    by_id = {one.id: one for one in of_messages(outcome)}
    for one in outcome.statements:
        body: Any = one.body
        if one.type == "action.withdrawn" and body.cause == "superseded":
            higher: Any = by_id[one.cause].body
            assert PRIORITY[body.action] < PRIORITY[higher.action]
            assert body.episode in {other.body.episode for other in by_id.values()}  # type: ignore[attr-defined]


@given(logs(), st.integers(0, 1_000), st.sampled_from((1, 4)), st.booleans())
def test_a_restart_forgets_no_message_and_none_that_gave_way(
    events: list[Event], seed: int, restart_every: int, keeps_sums: bool
) -> None:
    arriving = lines(overtaken(events, timedelta(hours=46), seed))
    restarted = Run(batch=7, restart_every=restart_every, keeps_sums=keeps_sums)

    plain, other = (play(arriving, UNTIL, LAWS, run) for run in (Run(batch=7), restarted))

    assert [one.id for one in of_messages(other)] == [one.id for one in of_messages(plain)]
    assert withdrawn(other) == withdrawn(plain)
