"""A line as high as a word: how a figure went, without axes."""

from collections.abc import Sequence

from markupsafe import Markup

from streams.console.pages.charts.svg import path, picture, tag

WIDTH = 96
HEIGHT = 28
EDGE = 3


def sparkline(values: Sequence[float | None], label: str, look: str) -> Markup:
    """Return a small line with a mark at its newest value; gaps are left out of it.

    >>> str(sparkline([], "none", "s1")).count("path")
    0
    """
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if not known:
        return picture((), label, WIDTH, HEIGHT, "sparkline")
    low, high = min(value for _, value in known), max(value for _, value in known)
    across, span = max(len(values) - 1, 1), high - low
    points = [
        (
            EDGE + (WIDTH - 2 * EDGE) * place / across,
            HEIGHT / 2 if not span else HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - low) / span,
        )
        for place, value in known
    ]
    x, y = points[-1]
    drawn = [
        tag("path", d=path(points), class_=f"stroke {look}"),
        tag("circle", cx=x, cy=y, r=2.5, class_=f"dot {look}"),
    ]
    return picture(drawn, label, WIDTH, HEIGHT, "sparkline")
