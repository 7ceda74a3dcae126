"""`email-disengaged`: a customer that used to click in e-mails has ignored all of them for two months."""

from collections.abc import Iterator, Sequence
from typing import Final

from retention import day_counts
from retention.actions.ask_preferences import ASK_PREFERENCES
from retention.calendar import NEVER, Instant, LocalDay
from retention.day_counts import DayCounts
from retention.features.messages.facets import ENGAGED, MAILED
from retention.features.messages.section import CLICKED, DELIVERED, MESSAGES, engaged, messages_seen
from retention.liveness import gaps_written, heard_after
from retention.policy import SignalPolicy
from retention.signals.base import Numbers, Signal, Stretch, View, so_far
from retention.wording import Language, date_text

WINDOW_DAYS: Final = 60
ENOUGH: Final = 8
SOURCE: Final = "messages"


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from 60 days without a click or an opening, with 8 e-mails in them, to the next one of these.

    day    1 … 30         … 60        90 91
           c   d    d  d d    d d  d   d [------)      no click and no opening on 60 days, 8 e-mails on them
           └─ within 60 days before those: who never clicks has nothing to lose

    Whole local days count. A day on which the source was silent does not, for a click may be missing.
    """
    kept, following = messages_seen(view.customer), view.calendar.day(view.as_of - 1) + 1
    clicked, delivered = day_counts.days(day_counts.before(kept.get(CLICKED, []), following)), kept.get(DELIVERED, [])
    days = day_counts.days(day_counts.before(engaged(view.customer), following))
    if not clicked or not delivered:
        return
    yield from so_far(view, list(_ignoring(view, days, clicked, delivered))[::-1])


def _ignoring(view: View, days: list[LocalDay], clicked: list[LocalDay], delivered: DayCounts) -> Iterator[Stretch]:
    window, silent_days = int(view.tuned.threshold("days")), view.silent_days(SOURCE)
    following: LocalDay | None = None
    for last in days:
        click = next((day for day in clicked if day <= last), None)
        if click is None:
            return
        first = heard_after(last, window + 1, silent_days)
        found = _first_day(view, delivered, first, click + 2 * window, first - last - 1)
        if found is not None and (following is None or found <= following):
            yield _stretch(view, delivered, last, found, following, silent_days)
        following = last


def _first_day(view: View, delivered: DayCounts, first: LocalDay, latest: LocalDay, window: int) -> LocalDay | None:
    """Return the first day from `first` to `latest` with enough e-mails in the window before it."""
    enough = int(view.tuned.threshold("messages"))
    candidates = sorted({first, *(day + 1 for day in day_counts.days(delivered) if day >= first)})
    return next((day for day in candidates if day <= latest and _count(delivered, day - window, day) >= enough), None)


def _count(delivered: DayCounts, since: LocalDay, until: LocalDay) -> int:
    counts = zip(day_counts.days(delivered), delivered[1::2], strict=True)
    return sum(count for day, count in counts if since <= day < until)


def _stretch(
    view: View,
    delivered: DayCounts,
    last: LocalDay,
    found: LocalDay,
    following: LocalDay | None,
    silent_days: Sequence[LocalDay],
) -> Stretch:
    calendar = view.calendar
    shown = _shown(view, delivered, last, found, silent_days)
    return Stretch(
        start=calendar.start_of_day(found),
        end=calendar.start_of_day(following) if following is not None else NEVER,
        since=calendar.start_of_day(last),
        observed=shown.observed,
        baseline={"days": int(view.tuned.threshold("days")), "messages": int(view.tuned.threshold("messages"))},
        words=shown.words,
        data_gaps=shown.data_gaps,
        later=lambda at: _shown(view, delivered, last, calendar.day(at), silent_days),
    )


def _shown(
    view: View, delivered: DayCounts, last: LocalDay, today: LocalDay, silent_days: Sequence[LocalDay]
) -> Numbers:
    """Return how many e-mails a customer has ignored since it last looked at one."""
    count = _count(delivered, last + 1, today)

    def words(language: Language) -> dict[str, int | str]:
        return {"count": count, "on": date_text(view.calendar.start_of_day(last), view.calendar, language)}

    return Numbers(
        observed={"messages_without_click": count, "days_since_last": today - last},
        words=words,
        data_gaps=gaps_written(SOURCE, [day for day in silent_days if last < day < today]) if silent_days else (),
    )


def quiet_until(view: View) -> Instant:
    """Return when a customer can have ignored e-mails for long enough; `NEVER` for one that has not clicked in any."""
    customer, calendar = view.customer, view.calendar
    by_day = engaged(customer) if MESSAGES.is_kept(customer) else []
    by_day = day_counts.before(by_day, calendar.day(view.as_of - 1) + 1)
    if not by_day:
        return NEVER
    soonest = calendar.start_of_day(by_day[0] + int(view.tuned.threshold("days")) + 1)
    if soonest > view.as_of:
        return soonest
    newest = next(stretches(view), None)
    if newest is None or newest.end <= view.as_of:
        return NEVER
    return newest.start if newest.start > view.as_of else 0


EMAIL_DISENGAGED = Signal(
    name="email-disengaged",
    role="engagement",
    trigger="on_time",
    reads=frozenset({ENGAGED, MAILED}),
    needs=(MESSAGES,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "{count} e-mails without a click or an opening since {on}",
            "es": "{count} correos sin un clic ni una apertura desde el {on}",
            "it": "{count} e-mail senza un clic né un'apertura dal {on}",
        }
    },
    recommends=ASK_PREFERENCES,
    weight=0.08,
    half_life_days=30,
    default=SignalPolicy(
        severity="low",
        cooldown_days=30,
        escalate_after_days=30,
        thresholds=(("days", WINDOW_DAYS), ("messages", ENOUGH)),
    ),
    absence_of=ENGAGED,
    patience_days=lambda tuned: int(tuned.threshold("days")) + 1,
    source=SOURCE,
)
