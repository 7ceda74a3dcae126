"""Topic `privacy`: what customers decide about their data."""

from typing import Literal

from schemas.base import Event


class ErasureRequested(Event):
    """A customer is to be forgotten. From here on nothing of it is kept, said or counted any more."""

    type: Literal["erasure.requested"]
