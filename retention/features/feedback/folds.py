"""Folds the events of the family `feedback` into a customer: scores, topics and sentiments are kept, never a text."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from typing import Final

from msgspec.structs import replace

from retention.calendar import Instant
from retention.errors import Rejected
from retention.features.base import DUPLICATE, NOTHING, Facet, type_and_id
from retention.features.feedback.facets import OPINIONS, RECOMMENDATIONS, REPLIES, SUPPORT_SCORES
from retention.features.feedback.said import (
    CES,
    CES_SCALE,
    COMPLAINT,
    CSAT,
    CSAT_SCALE,
    HUNDRED,
    NPS,
    OTHER,
    PRAISE,
    REPLY,
    REVIEW,
    Said,
    SaidKind,
    is_known,
    take_in,
)
from retention.features.feedback.section import FEEDBACK, feedback_of, feedback_seen
from retention.identity import digest, packed
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.seen_ids import saw
from retention.text.reading import Reading, read
from schemas.base import OTHER as UNNAMED
from schemas.base import Event
from schemas.feedback import FeedbackAnswered, FeedbackSubmitted, ReviewPosted, Spoken, SurveyAnswered, Toned
from schemas.tickets import TicketOpened

LEAST_SURE: Final = 50
"""In hundredths: a reading of a text that is less sure is not kept."""
_PRAISES: Final = 4
"""A review of so many stars of 5 is no blame."""

_SURVEYS: Final[dict[str, tuple[SaidKind, tuple[int, int], Facet]]] = {
    "nps": (NPS, (0, 10), RECOMMENDATIONS),
    "csat": (CSAT, CSAT_SCALE, SUPPORT_SCORES),
    "ces": (CES, CES_SCALE, SUPPORT_SCORES),
}
"""By the kind of survey: the stored kind, the scale unless another one is given, and the facet."""
_SUBMISSIONS: Final[dict[str, SaidKind]] = {"complaint": COMPLAINT, "praise": PRAISE}


def surveyed(customer: Customer, event: SurveyAnswered, at: Instant, policy: Policy) -> Facet:
    """Keep the score of an answer. Of surveys of other kinds nothing is kept: no signal or figure reads them."""
    known = _SURVEYS.get(event.kind)
    if known is None:
        return _counted(customer, event)
    kind, usual, facet = known
    score, lowest, highest = _scored(event, usual)
    about = event.ticket_id or ""
    said = Said(at, packed(event.event_id), kind, score, lowest, highest, about, _refers_to(event))
    return _kept(customer, said, facet, policy)


def _scored(event: SurveyAnswered, usual: tuple[int, int]) -> tuple[int, int, int]:
    """Return the score and its scale; raise `Rejected` if they do not fit together."""
    lowest = usual[0] if event.lowest is None else event.lowest
    highest = usual[1] if event.scale is None else event.scale
    if event.kind == "nps" and (lowest, highest) != usual:
        raise Rejected("contract", "scale: an NPS survey is answered from 0 to 10; send others as `csat`")
    if lowest >= highest:
        raise Rejected("contract", f"scale: no score lies between {lowest} and {highest}")
    if event.score is None:
        raise Rejected("contract", f"score: missing: a survey of the kind {event.kind} has one")
    if not lowest <= event.score <= highest:
        own = "as `lowest` and `scale` say"
        if (lowest, highest) == usual:
            own = f"the scale of {event.kind}"
            own += "" if event.kind == "nps" else "; another scale is said with `lowest` and `scale`"
        raise Rejected("contract", f"score: {event.score} is not between {lowest} and {highest}, {own}")
    return event.score, lowest, highest


def reviewed(customer: Customer, event: ReviewPosted, at: Instant, policy: Policy) -> Facet:
    """Keep the rating of a review, its place, and the sentiment of its text. Four stars are no blame."""
    rating = int((Decimal(event.rating) * HUNDRED).to_integral_value(ROUND_HALF_EVEN))
    if Decimal(event.rating) > event.of:
        raise Rejected(
            "contract", f"rating: {event.rating} is higher than {event.of}; another highest one is said with `of`"
        )
    place = event.place or ""
    said = Said(at, packed(event.event_id), REVIEW, rating, 0, event.of, place, _refers_to(event), *_stated(event))
    if event.sentiment is None and event.text is not None:
        said = _with_tone(said, read(event.text, event.language), blames=said.stars() < _PRAISES, praises=True)
    return _kept(customer, said, OPINIONS, policy)


def submitted(customer: Customer, event: FeedbackSubmitted, at: Instant, policy: Policy) -> Facet:
    """Keep the topic of a complaint, that there was praise, or the sentiment of a text; nothing of another one."""
    kind = _SUBMISSIONS.get(event.kind, OTHER)
    topic = event.topic if kind == COMPLAINT else ""
    said = Said(at, packed(event.event_id), kind, 0, 0, 0, topic, _refers_to(event), *_stated(event))
    if event.text is not None and (event.sentiment is None or topic == UNNAMED):
        reading = read(event.text, event.language)
        if topic == UNNAMED:
            said = replace(said, about=reading.topic or topic)
        if event.sentiment is None:
            said = _with_tone(said, reading, blames=kind != PRAISE, praises=kind != COMPLAINT)
    if kind == OTHER and not said.confidence:
        return _counted(customer, event)
    return _kept(customer, said, OPINIONS, policy)


def heard(customer: Customer, event: TicketOpened, at: Instant, policy: Policy) -> Facet:
    """Keep how the text of a ticket sounds, if that can be told. The ticket itself is kept by another feature."""
    if event.text is None and event.sentiment is None:
        return DUPLICATE
    about = digest(event.ticket_id)
    said = Said(at, packed(event.event_id), OTHER, 0, 0, 0, "", about, *_stated(event))
    if event.sentiment is None and event.text is not None:
        said = _with_tone(said, read(event.text, event.language), blames=True, praises=True)
    return _kept(customer, said, OPINIONS, policy) if said.confidence else DUPLICATE


def _with_tone(said: Said, reading: Reading, *, blames: bool, praises: bool) -> Said:
    """Return something that was said with how its text sounds, if the reading is not too doubtful to be kept."""
    wanted = blames if reading.sentiment < 0 else praises
    if not wanted or reading.confidence < LEAST_SURE:
        return said
    return replace(said, sentiment=reading.sentiment, confidence=reading.confidence)


def replied(customer: Customer, event: FeedbackAnswered, at: Instant, policy: Policy) -> Facet:
    """Keep that the company replied, also if what it replies to has not arrived yet. An automatic reply is none."""
    if event.automatic:
        return _counted(customer, event)
    said = Said(at, packed(event.event_id), REPLY, refers_to=digest(event.feedback_id))
    return _kept(customer, said, REPLIES, policy)


def _kept(customer: Customer, said: Said, facet: Facet, policy: Policy) -> Facet:
    if is_known(feedback_seen(customer), said):
        return DUPLICATE
    kept = feedback_of(customer)
    take_in(kept, said)
    customer.dropped += FEEDBACK.bound(kept, policy)
    return facet


def _counted(customer: Customer, event: Event) -> Facet:
    """Note an event of which nothing is kept."""
    return DUPLICATE if saw(customer, type_and_id(event)) else NOTHING


def _refers_to(event: Spoken) -> bytes:
    return digest(event.feedback_id) if event.feedback_id is not None else b""


def _stated(event: Toned | TicketOpened) -> tuple[int, int]:
    """Return stated sentiment and confidence in hundredths, cut towards zero.

    Without a sentiment both are 0; without a confidence the company's service is sure.
    """
    if event.sentiment is None:
        return 0, 0
    found = (Decimal(value) * HUNDRED for value in (event.sentiment, event.confidence))
    sentiment, confidence = (int(value.to_integral_value(ROUND_DOWN)) for value in found)
    return sentiment, confidence
