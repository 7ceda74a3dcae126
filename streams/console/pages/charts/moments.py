"""A value over time: a stair of levels that hold until they change, or a line through what was measured."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from markupsafe import Markup

from streams.console.pages.charts.lines import BOTTOM, LEFT, RIGHT, TOP
from streams.console.pages.charts.scale import Axis, axis
from streams.console.pages.charts.svg import path, picture, tag


class Level(NamedTuple):
    """A value from an instant on, and what is said about it."""

    at: datetime
    value: float
    said: str


class _Frame(NamedTuple):
    width: int
    height: int
    start: datetime
    end: datetime
    axis: Axis

    def x(self, at: datetime) -> float:
        whole = (self.end - self.start).total_seconds() or 1
        return LEFT + (self.width - LEFT - RIGHT) * (at - self.start).total_seconds() / whole

    def y(self, value: float) -> float:
        return self.height - BOTTOM - (self.height - TOP - BOTTOM) * self.axis.share(value)


def over_time(
    levels: Sequence[Level],
    until: datetime,
    label: str,
    shown: Callable[[float], str],
    named: Callable[[datetime], str],
    *,
    stairs: bool,
    look: str,
    bounds: Sequence[float] = (),
    top: float | None = None,
    width: int = 560,
    height: int = 190,
) -> Markup:
    """Return a picture of a value over time, from its first level until an instant.

    `bounds` are values at which a line is drawn; `top` is what the axis reaches at least.
    """
    start = levels[0].at if levels else until
    found = axis([0.0, *(level.value for level in levels), *([] if top is None else [top])], 4)
    frame = _Frame(width, height, start, max(until, start), found)
    drawn = [*_grid(frame, shown, bounds), *_days(frame, named)]
    ends = [*levels, Level(frame.end, levels[-1].value, "")] if levels else []
    corners = list(_stairs(ends) if stairs and ends else ((level.at, level.value) for level in ends))
    if corners:
        line = [(frame.x(at), frame.y(value)) for at, value in corners]
        floor = frame.y(found.low)
        drawn.append(
            tag("path", d=path([(line[0][0], floor), *line, (line[-1][0], floor)]) + "Z", class_=f"area {look}")
        )
        drawn.append(tag("path", d=path(line), class_=f"stroke {look}"))
    drawn += [
        tag(
            "circle",
            [tag("title", level.said)],
            cx=frame.x(level.at),
            cy=frame.y(level.value),
            r=3.0,
            class_=f"mark {look}",
        )
        for level in levels
    ]
    return picture(drawn, label, width, height, "moments")


def _stairs(levels: Sequence[Level]) -> Iterator[tuple[datetime, float]]:
    for before, after in pairwise(levels):
        yield before.at, before.value
        yield after.at, before.value
    yield levels[-1].at, levels[-1].value


def _grid(frame: _Frame, shown: Callable[[float], str], bounds: Sequence[float]) -> Iterator[Markup]:
    for tick in frame.axis.ticks:
        y = frame.y(tick)
        yield tag("line", x1=LEFT, x2=frame.width - RIGHT, y1=y, y2=y, class_="grid")
        yield tag("text", shown(tick), x=LEFT - 8, y=y + 4, text_anchor="end")
    for bound in bounds:
        y = frame.y(bound)
        yield tag("line", x1=LEFT, x2=frame.width - RIGHT, y1=y, y2=y, class_="whole")


def _days(frame: _Frame, named: Callable[[datetime], str]) -> Iterator[Markup]:
    """Yield the first and the last day, with the one between them if there is room."""
    y = frame.height - 8
    yield tag("text", named(frame.start), x=LEFT, y=y, text_anchor="start")
    middle = frame.start + (frame.end - frame.start) / 2
    if named(frame.start) != named(middle) != named(frame.end):
        yield tag("text", named(middle), x=frame.x(middle), y=y, text_anchor="middle")
    if named(frame.start) != named(frame.end):
        yield tag("text", named(frame.end), x=frame.width - RIGHT, y=y, text_anchor="end")
