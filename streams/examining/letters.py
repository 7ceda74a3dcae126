"""Checks whether dead letters wait for an operator."""

from typing import Final

from schemas.visible import visible
from streams.broker import Broker
from streams.examining.found import Found
from streams.letters.choice import Choice
from streams.letters.open_letters import open_letters
from streams.letters.tally import Tally, when

SHOWN: Final = 3
"""Rows to name: the most frequent."""


async def letters(broker: Broker) -> Found:
    """Check for dead letters that were neither sent again nor dropped."""
    found, tally = await open_letters(broker, Choice()), Tally()
    async for letter in found.read():
        tally.take(letter, shown=False)
    rows = tally.rows()
    if not rows:
        return Found("none waits")
    named = ", ".join(f"{row.count:,} {visible(row.reason)} on {visible(row.topic)}" for row in rows[:SHOWN])
    more = f", and {len(rows) - SHOWN} more kinds" if len(rows) > SHOWN else ""
    noun = "dead letter waits" if tally.count == 1 else "dead letters wait"
    return Found(
        f"{tally.count:,} {noun}, the last of {when(max(row.last for row in rows))}: {named}{more}. `backstay "
        "dead-letters list` says why, and `retry --dry-run` which of them can be read now",
        warns=True,
    )
