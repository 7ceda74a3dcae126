"""The remains of an erased customer, before anything is written."""

from retention.calendar import instant
from retention.policy import Policy
from retention.portfolio import Portfolio
from tests.building import Log, at
from tests.playing import DECODERS, Shelf


def portfolio_of(*logs: Log) -> Portfolio:
    portfolio = Portfolio(Policy(), Shelf())
    for log in logs:
        for offset, (event, line) in enumerate(zip(log.events, log.lines(), strict=True)):
            topic = "cancellations" if event["type"].startswith("cancellation") else "subscriptions"
            decoded = DECODERS[topic].decode(line)
            portfolio.observe(decoded, instant(decoded.occurred_at), topic, offset)
    return portfolio


def test_what_was_about_to_be_said_of_a_forgotten_customer_is_not_said() -> None:
    logs = [Log(name).starts(0).add("cancellation.requested", 10) for name in ("gone", "stays")]
    portfolio = portfolio_of(*logs)
    assert {statement.key for statement in portfolio.said} == {"gone", "stays"}

    portfolio.forget("gone", instant(at(11)))

    assert {statement.key for statement in portfolio.take_said()} == {"stays"}
    assert sum(portfolio.episodes.open.values()) == 1
    assert portfolio.without_effect == 1


def test_somebody_who_was_never_known_leaves_nothing() -> None:
    portfolio = portfolio_of(Log("stays").starts(0))

    assert portfolio.forget("nobody", instant(at(11))) == {}
    assert {statement.key for statement in portfolio.take_said()} == {"stays"}
