"""The colours of the console: text is read on what it stands on, in light and in dark, as WCAG AA asks."""

import re
from pathlib import Path
from typing import Final

import pytest

from streams.console import pages

STYLES = (Path(pages.__file__).parent / "static/console.css").read_text()
PAIRS: Final[dict[str, str]] = dict(re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}, #[0-9a-f]{6})\)", STYLES))
THEMES: Final = ("light", "dark")
TEXT: Final = 4.5
"""The contrast of text, at least."""
SHAPE: Final = 3.0
"""The contrast of lines, marks and edges by which something is known, at least."""
GROUNDS: Final = ("back", "card", "raised")
TEXTS: Final = (
    *((text, ground) for text in ("ink", "soft", "accent") for ground in GROUNDS),
    *((text, ground) for text in ("high", "good") for ground in GROUNDS),
    *((of, f"{of}-back") for of in ("high", "medium", "low", "good")),
    ("accent", "accent-back"),
    ("ink", "accent-back"),
    ("soft", "accent-back"),
    ("on-accent", "accent"),
    ("card", "ink"),
    *(("ink", f"heat-{step}") for step in range(8)),
)
SHAPES: Final = (
    *((shape, ground) for shape in ("edge", "s1", "s2", "s3", "accent") for ground in ("back", "card")),
    *((bar, ground) for bar in ("bar-more", "bar-less", "bar-level") for ground in ("card", "raised")),
    *((series, "raised") for series in ("s1",)),
)


def luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def colour(name: str, theme: str) -> str:
    return PAIRS[name].split(", ")[THEMES.index(theme)]


def test_contrast_is_that_of_the_guideline() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_is_read_on_its_ground(text: str, ground: str, theme: str) -> None:
    assert contrast(colour(text, theme), colour(ground, theme)) >= TEXT


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_are_seen_on_their_ground(shape: str, ground: str, theme: str) -> None:
    assert contrast(colour(shape, theme), colour(ground, theme)) >= SHAPE


def test_every_colour_is_judged_and_none_stands_outside_the_pairs() -> None:
    judged = {name for pair in (*TEXTS, *SHAPES) for name in pair}

    assert set(PAIRS) - judged == {"line"}  # a line that only divides, and says nothing
    outside = re.sub(r"--[a-z0-9-]+: light-dark\([^)]*\);", "", STYLES)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", outside) == []


def test_a_style_names_no_other_host_and_no_animation_that_cannot_be_declined() -> None:
    assert re.findall(r"url\(|@import|https?:", STYLES) == []
    assert re.findall(r"animation|transition", STYLES) == []


@pytest.mark.parametrize("name", sorted(set(re.findall(r"var\(--([a-z0-9-]+)\)", STYLES))))
def test_every_variable_is_set(name: str) -> None:
    assert f"--{name}:" in STYLES
