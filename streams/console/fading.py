"""Computes what a card says on a later day: signals age, and with them fall its risk, its band and its value at risk.

    written 22 Sep            asked 29 Nov
    ──┼──────────────────────────┼──►      risk = 1 − Π (1 − weight · 2^(−age / half-life)), of what is not folded
      0.3000                     0.0104    value at risk, in proportion to the risk

Workers do not write the card of a customer in the band low again because it got older. By the weights of the
catalogue that is found out from the card itself; the card of a fitted model stands as it was written.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, NamedTuple

import msgspec

from retention.calendar import DAY, Instant, instant, moment
from retention.money import decimal_text, money_text
from retention.risk.arithmetic import combined, contributions, decayed, whole
from retention.risk.judgement import text_of
from retention.risk.model import BANDS, NAME
from schemas.currencies import DECIMALS
from schemas.outbound import Band, CustomerHealth, EvidenceOut, ValueAtRisk
from streams.console.intake import steps_of

MOST: Final = 2**63 - 1
"""The largest whole number of a column of the store: a value beyond it is a mistake of a producer."""


class Bands(NamedTuple):
    """The risks from which on the band is medium, and high, in steps."""

    medium: int = 3_300
    high: int = 6_600

    def of(self, risk: int) -> Band:
        """Return the band of a risk.

        >>> Bands().of(3_299), Bands().of(6_600)
        ('low', 'high')
        """
        return BANDS[(risk >= self.medium) + (risk >= self.high)]


USUAL: Final = Bands()


def fades(card: CustomerHealth) -> bool:
    """Report whether a card says enough to know its risk on a later day: by the weights of the catalogue."""
    return card.model.name == NAME and not card.model.calibrated


def faded(card: CustomerHealth, at: Instant, bands: Bands) -> CustomerHealth:
    """Return a card as of an instant; unchanged before its own, and if it does not fade."""
    if at <= instant(card.as_of) or not fades(card):
        return card
    parts = [
        _left(one.weight, instant(one.raised_at), one.half_life_days, at) for one in card.open_signals if not one.folded
    ]
    risk, shares = combined(parts), iter(contributions(parts))
    return card.model_copy(
        update={
            "as_of": moment(at),
            "risk": text_of(risk),
            "band": bands.of(risk),
            "open_signals": [_aged(one, 0 if one.folded else next(shares), at) for one in card.open_signals],
            "value_at_risk": _values(card.value_at_risk, risk, steps_of(card.risk)),
        }
    )


def _left(weight: float, raised: Instant, half_life_days: int | None, at: Instant) -> int:
    return decayed(whole(weight), at - raised, half_life_days * DAY if half_life_days else 0)


def _aged(one: EvidenceOut, contribution: int, at: Instant) -> EvidenceOut:
    age = (at - instant(one.raised_at)) // DAY
    return one.model_copy(update={"age_days": age, "contribution": text_of(contribution)})


def _values(values: Iterable[ValueAtRisk], risk: int, before: int) -> list[ValueAtRisk]:
    """Return values at risk in proportion to the risk; what is no value of a risk of nothing is left out."""
    if not risk or not before:
        return []
    return [
        one.model_copy(update={"amount": _amount(Fraction(one.amount) * risk / before, one.currency)}) for one in values
    ]


def _amount(value: Fraction, currency: str) -> str:
    return money_text(value, currency) if currency in DECIMALS else decimal_text(value, 2)


def amounts(card: CustomerHealth) -> list[tuple[str, int]]:
    """Return the value at risk of a card by currency, in ten-thousandths; no more than a column of the store holds."""
    return sorted({one.currency: min(MOST, steps_of(one.amount)) for one in card.value_at_risk}.items())


# The risk of an earlier card, of which only this is stored

_encoded: Final = msgspec.json.Encoder().encode
_decoded: Final = msgspec.json.Decoder().decode


def weights_of(card: CustomerHealth) -> bytes | None:
    """Return what the risk of a card follows from, to be stored; None if it does not fade."""
    if not fades(card):
        return None
    return _encoded(
        [[one.weight, instant(one.raised_at), one.half_life_days] for one in card.open_signals if not one.folded]
    )


def risk_at(weights: bytes, at: Instant) -> str:
    """Return the risk at an instant by stored weights."""
    found: list[tuple[float, Instant, int | None]] = _decoded(weights)
    return text_of(combined([_left(*one, at) for one in found]))
