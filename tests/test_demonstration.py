"""The lines that the demonstration prints about its signals."""

from datetime import UTC, datetime

from streams.judging import Alarm, Life, judged
from streams.scores import HORIZON, Scores

START = datetime(2025, 1, 1, tzinfo=UTC)


def test_the_lines_say_what_the_alarms_were_worth_beside_chance_and_recency() -> None:
    lives = [Life("left", START, START + HORIZON, signs_since=START), Life("stays", START)]
    none = judged([], lives, START, START + 3 * HORIZON, HORIZON)
    all_of_it = judged([Alarm("left", "paused", START)], lives, START, START + 3 * HORIZON, HORIZON)

    lines = list(Scores(all_of_it, none, none).lines())

    assert lines[1].startswith(" precision 100.0% (1/1); chance ")
    assert lines[1].endswith("recency alone –")
    assert " recall 100.0% (1/1) of the losses that show two weeks ahead, 100.0% (1/1) of all" in lines
    assert " recall 0.0% (0/1) of all losses by signals other than the customer's own request" in lines
    assert " lead 90 days from the first alarm to the loss (median)" in lines


def test_without_an_alarm_or_a_loss_there_is_no_share_and_no_lead() -> None:
    nothing = judged([], [], START, START, HORIZON)

    lines = list(Scores(nothing, nothing, nothing).lines())

    assert " precision –; chance –, recency alone –" in lines
    assert not any("lead" in line for line in lines)
