"""Topic `privacy`: what customers decide about their data."""

from typing import Final, Literal

from schemas.base import Event
from schemas.family import Family


class ErasureRequested(Event):
    """A customer is to be forgotten. From here on nothing of it is kept, said or counted any more."""

    type: Literal["erasure.requested"]


PRIVACY: Final = Family("privacy", (ErasureRequested,))
