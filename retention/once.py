"""What one commit would state and correct of a customer is stated once, as it stands at its end (metrics.md, Movement).

Of several statements of a commit about one thing, only the last word is said, and nothing at all where it takes back
what was never said. For which types that holds, and what two of them come to, is said by their measure (`LastWord`).
Signals are not touched: a raise and its clear are an episode.
"""

from collections.abc import Mapping
from typing import cast

from retention.statements import LastWord, Statement

_About = tuple[str, str, int]
"""What sets the thing apart, the customer, and the instant."""


def once(said: list[Statement], last_words: Mapping[str, LastWord]) -> list[Statement]:
    """Return what is left to be said of a row of statements; `last_words` by type of statement."""
    left: list[Statement | None] = []
    places: dict[_About, list[int]] = {}
    """Where in `left` something is said of a thing: of a loss or a return, it may be taken back first."""
    for statement in said:
        now, word = cast("Statement | None", statement), last_words.get(statement.type)
        if word is not None:
            earlier = places.setdefault((word.about(statement), statement.key, statement.at), [])
            if earlier and word.goes_on(first := cast("Statement", left[earlier[-1]]), statement):
                left[earlier.pop()] = None
                now = word.joined(first, statement)
            if now is not None:
                earlier.append(len(left))
        left.append(now)
    for earlier in places.values():
        for place in earlier[:-1]:
            left[place] = None
    return [statement for statement in left if statement is not None]
