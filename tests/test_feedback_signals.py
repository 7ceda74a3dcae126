"""The signals about what customers say: each with what raises it, what ends it, and what it says meanwhile."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import instant
from retention.features.feedback.section import feedback_seen
from retention.policy import Policy, SignalPolicy
from retention.signals.detractor import DETRACTOR
from retention.signals.feedback_unanswered import FEEDBACK_UNANSWERED
from retention.signals.negative_sentiment import NEGATIVE_SENTIMENT
from retention.signals.poor_support_score import POOR_SUPPORT_SCORE
from tests.building import Log, at, line
from tests.playing import Outcome, Run, in_turn_with_time, play, rising
from tests.quiet import require_quiet

Event = dict[str, Any]
Told = tuple[str, datetime]


def told(outcome: Outcome, signal: str) -> list[Told]:
    """Return the transitions of a signal, with the instants of those that begin or end it."""
    return [(s.transition, s.cleared_at or s.raised_at) for s in outcome.signals(signal) if s.transition != "escalated"]


def survey(kind: str, *scores: tuple[float, int], **fields: Any) -> Log:
    log = Log()
    for day, score in scores:
        log.add("survey.answered", day, kind=kind, score=score, **fields)
    return log


#  detractor
#  day     2     5     9     12
#          8     4     6     7
#                [ detractor )


def test_a_low_answer_makes_a_detractor_and_a_later_seven_none() -> None:
    outcome = play(survey("nps", (2, 8), (5, 4), (9, 6), (12, 7)).lines(), at(14))

    assert told(outcome, "detractor") == [("raised", at(5)), ("cleared", at(12))]
    raised, *_, cleared = outcome.signals("detractor")
    assert raised.explanation.en == "NPS answer: 4 of 10; 8 before"
    assert (raised.observed, raised.baseline) == ({"score": 4}, {"score_before": 8})
    assert (raised.recommended_action, cleared.cause) == ("close-the-loop", "recovered")


@pytest.mark.parametrize(
    ("scores", "is_one"),
    [((6,), True), ((7,), False), ((10, 7), True), ((9, 7), False), ((5, 7), False), ((10, 7, 7), False), ((0,), True)],
)
def test_six_is_the_highest_score_of_a_detractor_unless_it_gave_three_more_before(
    scores: tuple[int, ...], *, is_one: bool
) -> None:
    outcome = play(survey("nps", *enumerate(scores)).lines(), at(10))

    assert ("detractor" in {name for _, name, _, _ in outcome.open_signals()}) is is_one


def test_a_rise_in_severity_names_the_answer_of_that_day() -> None:
    outcome = play(survey("nps", (5, 6), (9, 2)).lines(), at(13), rising("detractor"))

    raised, escalated = outcome.signals("detractor")
    assert (raised.explanation.es, escalated.explanation.it) == ("Respuesta NPS: 6 de 10", "Risposta NPS: 2 su 10")
    assert (escalated.severity, escalated.evidence) == ("medium", ["c-1-e00001", "c-1-e00002"])


def test_two_answers_of_one_instant_count_in_the_order_of_their_ids() -> None:
    low_last = survey("nps", (5, 9), (5, 3))
    low_first = survey("nps", (5, 3), (5, 9))

    assert {name for _, name, _, _ in play(low_last.lines(), at(6)).open_signals()} == {"detractor"}
    assert {name for _, name, _, _ in play(low_first.lines(), at(6)).open_signals()} == {"promoter"}


def test_an_answer_that_comes_late_takes_a_detractor_back() -> None:
    log = survey("nps", (5, 9), (9, 6), (7, 7))
    fell = Policy(signals={"detractor": SignalPolicy(thresholds=(("max_score", 5), ("min_fall", 3)))})

    outcome = play(log.lines(), at(12), fell, Run(batch=1))

    assert [(s.transition, s.cause) for s in outcome.signals("detractor")] == [
        ("raised", None),
        ("cleared", "late_evidence"),
    ]


#  poor-support-score


@pytest.mark.parametrize(
    ("kind", "score", "fields", "is_poor"),
    [
        ("csat", 2, {}, True),
        ("csat", 3, {}, False),
        ("ces", 3, {}, True),
        ("ces", 4, {}, False),
        ("csat", 3, {"scale": 10}, True),
        ("csat", 4, {"scale": 10}, False),
        ("csat", 0, {"scale": 1, "lowest": 0}, True),
        ("csat", 25, {"scale": 100, "lowest": 0}, True),
        ("csat", 26, {"scale": 100, "lowest": 0}, False),
    ],
)
def test_a_poor_score_is_two_of_five_or_an_effort_of_three_of_seven_on_any_scale(
    kind: str, score: int, fields: Event, *, is_poor: bool
) -> None:
    outcome = play(survey(kind, (5, score), **fields).lines(), at(6))

    assert bool(outcome.open_signals()) is is_poor


def test_a_poor_score_names_its_ticket_and_is_over_with_a_later_four() -> None:
    log = survey("csat", (5, 1), ticket_id="81")
    log.events += survey("csat", *[(day, 1) for day in range(3)], (8, 3), (9, 4)).events[3:]

    outcome = play(log.lines(), at(10))

    assert told(outcome, "poor-support-score") == [("raised", at(5)), ("cleared", at(9))]
    said = outcome.signals("poor-support-score")[0]
    assert said.explanation.en == "Rated 1 of 5 after ticket 81"
    assert said.observed == {"survey": "csat", "score": 1, "of": 5, "ticket": "81"}


def test_a_score_is_shown_as_it_was_given() -> None:
    (said,) = play(survey("ces", (5, 1), scale=5).lines(), at(6)).signals()

    assert said.explanation.en == "Effort score 1 of 5: it was hard to be helped"


#  negative-sentiment
#  day     5            7         9             35
#          1 star       reply     5 stars       30 days
#          [ negative ────────────)
#          [ negative ─────────────────────────)          unless both have come


def bad_review() -> Log:
    return Log().add("review.posted", 5, rating=1, place="g2", feedback_id="r-1")


def reply(log: Log, day: float, to: str = "r-1") -> Log:
    return log.add("feedback.answered", day, feedback_id=to)


@pytest.mark.parametrize(
    ("log", "end"),
    [
        (bad_review(), at(35)),
        (reply(bad_review(), 7), at(35)),
        (bad_review().add("review.posted", 9, rating=5), at(35)),
        (reply(bad_review(), 7).add("review.posted", 9, rating=5), at(9)),
        (reply(bad_review().add("review.posted", 9, rating=4), 11), at(11)),
        (reply(bad_review(), 7).add("feedback.submitted", 9, kind="praise"), at(9)),
        (reply(bad_review(), 7).add("feedback.submitted", 9, kind="idea", sentiment="0.5", confidence=1), at(9)),
        (reply(bad_review(), 7).add("feedback.submitted", 9, kind="idea", sentiment="0.49", confidence=1), at(35)),
        (reply(bad_review(), 7).add("review.posted", 9, rating="3.9"), at(35)),
        (reply(bad_review(), 7).add("review.posted", 9, rating=5, sentiment=-1), at(39)),
        (reply(bad_review(), 4).add("review.posted", 9, rating=5), at(35)),
        (reply(bad_review(), 7, "r-2").add("review.posted", 9, rating=5), at(35)),
    ],
)
def test_a_bad_review_is_over_when_it_was_replied_to_and_something_good_followed_or_after_30_days(
    log: Log, end: datetime
) -> None:
    outcome = play(log.lines(), at(50))

    assert told(outcome, "negative-sentiment") == [("raised", at(5)), ("cleared", end)]
    assert outcome.signals("negative-sentiment")[0].explanation.en == "Negative review on 6 January 2024: 1 of 5"


@pytest.mark.parametrize(
    ("kind", "fields", "is_negative"),
    [
        ("review.posted", {"rating": 2}, True),
        ("review.posted", {"rating": "2.1"}, False),
        ("review.posted", {"rating": 4, "of": 10}, True),
        ("review.posted", {"rating": "4.1", "of": 10}, False),
        ("review.posted", {"rating": 0, "of": 1}, True),
        ("review.posted", {"rating": 3, "sentiment": "-0.5", "confidence": "0.7"}, True),
        ("review.posted", {"rating": 3, "sentiment": "-0.499", "confidence": 1}, False),
        ("feedback.submitted", {"kind": "idea", "sentiment": "-0.8", "confidence": "0.69"}, False),
        ("feedback.submitted", {"kind": "idea", "sentiment": "-0.8"}, True),
        ("feedback.submitted", {"kind": "praise", "sentiment": "-0.8"}, True),
    ],
)
def test_what_is_negative(kind: str, fields: Event, *, is_negative: bool) -> None:
    outcome = play(Log().add(kind, 5, **fields).lines(), at(6))

    assert bool(outcome.open_signals()) is is_negative


def test_another_bad_review_within_the_time_goes_on_with_the_same_episode() -> None:
    log = bad_review().add("review.posted", 20, rating=2)

    assert told(play(log.lines(), at(80)), "negative-sentiment") == [("raised", at(5)), ("cleared", at(50))]


def test_a_text_is_low_and_a_bad_review_is_medium_from_its_day_on() -> None:
    def severities(log: Log) -> list[tuple[str, str]]:
        return [(s.transition, s.severity) for s in play(log.lines(), at(34)).signals("negative-sentiment")]

    def sour() -> Log:
        return Log().add("feedback.submitted", 5, kind="complaint", sentiment=-1, confidence=1, feedback_id="f-1")

    assert severities(sour()) == [("raised", "low")]
    assert severities(bad_review()) == [("raised", "medium")]
    assert severities(sour().add("review.posted", 20, rating=1)) == [("raised", "low"), ("escalated", "medium")]
    assert severities(sour().add("review.posted", 20, rating=4)) == [("raised", "low")]


#  feedback-unanswered
#  day     5         7         8
#          complaint 48 h      reply
#                    [ waiting )


def complaint(day: float = 5, **fields: Any) -> Log:
    return Log().add("feedback.submitted", day, kind="complaint", topic="billing", feedback_id="f-1", **fields)


def test_a_complaint_without_a_reply_is_raised_by_time_alone_and_ended_by_the_reply() -> None:
    waiting = complaint()
    assert told(play(waiting.lines(), at(6.99)), "feedback-unanswered") == []

    outcome = play(reply(waiting, 8.5, "f-1").lines(), at(9))

    assert told(outcome, "feedback-unanswered") == [("raised", at(7)), ("cleared", at(8.5))]
    said = outcome.signals("feedback-unanswered")[0]
    assert (said.severity, said.observed) == ("low", {"hours": 48, "topic": "billing"})
    assert said.explanation.en == "Waiting 48 h for an answer to a complaint about billing"


@pytest.mark.parametrize("hours", [0, 1, 47.9, 48])
@pytest.mark.parametrize("batch", [1, 50])
def test_a_reply_within_48_hours_is_in_time(hours: float, batch: int) -> None:
    log = reply(complaint(), 5 + hours / 24, "f-1").login(30)

    assert play(log.lines(), at(40), run=Run(batch=batch)).signals("feedback-unanswered") == []


def test_a_detractor_waits_too_and_names_its_answer_by_the_id_of_the_event() -> None:
    log = survey("nps", (5, 6))

    (said,) = play(log.lines(), at(8)).signals("feedback-unanswered")
    outcome = play(reply(log, 9, "c-1-e00001").lines(), at(10))

    assert said.explanation.en == "Waiting 48 h for an answer to an NPS score of 6"
    assert told(outcome, "feedback-unanswered") == [("raised", at(7)), ("cleared", at(9))]


def test_who_is_no_detractor_any_more_waits_for_nothing() -> None:
    outcome = play(survey("nps", (5, 6), (8, 7)).lines(), at(9))

    assert told(outcome, "feedback-unanswered") == [("raised", at(7)), ("cleared", at(8))]


@pytest.mark.parametrize(
    "log",
    [
        survey("nps", (5, 7)),
        survey("csat", (5, 1)),
        Log().add("review.posted", 5, rating=1),
        Log().add("feedback.submitted", 5, kind="idea", sentiment=-1),
    ],
)
def test_what_needs_no_reply_waits_for_none(log: Log) -> None:
    assert play(log.lines(), at(40)).signals("feedback-unanswered") == []


def test_an_automatic_reply_is_none() -> None:
    log = complaint().add("feedback.answered", 5.1, feedback_id="f-1", automatic=True)

    assert told(play(log.lines(), at(8)), "feedback-unanswered") == [("raised", at(7))]


def test_a_reply_that_is_read_late_shows_that_it_was_in_time() -> None:
    log = reply(complaint().login(10), 6, "f-1")

    outcome = play(log.lines(), at(12), run=Run(batch=1))

    assert [s.cause for s in outcome.signals("feedback-unanswered")] in ([], [None, "late_evidence"])
    assert outcome.open_signals() == set()


def test_a_rise_in_severity_speaks_of_what_still_waits() -> None:
    log = reply(complaint().add("survey.answered", 6, kind="nps", score=3), 9, "f-1")

    outcome = play(log.lines(), at(15), rising("feedback-unanswered"))

    raised, escalated = outcome.signals("feedback-unanswered")
    assert (raised.observed["hours"], escalated.observed) == (48, {"hours": 192, "score": 3})
    assert (escalated.severity, escalated.raised_at) == ("medium", at(7))


def test_a_day_without_data_is_no_day_without_a_reply() -> None:
    """The topic is silent from the evening of the complaint for two days: the reply may have been lost."""
    crowd = Log("others")
    for hour in range(24 * 20):
        if not 5.5 < hour / 24 < 7.5:
            crowd.add("feedback.submitted", hour / 24, kind="praise")
    events = sorted([*crowd.events, *complaint(5.25).events], key=lambda one: one["occurred_at"])

    outcome = play(map(line, events), at(20), run=Run(batch=5))

    (first, *_) = outcome.signals("feedback-unanswered")
    assert first.raised_at == at(10.25)
    assert first.observed["hours"] == 120
    assert first.data_gaps == ["feedback 2024-01-06/2024-01-08"]


def test_the_wait_is_a_setting() -> None:
    tuned = SignalPolicy(severity="low", thresholds=(("hours", 2), ("max_score", 6)))

    outcome = play(complaint().lines(), at(6), Policy(signals={FEEDBACK_UNANSWERED.name: tuned}))

    assert told(outcome, "feedback-unanswered") == [("raised", at(5) + timedelta(hours=2))]


#  however it arrives

_EVENTS: list[tuple[str, Event]] = [
    *(("survey.answered", {"kind": "nps", "score": score}) for score in (3, 6, 7, 10)),
    *(("survey.answered", {"kind": "csat", "score": score}) for score in (1, 4)),
    *(("review.posted", {"rating": rating, "feedback_id": "r-1"}) for rating in (1, 5)),
    ("feedback.submitted", {"kind": "complaint", "feedback_id": "f-1"}),
    ("feedback.submitted", {"kind": "praise", "sentiment": "0.9"}),
    *(("feedback.answered", {"feedback_id": name}) for name in ("r-1", "f-1")),
]


@given(
    st.lists(st.tuples(st.sampled_from(_EVENTS), st.integers(0, 160)), min_size=1, max_size=12),
    st.sampled_from((1, 3, 50)),
    st.sampled_from((None, 1)),
    st.data(),
)
def test_what_is_open_in_the_end_depends_on_the_set_of_events_alone(
    drawn: list[tuple[tuple[str, Event], int]], batch: int, restart_every: int | None, data: st.DataObject
) -> None:
    log = Log()
    for (kind, fields), quarters in drawn:
        log.add(kind, quarters / 4, **fields)
    in_order = sorted(log.events, key=lambda one: (one["occurred_at"], one["event_id"]))
    arriving = data.draw(st.permutations(log.events))

    plain = play(map(line, in_order), at(90))
    other = play(map(line, arriving), at(90), run=Run(batch=batch, restart_every=restart_every))

    assert {one[1:3] for one in other.open_signals()} == {one[1:3] for one in plain.open_signals()}


@given(
    st.lists(st.tuples(st.sampled_from(_EVENTS), st.integers(0, 160)), min_size=1, max_size=12),
    st.integers(0, 60),
    st.integers(0, 40),
)
def test_a_signal_has_nothing_to_say_while_it_is_quiet(
    drawn: list[tuple[tuple[str, Event], int]], day: int, days: int
) -> None:
    log, policy = Log(), Policy()
    for (kind, fields), quarters in sorted(drawn, key=lambda one: one[1]):
        log.add(kind, quarters / 4, **fields)
    (partition_state,) = play(log.lines(), at(90)).partition_states
    ((name, customer),) = partition_state.customers.every()  # type: ignore[attr-defined]
    since = max(instant(at(day)), customer.latest + 1)
    for signal in (DETRACTOR, POOR_SUPPORT_SCORE, NEGATIVE_SENTIMENT, FEEDBACK_UNANSWERED):
        require_quiet(signal, signal.tuned(policy), (name, customer), policy, since, days)


@given(st.lists(st.tuples(st.sampled_from(_EVENTS), st.integers(0, 160)), min_size=1, max_size=12))
def test_in_order_each_transition_is_said_once_and_a_restart_repeats_none(
    drawn: list[tuple[tuple[str, Event], int]],
) -> None:
    log = Log()
    for (kind, fields), quarters in sorted(drawn, key=lambda one: one[1]):
        log.add(kind, quarters / 4, **fields)

    plain = play(log.lines(), at(90), run=Run(batch=1))
    restarted = play(log.lines(), at(90), run=Run(batch=1, restart_every=1))

    assert [one.id for one in restarted.statements] == [one.id for one in plain.statements]
    assert len({one.id for one in plain.statements}) == len(plain.statements)


#  erased, and pruned


def everything() -> Log:
    """Return a log with an open episode of each of the four signals."""
    log = survey("nps", (5, 4)).add("survey.answered", 5, kind="csat", score=1)
    return log.add("review.posted", 5, rating=1).add("feedback.submitted", 5, kind="complaint", topic="billing")


def test_nothing_of_an_erased_customer_is_left_and_its_actions_are_withdrawn() -> None:
    outcome = play(everything().lines(), at(10))
    (partition_state,) = outcome.partition_states
    assert len(outcome.open_signals()) == 4

    partition_state.forget("c-1", instant(at(11)))
    said = partition_state.take_statements()

    assert partition_state.customers.find("c-1") is None
    withdrawn = [one.body for one in said if one.type == "action.withdrawn"]
    assert {one.signal for one in withdrawn} == {  # type: ignore[attr-defined]
        *("detractor", "poor-support-score", "negative-sentiment", "feedback-unanswered")
    }
    assert {one.customer_id for one in withdrawn} == {None}  # type: ignore[attr-defined]


def test_what_was_said_before_the_horizon_raises_nothing_any_more() -> None:
    """A detractor of two years ago is none because of a score that is no longer known."""
    log = everything().login(100, 700, 720).add("survey.answered", 730, kind="nps", score=7)

    outcome = play(log.lines(), at(740), run=Run(batch=1))

    ((_, customer),) = outcome.partition_states[0].customers.every()  # type: ignore[attr-defined]
    assert [said.score for said in feedback_seen(customer)] == [7]
    assert "detractor" not in {name for _, name, _, _ in outcome.open_signals()}


def test_a_customer_that_has_left_raises_nothing() -> None:
    log = Log().starts(0).ends(3)
    log.events += [event | {"event_id": f"f-{number}"} for number, event in enumerate(everything().events)]

    assert play(map(line, log.events), at(20)).signals() == []


@pytest.mark.parametrize("ahead", [0.0, 10 / 1_440, 1.0])
def test_what_is_still_to_wait_hides_nothing_that_waits(ahead: float) -> None:
    log = Log().add("feedback.submitted", 0, kind="complaint", feedback_id="a")
    log.add("feedback.submitted", 4, kind="complaint", feedback_id="b").add("feedback.answered", 4.001, feedback_id="a")

    said = [one for one in in_turn_with_time(log, ahead, 5) if one.signal == "feedback-unanswered"]

    assert [one.transition for one in said] == ["raised", "cleared"]
    assert said[-1].cleared_at == at(4.001)
