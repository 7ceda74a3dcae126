"""Seeds of the simulation come out even, and each known mistake is found when it is put in."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence

import pytest

from streams.errors import BrokerUnreachable
from tests.simulation.ledger import LedgerWorld
from tests.simulation.loop import run
from tests.simulation.run import play, play_company, surroundings
from tests.simulation.traps import COMPANY_TRAPS, TRAPS, WITHOUT_TRANSACTIONS, Trap, cut_short_once
from tests.simulation.world import World, Wrong

pytestmark = [pytest.mark.lasting, pytest.mark.timeout(1_800)]  # what others leave of a processor may be little

SEEDS = 200
"""A part of what `make simulate` plays."""
OF_ONE_KIND = 2
"""Company seeds with this rest by 3 are left out here: as those without one, they have no disk. All families in the
traffic, a company takes half as long again as with five of them."""


@pytest.fixture(autouse=True, scope="module")
def _nothing_logged() -> Iterator[None]:
    """Keep what is logged of deaths and outages from being formatted and kept, for these tests alone."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_whatever_dies_every_event_counts_once() -> None:
    play_some(play, range(SEEDS))


def test_whatever_dies_the_product_is_left_as_after_a_quiet_run() -> None:
    play_some(play_company, [seed for seed in range(32) if seed % 3 != OF_ONE_KIND])


def test_a_first_commit_that_is_cut_short_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_short_once(monkeypatch)

    play_some(play_company, WITHOUT_TRANSACTIONS[:10])


def test_a_seed_repeats_its_story() -> None:
    assert play(7).history == play(7).history


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_a_mistake_that_is_put_in_is_found(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    trap(monkeypatch)

    with pytest.raises(Wrong, match="seed"):
        play_some(play, range(400))


@pytest.mark.parametrize(("trap", "seeds"), COMPANY_TRAPS.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_mistake_of_the_product_that_is_put_in_is_found(
    trap: Trap, seeds: Sequence[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    trap(monkeypatch)

    with pytest.raises(Wrong, match="seed"):
        play_some(play_company, seeds)


def play_some(player: Callable[[int], World], seeds: Sequence[int]) -> None:
    for seed in seeds:
        player(seed)


@pytest.mark.parametrize("transactions", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_a_worker_whose_broker_answers_nothing_any_more_gives_up(seed: int, *, transactions: bool) -> None:
    """Whatever of a commit was under way is given up with it: nothing may wait for an answer that never comes."""
    app, settings = surroundings()
    world = LedgerWorld(seed, app, settings, transactions=transactions, events=40)
    world.cluster.loses_batches = False  # nothing else is in the way of the first commit

    async def story() -> None:
        await world.start()
        (process,) = world.processes
        feeding = asyncio.ensure_future(world.feed())
        while not process.logs[0].commits:
            await asyncio.sleep(0.01)
        while not any(unit._lock.locked() for unit in process.logs[0].units.values()):
            await asyncio.sleep(0.001)
        process.client.freeze()  # as seen from the worker, it is the broker that is gone
        await asyncio.sleep(settings.kafka.patience + 5)
        assert isinstance(process.failure, BrokerUnreachable)
        feeding.cancel()

    world.faults.clear()
    run(story())
