"""`promoter`: a customer would recommend the company, and is worth enough to be asked to. An opportunity.

The catalogue asks for the top 20 % by value. No partition knows the others' customers, and where that bound lies would
depend on how many partitions there are. So the bound is a setting, in money of a year: `min_value`. The default is 0:
each promoter.
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from retention.actions.ask_to_recommend import ASK_TO_RECOMMEND
from retention.calendar import DAY, NEVER, Instant
from retention.features.feedback.facets import RECOMMENDATIONS
from retention.features.feedback.said import Said, recommendations
from retention.features.feedback.section import FEEDBACK, feedback_seen
from retention.features.purchases.facets import ORDERS
from retention.features.purchases.orders import known
from retention.features.purchases.section import PURCHASES, orders_seen
from retention.features.subscriptions.facets import TIMELINE
from retention.policy import SignalPolicy
from retention.signals.base import Numbers, Signal, Stretch, View
from schemas.currencies import DECIMALS

MIN_SCORE: Final = 9
DAYS: Final = 90
MONTHS: Final = 12
YEAR: Final = 365 * DAY


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the times from an answer of 9 or 10 to the next one below that, for 90 days at most.

        answers   9         10        6
                  [-------------------)

    What the customer is worth is that of the answer: 12 times its MRR then, or what it had spent in the year before.
    """
    answers, least = recommendations(feedback_seen(view.customer)), view.tuned.threshold("min_score")
    days = int(view.tuned.threshold("for_days"))
    found: list[Stretch] = []
    open_until = -NEVER
    for place, said in enumerate(answers):
        if said.score < least or said.at < open_until or not _is_worth(view, said.at):
            continue
        over = view.calendar.add_days(said.at, days)
        end = min([one.at for one in answers[place + 1 :] if one.score < least], default=NEVER)
        open_until = min(over, end)
        if open_until > said.at:
            found.append(_stretch(said, open_until, lapses=over < end))
    return reversed(found)


def _stretch(said: Said, end: Instant, *, lapses: bool) -> Stretch:
    numbers = Numbers({"score": said.score}, lambda _: {"score": said.score})
    return Stretch(
        start=said.at,
        end=end,
        since=said.at,
        observed=numbers.observed,
        baseline={},
        words=numbers.words,
        evidence=(said.event_id,),
        lapses=lapses,
        outcome="lapsed" if lapses else "recovered",
    )


def _is_worth(view: View, at: Instant) -> bool:
    """Report whether a customer was worth the least value in any currency, by what was known up to an instant."""
    least = Fraction(Decimal(str(view.tuned.threshold("min_value"))))
    if not least:
        return True
    last = next((point for point in reversed(view.history) if point.at <= at), None)
    worth = [MONTHS * one.total for one in last.standings.values()] if last is not None else []
    if not any(worth) and PURCHASES.is_kept(view.customer):
        spent: dict[str, int] = {}
        for order in known(orders_seen(view.customer)):
            if at - YEAR < order.at <= at:
                spent[order.currency] = spent.get(order.currency, 0) + order.worth(at)
        worth = [Fraction(amount, 10 ** DECIMALS[currency]) for currency, amount in spent.items()]
    return any(one >= least for one in worth)


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer that has not given such an answer."""
    least = view.tuned.threshold("min_score")
    return 0 if any(said.score >= least for said in recommendations(feedback_seen(view.customer))) else NEVER


PROMOTER: Final = Signal(
    name="promoter",
    role="opportunity",
    trigger="on_event",
    reads=frozenset({RECOMMENDATIONS, TIMELINE, ORDERS}),
    needs=(FEEDBACK,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Would recommend the company: {score} of 10",
            "es": "Recomendaría la empresa: {score} de 10",
            "it": "Consiglierebbe l'azienda: {score} su 10",
        }
    },
    recommends=ASK_TO_RECOMMEND,
    default=SignalPolicy(severity="low", thresholds=(("min_score", MIN_SCORE), ("min_value", 0), ("for_days", DAYS))),
)
