"""Seeds of the simulation come out even, and each known mistake is found when it is put in."""

import asyncio

import pytest

from streams.errors import BrokerUnreachable
from tests.simulation.loop import run
from tests.simulation.run import play, surroundings
from tests.simulation.traps import TRAPS, Trap
from tests.simulation.world import World, Wrong

SEEDS = 200
"""A part of what `make simulate` plays."""


def test_whatever_dies_every_event_counts_once() -> None:
    awaits = [play(seed).awaits for seed in range(SEEDS)]

    assert min(awaits) > 50


def play_some(seeds: int) -> None:
    for seed in range(seeds):
        play(seed)


def test_a_seed_repeats_its_story() -> None:
    assert play(7).history == play(7).history


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_a_mistake_that_is_put_in_is_found(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    trap(monkeypatch)

    with pytest.raises(Wrong, match="seed"):
        play_some(400)


@pytest.mark.parametrize("transactions", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_a_worker_whose_broker_answers_nothing_any_more_gives_up(seed: int, *, transactions: bool) -> None:
    """Whatever of a commit was under way is given up with it: nothing may wait for an answer that never comes."""
    app, settings = surroundings()
    world = World(seed, app, settings, transactions=transactions, events=40)

    async def story() -> None:
        await world.start()
        (process,) = world.processes
        feeding = asyncio.ensure_future(world.feed())
        while not process.log.commits:
            await asyncio.sleep(0.01)
        while not any(unit._lock.locked() for unit in process.log.units.values()):
            await asyncio.sleep(0.001)
        process.client.freeze()  # as seen from the worker, it is the broker that is gone
        await asyncio.sleep(settings.kafka.patience + 5)
        assert isinstance(process.failure, BrokerUnreachable)
        feeding.cancel()

    world.faults.clear()
    run(story())
