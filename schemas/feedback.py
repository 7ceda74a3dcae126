"""Topic `feedback`: what customers say when they are asked, and by themselves, and what a company replies."""

from typing import Annotated, Final, Literal

from annotated_types import Ge, Le
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from schemas import written
from schemas.base import AnyReason, Confidence, Event, Id, Name, Sentiment, Text, any_word
from schemas.checks import plain_percent, rating
from schemas.family import Family

Rating = Annotated[str | int, BeforeValidator(plain_percent), AfterValidator(rating), WithJsonSchema(written.PERCENT)]
Score = Annotated[int, Ge(0), Le(100)]
Highest = Annotated[int, Ge(1), Le(100)]
Survey = Literal["nps", "csat", "ces", "exit", "other"]
"""What was asked: whether the customer would recommend the company (0 to 10), how content it is with support (1 to 5),
how easy it was (1 to 7, the higher the easier), or why it leaves."""
Submission = Literal["complaint", "idea", "praise", "other"]


class Spoken(Event):
    """Words or ratings of a customer. `text` is never stored. `language` is its language, as `es` or `es-MX`."""

    feedback_id: Id | None = None
    """The id at the source that a reply refers to; without one it is the `event_id`."""
    text: Text | None = None
    language: Name | None = None


class SurveyAnswered(Spoken):
    """A customer answered a survey. `score` is required, except by surveys of the kind `exit`.

    `scale` is the highest score that could be given, and `lowest` the lowest one.
    """

    type: Literal["survey.answered"]
    kind: Annotated[Survey, any_word(Survey), WithJsonSchema(written.open_enumeration(Survey))]
    score: Score | None = None
    scale: Highest | None = None
    lowest: Score | None = None
    ticket_id: Id | None = None
    reason: AnyReason = "other"


class Toned(Spoken):
    """Words that a customer has written, with the sentiment that a service of the company has found in them.

    Without a sentiment the words themselves are read.
    """

    sentiment: Sentiment | None = None
    confidence: Confidence = 1


class ReviewPosted(Toned):
    """A customer rated the company, or what it sells, on a scale up to `of`."""

    type: Literal["review.posted"]
    rating: Rating
    of: Highest = 5
    place: Name | None = None
    public: bool = True


class FeedbackSubmitted(Toned):
    """A customer complained, had an idea, or praised."""

    type: Literal["feedback.submitted"]
    kind: Annotated[Submission, any_word(Submission), WithJsonSchema(written.open_enumeration(Submission))]
    topic: Name = "other"


class FeedbackAnswered(Event):
    """The company replied to a survey answer, a review or a submission."""

    type: Literal["feedback.answered"]
    feedback_id: Id
    automatic: bool = False


class FeedbackShipped(Event):
    """The company has made what a customer had asked for."""

    type: Literal["feedback.shipped"]
    feedback_id: Id


FEEDBACK: Final = Family(
    "feedback",
    (SurveyAnswered, ReviewPosted, FeedbackSubmitted, FeedbackAnswered, FeedbackShipped),
    open_words=("kind", "reason"),
)
