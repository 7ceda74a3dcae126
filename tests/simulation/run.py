"""Play seeds, on every core: all of those that fail are printed, and can be repeated.

python -m tests.simulation.run --seeds 1000 [--first 0] [--company]

The workers count (`LedgerWorld`: many seeds a second), or, with `--company`, run the whole product.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from multiprocessing import get_context

import faust
import pytest

from streams import memory
from streams.setting_sources import read_settings
from streams.settings import Settings
from tests.simulation.company import CompanyWorld
from tests.simulation.ledger import LedgerWorld
from tests.simulation.loop import Stuck, run
from tests.simulation.world import World, Wrong, told

EVENTS = 60


@cache
def surroundings(*, patient: bool = False) -> tuple[faust.App, Settings]:
    """Return what seeds share: a Faust app that is never started, and settings.

    Workers commit everything in each turn, so that a seed has many commits; patient ones let states wait, as is usual.
    """
    settings = read_settings()
    time = settings.time.model_copy(update={"commit_every": 0.05, "save_every": 0.25 if patient else 0.05})
    return faust.App("simulation", broker="kafka://nowhere"), settings.model_copy(update={"time": time})


def is_patient(seed: int) -> bool:
    """Report whether the workers of a seed let states wait: those of every third."""
    return seed % 3 == 2


def play(seed: int, *, events: int = EVENTS) -> LedgerWorld:
    """Play one seed; raise `Wrong` with the story if the result is wrong.

    Every fourth is played without transactions, as on the embedded broker.
    """
    app, settings = surroundings(patient=is_patient(seed))
    world = LedgerWorld(seed, app, settings, transactions=seed % 4 != 0, events=events)
    _play(world, seed, fewest=50)
    return world


def play_company(seed: int) -> CompanyWorld:
    """Play one seed with the product itself; raise `Wrong` with the story if the result is wrong."""
    _, settings = surroundings(patient=is_patient(seed))
    world = CompanyWorld(seed, settings, transactions=seed % 4 != 0)
    _play(world, seed, fewest=500)
    return world


def _play(world: World, seed: int, *, fewest: int) -> None:
    try:
        with pytest.MonkeyPatch.context() as patch:
            # All workers of a story are in one process: at each rebalance of one, a collection would look through
            # what all of them have, dead ones included. It took a third of the time of a company's seed.
            patch.setattr(memory, "collect", lambda: None)
            run(world.tell())
    except (Wrong, Stuck) as wrong:
        raise Wrong(f"{wrong}\n{told(seed, world)}") from wrong
    assert world.awaits > fewest, f"seed {seed} played no story: it ended after {world.awaits} awaits"


def main() -> None:
    """Play many seeds and print how many a minute that were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--company", action="store_true")
    chosen = parser.parse_args()
    outcome = _outcome_of_company if chosen.company else _outcome
    begun, awaits, wrong = time.monotonic(), 0, 0
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    os.environ["PYTHONHASHSEED"] = "0"  # names in sets are walked in an order that each process would draw
    # As in a worker's process: what is imported is not looked through at each rebalance.
    with get_context("spawn").Pool(os.cpu_count(), initializer=_settle) as players:
        for found, story in players.imap_unordered(outcome, seeds, chunksize=10):
            if story:
                print(story, flush=True)
                wrong += 1
            awaits += found
    if wrong:
        sys.exit(f"{wrong} of {chosen.seeds:,} seeds came out wrong")
    minutes = (time.monotonic() - begun) / 60
    print(f"{chosen.seeds:,} seeds, {awaits:,} awaits, {chosen.seeds / minutes:,.0f} seeds a minute: all came out even")


def _settle() -> None:
    """Prepare a process that plays seeds: the product's logs of crashes and outages would be noise."""
    logging.disable(logging.CRITICAL)
    memory.settle()
    with suppress(Wrong):  # it is played again, and told
        play(0)
    memory.settle()  # nor is what was imported late: a sixth of the time of a seed (52 ms, then 43)


def _outcome(seed: int) -> tuple[int, str]:
    return _outcome_by(play, seed)


def _outcome_of_company(seed: int) -> tuple[int, str]:
    return _outcome_by(play_company, seed)


def _outcome_by(player: Callable[[int], World], seed: int) -> tuple[int, str]:
    try:
        return player(seed).awaits, ""
    except Wrong as wrong:
        return 0, str(wrong)


if __name__ == "__main__":
    main()
