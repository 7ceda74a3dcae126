"""Play seeds, on every core: one that does not come out even is printed, and repeats.

python -m tests.simulation.run --seeds 1000 [--first 0]
"""

import argparse
import logging
import os
import sys
import time
from functools import cache
from multiprocessing import get_context

import faust

from streams.settings import Settings, read_settings
from tests.simulation.loop import Stuck, run
from tests.simulation.world import World, Wrong, told

EVENTS = 60


@cache
def surroundings() -> tuple[faust.App, Settings]:
    """Give what all seeds share: a Faust app that is never started, and settings."""
    logging.disable(logging.CRITICAL)
    settings = read_settings()
    time = settings.time.model_copy(update={"commit_every": 0.05})
    return faust.App("simulation", broker="kafka://nowhere"), settings.model_copy(update={"time": time})


def play(seed: int, *, events: int = EVENTS) -> World:
    """Play one seed; raise `Wrong` with what happened if it does not come out even.

    Every fourth is played without transactions, as on the embedded broker.
    """
    app, settings = surroundings()
    world = World(seed, app, settings, transactions=seed % 4 != 0, events=events)
    try:
        run(world.tell())
    except (Wrong, Stuck) as wrong:
        raise Wrong(f"{wrong}\n{told(seed, world)}") from wrong
    return world


def main() -> None:
    """Play many seeds and say how many a minute that were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0)
    chosen = parser.parse_args()
    begun, awaits, seeds = time.monotonic(), 0, range(chosen.first, chosen.first + chosen.seeds)
    with get_context("spawn").Pool(os.cpu_count()) as players:
        for _, found, wrong in players.imap_unordered(_outcome, seeds, chunksize=20):
            if wrong:
                sys.exit(wrong)
            awaits += found
    minutes = (time.monotonic() - begun) / 60
    print(f"{chosen.seeds:,} seeds, {awaits:,} awaits, {chosen.seeds / minutes:,.0f} seeds a minute: all came out even")


def _outcome(seed: int) -> tuple[int, int, str]:
    try:
        return seed, play(seed).awaits, ""
    except Wrong as wrong:
        return seed, 0, str(wrong)


if __name__ == "__main__":
    main()
