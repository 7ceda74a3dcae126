"""A customer's answers, reviews and feedback, and the replies: scores, topics and sentiments, and never a text.

    answer 9      answer 4        answer 5       answer 8
    ──┼─────────────┼───────────────┼──────────────┼──►
                    [ a spell of low answers ──────)      from the first low one to the first that is not

Everything is in one list in order of time. Of each kind the newest ones are kept.
"""

from bisect import insort
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from retention.calendar import NEVER, Instant
from retention.identity import KeptId, digest, unpacked
from retention.ordering import together
from retention.structs import KeptFact

MAX_ANSWERS: Final = 40
"""Answers to surveys of one kind."""
MAX_OTHERS: Final = 20
"""Reviews, and whatever else there is, of one kind."""
HUNDRED: Final = 100
"""Ratings of reviews and sentiments are stored in hundredths."""

NPS: Final = "n"
CSAT: Final = "c"
CES: Final = "e"
REVIEW: Final = "r"
COMPLAINT: Final = "k"
PRAISE: Final = "p"
OTHER: Final = "o"
REPLY: Final = "a"
SaidKind = Literal["n", "c", "e", "r", "k", "p", "o", "a"]
"""As it is stored: in one letter."""
SUPPORT: Final = frozenset({CSAT, CES})
_SURVEYS: Final = frozenset({NPS, CSAT, CES})
_OPINIONS: Final = frozenset({REVIEW, COMPLAINT, PRAISE, OTHER})

CSAT_SCALE: Final = (1, 5)
CES_SCALE: Final = (1, 7)


class Said(KeptFact, frozen=True):
    """One thing that was said: a score and its scale, its subject, or a sentiment; or the reply to one.

    `refers_to` is the digest of its id at the source; of a reply, that of the id of what it replies to.
    """

    at: Instant
    event_id: KeptId
    kind: "SaidKind"
    score: int = 0
    lowest: int = 0
    highest: int = 0
    about: str = ""
    """The ticket that an answer is about, the place of a review, the topic of a complaint."""
    refers_to: bytes = b""
    sentiment: int = 0
    confidence: int = 0

    def answers_to(self) -> bytes:
        """Return the digest that a reply to it refers to."""
        return self.refers_to or digest(unpacked(self.event_id))

    def on(self, scale: tuple[int, int]) -> Fraction:
        """Return a score on another scale: the ends of one are the ends of the other."""
        low, high = scale
        return low + Fraction((self.score - self.lowest) * (high - low), self.highest - self.lowest)

    def stars(self) -> Fraction:
        """Return the rating of a review as if it were one of up to 5."""
        return Fraction(self.score * 5, HUNDRED * self.highest)


def order_of(said: Said) -> tuple[Instant, str, SaidKind]:
    """Return the sort key: time, then event id (metrics.md, rule 2)."""
    return said.at, unpacked(said.event_id), said.kind


def is_known(kept: list[Said], said: Said) -> bool:
    """Report whether an event was taken in before."""
    return any(one.event_id == said.event_id and one.kind == said.kind for one in kept)


def take_in(kept: list[Said], said: Said) -> None:
    """Insert something at its place in time."""
    insort(kept, said, key=order_of)


def bound(kept: list[Said]) -> int:
    """Keep the newest of each kind; return how many were dropped."""
    if len(kept) <= MAX_OTHERS:
        return 0
    number, left = len(kept), dict[str, int]()
    newest: list[Said] = []
    for said in reversed(kept):
        left[said.kind] = left.get(said.kind, MAX_ANSWERS if said.kind in _SURVEYS else MAX_OTHERS) - 1
        if left[said.kind] >= 0:
            newest.append(said)
    kept[:] = newest[::-1]
    return number - len(kept)


def prune(kept: list[Said], before: Instant) -> None:
    """Drop what was said before the horizon."""
    kept[:] = [said for said in kept if said.at >= before]


def recommendations(kept: list[Said]) -> list[Said]:
    """Return the answers to NPS surveys, in order of time."""
    return [said for said in kept if said.kind == NPS]


def support_scores(kept: list[Said]) -> list[Said]:
    """Return the answers to surveys about support, in order of time."""
    return [said for said in kept if said.kind in SUPPORT]


def opinions(kept: list[Said]) -> list[Said]:
    """Return the reviews and submissions, in order of time."""
    return [said for said in kept if said.kind in _OPINIONS]


def reply_to(said: Said, kept: Iterable[Said]) -> Instant:
    """Return when the company first replied; `NEVER` if it has not. A reply from before is to something earlier."""
    wanted = said.answers_to()
    found = (one.at for one in kept if one.kind == REPLY and one.at >= said.at and one.refers_to == wanted)
    return min(found, default=NEVER)


class Spell(NamedTuple):
    """A row of low answers: the answer before it, if any, the low ones, and when one that is not low ended it."""

    before: Said | None
    low: list[Said]
    end: Instant


def spells(
    answers: list[Said], begins: Callable[[Said, Said | None], bool], ends: Callable[[Said], bool]
) -> list[Spell]:
    """Return the rows of low answers, the newest first. `begins` is also given the answer before."""
    found: list[Spell] = []
    before: Said | None = None
    for said in answers:
        last = found[-1] if found else None
        if last is not None and last.end == NEVER:
            if ends(said):
                found[-1] = last._replace(end=said.at)
            else:
                last.low.append(said)
        elif begins(said, before):
            found.append(Spell(before, [said], NEVER))
        before = said
    return [spell for spell in reversed(found) if spell.end > spell.low[0].at]


def joined(kept: list[Said], others: list[Said]) -> list[Said]:
    """Return what two customers have said, in order of time."""
    return together(kept, others, _of_one_event, order_of)


def _of_one_event(said: Said) -> tuple[KeptId, str]:
    return said.event_id, said.kind
