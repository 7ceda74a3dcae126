"""Topic `deposits`: the results of deposits, and announcements about later ones."""

from typing import Final, Literal

from schemas.base import Event, Id, Instant, Price
from schemas.family import Family


class DepositFailed(Event):
    """An attempt to collect a deposit has failed."""

    type: Literal["deposit.failed"]
    deposit_id: Id


class DepositSucceeded(Event):
    """A deposit has been collected."""

    type: Literal["deposit.succeeded"]
    deposit_id: Id


class MandateExpiring(Event):
    """A mandate to collect deposits will expire."""

    type: Literal["mandate.expiring"]
    expires_at: Instant


class FeeAnnounced(Event):
    """A new fee was announced to a customer."""

    type: Literal["fee.announced"]
    subscription_id: Id
    fee: Price


DEPOSITS: Final = Family("deposits", (DepositFailed, DepositSucceeded, MandateExpiring, FeeAnnounced))
