"""Actions: what is recommended about a signal, what a gate stops, and what every member of the registers must pass."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

import msgspec
import pytest
from prometheus_client import generate_latest

from retention.actions import ACTIONS
from retention.actions.base import Action
from retention.actions.we_miss_you import WE_MISS_YOU
from retention.calendar import DAY, NEVER, SECOND, instant
from retention.engine.partition_state import PartitionState
from retention.gates import GATES
from retention.gates.base import Gate, Proposal
from retention.gates.expired import EXPIRED
from retention.identity import packed
from retention.policy import Policy
from retention.signals import SIGNALS
from retention.signals.base import Signal
from retention.signals.no_login import NO_LOGIN
from retention.state.customer import OpenEpisode, newcomer
from retention.statements import Statement
from schemas.encoding import to_json
from schemas.outbound import OUTBOUND, Channel, ClearedCause
from streams.gauges import Gauges
from streams.topics import ACTIONS as TOPIC
from streams.topics import TOPIC_OF_TYPE
from tests.building import Log, at
from tests.playing import DECODERS, Outcome, Run, Shelf, play
from tests.test_liveness import backfilled, merged, pulse, visitor
from tests.test_signals import STORIES, policy_of

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = {contract.__name__: contract for contract in OUTBOUND}
AWAY = Log().login(0, 1, 2, 3, 4)
"""A customer stays away: no-login is raised on day 12, and becomes more severe on day 33."""


def after(day: float) -> Log:
    """Return logins twice a day, from a day on and for a month."""
    return Log("c-after").login(*(day + half / 2 for half in range(1, 61)))


def said(outcome: Outcome) -> list[Statement]:
    return [one for one in outcome.statements if one.type.startswith("action.")]


def of_one_owner(outcome: Outcome) -> list[Statement]:
    """Return the statements about the action of `repeated-ticket`: tickets that stay open are stuck, too."""
    bodies: list[Any] = [one.body for one in said(outcome)]
    return [one for one, body in zip(said(outcome), bodies, strict=True) if body.action == "one-owner-and-root-cause"]


def proposed(outcome: Outcome, customer: str = "c-1") -> list[tuple[str, str]]:
    """Return the statements about actions for a customer, with their days."""
    return [(one.type, f"{(one.at - instant(at(0))) / DAY:g}") for one in said(outcome) if one.key == customer]


def test_a_signal_that_is_raised_recommends_its_action() -> None:
    outcome = play(AWAY.lines(), at(12.5))

    signal, action = (one for one in outcome.statements if one.type != "customer.health")
    body: Any = action.body
    assert (signal.type, action.type) == ("churn_signal.raised", "action.recommended")
    assert (action.key, action.cause, action.at) == ("c-1", signal.id, instant(at(12)))
    assert (body.action, body.customer_id, body.signal) == ("we-miss-you", "c-1", "no-login")
    assert (body.episode, body.severity) == (outcome.signals()[0].episode, "low")
    assert (body.recommended_at, body.expires_at) == (at(12), at(26))
    assert (body.channels, body.automated, body.gates_passed) == (["email", "push"], True, [g.name for g in GATES])
    assert body.explanation == outcome.signals()[0].explanation


def test_a_message_is_recommended_once_however_severe_its_signal_becomes() -> None:
    outcome = play(AWAY.lines(), at(40))

    assert [s.transition for s in outcome.signals()] == ["raised", "escalated"]
    assert proposed(outcome) == [("action.recommended", "12")]


def test_a_message_that_was_stopped_is_recommended_when_its_signal_becomes_more_severe() -> None:
    """The pause of day 3 is heard of on day 24, too late. Its message is of use again 14 days before its end."""
    log, pulse_of_another = Log().starts(0), Log("c-2").login(*range(25))
    late = Log().pauses(3, until="2024-02-20T00:00:00Z")
    lines = [*log.lines(), *pulse_of_another.lines(), *late.lines(), *Log("c-2").login(60).lines()]

    outcome = play(lines, at(70), run=Run(batch=1))

    assert [s.transition for s in outcome.signals("paused")] == ["raised", "escalated", "cleared"]
    assert proposed(outcome) == [
        ("action.suppressed", "3"),
        ("action.recommended", "36"),
        ("action.withdrawn", "50"),
    ]


def test_a_message_that_was_recommended_is_not_recommended_again_after_a_restart() -> None:
    one, other = (play(AWAY.lines(), at(40), run=Run(batch=1, restart_every=every)) for every in (None, 1))

    assert [kind for kind, _ in proposed(one)] == ["action.recommended"]
    assert [one.id for one in said(other)] == [one.id for one in said(one)]


def test_what_a_person_is_to_do_is_recommended_again_as_it_becomes_more_urgent() -> None:
    outcome = play(Log().asks(1, "a").asks(2, "b").asks(3, "c").lines(), at(20))

    first, second = of_one_owner(outcome)
    bodies: Any = first.body, second.body
    assert [(one.severity, one.recommended_at, one.expires_at) for one in bodies] == [
        ("medium", at(3), at(10)),
        ("high", at(10), at(17)),
    ]
    assert bodies[0].episode == bodies[1].episode
    assert first.id != second.id


def test_what_is_recommended_is_withdrawn_when_its_episode_is_over() -> None:
    log = deepcopy(AWAY).login(15.5)

    outcome = play(log.lines(), at(16))

    assert proposed(outcome) == [("action.recommended", "12"), ("action.withdrawn", "15.5")]
    cleared, withdrawn = outcome.signals()[-1], said(outcome)[-1]
    body: Any = withdrawn.body
    assert (body.action, body.episode, body.cause) == ("we-miss-you", cleared.episode, "recovered")
    assert body.withdrawn_at == at(15.5)
    assert withdrawn.cause == outcome.statements[outcome.statements.index(withdrawn) - 1].id


def test_a_request_that_is_taken_back_and_made_again_on_one_day_is_recommended_again() -> None:
    """It is the same episode, named by its day; a subscriber that drops known ids must receive it all the same."""
    log = Log().starts(0, term_end="2024-03-01T00:00:00Z").add("cancellation.requested", 5, subscription_id="s-1")
    log.add("cancellation.revoked", 5.2, subscription_id="s-1")
    log.add("cancellation.requested", 5.4, subscription_id="s-1")

    outcome = play(log.lines(), at(6), run=Run(batch=1))

    assert proposed(outcome) == [
        ("action.recommended", "5"),
        ("action.withdrawn", "5.2"),
        ("action.recommended", "5.4"),
    ]
    assert len({one.body.episode for one in said(outcome)}) == 1  # type: ignore[attr-defined]
    assert len({one.id for one in said(outcome)}) == 3


def test_what_a_signal_recommended_is_withdrawn_when_it_is_switched_off() -> None:
    (before,) = play(AWAY.lines(), at(13)).partition_states
    off = Policy(signals={"no-login": replace(NO_LOGIN.default, enabled=False)})
    partition_state = PartitionState(off, before.customers, before.watermark, before.sources)
    (name,) = before.customers.names()
    partition_state.load(name, before.customers.look(name))

    partition_state.advance(instant(at(34)))

    cleared, withdrawn = partition_state.take_statements()
    assert (cleared.type, withdrawn.type) == ("churn_signal.cleared", "action.withdrawn")
    assert (cleared.body.cause, withdrawn.body.cause) == ("disabled", "disabled")  # type: ignore[attr-defined]
    assert cleared.body.cleared_at == at(33)  # type: ignore[attr-defined]
    assert not partition_state.customers.look(name).open_episodes


def forgotten(log: Log, on: float) -> list[Statement]:
    """Return what is said when the customer of a log is forgotten."""
    partition_state = PartitionState(Policy(), Shelf())
    for offset, event in enumerate(map(DECODERS["logins"].decode, log.lines())):
        partition_state.observe(event, instant(event.occurred_at), "logins", offset)
    partition_state.advance(instant(at(on)))
    partition_state.take_statements()
    partition_state.forget("c-1", instant(at(on)))
    return partition_state.take_statements()


def test_what_was_recommended_for_somebody_who_is_forgotten_is_withdrawn_by_its_episode_alone() -> None:
    recommended = said(play(AWAY.lines(), at(13)))[-1]

    (withdrawn,) = forgotten(AWAY, 13)

    body: Any = withdrawn.body
    assert (withdrawn.type, withdrawn.at, body.withdrawn_at) == ("action.withdrawn", instant(at(13)), at(13))
    assert (body.customer_id, body.cause, body.action) == (None, "erased", "we-miss-you")
    assert withdrawn.key == withdrawn.cause == body.episode == recommended.body.episode  # type: ignore[attr-defined]
    assert "c-1" not in repr(withdrawn)
    contract = CONTRACTS["ActionWithdrawn"]
    assert contract.model_validate_json(to_json(body)).model_dump_json().encode() == to_json(body)


def test_somebody_is_forgotten_with_an_open_episode_of_a_signal_that_another_build_knows() -> None:
    partition_state = PartitionState(Policy(), Shelf())
    (event,) = map(DECODERS["logins"].decode, Log().login(1).lines())
    partition_state.observe(event, instant(at(1)), "logins", 0)
    customer = partition_state.customers.look("c-1")
    customer.open_episodes = {"of-tomorrow": OpenEpisode(packed("e-1"), 1, instant(at(1)), 0)}
    partition_state.episodes.load(customer)

    partition_state.forget("c-1", instant(at(2)))

    assert partition_state.take_statements() == []
    assert not +partition_state.episodes.open


def test_nothing_is_withdrawn_of_somebody_forgotten_for_whom_nothing_is_recommended() -> None:
    assert forgotten(AWAY, 11) == []


@pytest.mark.parametrize("committed", [True, False])
def test_a_withdrawal_that_is_not_sent_yet_is_said_of_the_episode_of_somebody_forgotten(committed: bool) -> None:
    shelf = Shelf()
    partition_state, sent = PartitionState(Policy(), shelf), list[Statement]()

    def read(log: Log) -> None:
        for event in map(DECODERS["logins"].decode, log.lines()):
            partition_state.observe(event, instant(event.occurred_at), "logins", None)

    read(Log().login(0, 1, 2, 3, 4))
    partition_state.advance(instant(at(15)))
    if committed:
        sent += partition_state.take_statements()
    back = Log().login(15.2)
    back.events[0]["event_id"] = "back"
    read(back)
    partition_state.forget("c-1", instant(at(15.3)))
    sent += partition_state.take_statements()

    found = [(one.type, cast("Any", one.body).cause) for one in sent if one.type == "action.withdrawn"]
    assert found == ([("action.withdrawn", "erased")] if committed else [])
    assert sum(one.type == "action.recommended" for one in sent) == committed


# What is expired


def test_at_the_end_of_a_history_only_what_is_still_of_use_is_recommended() -> None:
    """A customer away since day 22 gets a message; one away since day 10 does not, though both have the signal."""
    logs = [visitor(10, "c-long"), visitor(22, "c-short"), pulse(40)]

    outcome = play(merged(*map(backfilled, logs), after(40)), at(60))

    assert {s.customer_id for s in outcome.signals() if s.transition == "raised"} >= {"c-long", "c-short"}
    assert [kind for kind, _ in proposed(outcome, "c-long")] == ["action.suppressed"]
    assert [kind for kind, _ in proposed(outcome, "c-short")] == ["action.recommended"]
    (stopped,) = [one.body for one in said(outcome) if one.type == "action.suppressed"]
    assert (stopped.gate, stopped.action) == ("expired", "we-miss-you")  # type: ignore[attr-defined]


@pytest.mark.parametrize("run", [Run(batch=1), Run(batch=9, restart_every=2), Run(batch=10_000)])
def test_neither_batches_nor_restarts_change_what_is_expired(run: Run) -> None:
    logs = [backfilled(visitor(10 + 2 * n, f"c-{n}")) for n in range(12)]
    log = merged(*logs, backfilled(pulse(40)), after(40))
    plain, other = play(log, at(70)), play(log, at(70), run=run)

    assert {one.type for one in said(plain)} == {"action.recommended", "action.suppressed"}
    assert {one.id for one in said(other)} == {one.id for one in said(plain)}


@pytest.mark.parametrize(("late", "kind"), [(6.9, "action.recommended"), (7.1, "action.suppressed")])
def test_what_comes_to_light_long_after_it_began_is_not_acted_on(late: float, kind: str) -> None:
    """The third ticket of day 3 is heard of days later: event time is at `3 + late` days, however long that took."""
    log = Log().asks(1, "a").asks(2, "b")
    log.add("login.succeeded", 3 + late + 600 / 86_400)
    log.asks(3, "c").login(11)

    outcome = play(log.lines(), at(11), run=Run(batch=1))

    first, *_ = of_one_owner(outcome)
    assert first.type == kind


def test_an_action_is_expired_from_the_instant_on_at_which_it_is_of_no_use() -> None:
    def passed(now: int) -> tuple[Channel, ...]:
        return EXPIRED.passes(msgspec.structs.replace(proposal, now=now))

    proposal = Proposal(
        WE_MISS_YOU, "c-1", newcomer(), "no-login", "medium", 0, 14 * DAY, 0, WE_MISS_YOU.channels, Policy()
    )

    assert passed(14 * DAY - 1) == ("email", "push")
    assert passed(14 * DAY) == passed(NEVER) == ()


# The registers


def test_actions_and_gates_have_names_of_their_own() -> None:
    for register in (ACTIONS, GATES):
        names = [one.name for one in register]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.name)
def test_every_signal_recommends_an_action_of_the_register(signal: Signal) -> None:
    assert signal.recommends in ACTIONS

    outcome = play(STORIES[signal.name].lines(), at(40), policy_of(signal))

    assert {s.recommended_action for s in outcome.about(signal.name)} <= {signal.recommends.name, "none"}
    assert {one.body.action for one in said(outcome) if one.body.signal == signal.name} == {signal.recommends.name}  # type: ignore[attr-defined]


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.name)
def test_every_action_is_said_as_its_contract_says_it(signal: Signal) -> None:
    log = merged(deepcopy(STORIES[signal.name]).add("cancellation.effective", 35))
    history = backfilled(deepcopy(STORIES[signal.name]))
    history.events += backfilled(pulse(60, every=0.5)).events
    policy = policy_of(signal)
    bodies = [one.body for one in (*said(play(log, at(60), policy)), *said(play(merged(history), at(70), policy)))]

    for body in bodies:
        contract, value = CONTRACTS[type(body).__name__], to_json(body)
        assert contract.model_validate_json(value).model_dump_json().encode() == value


def test_every_statement_about_an_action_goes_to_its_topic() -> None:
    kinds = {kind for kind, topic in TOPIC_OF_TYPE.items() if topic is TOPIC}

    assert kinds == {"action.recommended", "action.suppressed", "action.withdrawn", "action.reported"}


def test_the_topic_keeps_what_is_recommended_for_as_long_as_it_holds() -> None:
    kept = int(TOPIC.config["retention.ms"]) * (SECOND // 1_000)

    assert all(action.expires_after < kept for action in ACTIONS)
    assert f"The topic keeps its records for {kept // DAY} days" in (ROOT / "docs/actions.md").read_text()


@pytest.mark.parametrize("fields", [{"channels": ()}, {"expires_after": 0}])
def test_an_action_without_a_channel_or_a_time_of_use_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="we-miss-you needs a channel"):
        replace(WE_MISS_YOU, **fields)


def test_the_page_of_actions_lists_them_and_the_gates_as_they_are() -> None:
    assert rows_of("The actions") == {one.name: described(one) for one in ACTIONS}
    assert rows_of("The gates") == {one.name: [one.help] for one in GATES}


KINDS = ("recommended", "suppressed", "withdrawn", "reported")


def test_the_page_of_actions_describes_each_field_and_each_cause() -> None:
    contracts = {name: CONTRACTS[f"Action{name.capitalize()}"] for name in KINDS}
    fields: dict[str, list[str]] = {}
    for name, contract in contracts.items():
        for field in contract.model_fields:
            fields.setdefault(field, []).append(name)
    causes = {*get_args(ClearedCause), "erased", "superseded"}

    rows = rows_of("The fields")
    listed = {name: row[0].split(", ") for name, row in rows.items() if name not in causes}
    assert listed == {name: ["all"] if len(of) == len(contracts) else of for name, of in fields.items()}
    assert causes <= rows.keys()


def rows_of(section: str) -> dict[str, list[str]]:
    """Return the rows of the tables of a section of the page, by their first cell."""
    text = (ROOT / "docs/actions.md").read_text().partition(f"## {section}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return {name.strip("`"): row[1:] for row in rows for name in row[0].split(", ")}


def described(action: Action) -> list[str]:
    """Return the row of an action on its page."""
    by = ", ".join(f"`{channel}`" for channel in action.channels)
    who = "a message" if action.automated else "a person's task"
    again = "again with each rise in severity" if action.repeats else "once"
    return [action.help, f"{who}, {again}", by, f"{action.expires_after // DAY} days"]


def test_actions_are_counted_from_the_start() -> None:
    gauges = Gauges()
    gauges.said(play(AWAY.lines(), at(13)).statements)

    lines = generate_latest(gauges.registry).decode().splitlines()
    counted = {
        name: value for name, _, value in (one.rpartition(" ") for one in lines if "backstay_actions_total" in one)
    }
    assert counted['backstay_actions_total{action="we-miss-you",gate="",outcome="recommended"}'] == "1.0"
    assert counted['backstay_actions_total{action="we-miss-you",gate="expired",outcome="suppressed"}'] == "0.0"
    assert counted['backstay_actions_total{action="value-review",gate="",outcome="withdrawn"}'] == "0.0"


# The recipes


def test_a_new_action_is_one_file_and_a_name_in_a_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.recipes.first_order import FIRST_ORDER

    monkeypatch.setattr("retention.engine.episodes.SIGNALS", (FIRST_ORDER,))

    outcome = play(Log().buys(3, "o1").buys(7, "o2").login(8).lines(), at(10), run=Run(batch=1))

    assert proposed(outcome) == [("action.recommended", "3"), ("action.withdrawn", "7")]
    assert said(outcome)[0].body.action == "welcome"  # type: ignore[attr-defined]


def test_a_new_gate_is_one_file_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.recipes.only_by_mail import ONLY_BY_MAIL

    monkeypatch.setattr("retention.engine.recommending.GATES", (*GATES, ONLY_BY_MAIL))
    log = merged(AWAY, Log("c-2").starts(0, "10").add("cancellation.requested", 6, subscription_id="s-1"))

    outcome = play(log, at(12.5))

    first, second = (one.body for one in said(outcome))
    assert (first.action, first.gate) == ("save-by-reason", "only-by-mail")  # type: ignore[attr-defined]
    passed = [*(gate.name for gate in GATES), "only-by-mail"]
    assert (second.channels, second.gates_passed) == (["email"], passed)  # type: ignore[attr-defined]


def test_a_gate_only_takes_channels_away(monkeypatch: pytest.MonkeyPatch) -> None:
    others: Any = ("post", "sms")
    by_post = Gate("by-post", "Whatever it returns, an action has no channels but its own.", lambda _: others)
    monkeypatch.setattr("retention.engine.recommending.GATES", (*GATES, by_post))

    (told,) = [one for one in play(AWAY.lines(), at(13)).statements if one.type.startswith("action.")]

    channels = set(WE_MISS_YOU.channels) & {"post", "sms"}
    assert told.type == ("action.recommended" if channels else "action.suppressed")
    assert set(getattr(told.body, "channels", ())) == channels


def test_what_a_new_gate_leaves_is_said_under_another_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """A subscriber that drops known ids would keep the channel that the gate took away."""
    from tests.recipes.only_by_mail import ONLY_BY_MAIL

    (before,) = said(play(AWAY.lines(), at(12.5)))
    monkeypatch.setattr("retention.engine.recommending.GATES", (*GATES, ONLY_BY_MAIL))
    (after_it,) = said(play(AWAY.lines(), at(12.5)))
    (again,) = said(play(AWAY.lines(), at(12.5)))

    assert before.body.channels != after_it.body.channels  # type: ignore[attr-defined]
    assert before.id != after_it.id == again.id
