"""Defines when a unit of work commits: outputs soon, states later."""

from dataclasses import dataclass, field
from typing import Any, cast

from aiokafka import TopicPartition

from streams.owner import Gone
from streams.unit_of_work import Log, UnitOfWork

SAVE_EVERY = 0.25


class Saying(Gone):
    """An owner that has outputs or none, as told."""

    says = False

    def has_outputs(self) -> bool:
        return self.says


@dataclass
class Standing:
    """A log as far as a unit that never reads asks it, with a clock that is set by hand."""

    now: float = 100.0
    ordered: tuple[str, ...] = ()
    exact: frozenset[str] = frozenset()
    at_once: frozenset[str] = frozenset()
    transactions: bool = True
    lateness: int = 0
    commits: int = 0
    topics: list[str] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def is_live(self, _at: int) -> bool:
        return True


class Counting(UnitOfWork):
    """A unit whose writes reach no broker."""

    async def _write(self, *_: Any) -> dict[str, int]:
        return {}


def standing() -> tuple[Standing, Saying, UnitOfWork]:
    """Return a unit that is live and has applied one record, with its log and its owner."""
    log, owner = Standing(), Saying()
    unit = Counting(cast("Log", log), 0, owner, {"logins": TopicPartition("logins", 0)})
    unit.next, unit.saved, unit.live = {"logins": 1}, {"logins": 0}, True
    return log, owner, unit


async def test_the_first_commit_waits_for_nothing() -> None:
    _, _, unit = standing()

    assert unit.is_due(SAVE_EVERY)


async def test_a_state_waits_from_the_last_commit_on() -> None:
    log, _, unit = standing()
    await unit.commit()
    unit.next["logins"] = 2

    dues = []
    for passed in (0.1, 0.2, 0.25):
        log.now = 100 + passed
        dues.append(unit.is_due(SAVE_EVERY))

    assert log.commits == 1
    assert dues == [False, False, True]


async def test_an_output_is_committed_in_the_next_turn() -> None:
    _log, owner, unit = standing()
    await unit.commit()
    owner.says = True

    assert unit.is_due(SAVE_EVERY)


async def test_a_unit_with_nothing_to_write_goes_on_waiting() -> None:
    """A commit that writes nothing is none: the state of the next record is not put off by it."""
    log, _, unit = standing()
    await unit.commit()
    log.now = 101.0
    await unit.commit()

    assert log.commits == 1
    assert unit.is_due(SAVE_EVERY)
