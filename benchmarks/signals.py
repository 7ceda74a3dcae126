"""The cost of an event with 1 to 40 signals: of those that fire, and of idle ones.

    python -m benchmarks.signals [--events 100000] [--customers 5000]

Copies of our own signals under other names, on the log of `benchmarks.traffic`, one partition, without Kafka, not
compiled. Idle ones are asked like all others, and never raise.
"""

import argparse
import gc
import json
import time
from dataclasses import replace
from itertools import cycle, islice
from typing import Final

from benchmarks.fold import log, run
from retention.engine import episodes
from retention.policy import SignalPolicy
from retention.signals.base import Signal
from retention.signals.cancellation_requested import CANCELLATION_REQUESTED
from retention.signals.downgrade import DOWNGRADE
from retention.signals.no_login import NO_LOGIN
from retention.signals.paused import PAUSED
from retention.signals.repeated_ticket import REPEATED_TICKET
from streams.broker import Broker
from streams.listener import Listener
from streams.partition_processor import PartitionProcessor
from streams.setting_sources import read_settings

NUMBERS: Final = (1, 5, 10, 20, 40)
FIRING: Final = (NO_LOGIN, REPEATED_TICKET, CANCELLATION_REQUESTED)
EXISTING: Final = (
    replace(NO_LOGIN, default=SignalPolicy(thresholds=(("min_days", 7), ("min_logins", 10**9)))),
    replace(REPEATED_TICKET, default=SignalPolicy(thresholds=(("tickets", 10**6),))),
    DOWNGRADE,
    PAUSED,
)
"""No customer of this log signs in so often, asks so often, or subscribes to anything."""


def copies(kinds: tuple[Signal, ...], number: int) -> tuple[Signal, ...]:
    """Return so many signals, each kind in turn."""
    return tuple(replace(signal, name=f"{signal.name}-{at}") for at, signal in enumerate(islice(cycle(kinds), number)))


def main() -> None:
    """Print one JSON object a row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--customers", type=int, default=5_000)
    chosen = parser.parse_args()
    rounds, settings = log(chosen.events, chosen.customers), read_settings()
    gc.collect()
    gc.freeze()
    for what, kinds in (("fire", FIRING), ("exist", EXISTING)):
        for number in NUMBERS:
            vars(episodes)["SIGNALS"] = copies(kinds, number)
            processor = PartitionProcessor(0, 1, settings, Broker(settings), Listener(), atomic=True)
            begun = time.process_time()
            said = run(rounds, processor).get("churn-signals", 0)
            each = (time.process_time() - begun) / chosen.events * 1e6
            print(json.dumps({"signals that": what, "number": number, "said": said, "us_per_event": round(each, 1)}))


if __name__ == "__main__":
    main()
