"""The lines that the demonstration prints about its signals, and where it opens the console."""

import asyncio
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from retention.signals import SIGNALS
from streams.browsing import opener
from streams.demo import Demo
from streams.judging import ENOUGH, Alarm, Life, judged
from streams.proof import Proof, Row
from streams.scores import HORIZON, Scores
from streams.setting_sources import read_settings
from streams.stage import Stage

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


DESKTOP = {"DISPLAY": ":0", "TERM": "xterm"}
PLACES: dict[str, tuple[bool, str, dict[str, str], bool]] = {
    "a terminal of a desktop": (True, "linux", DESKTOP, True),
    "of one by Wayland": (True, "linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
    "of a Mac": (True, "darwin", {}, True),
    "with a browser of one's own": (True, "linux", DESKTOP | {"BROWSER": "firefox"}, True),
    "no terminal, or --no-browser": (False, "linux", DESKTOP, False),
    "no window": (True, "linux", {"TERM": "xterm"}, False),
    "an empty name of a window": (True, "linux", {"DISPLAY": ""}, False),
    "no browser is wanted": (True, "linux", DESKTOP | {"BROWSER": ""}, False),
    "none is wanted on a Mac": (True, "darwin", {"BROWSER": ""}, False),
    "a Mac elsewhere": (True, "darwin", {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}, False),
    "another system": (True, "freebsd14", DESKTOP, False),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_console_is_opened_when_it_answers_in_a_terminal_of_a_desktop_and_nowhere_else(place: str) -> None:
    is_terminal, platform, environment, is_opened = PLACES[place]
    opened: list[str] = []
    opens = opener(opened.append, is_terminal=is_terminal, platform=platform, environment=environment)
    demo = Demo(Stage(), read_settings(), None, 1, 10, asyncio.Event(), alone=True, opens=opens)

    assert opened == []
    demo.say_console("http://127.0.0.1:6068")

    assert opened == ["http://127.0.0.1:6068"] * is_opened


def test_a_console_that_could_not_be_started_is_not_opened() -> None:
    opened: list[str | None] = []
    demo = Demo(Stage(), read_settings(), None, 1, 10, asyncio.Event(), alone=True, opens=opened.append)

    demo.say_console(None)

    assert opened == []


def test_a_console_that_answers_after_the_play_is_neither_shown_nor_opened(capsys: pytest.CaptureFixture[str]) -> None:
    opened: list[str] = []
    demo = Demo(Stage(), read_settings(), None, 1, 10, asyncio.Event(), alone=True, opens=opened.append)
    demo.is_watched = False

    demo.say_console("http://127.0.0.1:6068")

    assert (opened, capsys.readouterr().out) == ([], "")


@pytest.mark.parametrize(("seconds", "shown"), [(3.4, "3.4 s"), (11.3, "11 s"), (123.4, "123 s")])
def test_a_step_is_one_row_of_80_columns_however_long_it_took(
    seconds: float, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = Stage()
    stage.begun -= seconds

    stage.step("console", "http://127.0.0.1:6068   customers at risk, retention, signals")

    line = capsys.readouterr().out.rstrip("\n")
    assert line.endswith(f"signals  {shown}")
    assert len(line) <= 80


@given(st.dictionaries(st.sampled_from([signal.name for signal in SIGNALS]), st.integers(1, 9_999)))
def test_an_echo_of_ctrl_c_fits_behind_the_last_row_that_is_shown(open_signals: dict[str, int]) -> None:
    #  open signals  no-login 30, downgrade 4, …
    #  Ctrl-C for the summary^C
    demo = Demo(Stage(), read_settings(), None, 1, 10, asyncio.Event(), alone=True, opens=print)
    demo.console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=80)
    figure = {"period": "2025-11", "crr": 1.0, "ndr": 1.01, "customers": 193, "mrr": "25340.00", "currency": "EUR"}
    state = {"as_of": None, "events": 46_111, "lag": 0, "figures": [figure], "open_signals": open_signals}

    demo.console.print(demo.panel(state))

    *_, last = demo.console.file.getvalue().rstrip("\n").split("\n")  # type: ignore[attr-defined]
    assert len(last) <= 80 - len("^C^C")


def _said_of(proof: Proof, capsys: pytest.CaptureFixture[str]) -> str:
    Demo(Stage(), read_settings(), None, 1, 10, asyncio.Event(), alone=True, opens=print).say_figures(proof)
    return capsys.readouterr().out


def test_a_demo_that_is_stopped_in_its_first_month_says_so_in_place_of_an_empty_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = _said_of(Proof(events=1_302, statements=366), capsys)

    assert "No month is over yet, so there is no figure to compare; 366 statements, no id twice" in said
    assert "CRR" not in said


def test_the_months_of_a_demo_are_a_table_and_their_figures_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    row = Row("2026-08", ("250", "260", "18", "–", "25340.00", "–", "–", "113", "81.42 %"), ())

    said = _said_of(Proof(rows=[row], compared=12), capsys)

    assert "2026-08" in said
    assert "nobody was a customer when that month began" in said
    assert "12 figures compared, all equal; 0 statements, no id twice" in said
