"""The pictures of the console: they add up, have gaps where nothing is known, and escape what they are given."""

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from streams.console.pages.charts.bars import LONG, contributions, share_bar, waterfall
from streams.console.pages.charts.heat import STEPS, heat
from streams.console.pages.charts.lines import Point, Series, lines
from streams.console.pages.charts.moments import Level, over_time
from streams.console.pages.charts.scale import axis
from streams.console.pages.charts.sparkline import sparkline

START = datetime(2026, 1, 1, tzinfo=UTC)
SHARES = st.integers(-400, 400).map(lambda n: Fraction(n, 1_000))
VALUES = st.floats(-1e9, 1e9, allow_nan=False)
POINTS = st.lists(
    st.none() | st.tuples(st.floats(0, 2), st.booleans()).map(lambda drawn: Point(*drawn)), min_size=1, max_size=30
)


def plain(value: float) -> str:
    return f"{value:g}"


def pieces(picture: Markup) -> ET.Element:
    return ET.fromstring(str(picture))  # noqa: S314 - our own


def drawn(picture: Markup, look: str) -> list[ET.Element]:
    return [one for one in pieces(picture).iter() if look in (one.get("class") or "").split()]


@given(st.lists(VALUES, max_size=20))
def test_an_axis_holds_its_values_between_few_round_lines(values: list[float]) -> None:
    found = axis(values)

    room = 1e-6 * (found.high - found.low)
    assert all(found.low - room <= value <= found.high + room for value in values)
    assert 2 <= len(found.ticks) <= 8
    assert found.ticks[0] == found.low < found.high == found.ticks[-1]


@given(POINTS)
def test_a_line_has_a_mark_for_each_value_and_a_stroke_between_neighbours(points: list[Point | None]) -> None:
    labels = [str(place) for place in range(len(points))]

    picture = lines(labels, [Series("CRR", "s1", points)], "all", plain)

    assert len(drawn(picture, "mark")) == sum(point is not None for point in points)
    neighbours = sum(a is not None and b is not None for a, b in pairwise(points))
    assert len(drawn(picture, "stroke")) == neighbours


@given(POINTS)
def test_what_may_change_is_drawn_otherwise(points: list[Point | None]) -> None:
    labels = [str(place) for place in range(len(points))]

    picture = lines(labels, [Series("CRR", "s1", points)], "all", plain)

    hollow = [one for one in drawn(picture, "mark") if "provisional" in (one.get("class") or "")]
    assert len(hollow) == sum(point is not None and point.provisional for point in points)


@given(POINTS, st.sampled_from([350, 1140]))
def test_everything_drawn_is_inside_the_picture(points: list[Point | None], width: int) -> None:
    labels = [str(place) for place in range(len(points))]

    picture = lines(labels, [Series("CRR", "s1", points)], "all", plain, width=width, height=230)

    for mark in drawn(picture, "mark"):
        assert 0 <= float(mark.get("cx") or 0) <= width
        assert 0 <= float(mark.get("cy") or 0) <= 230.1


def test_an_interval_is_an_area_that_ends_at_a_gap() -> None:
    known = Point(0.9, low=0.8, high=0.95)

    picture = lines(["a", "b", "c", "d"], [Series("CRR", "s1", [known, known, None, known])], "all", plain)

    assert len(drawn(picture, "interval")) == 1


def test_a_picture_says_in_words_what_it_shows_and_escapes_it() -> None:
    picture = lines(["<b>"], [Series("<i>", "s1", [Point(1.0)])], 'a "label" & <more>', plain)

    assert pieces(picture).get("aria-label") == 'a "label" & <more>'
    assert pieces(picture).get("role") == "img"
    assert "<b>" not in str(picture)
    assert "style" not in str(picture)


@given(st.lists(SHARES, max_size=12))
def test_contributions_begin_where_the_one_before_ends_and_add_up(parts: list[Fraction]) -> None:
    bars, whole = contributions(parts)

    assert whole == sum(parts, Fraction(0))
    assert len(bars) == len(parts)
    at = [edges(bar) for bar in bars]
    for (_, before), (after, _) in pairwise(at):
        assert after == pytest.approx(before, abs=LONG / 100)


def edges(bar: Markup) -> tuple[float, float]:
    """Return where a bar begins and where it ends, in the direction in which it goes."""
    part = pieces(bar)[-1]
    begin = float(part.get("x") or 0)
    end = begin + float(part.get("width") or 0)
    return (end, begin) if part.get("class") == "less" else (begin, end)


@given(st.lists(st.integers(-300, 300), max_size=8), st.integers(0, 5_000))
def test_a_waterfall_goes_from_the_start_to_the_end(moves: list[int], start: int) -> None:
    steps, level = [(Fraction(start), Fraction(start), "start")], start
    for move in moves:
        level += move
        steps.append((Fraction(move), Fraction(level), "expansion" if move >= 0 else "churn"))
    steps.append((Fraction(level), Fraction(level), "end"))

    bars = waterfall(steps)

    assert [pieces(bar)[-1].get("class") for bar in bars] == [
        "level",
        *("gain" if move >= 0 else "loss" for move in moves),
        "level",
    ]
    for bar in bars:
        assert 0 <= float(pieces(bar)[-1].get("x") or 0) <= LONG


@given(st.fractions(0, 1), st.fractions(0, 1))
def test_a_greater_share_is_never_paler(one: Fraction, other: Fraction) -> None:
    low, high = sorted((one, other))

    assert int(heat(low).removeprefix("heat-")) <= int(heat(high).removeprefix("heat-")) < STEPS


def test_a_stair_holds_its_level_until_it_changes() -> None:
    levels = [Level(START, 100.0, "a"), Level(START + timedelta(days=10), 50.0, "b")]

    picture = over_time(levels, START + timedelta(days=20), "MRR", plain, lambda at: f"{at:%d}", stairs=True, look="s3")

    (stroke,) = drawn(picture, "stroke")
    heights = re.findall(r" ([0-9.]+)", stroke.get("d") or "")
    assert heights[0] == heights[1] != heights[2] == heights[3]
    assert len(drawn(picture, "mark")) == 2


def test_nothing_known_is_an_empty_picture() -> None:
    assert drawn(sparkline([None, None], "MRR", "s1"), "stroke") == []
    assert drawn(over_time([], START, "MRR", plain, str, stairs=True, look="s3"), "stroke") == []
    assert pieces(share_bar(Fraction(0), "share"))[-1].get("width") == "0"
    assert contributions([])[1] == 0
