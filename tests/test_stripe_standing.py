"""The standing and the end of subscriptions of Stripe: facts 25 to 45 of the source, by their numbers."""

from typing import Any

import pytest

from tests.stripe_events import (
    Json,
    churned,
    created,
    deleted,
    discount,
    event,
    in_old_shape,
    item,
    listed,
    movements,
    played,
    price,
    read,
    seconds,
    subscription,
    told,
    types,
    updated,
)

TRIAL = {"status": "trialing", "trial_start": seconds(0), "trial_end": seconds(14)}
ENDED_TRIAL = {"trial_start": seconds(0), "trial_end": seconds(14)}


def paused_because(kind: str) -> Json:
    return {"paused": {"subscription": {"type": kind}, "transitioned_at": seconds(30), "type": "subscription"}}


def test_fact_25_a_trial_is_worth_nothing_and_new_when_it_turns_active() -> None:
    start = created(0, subscription(**TRIAL))
    paid = updated(14, subscription(**ENDED_TRIAL), {"status": "trialing"})

    assert movements(start, paid) == [("new", 0, 40, 14)]
    assert told(start)[0]["trial_end"] == "2026-01-19T00:00:00Z"
    assert movements(start) == []


def test_fact_26_a_trial_that_ends_by_its_deletion_loses_nobody() -> None:
    log = [created(0, subscription(**TRIAL)), deleted(14, subscription(**ENDED_TRIAL))]

    assert movements(*log) == []
    assert churned(*log) == []


@pytest.mark.parametrize("details", [None, paused_because("trial_end_without_payment_method")])
def test_fact_27_a_trial_that_ends_without_a_card_is_no_pause(details: Json | None) -> None:
    start = created(0, subscription(**TRIAL))
    stopped = subscription(**ENDED_TRIAL, status="paused", status_details=details)
    pause = updated(14, stopped, {"status": "trialing", "status_details": None})
    again = updated(60, subscription(**ENDED_TRIAL), {"status": "paused", "status_details": details})

    assert "subscription.paused" not in types(start, pause, again)
    assert movements(start, pause) == []
    assert movements(start, pause, again) == [("new", 0, 40, 60)]


@pytest.mark.parametrize(
    "fields",
    [
        {"pause_collection": {"behavior": "void", "resumes_at": None}},
        {"status": "paused", "status_details": paused_because("requested")},
    ],
)
def test_fact_27_one_that_begins_in_a_pause_raises_none(fields: Json) -> None:
    start = created(0, subscription(**fields))
    back = updated(20, subscription(), fields)

    assert movements(start) == []
    assert played([start], 19).signals() == []
    assert movements(start, back) == [("new", 0, 40, 20)]


def test_fact_28_a_free_month_of_a_paying_customer_is_a_pause_that_keeps_it() -> None:
    free = subscription(status="trialing", trial_start=seconds(100), trial_end=seconds(130))
    given = updated(100, free, {"status": "active", "trial_end": None, "trial_start": None})
    paid = updated(130, subscription(trial_end=seconds(130)), {"status": "trialing"})

    assert movements(created(0, subscription()), given) == [
        ("new", 0, 40, 0),
        ("pause", 40, 0, 100),
        ("resume", 0, 40, 130),
    ]
    assert movements(created(0, subscription()), given, paid)[-1] == ("resume", 0, 40, 130)
    assert churned(created(0, subscription()), given, paid) == []


def test_fact_29_before_the_first_payment_there_is_no_customer() -> None:
    start = created(0, subscription(status="incomplete"))
    paid = updated(0.5, subscription(), {"status": "incomplete"})
    expired = updated(0.96, subscription(status="incomplete_expired"), {"status": "incomplete"})

    assert movements(start, paid) == [("new", 0, 40, 0.5)]
    assert movements(start, expired) == []
    assert "first payment" in read(start).skipped


def test_fact_30_a_payment_that_is_late_moves_nothing() -> None:
    late = updated(31, subscription(status="past_due"), {"status": "active"})
    paid = updated(40, subscription(), {"status": "past_due"})

    assert movements(created(0, subscription()), late, paid) == [("new", 0, 40, 0)]


def test_fact_31_a_payment_given_up_loses_the_customer_and_the_next_one_brings_it_back() -> None:
    late = updated(31, subscription(status="past_due"), {"status": "active"})
    lost = updated(50, subscription(status="unpaid"), {"status": "past_due"})
    paid = updated(70, subscription(), {"status": "unpaid"})
    log = [created(0, subscription()), late, lost, paid]

    assert movements(*log) == [("new", 0, 40, 0), ("churn", 40, 0, 50), ("reactivation", 0, 40, 70)]
    assert churned(*log) == [("involuntary", "other")]
    assert "unpaid" in read(updated(60, subscription(status="unpaid"), {"metadata": {}})).skipped


def pausing(day: float, behavior: str, resumes_at: float | None = None) -> bytes:
    pause = {"behavior": behavior, "resumes_at": seconds(resumes_at) if resumes_at is not None else None}
    return updated(day, subscription(pause_collection=pause), {"pause_collection": None})


@pytest.mark.parametrize("behavior", ["void", "mark_uncollectible"])
def test_fact_32_collection_that_is_paused_for_good_is_a_pause(behavior: str) -> None:
    start = created(0, subscription())
    resumed = updated(60, subscription(), {"pause_collection": {"behavior": behavior, "resumes_at": None}})

    assert movements(start, pausing(30, behavior, 60))[1:] == [("pause", 40, 0, 30), ("resume", 0, 40, 60)]
    assert movements(start, pausing(30, behavior), resumed)[1:] == [("pause", 40, 0, 30), ("resume", 0, 40, 60)]


def test_fact_32_drafts_are_billed_later_and_no_pause() -> None:
    start = created(0, subscription())
    ended = updated(60, subscription(), {"pause_collection": {"behavior": "keep_as_draft", "resumes_at": None}})

    assert movements(start, pausing(30, "keep_as_draft"), ended) == [("new", 0, 40, 0)]
    assert types(pausing(30, "keep_as_draft"), ended) == []


def test_fact_32_a_pause_may_be_made_longer() -> None:
    longer = subscription(pause_collection={"behavior": "void", "resumes_at": seconds(80)})
    moved = updated(50, longer, {"pause_collection": {"resumes_at": seconds(60)}})

    assert movements(created(0, subscription()), pausing(30, "void", 60), moved)[1:] == [
        ("pause", 40, 0, 30),
        ("resume", 0, 40, 80),
    ]


def test_fact_33_a_real_pause_that_is_told_twice_is_one() -> None:
    rest = subscription(status="paused", status_details=paused_because("pause_requested"))
    pause = updated(30, rest, {"status": "active", "status_details": None})
    again = updated(60, subscription(), {"status": "paused", "status_details": rest["status_details"]})
    twins = [
        event("customer.subscription.paused", 30, rest),
        event("customer.subscription.resumed", 60, subscription()),
    ]
    log = [created(0, subscription()), pause, *twins, again]

    assert types(*log).count("subscription.paused") == 1
    assert movements(*log)[1:] == [("pause", 40, 0, 30), ("resume", 0, 40, 60)]


@pytest.mark.parametrize("kind", ["first_payment_failure", "final_payment_failure"])
def test_fact_34_a_pause_after_a_failed_payment_is_past_due_and_then_lost(kind: str) -> None:
    stopped = subscription(status="paused", status_details=paused_because(kind))
    log = [created(0, subscription()), updated(31, stopped, {"status": "active", "status_details": None})]
    paid = updated(40, subscription(), {"status": "paused", "status_details": stopped["status_details"]})

    assert movements(*log) == [("new", 0, 40, 0), ("churn", 40, 0, 61)]
    assert churned(*log) == [("involuntary", None)]
    assert movements(*log, paid) == [("new", 0, 40, 0)]


@pytest.mark.parametrize("previous", [{"schedule": None}, {"pending_update": None}, {"latest_invoice": "in_0"}])
def test_fact_35_plans_for_later_change_nothing_yet(previous: Json) -> None:
    planned = subscription(schedule="sub_sched_1", pending_update={"expires_at": seconds(9)}, latest_invoice="in_1")

    assert types(updated(3, planned, previous)) == []
    assert read(updated(3, planned, previous)).skipped != ""


def test_fact_36_who_gets_an_invoice_is_active_before_it_is_paid() -> None:
    billed = subscription(collection_method="send_invoice", days_until_due=30)

    assert movements(created(0, billed)) == [("new", 0, 40, 0)]


# Leaving


def asking(day: float = 10, feedback: str | None = None, **fields: Any) -> bytes:
    details = {"comment": None, "feedback": feedback, "reason": "cancellation_requested"}
    to_end = subscription(cancellation_details=details, canceled_at=seconds(day), **fields)
    return updated(day, to_end, {"cancel_at_period_end": False, "cancel_at": None, "canceled_at": None})


def test_fact_37_a_request_leaves_the_money_until_the_period_ends() -> None:
    start, asked = created(0, subscription()), asking(cancel_at_period_end=True, cancel_at=seconds(31))

    assert movements(start, asked) == [("new", 0, 40, 0), ("churn", 40, 0, 31)]
    assert movements(start, asked, until=30) == [("new", 0, 40, 0)]
    assert churned(start, asked) == [("voluntary", "other")]


def test_fact_37_a_revoked_request_keeps_the_customer() -> None:
    revoked = updated(20, subscription(), {"cancel_at_period_end": True, "cancel_at": seconds(31)})
    log = [created(0, subscription()), asking(cancel_at_period_end=True, cancel_at=seconds(31)), revoked]

    assert types(revoked)[-1] == "cancellation.revoked"
    assert movements(*log) == [("new", 0, 40, 0)]


def test_fact_38_a_date_without_the_flag_is_the_same_request() -> None:
    asked = asking(cancel_at=seconds(45))

    assert types(asked) == ["subscription.changed", "cancellation.requested"]
    assert movements(created(0, subscription()), asked)[-1] == ("churn", 40, 0, 45)


def test_fact_38_a_date_some_periods_away_is_reached_over_renewals() -> None:
    to_end = subscription(item(day=31, end=59), cancel_at=seconds(90))
    renewal = updated(31, to_end, {"items": listed({"id": "si_1", "current_period_end": seconds(31)})})
    log = [created(0, subscription()), asking(cancel_at=seconds(90)), renewal]

    assert "subscription.renewed" not in types(renewal)
    assert movements(*log)[-1] == ("churn", 40, 0, 90)


def test_fact_38_another_date_moves_the_end() -> None:
    earlier = updated(20, subscription(cancel_at=seconds(30)), {"cancel_at": seconds(45)})

    assert types(earlier) == ["subscription.changed"]
    assert movements(created(0, subscription()), asking(cancel_at=seconds(45)), earlier)[-1] == ("churn", 40, 0, 30)


def test_fact_38_a_subscription_may_begin_with_its_end() -> None:
    assert movements(created(0, subscription(cancel_at=seconds(60))))[-1] == ("churn", 40, 0, 60)


def test_fact_39_with_mixed_intervals_the_flag_means_the_earliest_end() -> None:
    mixed = (item(price(12_000, "year"), id="si_2", end=365), item())
    asked = updated(10, subscription(*mixed, cancel_at_period_end=True), {"cancel_at_period_end": False})

    assert movements(created(0, subscription(*mixed)), asked)[-1] == ("churn", 50, 0, 31)


def test_fact_40_a_subscription_is_lost_when_it_ended() -> None:
    start, asked = created(0, subscription()), asking(cancel_at_period_end=True)
    noted = updated(12, subscription(cancel_at_period_end=True, canceled_at=seconds(10)), {"metadata": {}})

    assert movements(start, asked, noted, deleted(31)) == [("new", 0, 40, 0), ("churn", 40, 0, 31)]
    assert movements(start, deleted(20))[-1] == ("churn", 40, 0, 20)
    assert (
        "ended" in read(updated(40, subscription(status="canceled", canceled_at=seconds(10)), {"metadata": {}})).skipped
    )


@pytest.mark.parametrize("ident", ["evt_0", "evt_z"])
def test_fact_40_an_update_to_canceled_is_the_end_whether_or_not_deleted_follows(ident: str) -> None:
    start = created(0, subscription())
    whole = subscription(status="canceled", ended_at=seconds(31), canceled_at=seconds(3))
    details = {"feedback": "too_expensive", "reason": "cancellation_requested"}
    gone = whole | {"cancellation_details": details}
    turned = updated(31.01, gone, {"status": "active", "ended_at": None}, ident=ident)
    both = event("customer.subscription.deleted", 31.01, gone, ident="evt_d")

    assert [one | {"event_id": ""} for one in told(turned)] == [one | {"event_id": ""} for one in told(both)]
    for ending in ([turned], [both], [turned, both], [both, turned]):
        assert movements(start, *ending) == [("new", 0, 40, 0), ("churn", 40, 0, 31)]
        assert churned(start, *ending) == [("voluntary", "price")]
        assert played([start, *ending], 400).finals() == played([start, both], 400).finals()
    assert types(event("customer.subscription.updated", 31, gone)) == ["subscription.ended"]


def test_fact_40_the_end_has_the_time_at_which_it_ended() -> None:
    gone = subscription(status="canceled", ended_at=seconds(31), canceled_at=seconds(3))

    assert told(event("customer.subscription.deleted", 31.01, gone))[0]["occurred_at"] == "2026-02-05T00:00:00Z"


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("cancellation_requested", "voluntary"),
        ("payment_failed", "involuntary"),
        ("payment_disputed", "involuntary"),
        (None, "unknown"),
        ("a_new_word", "unknown"),
    ],
)
def test_fact_41_the_cause_is_the_one_that_stripe_names(reason: str | None, cause: str) -> None:
    assert churned(created(0, subscription()), deleted(31, reason=reason)) == [(cause, "other")]


def test_fact_41_old_versions_name_no_cause() -> None:
    old = in_old_shape(subscription(status="canceled", ended_at=seconds(31)))
    del old["cancellation_details"]

    assert churned(created(0, subscription()), event("customer.subscription.deleted", 31, old)) == [
        ("unknown", "other")
    ]


def test_fact_42_test_data_that_is_cleaned_up_loses_nobody() -> None:
    log = [created(0, subscription()), deleted(31, reason="canceled_by_retention_policy")]

    assert told(*log)[1]["synthetic"] is True
    assert churned(*log) == []


@pytest.mark.parametrize(
    ("feedback", "reason"),
    [
        ("too_expensive", "price"),
        ("missing_features", "missing_feature"),
        ("switched_service", "switched_service"),
        ("unused", "unused"),
        ("customer_service", "customer_service"),
        ("too_complex", "too_complex"),
        ("low_quality", "low_quality"),
        ("other", "other"),
        (None, "other"),
    ],
)
def test_fact_43_feedback_is_a_reason_in_our_words(feedback: str | None, reason: str) -> None:
    asked = asking(feedback=feedback, cancel_at_period_end=True)

    assert told(asked)[-1]["reason"] == reason
    assert churned(created(0, subscription()), asked) == [("voluntary", reason)]


def test_fact_43_feedback_of_a_second_step_is_the_reason_of_the_same_request() -> None:
    start, asked = created(0, subscription()), asking(cancel_at_period_end=True)
    details = {"comment": None, "feedback": "too_expensive", "reason": "cancellation_requested"}
    before = {"cancellation_details": {"feedback": None}}
    why = updated(10.01, subscription(cancel_at_period_end=True, cancellation_details=details), before)
    signals = played([start, asked, why], 20).signals()

    assert types(why) == ["cancellation.requested"]
    assert types(updated(10.01, subscription(cancellation_details=details), before)) == []
    assert movements(start, asked, why) == movements(start, asked)
    assert churned(start, asked, why) == [("voluntary", "price")]
    assert [one.transition for one in signals] == ["raised", "escalated"]
    assert signals[-1].observed["reason"] == "price"


def test_fact_44_the_end_of_the_term_is_read_in_both_shapes() -> None:
    new, old = subscription(), in_old_shape(subscription())

    assert told(created(0, new))[0]["term_end"] == told(created(0, old))[0]["term_end"] == "2026-02-05T00:00:00Z"
    asked = updated(10, old | {"cancel_at_period_end": True}, {"cancel_at_period_end": False})
    assert movements(created(0, old), asked)[-1] == ("churn", 40, 0, 31)


def test_fact_45_a_deleted_customer_adds_nothing_to_the_ends_of_its_subscriptions() -> None:
    gone = event("customer.deleted", 31, {"id": "cus_1", "object": "customer", "deleted": True})
    log = [created(0, subscription()), gone, deleted(31)]

    assert types(gone) == []
    assert movements(*log) == [("new", 0, 40, 0), ("churn", 40, 0, 31)]


def test_a_subscription_that_begins_again_has_its_discount() -> None:
    off = discount({"id": "TEN", "duration": "forever", "percent_off": 25})
    lost = updated(50, subscription(discounts=[off], status="unpaid"), {"status": "past_due"})
    paid = updated(70, subscription(discounts=[off]), {"status": "unpaid"})

    assert movements(created(0, subscription(discounts=[off])), lost, paid)[-1] == ("reactivation", 0, 30, 70)


def test_a_request_is_an_open_signal_until_it_takes_effect() -> None:
    outcome = played([created(0, subscription()), asking(feedback="too_expensive", cancel_at_period_end=True)], 20)

    assert {one.signal for one in outcome.signals()} == {"cancellation-requested"}
