"""Topic `usage`: what a customer does with the product, how far it has come, and who of it takes part."""

from typing import Annotated, Final, Literal

from annotated_types import Ge, Le
from pydantic import BeforeValidator, WithJsonSchema

from schemas.base import Event, Instant, Name, any_word
from schemas.checks import cut_to_whole
from schemas.family import Family
from schemas.written import SECONDS, open_enumeration

Times = Annotated[int, Ge(1), Le(10**6)]
Seats = Annotated[int, Ge(0), Le(10**6)]
Seconds = Annotated[int, BeforeValidator(cut_to_whole), Ge(0), Le(10**9), WithJsonSchema(SECONDS)]
Part = Literal["post", "visit", "other"]


class FeatureUsed(Event):
    """A customer, or the user `user_id` of it, used a feature: `count` times, if a source sums them up."""

    type: Literal["feature.used"]
    feature: Name
    count: Times = 1


class SessionEnded(Event):
    """A session in the product ended, after `duration` seconds. Its local day counts as a day of use."""

    type: Literal["session.ended"]
    duration: Seconds | None = None


class ErrorOccurred(Event):
    """Something failed while a customer used the product: a feature, if that is known."""

    type: Literal["error.occurred"]
    feature: Name | None = None
    count: Times = 1


class MilestoneReached(Event):
    """A customer reached a milestone of its onboarding; the plan may say which one is next, and by when."""

    type: Literal["milestone.reached"]
    milestone: Name
    next_milestone: Name | None = None
    next_due_at: Instant | None = None


class SeatsChanged(Event):
    """From `occurred_at` on a customer pays for so many seats; `active` of them are in use, if that is known."""

    type: Literal["seats.changed"]
    paid: Seats
    active: Seats | None = None


class ContentViewed(Event):
    """A customer looked at an article, a course or a video."""

    type: Literal["content.viewed"]


class CommunityPosted(Event):
    """A customer took part in the community: it posted something, or visited."""

    type: Literal["community.posted"]
    kind: Annotated[Part, any_word(Part), WithJsonSchema(open_enumeration(Part))] = "post"


USAGE: Final = Family(
    "usage",
    (FeatureUsed, SessionEnded, ErrorOccurred, MilestoneReached, SeatsChanged, ContentViewed, CommunityPosted),
    open_words=("kind",),
)
