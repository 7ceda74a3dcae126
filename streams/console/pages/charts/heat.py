"""Steps of colour for a table of shares: the table itself says each share, so colour adds nothing that words lack."""

from fractions import Fraction
from typing import Final

STEPS: Final = 8


def heat(share: Fraction) -> str:
    """Return the class of a share: the steps are finer near 1, where shares of retention mostly lie.

    >>> [heat(Fraction(n, 100)) for n in (0, 30, 62, 78, 100)]
    ['heat-0', 'heat-0', 'heat-2', 'heat-4', 'heat-7']
    """
    bounds = (Fraction(2, 5), Fraction(11, 20), Fraction(13, 20), Fraction(39, 50), Fraction(43, 50), Fraction(23, 25))
    return f"heat-{sum(share >= bound for bound in bounds) + (share >= Fraction(97, 100))}"
