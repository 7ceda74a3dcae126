"""The judge: when an alarm is right, wrong or pending, which losses count, and what anybody could have known."""

from datetime import UTC, datetime, timedelta

from streams.judging import RECENCY, Alarm, Life, Recency, Share, judged

START = datetime(2025, 1, 1, tzinfo=UTC)
HORIZON = timedelta(days=90)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def alarm(customer: str, at: float) -> Alarm:
    return Alarm(customer, "no-login", day(at))


def test_an_alarm_is_right_if_its_customer_leaves_within_the_horizon() -> None:
    lives = [Life(name, START, day(left)) for name, left in (("a", 99), ("b", 101), ("c", 150))]

    found = judged([alarm("a", 10), alarm("b", 10), alarm("c", 120)], lives, START, day(189), HORIZON)

    # The third alarm is right, but too young to be judged: a wrong one of its day could not be judged, either.
    assert found.precision == Share(1, 2)


def test_an_alarm_about_a_customer_that_has_left_is_not_judged() -> None:
    found = judged([alarm("a", 60)], [Life("a", START, day(50))], START, day(300), HORIZON)

    assert found.precision == Share(0, 0)


def test_recall_counts_losses_that_show_two_weeks_ahead() -> None:
    lives = [
        Life("warned", START, day(100), signs_since=day(50)),
        Life("missed", START, day(100), signs_since=day(50)),
        Life("too early", START, day(200), signs_since=day(150)),
        Life("short", START, day(100), signs_since=day(90)),
        Life("silent", START, day(100)),
    ]
    alarms = [alarm("warned", 60), alarm("warned", 80), alarm("too early", 100), alarm("silent", 95)]

    found = judged(alarms, lives, START, day(300), HORIZON)

    assert found.recall == Share(1, 3)
    assert found.recall_of_all == Share(2, 5)
    assert found.lead == (40 + 5) / 2


def test_chance_is_the_share_of_customers_that_leave_within_the_horizon() -> None:
    lives = [Life("leaves", START, day(91)), Life("stays", START)]

    found = judged([], lives, START, day(98), HORIZON)

    # On day 0 the first one does not leave within 90 days; on day 7 it does.
    assert found.chance == Share(1, 4)
    assert found.lift == 0


def test_stayers_are_counted_by_month_and_those_that_leave_soon_are_none() -> None:
    lives = [Life("stays", START), Life("leaves", START, day(140)), Life("joins later", day(50))]
    alarms = [alarm("stays", 5), alarm("stays", 6), alarm("leaves", 40)]

    found = judged(alarms, lives, START, day(160), HORIZON)

    # Months begin on days 0 and 30; the second lacks the one that leaves within its horizon, and the one that joins.
    assert found.stayers_alarmed == Share(1, 3)


def test_what_happens_in_the_first_days_is_not_judged() -> None:
    found = judged([alarm("a", 10)], [Life("a", START, day(50))], day(100), day(300), HORIZON)

    assert found.precision == found.recall_of_all == Share(0, 0)


def test_verdicts_add_up() -> None:
    one = judged([alarm("a", 10)], [Life("a", START, day(50), signs_since=day(5))], START, day(300), HORIZON)

    both = one + one

    assert both.precision == Share(2, 2)
    assert both.recall == Share(2, 2)
    assert both.leads == (40.0, 40.0)


def test_recency_is_a_pause_longer_than_nine_in_ten_before() -> None:
    recency = Recency()
    for number in (0, 3, 6, 9, 12, 15):
        recency.saw("regular", day(number))
        recency.saw("left", day(number))
    recency.saw("regular", day(30))
    recency.saw("new", day(3))

    assert list(recency.alarms(day(40))) == [Alarm("regular", RECENCY, day(30)), Alarm("left", RECENCY, day(30))]


def test_a_share_of_nothing_is_no_number() -> None:
    assert str(Share()) == "–"
    assert str(Share(1, 4)) == "25.0% (1/4)"
