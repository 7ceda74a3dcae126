"""`opted-out`, and the gate `consent`: what a customer has refused is not recommended, and said in a signal."""

from typing import Any

import pytest

from retention.calendar import DAY, instant
from retention.policy import Policy
from retention.state.codec import decode, encode
from streams.errors import BadSettings
from streams.setting_sources import read_settings
from tests.building import Log, at, line
from tests.playing import Outcome, Run, play

OPT_IN = Policy(consent="opt_in")
AWAY = Log().login(0, 1, 2, 3, 4)
"""A customer for whom `we-miss-you` is recommended on day 12, by e-mail or push: a message."""
TROUBLED = Log().asks(1, "a").asks(2, "b").asks(11.9, "c")
"""One for whom a person is to do something, by phone or e-mail, on day 11.9."""


def told(outcome: Outcome) -> list[tuple[str, str, str, str]]:
    """Return transition, kind, channel and day of the statements about the signal."""
    return [
        (s.transition, str(s.observed.get("by", "")), str(s.observed.get("channel", "")), day_of(s))
        for s in outcome.signals("opted-out")
    ]


def day_of(signal: Any) -> str:
    return f"{(signal.cleared_at or signal.raised_at):%m-%d}"


def consents(log: Log, day: float, *, granted: bool, purpose: str = "marketing", **fields: Any) -> Log:
    return log.add("consent.changed", day, purpose=purpose, granted=granted, **fields)


def with_more(log: Log, *more: Log) -> list[bytes]:
    """Return the lines of several logs of one customer in order of time, each event with an id of its own."""
    events = sorted((event for one in (log, *more) for event in one.events), key=lambda event: event["occurred_at"])
    return [line(event | {"event_id": f"e-{number}"}) for number, event in enumerate(events)]


# The signal


@pytest.mark.parametrize(
    ("log", "kind", "channel", "text"),
    [
        (Log().add("message.unsubscribed", 5), "unsubscribed", "email", "Unsubscribed on 6 January 2024 (e-mail)"),
        (
            Log().add("message.complained", 5, channel="sms"),
            "complained",
            "sms",
            "Reported a message as spam on 6 January 2024 (SMS)",
        ),
        (
            consents(Log(), 5, granted=False),
            "withdrew",
            "all",
            "Withdrew consent to messages on 6 January 2024 (all channels)",
        ),
        (
            consents(Log(), 5, granted=False, purpose="contact", channel="phone"),
            "refused",
            "phone",
            "Refused any contact on 6 January 2024 (phone)",
        ),
    ],
)
def test_each_way_to_opt_out_is_said_as_what_it_is(log: Log, kind: str, channel: str, text: str) -> None:
    outcome = play(log.lines(), at(6))

    (signal,) = outcome.signals("opted-out")
    assert told(outcome) == [("raised", kind, channel, "01-06")]
    assert signal.explanation.en == text
    assert signal.severity == "low"
    assert signal.evidence == ["c-1-e00001"]


def test_it_is_over_with_the_next_consent_and_not_with_one_to_something_else() -> None:
    log = Log().add("message.unsubscribed", 5)
    other = consents(Log().add("message.unsubscribed", 5), 7, granted=True, channel="sms")
    contact = consents(Log().add("message.unsubscribed", 5), 7, granted=True, purpose="contact")

    assert [one[0] for one in told(play(consents(log, 7, granted=True).lines(), at(8)))] == ["raised", "cleared"]
    for one in (other, contact):
        assert [transition for transition, *_ in told(play(one.lines(), at(8)))] == ["raised"]


def test_who_wants_to_hear_something_again_has_not_opted_out_though_most_channels_stay_shut() -> None:
    log = consents(consents(Log(), 5, granted=False), 7, granted=True, channel="push")

    assert [one[0] for one in told(play(log.lines(), at(8)))] == ["raised", "cleared"]


def test_a_second_refusal_goes_on_with_the_first_and_both_have_to_be_lifted() -> None:
    log = Log().add("message.unsubscribed", 5).add("message.complained", 6, channel="sms")
    consents(log, 7, granted=True, channel="email")

    assert told(play(log.lines(), at(8))) == [("raised", "unsubscribed", "email", "01-06")]
    assert [one[0] for one in told(play(consents(log, 9, granted=True, channel="sms").lines(), at(10)))] == [
        "raised",
        "cleared",
    ]


def test_it_stays_as_mild_as_it_was() -> None:
    log = Log().add("message.unsubscribed", 5).login(6, 300)

    assert [s.transition for s in play(log.lines(), at(300)).signals("opted-out")] == ["raised"]


@pytest.mark.parametrize("batch", [1, 100])
def test_a_consent_that_came_late_shows_that_there_was_no_refusal_in_between(batch: int) -> None:
    log = Log().add("message.unsubscribed", 5).login(9)
    consents(log, 5, granted=True)

    outcome = play(log.lines(), at(10), run=Run(batch=batch))

    assert outcome.open_signals() == set()
    assert [s.cause for s in outcome.signals("opted-out")] == [None, "late_evidence"]


def test_an_episode_stays_the_same_behind_the_horizon() -> None:
    """The event is no longer known by then; the refusal is."""
    log = Log().add("message.unsubscribed", 5).add("message.complained", 20).login(700, 710)
    consents(log, 720, granted=True)

    outcome = play(log.lines(), at(730), run=Run(batch=1, restart_every=1))

    assert [(s.transition, s.cause) for s in outcome.signals("opted-out")] == [
        ("raised", None),
        ("cleared", "recovered"),
    ]
    assert outcome.signals("opted-out")[-1].cleared_at == at(720)


# The gate


def done(outcome: Outcome, action: str) -> list[tuple[str, Any]]:
    """Return what is said about an action: its type, and its channels or the gate that stopped it."""
    found = [s for s in outcome.statements if s.type.startswith("action.") and s.body.action == action]  # type: ignore[attr-defined]
    return [(s.type.removeprefix("action."), getattr(s.body, "channels", getattr(s.body, "gate", ""))) for s in found]


BOTH = [("recommended", ["email", "push"])]
STOPPED = [("suppressed", "consent")]
PUSH = [("recommended", ["push"])]


@pytest.mark.parametrize(
    ("refusal", "wanted"),
    [
        (Log(), BOTH),
        (Log().add("message.unsubscribed", 6), PUSH),
        (Log().add("message.complained", 6), PUSH),
        (Log().add("message.unsubscribed", 6, channel="sms"), BOTH),
        (Log().add("message.unsubscribed", 6, channel="E-Mail"), STOPPED),
        (consents(Log(), 6, granted=False), STOPPED),
        (consents(Log(), 6, granted=False, channel="email"), PUSH),
        (consents(Log(), 6, granted=False, purpose="contact"), STOPPED),
        (consents(Log(), 6, granted=False, purpose="analytics"), BOTH),
        (consents(Log().add("message.unsubscribed", 6), 7, granted=True), BOTH),
        (consents(consents(Log(), 6, granted=False), 7, granted=True, channel="push"), PUSH),
    ],
)
def test_a_message_goes_by_no_channel_that_is_refused(refusal: Log, wanted: list[Any]) -> None:
    outcome = play(with_more(AWAY, refusal), at(12.5))

    assert done(outcome, "we-miss-you") == wanted


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        (Log(), STOPPED),
        (consents(Log(), 6, granted=True, channel="push"), PUSH),
        (consents(Log(), 6, granted=True), BOTH),
        (consents(Log(), 6, granted=True, purpose="contact"), STOPPED),
        (consents(Log(), 6, granted=True).add("message.unsubscribed", 7), PUSH),
    ],
)
def test_where_customers_are_asked_first_a_message_needs_their_consent(choice: Log, wanted: list[Any]) -> None:
    outcome = play(with_more(AWAY, choice), at(12.5), OPT_IN)

    assert done(outcome, "we-miss-you") == wanted


@pytest.mark.parametrize("policy", [Policy(), OPT_IN], ids=["opt-out", "opt-in"])
def test_what_a_person_does_is_stopped_only_if_contact_is_refused(policy: Policy) -> None:
    action = "one-owner-and-root-cause"
    silenced = consents(Log().add("message.unsubscribed", 6), 6, granted=False)
    not_by_phone = consents(Log(), 6, granted=False, purpose="contact", channel="phone")
    not_at_all = consents(Log(), 6, granted=False, purpose="contact")

    both = [("recommended", ["phone", "email"])]
    assert done(play(with_more(TROUBLED, silenced), at(12.5), policy), action) == both
    assert done(play(with_more(TROUBLED, not_by_phone), at(12.5), policy), action) == [("recommended", ["email"])]
    assert done(play(with_more(TROUBLED, not_at_all), at(12.5), policy), action) == STOPPED


def test_what_is_left_keeps_the_order_of_the_action_and_the_gate_is_named_as_passed() -> None:
    outcome = play(with_more(AWAY, Log().add("message.unsubscribed", 6)), at(12.5))

    (body,) = [s.body for s in outcome.statements if s.type == "action.recommended" and s.body.action == "we-miss-you"]  # type: ignore[attr-defined]
    assert body.gates_passed == ["expired", "consent", "trouble", "frequency"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("day", "wanted"), [(11.99, PUSH), (12, PUSH), (12.006, PUSH), (12.5, BOTH)])
@pytest.mark.parametrize("batch", [1, 1_000])
def test_choices_count_up_to_the_reason_and_the_disorder_behind_it_however_the_log_is_read(
    day: float, wanted: list[Any], batch: int
) -> None:
    """A whole backlog may be known when the timer of day 12 fires; a choice that was made later does not count yet."""
    outcome = play(with_more(AWAY, Log().add("message.unsubscribed", day)), at(20), run=Run(batch=batch))

    assert done(outcome, "we-miss-you") == wanted


def test_a_choice_that_is_known_counts_for_what_late_events_reveal() -> None:
    """The third ticket of day 3 arrives after the customer has refused all contact on day 5."""
    log = consents(Log().asks(1, "a").asks(2, "b"), 5, granted=False, purpose="contact").asks(3, "c")

    assert done(play(log.lines(), at(6), run=Run(batch=1)), "one-owner-and-root-cause") == STOPPED


def test_at_the_end_of_a_history_the_choices_of_its_end_count() -> None:
    """The customer has been away since day 22, and has unsubscribed on day 38; the history ends on day 40."""
    away, refusal = Log().login(18, 19, 20, 21, 22), Log().add("message.unsubscribed", 38)
    history = [event | {"backfill": True} for event in (*away.events, *refusal.events)]
    pulse = Log("c-pulse").login(*range(41)).events
    events = sorted([*history, *(event | {"backfill": True} for event in pulse)], key=lambda e: e["occurred_at"])
    lines = [line(event | {"event_id": f"e-{number}"}) for number, event in enumerate(events)]

    outcome = play([*lines, *Log("c-after").login(45).lines()], at(60))

    assert done(outcome, "we-miss-you")[:1] == PUSH


def test_a_message_that_was_stopped_is_recommended_when_its_signal_rises_and_consent_has_been_given() -> None:
    log = with_more(AWAY, consents(consents(Log(), 6, granted=False), 14, granted=True))

    assert done(play(log, at(40)), "we-miss-you") == [*STOPPED, *BOTH]


def test_nothing_of_a_forgotten_customer_is_left_with_its_choices() -> None:
    (partition_state,) = play(with_more(AWAY, Log().add("message.unsubscribed", 6)), at(13)).partition_states
    partition_state.forget("c-1", instant(at(14)))

    assert partition_state.customers.find("c-1") is None
    assert "c-1" not in repr(partition_state.take_statements())


def test_choices_do_not_change_when_a_customer_is_due() -> None:
    """They raise nothing by time."""
    plain, other = (
        play(with_more(Log().login(1), *more), at(2), run=Run(batch=1))
        for more in ((), (consents(Log(), 1.5, granted=True),))
    )
    dues = [
        decode(encode(customer)).due
        for outcome in (plain, other)
        for _, customer in outcome.partition_states[0].customers.every()  # type: ignore[attr-defined]
    ]
    assert dues[0] == dues[1]
    assert dues[0] > instant(at(2)) - DAY


def test_the_setting_says_which_of_two_rules_holds() -> None:
    assert read_settings().policy().consent == "opt_out"
    assert read_settings(overrides={"actions.consent": "opt_in"}).policy().consent == "opt_in"
    with pytest.raises(BadSettings, match="opt_out"):
        read_settings(overrides={"actions.consent": "ask"})
