"""Microseconds of the small parts that comments claim to be fast, each beside what one would write first.

python -m benchmarks.parts
"""

import json
import uuid
from collections.abc import Callable
from timeit import repeat
from typing import Final

from benchmarks.traffic import START, events
from retention.calendar import Calendar, instant
from retention.identity import NAMESPACE, derived_id
from schemas.decoding import Decoder
from schemas.families import LOGINS

TIMES: Final = 20_000


def microseconds(work: Callable[[], object]) -> float:
    """Give the best of five rounds, by call."""
    return round(min(repeat(work, number=TIMES, repeat=5)) / TIMES * 1e6, 2)


def main() -> None:
    """Print one JSON object a pair."""
    value = next(value for topic, value in events(50, 10) if topic == "logins")
    decoder, madrid = Decoder(LOGINS), Calendar("Europe/Madrid")
    at = instant(START)
    zone = madrid._zone  # noqa: SLF001 - the conversion that is saved
    pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "an event: ours, pydantic": (lambda: decoder.decode(value), lambda: decoder.explain(value)),
        "an id: ours, uuid5": (lambda: derived_id("episode", 7), lambda: str(uuid.uuid5(NAMESPACE, "episode|7"))),
        "a local day: ours, astimezone": (lambda: madrid.day(at), lambda: START.astimezone(zone).toordinal()),
    }
    for name, (ours, first) in pairs.items():
        print(json.dumps({"what": name, "microseconds": [microseconds(ours), microseconds(first)]}))


if __name__ == "__main__":
    main()
