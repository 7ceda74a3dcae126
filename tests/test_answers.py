"""Checks that two answers to fetches tell of all that was sent before: the first may have left before it came."""

from hypothesis import given
from hypothesis import strategies as st

from streams.answers import Answers


class Partition:
    """A partition that is fetched from: each answer says how many records were there when it left the broker."""

    def __init__(self, before: int) -> None:
        self.records, self.known, self.now = before, before, 0
        self.fetched = before

    def leaves(self) -> None:
        """Have the broker answer the fetch that waits."""
        self.fetched = self.records

    def comes(self) -> None:
        """Have the answer come, upon which the next fetch is sent."""
        self.now += 1
        self.known = self.fetched


@given(st.integers(0, 3), st.booleans(), st.lists(st.sampled_from(("leaves", "comes", "look")), max_size=30))
def test_when_they_suffice_everything_sent_before_is_known(before: int, under_way: bool, steps: list[str]) -> None:
    one = Partition(before)
    if under_way:
        one.leaves()
    one.records += 1
    answers = Answers({"logins": one.now})
    waits = not under_way
    for step in steps:
        if step == "leaves" and waits:
            one.leaves()
            waits = False
        elif step == "comes" and not waits:
            one.comes()
            waits = True
        if answers.suffice({"logins": one.now}):
            assert one.known == one.records


def test_they_come_to_suffice_and_of_every_partition() -> None:
    answers = Answers({"a": 1, "b": None})
    seen = [answers.suffice({"a": a, "b": b}) for a, b in ((1, None), (2, None), (3, None), (3, 4), (3, 5))]
    assert seen == [False, False, False, False, True]
