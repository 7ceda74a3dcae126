"""`payment-failing`: what a customer owes could not be collected.

    failed          failed           status past_due                       paid
    ──┼───────────────┼───────────────┼──────────────────────────────────────┼──►
      low             medium          (the same trouble goes on)    critical └─ cleared
                                                                    in the last days of grace

A failed attempt may succeed at the next one, so it starts low. It is medium with the second attempt, with the status
`past_due`, or after three days. Grace ends when the latest failure says so, else as long after the first one as the
company waits for unpaid invoices; then the customer is lost, or the debt is not collected by messages. A pause pays
nothing: a customer that rests when grace ends stays one, and its episode has lapsed. So has that of a subscription that
ends while it owes, and leaves the customer another one.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from retention.actions.dunning import DUNNING
from retention.calendar import DAY, NEVER, Instant, rfc3339
from retention.features.payments.facets import ATTEMPTS
from retention.features.payments.payments import NOBODY, Failed, Paid, Payments
from retention.features.payments.section import PAYMENTS, payments_seen
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.section import SUBSCRIPTIONS, has_timeline, timeline_seen
from retention.features.subscriptions.timeline import terms_of
from retention.features.subscriptions.walk import moments
from retention.identity import KeptId, digest
from retention.policy import SEVERITIES, SignalPolicy
from retention.signals.base import MAX_EVIDENCE, Fact, Numbers, Signal, Stretch, View
from retention.wording import Language, date_text

PAST_DUE_DAYS: Final = 3
LAST_DAYS: Final = 5
SECOND: Final = 2

DECLINES: Final[dict[str, dict[Language, str]]] = {
    "insufficient_funds": {"en": "insufficient funds", "es": "fondos insuficientes", "it": "fondi insufficienti"},
    "expired_card": {"en": "the card has expired", "es": "tarjeta caducada", "it": "carta scaduta"},
    "card_declined": {"en": "the card was declined", "es": "tarjeta rechazada", "it": "carta rifiutata"},
    "lost_or_stolen": {
        "en": "the card was reported lost or stolen",
        "es": "tarjeta perdida o robada",
        "it": "carta smarrita o rubata",
    },
    "authentication_required": {
        "en": "the customer has to confirm it",
        "es": "falta la autenticación del cliente",
        "it": "manca l'autenticazione del cliente",
    },
    "invalid_account": {"en": "the account is not valid", "es": "cuenta no válida", "it": "conto non valido"},
    "processing_error": {"en": "a processing error", "es": "error de procesamiento", "it": "errore di elaborazione"},
}
_TIMES: Final[dict[Language, tuple[str, str, str]]] = {
    "en": ("once", "twice", "{} times"),
    "es": ("una vez", "dos veces", "{} veces"),
    "it": ("una volta", "due volte", "{} volte"),
}


class PastDue(NamedTuple):
    """A time in which a subscription was past due, the events that said so, and whether it ended so."""

    subscription: bytes
    start: Instant
    end: Instant
    evidence: tuple[KeptId, ...]
    ended: bool = False


class Settled(NamedTuple):
    """An instant from which on nothing is owed for a subscription: it is no longer past due, or it has ended."""

    at: Instant
    subscription: bytes
    ended: bool


class Trouble(NamedTuple):
    """A time in which something is owed: one debt with its failed attempts, or a subscription that is past due.

    It ends when it is `settled`, or with its `grace` if that comes first: then it is `unpaid`, and so is one that was
    settled by nothing but the end of its subscription.
    """

    start: Instant
    end: Instant
    grace: Instant
    attempts: tuple[Failed, ...]
    evidence: tuple[KeptId, ...]
    unpaid: bool

    def dated(self) -> list[tuple[Instant, KeptId]]:
        """Return the pieces of evidence, each with its instant."""
        if not self.attempts:
            return [(self.start, ident) for ident in self.evidence]
        return [(one.at, one.event_id) for one in self.attempts]

    def medium(self, view: View) -> Instant:
        """Return when it is more than an attempt that may succeed the next time."""
        if not self.attempts:
            return self.start
        again = next(
            (one.at for place, one in enumerate(self.attempts) if max(place + 1, one.attempt) >= SECOND), NEVER
        )
        return min(again, self.start + int(view.tuned.threshold("past_due_days")) * DAY)

    def critical(self, view: View) -> Instant:
        """Return when the last days of grace begin, unless it is over by then."""
        at = max(self.start, self.grace - int(view.tuned.threshold("last_days")) * DAY)
        return at if at < self.end else NEVER


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the times in which a payment was owed, to the payment or the end of the grace, newest first."""
    past_due, settled = _of_subscriptions(view)
    together: list[list[Trouble]] = []
    end = -NEVER
    for one in sorted([*_unpaid(view, settled), *_late(view, past_due)]):
        if one.start < end:
            together[-1].append(one)
        else:
            together.append([one])
        end = max(end, one.end)
    return (_stretch(view, ones) for ones in reversed(together))


def _of_subscriptions(view: View) -> tuple[list[PastDue], list[Settled]]:
    """Return the times in which subscriptions were past due, and when each was paid again or ended."""
    if not has_timeline(view.customer):
        return [], []
    known: set[str] = set()
    owing: dict[str, PastDue] = {}
    found, settled = list[PastDue](), list[Settled]()
    for moment in moments(timeline_seen(view.customer), terms_of(view.policy)):
        for name in moment.changed:
            one = moment.subscriptions.get(name)
            since = one.past_due_at if one is not None else None
            if name in owing and since != owing[name].start:
                found.append(owing.pop(name)._replace(end=moment.at, ended=one is None))
                settled.append(Settled(moment.at, digest(name), one is None))
            elif one is None and name in known:
                settled.append(Settled(moment.at, digest(name), ended=True))
            if since is not None and name not in owing:
                events = [op.event_id for op in moment.ops if op.subscription == name and op.status == "past_due"]
                owing[name] = PastDue(digest(name), since, NEVER, tuple(events))
        known.update(moment.subscriptions)
    return [*found, *owing.values()], settled


def _late(view: View, past_due: Iterable[PastDue]) -> Iterator[Trouble]:
    """Yield the times in which a subscription was past due, to its payment or the end of its grace."""
    kept = payments_seen(view.customer)
    names_none = not any(one.subscription for one in kept.failed) and not any(one.subscription for one in kept.paid)
    for one in past_due:
        grace = one.start + view.policy.grace
        paid = (p.at for p in kept.paid if p.at >= one.start and (names_none or p.subscription == one.subscription))
        paid_at = next(paid, NEVER)
        end = min(one.end, paid_at, grace)
        unpaid = end < paid_at and (one.ended or end < one.end)
        if end > one.start:
            yield Trouble(one.start, end, grace, (), one.evidence, unpaid)


def _unpaid(view: View, settled: Sequence[Settled]) -> Iterator[Trouble]:
    """Yield the times from the first failed attempt for a debt to its payment or the end of its grace."""
    kept, by_debt = payments_seen(view.customer), dict[bytes, list[Failed]]()
    for failed in kept.failed:
        by_debt.setdefault(failed.debt, []).append(failed)
    for attempts in by_debt.values():
        place = 0
        while place < len(attempts):
            over, paid = _settled_at(attempts[place], kept, settled)
            run = [one for one in attempts[place:] if one.at < over] or [attempts[place]]
            run, end, grace = _until_grace_ends(view, run, over)
            if end > run[0].at:
                yield Trouble(run[0].at, end, grace, tuple(run), tuple([one.event_id for one in run]), end < paid)
            place += len(run)


def _until_grace_ends(view: View, run: list[Failed], settled: Instant) -> tuple[list[Failed], Instant, Instant]:
    """Return the attempts of a run before its grace ended, the end of the run, and of its grace."""
    grace = run[0].at + view.policy.grace
    for place, one in enumerate(run):
        if place and one.at >= grace:
            return run[:place], min(settled, grace), grace
        grace = one.grace if one.grace > one.at else grace
    return run, min(settled, grace), grace


def _settled_at(failed: Failed, kept: Payments, settled: Sequence[Settled]) -> tuple[Instant, Instant]:
    """Return when what an attempt was for is not owed any more, and when it was paid; `NEVER` if it is, or was not."""
    paid = next((one.at for one in kept.paid if one.at >= failed.at and settles(one, failed)), NEVER)
    of_it = [one for one in settled if one.at >= failed.at and _concerns(one, failed)]
    paid = min(paid, next((one.at for one in of_it if not one.ended), NEVER))
    return min(paid, next((one.at for one in of_it), NEVER)), paid


def settles(paid: Paid, failed: Failed) -> bool:
    """Report whether a payment shows that what an earlier attempt was for is paid."""
    if failed.subscription in {NOBODY, paid.subscription}:
        return True
    ids = {failed.debt, failed.payment} - {NOBODY}
    return paid.subscription == NOBODY and (paid.debt in ids or paid.payment in ids)


def _concerns(settled: Settled, failed: Failed) -> bool:
    """Report whether nothing is owed any more for an attempt, either: it names that subscription, or none."""
    return failed.subscription == settled.subscription or (not failed.subscription and not settled.ended)


def _stretch(view: View, troubles: list[Trouble]) -> Stretch:
    """Return one time of trouble, made of several that overlap."""
    start, end = troubles[0].start, max(one.end for one in troubles)
    critical = min(one.critical(view) for one in troubles)
    shown = _shown(view, troubles, start)
    evidence: dict[KeptId, Instant] = {}
    for at, ident in sorted([pair for one in troubles for pair in one.dated()]):
        evidence.setdefault(ident, at)
    pieces = list(evidence)[:MAX_EVIDENCE]
    return Stretch(
        start=start,
        end=end,
        since=start,
        observed=shown.observed,
        baseline={},
        words=shown.words,
        evidence=tuple(pieces),
        evidence_at=tuple([evidence[piece] for piece in pieces]),
        harsher=(min(one.medium(view) for one in troubles), *(critical,) * len(SEVERITIES)),
        lapses=any(one.end == end == one.grace for one in troubles),
        outcome="lapsed" if any(one.end == end and one.unpaid for one in troubles) else "recovered",
        template=shown.template,
        later=lambda at: _shown(view, troubles, at),
    )


def _shown(view: View, troubles: list[Trouble], at: Instant) -> Numbers:
    """Return how often an attempt has failed by an instant, and when grace ends."""
    standing = [one for one in troubles if one.start <= at]
    attempts = [(place, one) for each in standing for place, one in enumerate(each.attempts, 1) if one.at <= at]
    number = max([max(place, one.attempt) for place, one in attempts], default=0)
    grace = min(one.grace for one in standing if one.end > at or one is standing[-1])
    reason = max([one for _, one in attempts], key=lambda one: (one.at, one.event_id)).reason if attempts else "other"

    def words(language: Language) -> dict[str, Fact]:
        return {
            "times": _TIMES[language][min(number, 3) - 1].format(number) if number else "",
            "since": date_text(troubles[0].start, view.calendar, language),
            "on": date_text(grace, view.calendar, language),
            "reason": DECLINES[reason][language] if reason in DECLINES else "",
        }

    observed: dict[str, Fact] = {"failed_attempts": number, "grace_ends": rfc3339(grace)}
    if reason in DECLINES:
        observed["reason"] = reason
    template = "past_due" if not number else "reasoned" if reason in DECLINES else "main"
    return Numbers(observed, words, template)


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer whose payments have not failed, and whose subscriptions are not past due."""
    if payments_seen(view.customer).failed:
        return 0
    if not has_timeline(view.customer):
        return NEVER
    timeline = timeline_seen(view.customer)
    is_late = any(op.status == "past_due" for op in timeline.ops) or any(
        one.past_due_at is not None for one in timeline.opening.subscriptions.values()
    )
    return 0 if is_late else NEVER


PAYMENT_FAILING: Final = Signal(
    name="payment-failing",
    stops_promotion=True,
    trigger="on_event",
    reads=frozenset({ATTEMPTS, TIMELINE}),
    needs=(PAYMENTS, SUBSCRIPTIONS),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Payment failed {times}; grace ends on {on}",
            "es": "El cobro ha fallado {times}; el plazo de gracia termina el {on}",
            "it": "Pagamento non riuscito {times}; la tolleranza scade il {on}",
        },
        "reasoned": {
            "en": "Payment failed {times} ({reason}); grace ends on {on}",
            "es": "El cobro ha fallado {times} ({reason}); el plazo de gracia termina el {on}",
            "it": "Pagamento non riuscito {times} ({reason}); la tolleranza scade il {on}",
        },
        "past_due": {
            "en": "Payment past due since {since}; grace ends on {on}",
            "es": "Pago vencido desde el {since}; el plazo de gracia termina el {on}",
            "it": "Pagamento in ritardo dal {since}; la tolleranza scade il {on}",
        },
    },
    recommends=DUNNING,
    weight=0.45,
    half_life_days=15,
    default=SignalPolicy(severity="low", thresholds=(("past_due_days", PAST_DUE_DAYS), ("last_days", LAST_DAYS))),
)
