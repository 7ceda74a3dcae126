"""States each thing about a customer once a commit, as it is at the end of the commit (metrics.md, Movement).

    events of one commit     start 50      late: it was 60
    without this             new 50        correction of new 50 to 60
    published                              new 60

Of several statements of a commit about one thing only the last is published, and none if it revokes one that was never
published. For which types that holds, and how two of them are joined, is defined by their measure (`LastWord`). Signals
are left alone: a raise and its clear are an episode.
"""

from collections.abc import Mapping
from typing import cast

from retention.statements import LastWord, Statement

_About = tuple[str, str, int]
"""The thing that a statement is about, the customer, and the instant."""


def once(statements: list[Statement], last_words: Mapping[str, LastWord]) -> list[Statement]:
    """Return the statements that remain of a commit's statements, in order; `last_words` by type of statement."""
    left: list[Statement | None] = []
    places: dict[_About, list[int]] = {}
    """By subject: the places in `left` of its statements. A loss or a return may be revoked later."""
    for statement in statements:
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
