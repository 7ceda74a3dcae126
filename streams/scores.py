"""Scores of a demonstration's signals: what became of the customers that they warned of, beside chance and recency."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from retention.policy import SEVERITIES
from streams.broker import Broker
from streams.companies.base import Company
from streams.judging import ENOUGH, Alarm, Recency, Verdict, judged
from streams.results import as_json
from streams.topics import SIGNALS

HORIZON: Final = timedelta(days=90)
"""Longest time from an alarm to a loss for the alarm to count."""
WARM_UP: Final = timedelta(days=120)
"""Days at the beginning that are not judged: customers have no habit yet."""
LEAST: Final = SEVERITIES.index("medium")
ANNOUNCEMENT: Final = "cancellation-requested"
"""The signal of a customer's own announcement: it foresees nothing."""


class Scores(NamedTuple):
    """The verdicts on all alarms, on those that did not follow from the customer's own announcement, and on recency."""

    all: Verdict
    foreseen: Verdict
    recency: Verdict

    @property
    def is_early(self) -> bool:
        """Report whether too few alarms or losses are known for their shares to say anything."""
        return min(self.all.precision.whole, self.all.recall_of_all.whole) < ENOUGH

    def lines(self) -> Iterator[str]:
        """Yield the lines to print."""
        days, found = HORIZON.days, self.all
        if self.is_early:
            alarms, losses = found.precision.whole, found.recall_of_all.whole
            known = f"{_of(alarms, 'alarm')} and {_of(losses, 'loss', 'losses')}"
            yield (
                f"How often the signals are right is not shown yet, as too few are known: {known} of {ENOUGH} each. An "
                f"alarm is judged {days} days later, and the first {WARM_UP.days} days are left out: a run to the end "
                "of the history shows it"
            )
            return
        yield f"Signals of medium severity or more, compared with the customers that left within {days} days."
        yield "Precision: how many of the alarms were right. Recall: how many of the losses had an alarm before."
        yield f" precision {found.precision}; chance {found.chance}, recency alone {self.recency.precision}"
        yield f" recall {found.recall} of the losses that show two weeks ahead, {found.recall_of_all} of all"
        yield f" recall {self.foreseen.recall_of_all} of all losses by signals other than the customer's own request"
        yield f" stayers alarmed a month {found.stayers_alarmed}; recency alone {self.recency.stayers_alarmed}"
        if found.leads:
            yield f" lead {found.lead:.0f} days from the first alarm to the loss (median)"


def _of(number: int, noun: str, nouns: str = "") -> str:
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"


async def scored(broker: Broker, company: Company, recency: Recency, reached: datetime) -> Scores:
    """Read the signals from the broker, and compare them with the company's labels up to the last day played."""
    first = company.start + WARM_UP
    lives = [label.life(reached) for label in company.labels() if label.joined < reached]
    alarms = [alarm async for alarm in _alarms(broker)]
    others = [alarm for alarm in alarms if alarm.signal != ANNOUNCEMENT]
    ways = (alarms, others, list(recency.alarms(reached)))
    return Scores(*(judged(one, lives, first, reached, HORIZON) for one in ways))


async def _alarms(broker: Broker) -> AsyncIterator[Alarm]:
    """Yield an alarm for each episode that reached the least severity."""
    name, known = broker.topic(SIGNALS), set[str]()
    for number in range((await broker.widths())[name]):
        async for records in broker.read(name, number):
            for record in records:
                said = as_json(SIGNALS.name, record)
                kind, value = said["headers"]["ce_type"], said["value"]
                if ".churn_signal." not in kind or ".cleared." in kind or value["episode"] in known:
                    continue
                if SEVERITIES.index(value["severity"]) >= LEAST:
                    known.add(value["episode"])
                    yield Alarm(
                        value["customer_id"], value["signal"], datetime.fromisoformat(said["headers"]["ce_time"])
                    )
