"""The lines that the demonstration prints about its signals."""

from datetime import UTC, datetime

import pytest

from streams.judging import ENOUGH, Alarm, Life, judged
from streams.scores import HORIZON, Scores

START = datetime(2025, 1, 1, tzinfo=UTC)


def test_the_lines_say_what_the_alarms_were_worth_beside_chance_and_recency() -> None:
    names = [f"left-{n}" for n in range(ENOUGH)]
    lives = [*(Life(name, START, START + HORIZON, signs_since=START) for name in names), Life("stays", START)]
    none = judged([], lives, START, START + 3 * HORIZON, HORIZON)
    all_of_it = judged([Alarm(name, "paused", START) for name in names], lives, START, START + 3 * HORIZON, HORIZON)

    lines = list(Scores(all_of_it, none, none).lines())

    assert lines[1].startswith("Precision: how many of the alarms were right.")
    assert lines[2].startswith(" precision 100.0% (30/30); chance ")
    assert lines[2].endswith("recency alone –")
    assert " recall 100.0% (30/30) of the losses that show two weeks ahead, 100.0% (30/30) of all" in lines
    assert " recall 0.0% (0/30) of all losses by signals other than the customer's own request" in lines
    assert " lead 90 days from the first alarm to the loss (median)" in lines


@pytest.mark.parametrize("alarms", [0, 1, ENOUGH - 1])
def test_of_few_alarms_or_losses_no_share_is_shown_but_how_many_are_known(alarms: int) -> None:
    lives = [Life(f"left-{n}", START, START + HORIZON, signs_since=START) for n in range(alarms)]
    raised = [Alarm(life.customer, "paused", START) for life in lives]
    few = judged(raised, lives, START, START + 3 * HORIZON, HORIZON)

    lines = list(Scores(few, few, few).lines())

    counted = "1 alarm and 1 loss of" if alarms == 1 else f"{alarms} alarms and {alarms} losses of"
    assert len(lines) == 1
    assert counted in lines[0]
    assert "–" not in lines[0]
    assert "%" not in lines[0]
