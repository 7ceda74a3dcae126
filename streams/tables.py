"""Prints tables whole: rich cuts words where a terminal is too narrow, and a figure without its end is a wrong one.

Where there is too little room, heads and texts are wrapped at their spaces, and columns stand closer. If there is too
little even then, lines are longer than the terminal is wide, which wraps them.
"""

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from schemas.visible import visible

LITTLE: Final = 2
"""Columns by which a line that goes on is indented, if there is no room for more."""
CLOSE: Final = (0, 1, 0, 0)
"""The room around a cell where there is too little for more: one blank between columns."""
WIDEST: Final = 10_000
"""Columns of a terminal on which every table has enough room."""


def print_whole(console: Console, table: Table) -> None:
    """Print a table, of which no word is cut off or broken, however narrow the terminal is."""
    for column in table.columns:
        _keep_words(console, column)
    width = console.width
    if _measured(console, table).minimum > width:
        table.padding, table.pad_edge = CLOSE, False
    console.width = max(width, _measured(console, table).minimum)
    try:
        console.print(table, crop=False)
    finally:
        console.width = width


class Verbatim(str):
    """A line that is copied, as a command or a setting: it is not broken."""

    __slots__ = ()


def print_line(console: Console, line: str) -> None:
    """Print a line of a report; on a terminal that is narrower, in several ones, each a little within the first."""
    text = Text(visible(line))
    if isinstance(line, Verbatim):
        console.print(text, soft_wrap=True)
    else:
        print_words(console, text, under=len(line) - len(line.lstrip()) + LITTLE)


def print_words(console: Console, words: str | Text, under: int = 0) -> None:
    """Print a line, as markup or text; on a terminal that is narrower, in several ones that end with a word.

    All but the first are indented: by `under` if they have half of the terminal then, else a little.
    """
    text, width = Text.from_markup(words) if isinstance(words, str) else words, console.width
    if not console.is_terminal:
        console.print(text, soft_wrap=True)
        return
    first = text.wrap(console, width)[0]
    console.print(first, soft_wrap=True)
    rest = text[len(first.plain) :]
    rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
    indent = under if width - under >= width // 2 else LITTLE
    for row in rest.wrap(console, width - indent) if rest else ():
        console.print(Text(" " * indent) + row, soft_wrap=True)


def in_lines(parts: Sequence[str], width: int) -> str:
    """Return parts in lines, none of which is broken: rich breaks at each blank, also one that asks it not to.

    >>> in_lines(["no-login 3", "price-shock 1", "detractor 4"], 27)
    'no-login 3, price-shock 1,\\ndetractor 4'
    """
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + len(", ") < width:
            lines[-1] += f", {part}"
        else:
            lines.append(part)
    return ",\n".join(lines)


def _keep_words(console: Console, column: Column) -> None:
    """Keep a column no narrower than its longest word, and than its longest cell if it is one of figures."""
    head, cells = _measured(console, column.header), [_measured(console, cell) for cell in column.cells]
    least = [one.maximum if column.justify == "right" else one.minimum for one in cells]
    column.min_width = max([head.minimum, *least])
    if column.max_width is not None:
        column.max_width = max(column.max_width, column.min_width)
    column.no_wrap = column.min_width == max(one.maximum for one in (head, *cells))


def _measured(console: Console, what: object) -> Measurement:
    return Measurement.get(console, console.options.update(max_width=WIDEST), what)  # type: ignore[arg-type] # cells too
