"""Topic `privacy`: requests of customers about their data."""

from typing import Final, Literal

from schemas.base import Event
from schemas.family import Family


class ErasureRequested(Event):
    """A customer is to be erased. From then on no data of the customer is stored, sent or counted."""

    type: Literal["erasure.requested"]


PRIVACY: Final = Family("privacy", (ErasureRequested,))
