"""The simulated company and the scores of the demonstration."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from streams.scores import Raised, Scores, Share, scores_of
from streams.simulator import Company, Loss

START = datetime(2025, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def test_the_company_acquires_customers_all_along_and_never_ends() -> None:
    history = Company(7, START, 180, 60).history(endless=True)

    events = list(takewhile(lambda arrival: arrival.at < day(720), history))

    started = [one for one in events if one.event["type"] == "subscription.started"]
    first = {one.event["customer_id"]: one.at for one in reversed(started)}
    by_quarter = Counter((at - START).days // 90 for at in first.values())
    assert all(by_quarter[quarter] >= 10 for quarter in range(8))
    assert len(first) > 60 + 2 * 35


def test_an_endless_history_begins_as_the_other_one() -> None:
    whole = list(Company(7, START, 60, 9).history())
    endless = Company(7, START, 60, 9).history(endless=True)

    assert [arrival for arrival, _ in zip(endless, whole[:-30], strict=False)] == whole[:-30]


def test_the_company_knows_every_loss_and_who_announced_it() -> None:
    company = Company(7, START, 400, 200)
    events = [arrival.event for arrival in company.history()]

    ended = {one["event_id"]: one for one in events if one["type"] == "cancellation.effective"}

    assert len(company.losses) == len(ended) > 20
    assert any(loss.announced is None for loss in company.losses)
    asked = {(one["customer_id"], one["occurred_at"]) for one in events if one["type"] == "cancellation.requested"}
    for loss in company.losses:
        if loss.announced is not None:
            said = loss.announced.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            assert (loss.customer, said) in asked


def test_a_warning_is_right_if_its_customer_left_within_ninety_days() -> None:
    warnings = [Raised("a", "no-login", day(10)), Raised("b", "no-login", day(10)), Raised("c", "no-login", day(100))]
    losses = [Loss("a", day(99), None), Loss("b", day(101), None), Loss("c", day(101), None)]

    # The third warning is right, but not old enough to be judged: a wrong one of its day could not be, either.
    assert scores_of(warnings, losses, day(189)).precision == Share(1, 2)


def test_who_only_announced_it_was_not_foreseen() -> None:
    warnings = [
        Raised("announced", "cancellation-requested", day(20)),
        Raised("foreseen", "no-login", day(15)),
        Raised("foreseen", "cancellation-requested", day(20)),
        Raised("too late", "no-login", day(25)),
        Raised("long ago", "no-login", day(1)),
        Raised("silent", "paused", day(15)),
    ]
    losses = [Loss(name, day(30), day(20)) for name in ("announced", "foreseen", "too late")]
    losses += [Loss("long ago", day(120), None), Loss("silent", day(30), None), Loss("to come", day(300), None)]

    scores = scores_of(warnings, losses, day(200))

    assert scores.recall == Share(4, 5)
    assert scores.foreseen == Share(2, 5)
    assert scores.silent == Share(1, 2)
    assert max(scores.leads) == 15


def test_without_a_warning_or_a_loss_there_is_no_share() -> None:
    lines = list(Scores().lines())

    assert " precision –: after 0 of 0 warnings the customer left within 90 days" in lines
