"""Bars that fill the width that they are given: shares, steps of a waterfall, contributions that add up to a risk.

A bar stands in a row of a table that says its number in words, so it is no picture of its own: readers skip it.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from markupsafe import Markup

from streams.console.pages.charts.svg import tag

LONG: Final = 1000
"""Units of a bar from end to end; the picture is stretched to the width of its cell."""


class Span(NamedTuple):
    """A part of a bar, from one share of its length to another one."""

    start: Fraction
    end: Fraction
    look: str


def bar(spans: Sequence[Span], *, zero: Fraction | None = None) -> Markup:
    """Return a bar; `zero` is where a line marks the place of nothing.

    >>> str(bar([Span(Fraction(1, 4), Fraction(1, 2), "gain")])).count('x="250" width="250"')
    1
    """
    drawn = [tag("rect", x=0, width=LONG, y=0, height=10, class_="track")]
    for span in spans:
        low, high = sorted((span.start, span.end))
        # A value that is there is seen, however small: a hundredth of the bar at least.
        width = max(float((high - low) * LONG), LONG / 150) if high != low else 0.0
        drawn.append(tag("rect", x=min(float(low * LONG), LONG - width), width=width, y=0, height=10, class_=span.look))
    if zero is not None:
        drawn.append(tag("rect", x=float(zero * LONG) - 2, width=4, y=0, height=10, class_="zero"))
    return tag(
        "svg",
        drawn,
        viewBox=f"0 0 {LONG} 10",
        preserveAspectRatio="none",
        class_="bar",
        aria_hidden="true",
        focusable="false",
    )


def share_bar(share: Fraction, look: str) -> Markup:
    """Return a bar that is filled from its beginning."""
    return bar([Span(Fraction(0), min(max(share, Fraction(0)), Fraction(1)), look)])


def waterfall(steps: Sequence[tuple[Fraction, Fraction, str]]) -> list[Markup]:
    """Return a bar for each step of a waterfall: its amount, the level after it, and its kind.

    The changes are what one looks for, and they are small beside the levels: so the bars begin a little below the
    lowest level and not at zero, as the page says.
    """
    levels = [level for amount, after, _ in steps for level in (after, after - amount)]
    levels = [level for level in levels if level] or [Fraction(0)]
    low, high = min(levels), max(levels)
    low = max(Fraction(0), low - (high - low) / 2)
    span = high - low or Fraction(1)
    drawn = []
    for amount, after, kind in steps:
        is_level = kind in {"start", "end"}
        begin, end = Fraction(0) if is_level else (after - amount - low) / span, (after - low) / span
        look = "level" if is_level else "gain" if amount >= 0 else "loss"
        drawn.append(bar([Span(max(begin, Fraction(0)), max(end, Fraction(0)), look)]))
    return drawn


def contributions(parts: Sequence[Fraction]) -> tuple[list[Markup], Fraction]:
    """Return a bar for each part of a whole, each beginning where the one before ends, and what they add up to.

    Negative parts go back. The bars are drawn on 0 to 1, or on less or more if the parts reach there.
    """
    ends = [Fraction(0)]
    for part in parts:
        ends.append(ends[-1] + part)
    low, high = min(ends), max(*ends, Fraction(1)) if ends else Fraction(1)
    span = high - low
    drawn = [
        bar([Span((ends[place] - low) / span, (ends[place + 1] - low) / span, "more" if part >= 0 else "less")])
        for place, part in enumerate(parts)
    ]
    return drawn, ends[-1]
