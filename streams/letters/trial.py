"""Finds out what can be done with a letter: one of a source with its record, fetched from where it stood."""

import asyncio
from typing import Final

from streams.broker import Broker
from streams.dead_letters import MAX_KEPT
from streams.errors import BrokerUnreachable
from streams.letters.letter import Letter
from streams.letters.originals import Originals, event_in, whole
from streams.letters.verdict import Judge, Verdict

_GONE: Final = (
    "the record is not there any more, as the retention of its topic is over, or the topic was deleted: have the "
    "source send it again"
)
_UNNAMED: Final = "the letter holds one event of the record, and no id of it: have the source send the record again"
_LONG: Final = f"the record has more than {MAX_KEPT:,} bytes: have the source send it again"


class Trial:
    """Judges letters, one after the other."""

    def __init__(self, broker: Broker, judge: Judge, originals: Originals) -> None:
        self._broker, self._judge, self._originals = broker, judge, originals

    async def of(self, letter: Letter) -> tuple[Letter, Verdict]:
        """Return a letter, whole if it is to be sent, and what can be done with it."""
        width = self._judge.width_of_source(letter)
        if not width:
            return letter, self._judge.judge(letter)
        if self._judge.names_erased(letter):
            return letter, Verdict("erased")
        only = event_in(letter)
        if only is None:
            return letter, Verdict("incomplete", _UNNAMED)
        record = await self._originals.of(letter, width)
        if record is None:
            return letter, Verdict("incomplete", f"{letter.stood}: {_GONE}")
        if len(record.value or b"") > MAX_KEPT:
            return letter, Verdict("incomplete", f"{letter.stood}: {_LONG}")
        found = whole(letter, record, only)
        await self._prepare(found)
        return found, self._judge.judge_foreign(found)

    async def _prepare(self, letter: Letter) -> None:
        """Fetch the schema of a record; raise `BrokerUnreachable` if the registry does not answer in time."""
        now = asyncio.get_running_loop().time
        until = now() + self._broker.settings.kafka.patience
        if not await self._broker.prepare(letter.topic, [letter], lambda: now() < until):
            raise BrokerUnreachable(
                f"the registry at {self._broker.settings.registry.url} does not answer, and the records of "
                f"{letter.topic} cannot be read without it: see registry.url, and run this again for what is left"
            )
