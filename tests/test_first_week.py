"""Sentences that an operator meets in the first week: each says what to do, and where."""

import io
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from benchmarks.sources import SHAPES
from retention.risk.model import SAYS
from retention.wording import LANGUAGES, Language
from streams.broker import Broker
from streams.checks import clock
from streams.console.pages import figures
from streams.console.pages.charts.lines import Point, Series, ends
from streams.console.pages.charts.scale import axis
from streams.console.pages.person import model_said
from streams.errors import BadSettings
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.tables import LITTLE, Verbatim, in_lines, print_line, print_words
from tests.test_commands import backstay


def refusal(file: Path, text: str, overrides: dict[str, str]) -> list[str]:
    file.write_text(text)
    with pytest.raises(BadSettings) as refused:
        read_settings(file, dict(overrides))
    return str(refused.value).splitlines()[1:]


def test_a_faulty_setting_names_the_place_that_it_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if the file says the same, and is overridden: a change of the file would change nothing."""
    file, text = tmp_path / "backstay.toml", '[metrics]\nzone = "UTC"\nbasis = "sub"\n'
    monkeypatch.setenv("BACKSTAY_METRICS__ZONE", "Mars")
    monkeypatch.setenv("BACKSTAY_KAFKA", '{"session_timeout": "long"}')

    found = {line.split(":")[0].strip(): line for line in refusal(file, text, {"time.lateness": "long"})}

    assert found["metrics.zone"].endswith(" (this comes from the environment: BACKSTAY_METRICS__ZONE)")
    assert found["kafka.session_timeout"].endswith(" (this comes from the environment: BACKSTAY_KAFKA)")
    assert found["time.lateness"].endswith(" (this comes from --set)")
    assert "comes from" not in found["metrics.basis"]
    assert set(found) == {"metrics.zone", "kafka.session_timeout", "time.lateness", "metrics.basis"}


@pytest.mark.parametrize(("source", "first"), [("segment", 'metrics.basis = "purchase"\n'), ("stripe", "")])
def test_a_log_of_another_system_is_read_by_three_lines_of_settings(source: str, first: str, tmp_path: Path) -> None:
    (tmp_path / "backstay.toml").write_text(f'{first}[sources]\nlog = "{source}"\n')
    (tmp_path / "log.jsonl").write_text("\n".join(json.dumps(SHAPES[source](number)) for number in range(1_200)))
    said = (str(tmp_path / "log.jsonl"), "--config", str(tmp_path / "backstay.toml"))

    checked, done = backstay("check", *said), backstay("replay", *said, "--out", str(tmp_path / "results"))

    assert (checked.returncode, done.returncode) == (0, 0)
    assert f"1,200 records of {source}: 1,200 events, 0 refused" in checked.stdout
    assert "1,200 applied (0 late)" in done.stdout
    assert "500 customers" in done.stdout


def test_an_endpoint_that_is_not_there_is_answered_with_the_section_to_write() -> None:
    done = backstay("webhooks", "test", "crm")

    assert done.returncode == 2
    assert "write a section [webhooks.NAME] with url and secrets" in done.stderr


@pytest.mark.parametrize(("which", "warns"), [("wall", False), ("log", True)])
async def test_the_doctor_warns_of_a_clock_that_stands_still(which: str, warns: bool) -> None:
    found = await clock(Broker(Settings.model_validate({"time": {"clock": which}})))

    assert found.warns is warns
    assert ("leave time.clock out" in found.says) is warns


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_fitted_model_is_told_in_the_visitors_language(language: Language) -> None:
    told = model_said("calibrated: lost within 90 days on the basis purchase", language)

    assert "90" in told
    assert ("calibrated" in told, "on the basis" in told) == (False, False)
    assert {"en": "orders", "es": "pedidos", "it": "ordini"}[language] in told
    assert SAYS in model_said(SAYS, language), "the words of another build stand as they are"


shares = st.floats(0.5, 1.2, allow_nan=False)


@given(st.lists(st.builds(Point, shares, shares.map(lambda _: None), st.none()), min_size=1, max_size=12))
def test_a_line_of_the_axis_is_written_with_the_value_at_which_it_stands(points: list[Point]) -> None:
    series = [Series("CRR", "s1", points)]

    shown: Callable[[float], str] = figures.shares(series, "en")

    ticks = axis([*ends(points), 1.0]).ticks
    if ticks[1] - ticks[0] >= 0.005:
        assert [round(float(shown(tick).rstrip("%")), 3) for tick in ticks] == [round(t * 100, 3) for t in ticks]


@given(
    st.lists(st.from_regex(r"[a-z,]{1,12}", fullmatch=True), min_size=1, max_size=40),
    st.integers(15, 160),
    st.integers(0, 90),
)
def test_a_line_ends_with_a_word_in_any_width(words: list[str], width: int, under: int) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width)
    piped = Console(file=io.StringIO(), force_terminal=False, color_system=None, width=width)

    for one in (console, piped):
        print_words(one, f"[dim]![/] {' '.join(words)}", under)

    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert re.findall(r"\S+", text) == ["!", *words]
    assert all(len(line.rstrip()) <= width for line in text.splitlines())
    indents = {len(line) - len(line.lstrip()) for line in text.splitlines()[1:]}
    assert indents <= {under if width - under >= width // 2 else LITTLE}
    assert piped.file.getvalue() == f"! {' '.join(words)}\n"  # type: ignore[attr-defined]


@given(st.lists(st.from_regex(r"[a-z\[\]\\\\]{1,12}", fullmatch=True), min_size=1, max_size=40), st.integers(20, 160))
def test_a_line_of_a_report_is_indented_as_it_begins_and_one_to_copy_is_not_broken(
    words: list[str], width: int
) -> None:
    line = f"  {' '.join(words)}"
    consoles = [Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width) for _ in range(2)]

    print_line(consoles[0], line)
    print_line(consoles[1], Verbatim(line))

    wrapped, whole = (one.file.getvalue() for one in consoles)  # type: ignore[attr-defined]
    assert whole == f"{line}\n"
    assert wrapped.split() == words
    assert wrapped.startswith(f"  {words[0]}")
    assert all(re.match(r"    \S", one) for one in wrapped.splitlines()[1:])


some_counts = st.lists(st.from_regex(r"[a-z-]{1,20} [1-9]{1,3}", fullmatch=True), max_size=12)


@given(some_counts, st.integers(20, 120))
def test_a_name_and_its_number_stay_in_one_line(parts: list[str], width: int) -> None:
    lines = in_lines(parts, width).split(",\n") if parts else []

    assert [part for line in lines for part in line.split(", ")] == parts
    assert all(len(line) < width or line in parts for line in lines)
    assert all(len(line) + len(after.split(", ")[0]) + 2 >= width for line, after in pairwise(lines))
