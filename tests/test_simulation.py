"""Seeds of the simulation come out even, and each known mistake is found when it is put in."""

import pytest

from tests.simulation.run import play
from tests.simulation.traps import TRAPS, Trap
from tests.simulation.world import Wrong

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
