"""What is said is said once, under an id of its own: also where it is taken back, or said again, at one instant."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import instant
from retention.components import Series
from retention.editions import Books
from retention.policy import Policy
from retention.telling import Statement
from schemas.outbound import MetricUpdate
from tests.building import at

MONTH = 2024 * 12
EUROS = Series("subscription", "EUR", "month", "all", "all")


@given(st.lists(st.tuples(st.sampled_from((515, 517)), st.booleans()), min_size=2, max_size=8))
def test_a_figure_that_goes_back_and_forth_at_one_instant_says_so_under_new_ids(steps: list[tuple[int, bool]]) -> None:
    """Whether or not another worker takes the books over in between: it reads what was said, and under which id."""
    said = published(steps)

    ids = [statement.id for statement in said]
    assert len(ids) == len(set(ids))
    assert ids == [statement.id for statement in published([(value, False) for value, _ in steps])]


def published(steps: list[tuple[int, bool]]) -> list[Statement]:
    """Return what is said of a running month as its sums change, with another worker after each step that says so."""
    said: list[Statement] = []
    books = Books(Policy(), 1)
    for value, hands_over in steps:
        paid = {"period_new": Fraction(value), "event_new": Fraction(value)}
        books.take_part(0, (EUROS, MONTH), {"new": 1, "acquired": 1, **paid}, [])
        books.take_watermark(0, instant(at(20)))
        said += books.publish()
        if hands_over:
            books = Books(Policy(), 1)
            for one in said:
                assert isinstance(one.body, MetricUpdate)
                books.note(one.key, one.body, one.id)
    return said
