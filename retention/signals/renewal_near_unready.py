"""`renewal-near-unready`: a long term ends soon, and the customer does not sign in, or has no contact with the company.

    90 days before                      contact                         the term ends
    ──┼───────────────────────────────────┼───────────────30 days──────────┼──►
      30 days without one: raised         cleared          raised again    over: renewed, or not

Two absences count, each only where there was something before: of contacts that the company records (`note.added`),
which is low, and of logins, which is medium, alone or after the other. There is no health in the state yet, so it is
not read.
Reason: 90 days are most of a short term, so only terms of 150 days or more are looked at.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec.structs import replace

from retention import day_counts
from retention.actions.renewal_plan import RENEWAL_PLAN
from retention.calendar import DAY, NEVER, Instant, LocalDay, iso_day
from retention.features.logins.facets import LOGINS
from retention.features.relations.facets import CONTACTS
from retention.features.relations.section import relations_seen
from retention.features.subscriptions.facets import TERMS, TIMELINE
from retention.features.subscriptions.lives import lives
from retention.features.subscriptions.section import SUBSCRIPTIONS, has_timeline, timeline_seen
from retention.features.subscriptions.timeline import Timeline, terms_of
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View, joined, so_far
from retention.wording import Language, date_text, days_text

WITHIN_DAYS: Final = 90
SILENT_DAYS: Final = 30
LONG_TERM_DAYS: Final = 150
SOURCE: Final = "logins"


class _Term(NamedTuple):
    """The last days of a term: from when on its end is near, when it ends, and until when it was to end then."""

    start: Instant
    over: Instant
    until: Instant
    timed: bool


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the times, within the last days of a long term, without a contact or a login for long."""
    terms = _terms(view)
    found: list[Stretch] = []
    if terms:
        for kind, days in _days_in_touch(view):
            for term in terms:
                found += _absences(view, term, kind, days)
    return so_far(view, [_graver(one, found) for one in joined(found)][::-1])


def _graver(whole: Stretch, parts: list[Stretch]) -> Stretch:
    """Return a stretch that is more severe, and speaks of it, from when logins are missed in it, too."""
    missed = [part for part in parts if part.harsher and whole.start <= part.start < whole.end]
    if whole.harsher or not missed:
        return whole
    logins = min(missed, key=lambda part: part.start)

    def shown(at: Instant) -> Numbers:
        now = (logins if logins.start <= at < logins.end else whole).as_of(at)
        return Numbers(observed=now.observed, words=now.words, template=now.template)

    return replace(whole, harsher=logins.harsher, later=shown)


def _terms(view: View) -> list[_Term]:
    """Return the last days of long terms, in order of time."""
    if not _has_long_terms(view):
        return []
    found: list[_Term] = []
    within = int(view.tuned.threshold("within_days"))
    for life in lives(timeline_seen(view.customer), terms_of(view.policy)):
        for place, (since, until) in enumerate(life.terms):
            if until is None or until - max(since, life.start) < LONG_TERM_DAYS * DAY:
                continue
            changed = life.terms[place + 1][0] if place + 1 < len(life.terms) else NEVER
            over = min(until, changed, life.end)
            start = max(view.calendar.add_days(until, -within), since)
            if start < over:
                found.append(_Term(start, over, until, over == until and changed > until and life.end > until))
    return sorted(found)


def _has_long_terms(view: View) -> bool:
    """Report whether any event, or the opening balance, states the end of a long term."""
    return has_timeline(view.customer) and timeline_seen(view.customer).answer(_states_long_terms)


def _states_long_terms(timeline: Timeline) -> bool:
    least = LONG_TERM_DAYS * DAY
    for op in timeline.ops:
        if op.until is not None and op.until - op.at >= least and op.kind != "paused":
            return True
    opening = timeline.opening
    return any(one.term_end is not None and one.term_end > opening.at for one in opening.subscriptions.values())


def _days_in_touch(view: View) -> list[tuple[str, list[LocalDay]]]:
    """Return the days of contacts, and of logins, up to the present, ascending; none of a kind that is unknown."""
    today = view.calendar.day(view.as_of - 1)
    found = []
    for kind, counts in (("contact", relations_seen(view.customer).contacts), ("login", view.customer.logins)):
        by_day = day_counts.before(counts, today + 1)
        if by_day:
            found.append((kind, day_counts.days(by_day)[::-1]))
    return found


def _absences(view: View, term: _Term, kind: str, days: list[LocalDay]) -> Iterator[Stretch]:
    """Yield the times in the last days of a term in which there was nothing of a kind for long."""
    least, silent = int(view.tuned.threshold("silent_days")), view.silent_days(SOURCE) if kind == "login" else ()
    for place, last in enumerate(days):
        following = days[place + 1] if place + 1 < len(days) else None
        away = last + least + 1
        for day in silent:
            away += last < day < away
        start = max(term.start, view.calendar.start_of_day(away))
        end = view.calendar.start_of_day(following) if following is not None else NEVER
        if following is not None and view.calendar.day(start) == following:
            end = start  # in touch on the very day on which it begins
        if start <= min(end, term.over) and start < term.over:
            yield _stretch(view, term, kind, last, start, min(end, term.over))


def _stretch(view: View, term: _Term, kind: str, last: LocalDay, start: Instant, end: Instant) -> Stretch:
    shown = _shown(view, term, kind, last, start)
    return Stretch(
        start=start,
        end=end,
        since=start,
        observed=shown.observed,
        baseline={"days": int(view.tuned.threshold("silent_days"))},
        words=shown.words,
        harsher=(start,) if kind == "login" else (),
        lapses=end == term.over and term.timed,
        outcome="lapsed" if end == term.over and term.timed else "recovered",
        template=kind,
        later=lambda at: _shown(view, term, kind, last, at),
    )


def _shown(view: View, term: _Term, kind: str, last: LocalDay, at: Instant) -> Numbers:
    """Return in how many days the term ends as of an instant, and for how many days nothing was heard."""
    today = view.calendar.day(at)
    left, silent = view.calendar.day(term.until) - today, today - last
    observed: dict[str, Fact] = {
        "term_ends": iso_day(view.calendar.day(term.until)),
        "days_left": left,
        f"days_without_{kind}": silent,
    }

    def words(language: Language) -> dict[str, Fact]:
        return {
            "left": days_text(left, language),
            "silent": days_text(silent, language),
            "on": date_text(term.until, view.calendar, language),
        }

    return Numbers(observed, words, kind)


def quiet_until(view: View) -> Instant:
    """Return when the end of a long term is near, and the last contact or login is long ago; `NEVER` without one."""
    soonest, terms = NEVER, [term for term in _terms(view) if term.over > view.as_of]
    if terms:
        least = int(view.tuned.threshold("silent_days"))
        for _, days in _days_in_touch(view):
            away = view.calendar.start_of_day(days[-1] + least + 1)
            soonest = min([soonest, *[max(term.start, away) for term in terms if away < term.over]])
    return soonest


RENEWAL_NEAR_UNREADY: Final = Signal(
    name="renewal-near-unready",
    trigger="on_time",
    reads=frozenset({TIMELINE, TERMS, CONTACTS, LOGINS}),
    needs=(SUBSCRIPTIONS,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "contact": {
            "en": "Renews in {left} (on {on}); no contact for {silent}",
            "es": "Se renueva en {left} (el {on}); sin contacto desde hace {silent}",
            "it": "Si rinnova tra {left} (il {on}); nessun contatto da {silent}",
        },
        "login": {
            "en": "Renews in {left} (on {on}); no login for {silent}",
            "es": "Se renueva en {left} (el {on}); sin iniciar sesión desde hace {silent}",
            "it": "Si rinnova tra {left} (il {on}); nessun accesso da {silent}",
        },
    },
    recommends=RENEWAL_PLAN,
    weight=0.25,
    half_life_days=None,
    default=SignalPolicy(
        severity="low",
        escalate_after_days=STAYS,
        thresholds=(("within_days", WITHIN_DAYS), ("silent_days", SILENT_DAYS)),
    ),
    absence_of=(CONTACTS, LOGINS),
    patience_days=lambda tuned: int(tuned.threshold("silent_days")) + 1,
    source=SOURCE,
)
