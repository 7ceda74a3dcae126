"""Outcomes of records: totals are the same in whatever order they are counted, and however often they are written."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.record_outcomes import SENT_HOME, RecordOutcomes, Tally

TOPICS = st.sampled_from(("logins", "purchases"))
OUTCOMES = st.sampled_from(("applied", "late", "duplicate", SENT_HOME))
COUNTED = st.lists(st.tuples(TOPICS, OUTCOMES), max_size=12)


def by_both(tally: Tally) -> Counter[tuple[str, str]]:
    return Counter({(topic, outcome): number for topic, found in tally.items() for outcome, number in found.items()})


@given(st.lists(COUNTED, max_size=4))
def test_each_record_counts_once_in_its_commit_and_in_the_totals(commits: list[list[tuple[str, str]]]) -> None:
    outcomes, totals = RecordOutcomes(), Counter[tuple[str, str]]()

    for counted in commits:
        for topic, outcome in counted:
            outcomes.count(topic, outcome)
        totals += Counter(counted)

        assert by_both(outcomes.detach()) == totals
        assert by_both(outcomes.committed()) == Counter(counted)


@given(COUNTED)
def test_what_is_sent_home_is_known_before_it_is_committed(counted: list[tuple[str, str]]) -> None:
    outcomes = RecordOutcomes()
    for topic, outcome in counted:
        outcomes.count(topic, outcome)

    found = {topic: (read, away) for topic, read, away in outcomes.sent_home()}

    by_topic, home = Counter(topic for topic, _ in counted), Counter(one[0] for one in counted if one[1] == SENT_HOME)
    assert found == {topic: (by_topic[topic], away) for topic, away in home.items()}
