"""Timers fire in order, once, and not at all if set again: compared with sorting everything."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import HOUR, NEVER, Instant
from retention.engine.timers import Timers


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_timers_ring_as_a_sorted_list_would(seed: int, size: int) -> None:
    random = Random(seed)
    dues: dict[str, Instant] = {}
    timers = Timers(lambda name: dues.get(name, NEVER))
    now = 0

    def set_anew(name: str) -> None:
        dues[name] = now + random.choice((0, 1, random.randrange(3 * HOUR), random.randrange(90 * HOUR)))
        timers.add(dues[name], name)

    for number in range(size):
        set_anew(f"c-{number:02d}")
    for _ in range(30):
        now += random.randrange(6 * HOUR)
        while True:
            waiting = sorted((due, name) for name, due in dues.items() if due < now)
            assert timers.next(now) == (waiting[0] if waiting else None)
            if not waiting:
                break
            name = waiting[0][1]
            match random.randrange(4):
                case 0:
                    dues[name] = NEVER
                case 1:
                    del dues[name]
                    timers.drop(name)
                case _:
                    dues[name] = NEVER
                    set_anew(name)
        for name in random.sample(sorted(dues), k=min(3, len(dues))):
            set_anew(name)


def test_nobody_rings_who_is_never_due() -> None:
    timers = Timers(lambda _: NEVER)
    timers.fill([("c-1", NEVER)])

    assert timers.next(NEVER) is None
