"""`delivery-failure`: orders of a customer did not arrive when promised, or were paid back.

    delayed        2 days later      another delay, or refund         an order arrives that was not delayed
    ──┼────────────────┼─────────────────────┼────────────────────────────────┼──►
                       low                   medium                           cleared

No event states the promised day, so the two days count from the notice of the delay. Two orders that are paid back
within 60 days are a failure, too. It is over with the next arrival on time, or when it is long past.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from retention.actions.service_recovery import SERVICE_RECOVERY
from retention.calendar import DAY, NEVER, Instant, LocalDay, iso_day
from retention.features.deliveries.deliveries import DELAYED, REFUNDED, Deliveries, Trouble
from retention.features.deliveries.facets import DELIVERIES
from retention.features.deliveries.section import DELIVERIES as SECTION
from retention.features.deliveries.section import deliveries_seen
from retention.identity import KeptId
from retention.liveness import gaps_written
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import MAX_EVIDENCE, Fact, Signal, Stretch, View, joined, so_far, waited
from retention.wording import Language, date_text

LATE_DAYS: Final = 2
REFUNDS: Final = 2
WITHIN_DAYS: Final = 60
WATCHED_DAYS: Final = 30
SOURCE: Final = "purchases"


class _Failure(NamedTuple):
    """One failure: since when, until when if nothing arrives on time, and the troubles that it is made of."""

    start: Instant
    given_up: Instant
    troubles: tuple[Trouble, ...]
    silent_days: tuple[LocalDay, ...] = ()


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the times from a failure to the next arrival on time, joined where they overlap."""
    kept = deliveries_seen(view.customer)
    failures = _failures(view, kept)
    return so_far(view, list(joined([_stretch(view, kept, failures, one) for one in failures]))[::-1])


def _failures(view: View, kept: Deliveries) -> list[_Failure]:
    """Return the failures in order of time."""
    if not kept.troubles:
        return []
    silent_days, found = view.silent_days_by_now(SOURCE), list[_Failure]()
    delays = [trouble for trouble in kept.troubles if trouble.kind == DELAYED]
    for place, trouble in enumerate(delays):
        if any(one.order == trouble.order for one in delays[:place]):
            continue  # it was said before that it is late
        wait = int(view.tuned.threshold("late_days")) * DAY
        start, not_counted = waited(view, trouble.at, wait, silent_days)
        if not any(one.order == trouble.order and one.at <= start for one in kept.arrivals):
            found.append(_Failure(start, start + WATCHED_DAYS * DAY, (trouble,), not_counted))
    within = WITHIN_DAYS * DAY
    refunds = [trouble for trouble in kept.troubles if trouble.kind == REFUNDED]
    for last in refunds:
        recent = [one for one in refunds if last.at - within < one.at <= last.at]
        if len({one.order for one in recent}) >= int(view.tuned.threshold("refunds")):
            found.append(_Failure(last.at, last.at + WATCHED_DAYS * DAY, tuple(recent)))
    return sorted(found)


def _stretch(view: View, kept: Deliveries, failures: list[_Failure], one: _Failure) -> Stretch:
    end = min(_on_time(kept, one.start), one.given_up)
    evidence: tuple[KeptId, ...] = tuple([trouble.event_id for trouble in one.troubles])
    refunded = len({trouble.order for trouble in one.troubles})
    is_late = one.troubles[0].kind == DELAYED
    since = one.troubles[-1].at
    observed: dict[str, Fact] = {"refunded": refunded}
    if is_late:
        observed = {"delayed_on": iso_day(view.calendar.day(since))}

    def words(language: Language) -> dict[str, Fact]:
        return {"on": date_text(since, view.calendar, language), "count": refunded, "days": WITHIN_DAYS}

    return Stretch(
        start=one.start,
        end=end,
        since=one.start,
        observed=observed,
        baseline={},
        words=words,
        evidence=evidence[-MAX_EVIDENCE:],
        harsher=(min([other.start for other in failures if one.start < other.start < end], default=NEVER),),
        lapses=end == one.given_up,
        outcome="lapsed" if end == one.given_up else "recovered",
        template="main" if is_late else "refunded",
        data_gaps=gaps_written(SOURCE, one.silent_days) if one.silent_days else (),
    )


def _on_time(kept: Deliveries, after: Instant) -> Instant:
    """Return when the next order arrived of which no delay was announced; `NEVER` if none has."""
    late = {trouble.order for trouble in kept.troubles if trouble.kind == DELAYED}
    return next((one.at for one in kept.arrivals if one.at > after and one.order not in late), NEVER)


def quiet_until(view: View) -> Instant:
    """Return when a failure begins, or has begun; `NEVER` if nothing has gone wrong, or all of it is past."""
    failures = _failures(view, deliveries_seen(view.customer))
    return min([one.start for one in failures if one.given_up > view.as_of], default=NEVER)


DELIVERY_FAILURE: Final = Signal(
    name="delivery-failure",
    trigger="on_time",
    reads=frozenset({DELIVERIES}),
    needs=(SECTION,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "An order was announced as delayed on {on}, and none has arrived on time since",
            "es": "Un pedido se anunció como retrasado el {on} y desde entonces ninguno ha llegado a tiempo",
            "it": "Un ordine è stato annunciato in ritardo il {on} e da allora nessuno è arrivato puntuale",
        },
        "refunded": {
            "en": "{count} orders refunded in {days} days",
            "es": "{count} pedidos reembolsados en {days} días",
            "it": "{count} ordini rimborsati in {days} giorni",
        },
    },
    recommends=SERVICE_RECOVERY,
    weight=0.20,
    half_life_days=21,
    default=SignalPolicy(
        severity="low", escalate_after_days=STAYS, thresholds=(("late_days", LATE_DAYS), ("refunds", REFUNDS))
    ),
    source=SOURCE,
    exact=True,
)
