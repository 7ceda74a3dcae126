"""Topic `panels`: what customers answer when they are asked."""

from typing import Annotated, Final, Literal

from annotated_types import Ge, Le

from schemas.base import Event
from schemas.family import Family


class PanelAnswered(Event):
    """A customer has said from 0 to 10 whether it would recommend the company."""

    type: Literal["panel.answered"]
    panel: Literal["approval"] = "approval"
    score: Annotated[int, Ge(0), Le(10)]


PANELS: Final = Family("panels", (PanelAnswered,))
