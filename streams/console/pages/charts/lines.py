"""Lines over periods: with gaps where there is no value, and values that may still change drawn hollow and dashed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from markupsafe import Markup

from streams.console.pages.charts.scale import Axis, axis, every
from streams.console.pages.charts.svg import path, picture, tag

LEFT: Final = 52
RIGHT: Final = 14
TOP: Final = 12
BOTTOM: Final = 26
_Edge = tuple[float, float, float]
LABEL: Final = 50
"""Room that the label of a period takes."""


class Point(NamedTuple):
    """A value, whether it may still change, and between which values it probably lies."""

    value: float
    provisional: bool = False
    low: float | None = None
    high: float | None = None


class Series(NamedTuple):
    """One line: its name, its class in the style sheet, and its points by period; None is a gap."""

    name: str
    look: str
    points: Sequence[Point | None]


class _Frame(NamedTuple):
    """The inside of a picture: where each period and each value is."""

    width: int
    height: int
    places: int
    axis: Axis

    def x(self, place: int) -> float:
        inside = self.width - LEFT - RIGHT
        return LEFT + inside / 2 if self.places < 2 else LEFT + inside * place / (self.places - 1)  # noqa: PLR2004

    def y(self, value: float) -> float:
        return self.height - BOTTOM - (self.height - TOP - BOTTOM) * self.axis.share(value)


def lines(
    labels: Sequence[str],
    series: Sequence[Series],
    label: str,
    shown: Callable[[float], str],
    *,
    width: int = 720,
    height: int = 250,
    whole: float | None = None,
) -> Markup:
    """Return a picture of lines; `whole` is a value at which a line is drawn throughout, as 1 is of a share."""
    values = [*ends(point for one in series for point in one.points if point)]
    frame = _Frame(width, height, len(labels), axis([*values, whole] if whole is not None and values else values))
    drawn = [*_grid(frame, shown, whole), *_periods(frame, labels)]
    for one in series:
        drawn += _intervals(frame, one)
    for one in series:
        drawn += [*_strokes(frame, one), *_marks(frame, one, labels, shown)]
    return picture(drawn, label, width, height, "lines")


def ends(points: Iterable[Point]) -> Iterator[float]:
    """Yield the values that an axis of points has to hold: theirs, and the ends of their intervals."""
    for point in points:
        yield point.value
        if point.low is not None and point.high is not None:
            yield point.low
            yield point.high


def _grid(frame: _Frame, shown: Callable[[float], str], whole: float | None) -> Iterator[Markup]:
    for tick in frame.axis.ticks:
        y = frame.y(tick)
        yield tag("line", x1=LEFT, x2=frame.width - RIGHT, y1=y, y2=y, class_="whole" if tick == whole else "grid")
        yield tag("text", shown(tick), x=LEFT - 8, y=y + 4, text_anchor="end")


def _periods(frame: _Frame, labels: Sequence[str]) -> Iterator[Markup]:
    by = every(len(labels), frame.width - LEFT - RIGHT, LABEL)
    for place, label in enumerate(labels):
        if (len(labels) - 1 - place) % by == 0:  # the newest one is always named
            last = place == len(labels) - 1 and len(labels) > 1
            anchor, x = ("end", frame.x(place) + RIGHT) if last else ("middle", frame.x(place))
            yield tag("text", label, x=x, y=frame.height - 8, text_anchor=anchor)


def _intervals(frame: _Frame, one: Series) -> Iterator[Markup]:
    """Yield the area between the lowest and the highest probable values, for each stretch without a gap."""
    known = [
        (frame.x(place), frame.y(point.low), frame.y(point.high))
        if point and point.low is not None and point.high is not None
        else None
        for place, point in enumerate(one.points)
    ]
    for stretch in _stretches(known):
        edge = [(x, low) for x, low, _ in stretch] + [(x, high) for x, _, high in reversed(stretch)]
        if len(stretch) > 1:
            yield tag("path", d=path(edge) + "Z", class_=f"interval {one.look}")


def _stretches(places: Sequence[_Edge | None]) -> Iterator[list[_Edge]]:
    found: list[_Edge] = []
    for place in places:
        if place is not None:
            found.append(place)
        elif found:
            yield found
            found = []
    if found:
        yield found


def _strokes(frame: _Frame, one: Series) -> Iterator[Markup]:
    for place, (before, after) in enumerate(pairwise(one.points)):
        if before and after:
            ends = [(frame.x(place), frame.y(before.value)), (frame.x(place + 1), frame.y(after.value))]
            dashed = " provisional" if before.provisional or after.provisional else ""
            yield tag("path", d=path(ends), class_=f"stroke {one.look}{dashed}")


def _marks(frame: _Frame, one: Series, labels: Sequence[str], shown: Callable[[float], str]) -> Iterator[Markup]:
    for place, (point, label) in enumerate(zip(one.points, labels, strict=True)):
        if point:
            look = f"mark {one.look}" + (" provisional" if point.provisional else "")
            said = tag("title", f"{one.name}, {label}: {shown(point.value)}")
            yield tag("circle", [said], cx=frame.x(place), cy=frame.y(point.value), r=4.0, class_=look)
