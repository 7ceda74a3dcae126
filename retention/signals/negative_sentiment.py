"""`negative-sentiment`: a customer has posted a bad review, or written something that sounds bad."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from retention.actions.reply_in_public_and_private import REPLY_IN_PUBLIC_AND_PRIVATE
from retention.calendar import NEVER, Instant
from retention.features.feedback.facets import OPINIONS, REPLIES
from retention.features.feedback.said import HUNDRED, PRAISE, REVIEW, Said, opinions, reply_to
from retention.features.feedback.section import FEEDBACK, feedback_seen
from retention.money import decimal_text
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Fact, Numbers, Signal, Stretch, View, joined
from retention.wording import Language, date_text, number_text

MAX_STARS: Final = 2
RECOVERED_STARS: Final = 4
MIN_SENTIMENT: Final = 0.5
MIN_CONFIDENCE: Final = 0.7
HOLDS_DAYS: Final = 30


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the spans from a review of 2 or less of 5, or a text of sentiment -0.5 or less, to 30 days after it.

        review of 1       reply      review of 5                 30 days
        ──┼─────────────────┼────────────┼───────────────────────────┼──►
          [ negative ───────────────────)                                  else until 30 days are over

    A text is low: a machine has read it, and most customers that complain stay. A bad review is medium from its day on:
    a customer posts one only on purpose. It ends before that if the company has replied, and the customer has said
    something positive since: a review of 4 or more of 5, a text of sentiment 0.5 or more, or praise.
    """
    yield from joined(
        _stretch(view, said) for said in opinions(feedback_seen(view.customer)) if _is_negative(view, said)
    )


def _is_bad_review(view: View, said: Said) -> bool:
    return said.kind == REVIEW and said.stars() <= view.tuned.threshold("max_stars")


def _is_negative(view: View, said: Said) -> bool:
    return _is_bad_review(view, said) or (said.sentiment <= -_least_sentiment(view) and _is_sure(view, said))


def _is_positive(view: View, said: Said) -> bool:
    is_high = said.kind == REVIEW and said.stars() >= view.tuned.threshold("recovered_stars")
    sounds_good = said.sentiment >= _least_sentiment(view) and _is_sure(view, said)
    return (is_high or sounds_good or said.kind == PRAISE) and not _is_negative(view, said)


def _least_sentiment(view: View) -> int:
    return round(view.tuned.threshold("min_sentiment") * HUNDRED)


def _is_sure(view: View, said: Said) -> bool:
    return said.confidence >= max(1, round(view.tuned.threshold("min_confidence") * HUNDRED))


def _stretch(view: View, said: Said) -> Stretch:
    over = view.calendar.add_days(said.at, HOLDS_DAYS)
    mended = max(reply_to(said, feedback_seen(view.customer)), _positive_after(view, said))
    shown = _shown(view, said)
    return Stretch(
        start=said.at,
        end=min(over, mended),
        since=said.at,
        observed=shown.observed,
        baseline={},
        words=shown.words,
        evidence=(said.event_id,),
        harsher=_bad_reviews_from(view, said),
        lapses=over <= mended,
        outcome="lapsed" if over < mended else "recovered",
        template=shown.template,
    )


def _bad_reviews_from(view: View, said: Said) -> tuple[Instant, ...]:
    """Return when the first bad review was posted, at a text or after it: it may go on what the text has begun."""
    reviews = [one.at for one in opinions(feedback_seen(view.customer)) if _is_bad_review(view, one)]
    return tuple([at for at in reviews if at >= said.at][:1])


def _positive_after(view: View, said: Said) -> Instant:
    later = (one.at for one in opinions(feedback_seen(view.customer)) if one.at > said.at and _is_positive(view, one))
    return min(later, default=NEVER)


def _shown(view: View, said: Said) -> Numbers:
    """Return the rating of a review, or the sentiment of another text."""
    rating = hundredths_text(said.score)

    def words(language: Language) -> dict[str, Fact]:
        return {
            "on": date_text(said.at, view.calendar, language),
            "rating": number_text(rating, language),
            "of": said.highest,
        }

    if said.kind != REVIEW:
        return Numbers({"sentiment": hundredths_text(said.sentiment)}, words, "message")
    observed: dict[str, Fact] = {"rating": rating, "of": said.highest}
    if said.about:
        observed["place"] = said.about
    if said.confidence:
        observed["sentiment"] = hundredths_text(said.sentiment)
    return Numbers(observed, words)


def hundredths_text(number: int) -> str:
    """Return hundredths as a decimal without zeros at its end.

    >>> hundredths_text(200), hundredths_text(-62), hundredths_text(150)
    ('2', '-0.62', '1.5')
    """
    return decimal_text(Fraction(number, HUNDRED), 2).rstrip("0").rstrip(".")


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer that has neither reviewed nor written anything."""
    return 0 if opinions(feedback_seen(view.customer)) else NEVER


NEGATIVE_SENTIMENT = Signal(
    name="negative-sentiment",
    trigger="on_event",
    reads=frozenset({OPINIONS, REPLIES}),
    needs=(FEEDBACK,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "main": {
            "en": "Negative review on {on}: {rating} of {of}",
            "es": "Reseña negativa del {on}: {rating} de {of}",
            "it": "Recensione negativa del {on}: {rating} su {of}",
        },
        "message": {
            "en": "Negative feedback on {on}",
            "es": "Comentario negativo del {on}",
            "it": "Commento negativo del {on}",
        },
    },
    recommends=REPLY_IN_PUBLIC_AND_PRIVATE,
    weight=0.20,
    half_life_days=30,
    default=SignalPolicy(
        severity="low",
        escalate_after_days=STAYS,
        thresholds=(
            ("max_stars", MAX_STARS),
            ("recovered_stars", RECOVERED_STARS),
            ("min_sentiment", MIN_SENTIMENT),
            ("min_confidence", MIN_CONFIDENCE),
        ),
    ),
)
