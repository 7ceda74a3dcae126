"""Scores of a demonstration's signals, compared with what the simulator knows: which customers left and announced it.

A warning is a raised signal. It is right if its customer left within 90 days. Only warnings older than 90 days are
judged, right and wrong ones alike: else the wrong ones of the last months would be missing.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Final, NamedTuple

from streams.broker import Broker
from streams.results import as_json
from streams.simulator import Loss
from streams.topics import SIGNALS

AHEAD: Final = timedelta(days=90)
"""Longest time from a warning to a loss for the warning to count."""
ANNOUNCEMENT: Final = "cancellation-requested"
"""The signal of a customer's own announcement: it foresees nothing."""


class Raised(NamedTuple):
    """A signal that was raised."""

    customer: str
    signal: str
    at: datetime


class Share(NamedTuple):
    """A number of items out of a total."""

    part: int = 0
    whole: int = 0

    def __str__(self) -> str:
        return f"{self.part / self.whole:.0%}" if self.whole else "–"


NONE: Final = Share()


@dataclass
class Scores:
    """The result of the comparison."""

    precision: Share = NONE
    """Warnings that were followed by a loss."""
    recall: Share = NONE
    """Losses that had a warning before."""
    foreseen: Share = NONE
    """Losses that had another warning, before the customer announced that it would leave."""
    silent: Share = NONE
    """Unannounced losses that had a warning before."""
    leads: list[float] = field(default_factory=list)
    """Days from the first warning to the loss."""

    def lines(self) -> Iterator[str]:
        """Yield the lines to print."""
        days = AHEAD.days
        yield f"Signals compared with the customers that really left (warnings of the {days} days before):"
        yield (
            f" precision {self.precision}: after {self.precision.part} of {self.precision.whole} warnings the customer "
            f"left within {days} days"
        )
        lead = f", the first one {median(self.leads):.0f} days ahead (median)" if self.leads else ""
        yield f" recall {self.recall}: {self.recall.part} of {self.recall.whole} losses had a warning before{lead}"
        yield (
            f" recall before the announcement {self.foreseen}: {self.foreseen.part} of {self.foreseen.whole} losses "
            "had a warning before the customer asked to leave"
        )
        yield (
            f" recall of unannounced losses {self.silent}: {self.silent.part} of "
            f"{self.silent.whole} losses had a warning before"
        )


async def scored(broker: Broker, losses: list[Loss], reached: datetime | None) -> Scores:
    """Read the signals from the broker, and compare them with the losses up to the last day played."""
    warnings = [warning async for warning in _warnings(broker)]
    return scores_of(warnings, losses, reached) if reached is not None else Scores()


async def _warnings(broker: Broker) -> AsyncIterator[Raised]:
    name = broker.topic(SIGNALS)
    for number in range((await broker.widths())[name]):
        async for records in broker.read(name, number):
            for record in records:
                said = as_json(SIGNALS.name, record)
                if ".churn_signal.raised." in said["headers"]["ce_type"]:
                    value = said["value"]
                    at = datetime.fromisoformat(value["raised_at"])
                    yield Raised(value["customer_id"], value["signal"], at)


def scores_of(warnings: Iterable[Raised], losses: Iterable[Loss], reached: datetime) -> Scores:
    """Return the scores of warnings against losses, both up to the last day played."""
    known = [loss for loss in losses if loss.at < reached]
    left, warned = defaultdict(list), defaultdict(list)
    for loss in known:
        left[loss.customer].append(loss.at)
    judged = right = 0
    for warning in warnings:
        warned[warning.customer].append(warning)
        if warning.at + AHEAD <= reached:
            judged += 1
            right += any(warning.at < at <= warning.at + AHEAD for at in left[warning.customer])
    scores = Scores(Share(right, judged))
    for loss in known:
        _judge(scores, loss, warned[loss.customer])
    return scores


def _judge(scores: Scores, loss: Loss, warnings: list[Raised]) -> None:
    before = [warning for warning in warnings if loss.at - AHEAD <= warning.at < loss.at]
    said = loss.announced or loss.at
    own = any(warning.signal != ANNOUNCEMENT and said - AHEAD <= warning.at < said for warning in warnings)
    scores.recall = _and(scores.recall, hit=bool(before))
    scores.foreseen = _and(scores.foreseen, hit=own)
    if loss.announced is None:
        scores.silent = _and(scores.silent, hit=bool(before))
    if before:
        scores.leads.append((loss.at - min(warning.at for warning in before)).total_seconds() / 86_400)


def _and(share: Share, *, hit: bool) -> Share:
    return Share(share.part + hit, share.whole + 1)
