"""Elements of an SVG picture, escaped. They have no `style`: the console's policy allows none."""

from collections.abc import Iterable
from typing import Final

from markupsafe import Markup, escape

Field = str | int | float | None
_PYTHON: Final = {"class_": "class"}


def number(value: float) -> str:
    """Return a coordinate, to a tenth of a unit.

    >>> number(12.04), number(-0.01), number(3)
    ('12', '0', '3')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def tag(name: str, children: Iterable[str] | str = (), /, **fields: Field) -> Markup:
    """Return an element. Underscores in names of fields are hyphens; a field that is None is left out.

    >>> tag("text", "<5 %", x=1.25, text_anchor="end", class_=None)
    Markup('<text x="1.2" text-anchor="end">&lt;5 %</text>')
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(_PYTHON.get(key, key.replace("_", "-")), _text(value))
        for key, value in fields.items()
        if value is not None
    )
    inside = escape(children) if isinstance(children, str) else Markup("").join(children)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), written, inside)  # noqa: S704 - names are our own literals


def _text(value: Field) -> str:
    return number(value) if isinstance(value, float) else str(value)


def picture(children: Iterable[str], label: str, width: int, height: int, kind: str) -> Markup:
    """Return a picture that says in words what it shows."""
    return tag(
        "svg",
        [tag("title", label), *children],
        viewBox=f"0 0 {width} {height}",
        class_=f"chart {kind}",
        role="img",
        aria_label=label,
    )


def path(points: Iterable[tuple[float, float]]) -> str:
    """Return a path of straight lines.

    >>> path([(0, 1), (2.5, 3)])
    'M0 1L2.5 3'
    """
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points)
