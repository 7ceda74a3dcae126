"""Topic `feedback`: what customers answer when they are asked."""

from typing import Annotated, Final, Literal

from annotated_types import Ge, Le

from schemas.base import Event
from schemas.family import Family


class SurveyAnswered(Event):
    """A customer has said from 0 to 10 whether it would recommend the company."""

    type: Literal["survey.answered"]
    survey: Literal["nps"] = "nps"
    score: Annotated[int, Ge(0), Le(10)]


FEEDBACK: Final = Family("feedback", (SurveyAnswered,))
