"""The gate `frequency`: no customer gets many messages, however its log is read."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.actions import ACTIONS
from retention.calendar import DAY, HOUR, Instant, instant
from retention.contacts import CONTACTS, MONTH, Contacts, has_room, note
from retention.engine.joining import join
from retention.features import REGISTER
from retention.features.outcomes.outcomes import DELIVERED, DISMISSED, OutcomeKind
from retention.features.outcomes.outcomes import Outcome as Became
from retention.features.outcomes.section import outcomes_of
from retention.identity import digest, packed
from retention.policy import Policy
from retention.state.codec import decode, encode
from retention.state.customer import newcomer
from retention.statements import Statement
from streams.errors import BadSettings
from streams.setting_sources import read_settings
from tests.building import Log, at
from tests.playing import Outcome, Run, play
from tests.test_laws import POLICY, UNTIL, Event, doubled, lines, logs, overtaken, runs

GOLDEN = Path(__file__).parent / "golden/section-26-1.hex"
MESSAGES = {action.name for action in ACTIONS if action.automated}
FREE = replace(POLICY, message_gap=0, messages_in_30_days=0)
NOW = 1_000 * DAY


def told(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Return what became of each message that was proposed, with its day."""
    return [
        (one.body.action, one.type.removeprefix("action."), f"{(one.at - instant(at(0))) / DAY:g}")  # type: ignore[attr-defined]
        for one in of_messages(outcome)
    ]


def of_messages(outcome: Outcome) -> list[Statement]:
    said: list[Any] = [one for one in outcome.statements if one.type in {"action.recommended", "action.suppressed"}]
    return [one for one in said if one.body.action in MESSAGES]


def carts(*days: float) -> Log:
    """Return a customer that leaves one cart after the other: a reminder of each follows four hours later."""
    log = Log()
    for day in days:
        items: list[dict[str, Any]] = [{"sku": "s", "quantity": 2}]
        log.add("cart.updated", day, cart_id=f"k-{day}", items=items)
        log.add("cart.updated", day + 0.25, cart_id=f"k-{day}", items=[])
    return log


def test_a_second_message_within_72_hours_is_held_and_says_why() -> None:
    outcome = play(carts(1, 3.9, 4.25).lines(), at(10))

    assert told(outcome) == [
        ("cart-reminder", "recommended", f"{1 + 4 / 24:g}"),
        ("cart-reminder", "suppressed", f"{3.9 + 4 / 24:g}"),
        ("cart-reminder", "recommended", f"{4.25 + 4 / 24:g}"),
    ]
    assert {one.gate for one in outcome.of_type("action.suppressed")} == {"frequency"}
    assert "frequency" in outcome.of_type("action.recommended")[0].gates_passed


def test_the_fifth_message_in_30_days_is_held_and_the_first_one_after_them_is_not() -> None:
    outcome = play(carts(1, 5, 9, 13, 17, 30.75, 31.25).lines(), at(40))

    assert [what for _, what, _ in told(outcome)] == [*["recommended"] * 4, *["suppressed"] * 2, "recommended"]


def test_what_people_do_is_not_held_and_holds_nothing() -> None:
    log = carts(1).asks(1.3, "a").asks(1.4, "b").asks(1.5, "c")
    log.events.sort(key=lambda event: event["occurred_at"])

    outcome = play(log.lines(), at(2))

    done = [one.action for one in outcome.of_type("action.recommended")]
    assert sorted(done) == ["cart-reminder", "one-owner-and-root-cause"]


def test_without_limits_nothing_is_held_and_nothing_stored() -> None:
    outcome = play(carts(1, 2, 3).lines(), at(10), FREE)

    assert [what for _, what, _ in told(outcome)] == ["recommended"] * 3
    ((_, customer),) = outcome.partition_states[0].customers.every()  # type: ignore[attr-defined]
    assert customer.part(CONTACTS.id) is None


@pytest.mark.parametrize(("kind", "what"), [("action.dismissed", "recommended"), ("action.delivered", "suppressed")])
def test_a_message_that_was_not_sent_holds_none(kind: str, what: str) -> None:
    first = play(carts(1).lines(), at(2))
    (recommended,) = (one for one in first.statements if one.type == "action.recommended")
    log = carts(1).add(kind, 2, recommendation_id=recommended.id)
    log.events += [event | {"event_id": f"more-{event['event_id']}"} for event in carts(3).events]

    outcome = play(log.lines(), at(10))

    assert [one for _, one, _ in told(outcome)] == ["recommended", what]


def test_a_message_that_is_delivered_later_counts_from_then_on() -> None:
    first = play(carts(1).lines(), at(2))
    (recommended,) = (one for one in first.statements if one.type == "action.recommended")
    log = carts(1).add("action.delivered", 3, recommendation_id=recommended.id)
    log.events += [event | {"event_id": f"more-{event['event_id']}"} for event in carts(5, 9).events]

    outcome = play(log.lines(), at(12))

    assert [one for _, one, _ in told(outcome)] == ["recommended", "suppressed", "recommended"]


def test_what_another_system_sent_by_itself_counts_and_what_a_person_sent_does_not() -> None:
    for action, said, what in (
        ("birthday-card", {"automated": True}, "suppressed"),
        ("birthday-card", {"automated": False}, "recommended"),
        ("birthday-card", {}, "recommended"),
        ("we-miss-you", {}, "suppressed"),
        ("save-by-reason", {}, "recommended"),
    ):
        log = Log().add("action.delivered", 1, action=action, episode="e-1", **said)
        log.events += [event | {"event_id": f"more-{event['event_id']}"} for event in carts(2).events]

        assert [one for _, one, _ in told(play(log.lines(), at(5)))] == [what]


# What has room, against all windows


@given(st.lists(st.integers(-70, 70), max_size=12), st.sampled_from((0, 1, 3)), st.integers(0, 4))
def test_there_is_room_if_no_window_becomes_too_full(days: list[int], gap: int, most: int) -> None:
    policy, customer = replace(POLICY, message_gap=gap * DAY, messages_in_30_days=most), newcomer()
    CONTACTS.of(customer).messages = []
    for number, day in enumerate(sorted(days)):
        note(customer, NOW + day * DAY, f"r-{number}", f"e-{number}", policy)
    kept = [one.at for one in CONTACTS.of(customer).messages]

    row = [*kept, NOW]
    full = [sum(start <= one < start + MONTH for one in row) for start in row if start <= NOW < start + MONTH]
    is_near = any(abs(one - NOW) < gap * DAY for one in kept)
    assert has_room(customer, NOW, NOW, policy) == (not is_near and not (most and max(full) > most))


def test_of_outcomes_only_those_up_to_the_present_count() -> None:
    customer = newcomer()
    note(customer, NOW, "r-1", "e-1", POLICY)
    became: list[tuple[OutcomeKind, Instant]] = [(DELIVERED, NOW + 3 * DAY), (DISMISSED, NOW + 9 * DAY)]
    for kind, when in became:
        outcomes_of(customer).outcomes.append(Became(when, packed(f"o-{kind}"), kind, "", digest("r-1")))

    assert has_room(customer, NOW + 4 * DAY, NOW + 2 * DAY, POLICY)
    assert not has_room(customer, NOW + 4 * DAY, NOW + 4 * DAY, POLICY)


# Laws


@given(logs(), runs)
def test_nobody_is_recommended_more_messages_than_the_limits_and_none_is_held_for_nothing(
    events: list[Event], run: Run
) -> None:
    outcome = play(lines(events), UNTIL, POLICY, run)

    sent, held = defaultdict[str, list[Instant]](list), list[tuple[str, Instant]]()
    for one in of_messages(outcome):
        if one.type == "action.recommended":
            sent[one.key].append(one.at)
        elif one.body.gate == "frequency":  # type: ignore[attr-defined]
            held.append((one.key, one.at))
    reported = {event["customer_id"] for event in events if event["type"].startswith("action.")}
    for name, instants in sent.items():
        if name not in reported:  # what was dismissed makes room, what was delivered takes some
            assert fits(instants)
    for name, when in held:
        assert name in reported or not fits([*sent[name], when])


def fits(instants: list[Instant]) -> bool:
    """Report whether none are within 72 hours of each other, and no five within 30 days."""
    row = sorted(instants)
    apart = all(later - earlier >= 72 * HOUR for earlier, later in pairwise(row))
    return apart and all(fifth - first >= 30 * DAY for first, fifth in zip(row, row[4:], strict=False))


def without_outcomes(events: list[Event], seed: int) -> list[Event]:
    """Return a log that says nothing of what became of actions, doubled and in disorder."""
    left = [event for event in events if not event["type"].startswith("action.")]
    return doubled(overtaken(left, timedelta(hours=46), seed), seed)


def kept(outcome: Outcome) -> Iterator[tuple[str, list[Instant]]]:
    """Yield each customer, and when the messages were recommended that it keeps."""
    for state in outcome.partition_states:
        for name, customer in state.customers.every():  # type: ignore[attr-defined]
            yield name, [one.at for one in (CONTACTS.seen(customer) or Contacts()).messages]


@given(logs(), st.integers(0, 1_000), runs)
def test_what_is_kept_of_messages_fits_whatever_came_when(events: list[Event], seed: int, run: Run) -> None:
    outcome = play(lines(without_outcomes(events, seed)), UNTIL, POLICY, run)

    assert all(fits(instants) for _, instants in kept(outcome))


@given(logs(), st.integers(0, 1_000), st.sampled_from((1, 4)), st.booleans())
def test_a_restart_forgets_no_message(events: list[Event], seed: int, restart_every: int, keeps_sums: bool) -> None:
    arriving = lines(overtaken(events, timedelta(hours=46), seed))
    restarted = Run(batch=7, restart_every=restart_every, keeps_sums=keeps_sums)

    plain, other = (play(arriving, UNTIL, POLICY, run) for run in (Run(batch=7), restarted))

    assert [one.id for one in of_messages(other)] == [one.id for one in of_messages(plain)]


@given(logs(), runs)
def test_it_holds_messages_and_changes_nothing_else_that_is_said(events: list[Event], run: Run) -> None:
    limited, free = (play(lines(events), UNTIL, policy, run) for policy in (POLICY, FREE))

    said, as_said = (
        [one.id for one in found.statements if one.type != "action.recommended"] for found in (limited, free)
    )
    held = {one.id for one in limited.statements if getattr(one.body, "gate", "") == "frequency"}
    assert [one for one in said if one not in held] == as_said


# What is kept


def test_what_is_kept_of_messages_is_read_as_it_was_written() -> None:
    golden = bytes.fromhex(GOLDEN.read_text())
    customer = newcomer()
    customer.replace_part(CONTACTS.id, golden)

    found = CONTACTS.of(customer).messages

    assert [(one.at, one.recommendation, one.episode) for one in found] == [
        (instant(at(10)), digest("r-1"), digest("e-1")),
        (instant(at(14)), digest("r-2"), digest("e-2")),
    ]
    assert decode(encode(customer)).part(CONTACTS.id) == golden


def test_messages_of_years_take_no_more_bytes_than_those_of_a_month() -> None:
    customer = newcomer()
    for day in range(2_000):
        note(customer, day * DAY, f"r-{day}", f"e-{day}", POLICY)
    customer.put_away()

    assert len(customer.part(CONTACTS.id) or b"") < 1_000


def test_a_customer_with_two_ids_has_had_the_messages_of_both() -> None:
    customer, other = newcomer(), newcomer()
    note(customer, NOW, "r-1", "e-1", POLICY)
    note(other, NOW + DAY, "r-2", "e-2", POLICY)

    join(customer, other, REGISTER, POLICY)

    assert [one.at for one in CONTACTS.of(customer).messages] == [NOW, NOW + DAY]


# Settings


def test_the_limits_are_settings() -> None:
    overrides = {"actions.min_hours_between": "24", "actions.most_in_30_days": "0"}
    policy = read_settings(overrides=overrides).policy()

    assert (policy.message_gap, policy.messages_in_30_days) == (24 * HOUR, 0)
    assert (Policy().message_gap, Policy().messages_in_30_days) == (72 * HOUR, 4)


@pytest.mark.parametrize("name", ["min_hours_between", "most_in_30_days"])
@pytest.mark.parametrize("value", ["-1", "1000", "often"])
def test_a_limit_that_is_none_is_refused(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=f"actions.{name}"):
        read_settings(overrides={f"actions.{name}": value})
