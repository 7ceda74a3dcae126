"""The errors of the records of a log: each is told once, with its first place and its number."""

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.readings import decoder_of
from schemas.decoding import _NO_TYPE, Refused
from schemas.families import TOPIC_OF
from streams.refusals import SHOWN, Kinds, others
from tests.test_commands import backstay

_UNKNOWN = "no event type of the catalogue"
ERRORS = st.integers(0, 400).map(lambda number: f"error {number}")


@given(st.lists(st.tuples(st.integers(1, 10_000), ERRORS), max_size=600, unique_by=lambda one: one[0]))
def test_the_errors_that_came_first_have_exact_numbers_in_any_order(taken: list[tuple[int, str]]) -> None:
    require_exact(taken)


@pytest.mark.parametrize("seed", range(5))
def test_errors_that_came_before_many_others_have_exact_numbers(seed: int) -> None:
    draw = random.Random(seed)

    require_exact([(place, f"error {draw.randrange(400)}") for place in draw.sample(range(10_000), 600)])
    require_exact([(place, f"error {draw.choice((place, 7))}") for place in range(30_000)])


def require_exact(taken: list[tuple[int, str]]) -> None:
    """Check that the errors that came first are shown, each with its first place and its number."""
    kinds = Kinds[int]()

    for place, error in taken:
        kinds.take("contract", place, error)

    numbers = Counter(error for _, error in taken)
    first = dict[str, int]()
    for place, error in taken:
        first[error] = min(place, first.get(error, place))
    wanted = sorted((place, error, numbers[error]) for error, place in first.items())[:SHOWN]
    assert [tuple(one) for one in kinds.first("contract")] == wanted
    assert kinds.first("not_json") == []
    shown = kinds.first("contract")
    left = len(taken) - sum(one.number for one in shown)
    assert others(len(taken), shown) == (f"  and {left:,} more, with other errors" if left else "")


@pytest.mark.parametrize("command", ["check", "replay"])
def test_an_error_of_many_lines_is_told_once(command: str, tmp_path: Path) -> None:
    nameless = '{"event_id":"e","customer_id":"c-1","occurred_at":"2026-01-06T09:00:00Z"}\n'
    typed = nameless.replace("{", '{"type":"login.suceeded",')
    good = nameless.replace("{", '{"type":"login.succeeded",')
    log = tmp_path / "log.jsonl"
    log.write_text(good + "hello\n" + nameless * 7 + typed * 2)

    done = backstay(command, str(log), *(["--out", str(tmp_path / "out")] if command == "replay" else []))

    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("  line")] == [
        f"  line 3: type: {_NO_TYPE} (and 6 more like it)",
        "  line 2: JSON is malformed: invalid character (byte 0)",
        f"  line 10: 'login.suceeded' is {_UNKNOWN}; did you mean 'login.succeeded'? (and 1 more like it)",
    ]
    assert not [line for line in lines if "Field required" in line]
    assert "others" not in done.stdout, "each error is shown"


@pytest.mark.parametrize("command", ["check", "replay"])
def test_a_log_whose_every_type_is_mistyped_is_no_log_of_another_system(command: str, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(
        '{"type":"login.suceeded","event_id":"e","customer_id":"c-1","occurred_at":"2026-01-06T09:00:00Z"}\n' * 2
    )

    done = backstay(command, str(log), *(["--out", str(tmp_path / "out")] if command == "replay" else []))

    assert "did you mean 'login.succeeded'? (and 1 more like it)" in done.stdout
    assert "no events of Backstay" not in done.stdout + done.stderr
    assert "mapping" not in done.stdout + done.stderr


@given(st.sampled_from(sorted(TOPIC_OF)), st.integers(0, 30))
def test_a_type_with_a_letter_too_few_is_answered_with_a_type_of_the_catalogue(kind: str, place: int) -> None:
    cut = kind[: place % len(kind)] + kind[place % len(kind) + 1 :]
    value = f'{{"type":"{cut}"}}'.encode()

    with pytest.raises(Refused, match=r"did you mean '(.*)'") as refused:
        decoder_of(value).read(value)

    assert refused.value.detail.rpartition("'")[0].rpartition("'")[2] in TOPIC_OF


def test_a_type_like_no_other_is_answered_without_a_question() -> None:
    for kind in ("x", "zzzzzzzz", "q" * 10_000):
        value = f'{{"type":"{kind}"}}'.encode()
        with pytest.raises(Refused) as refused:
            decoder_of(value).read(value)
        assert "did you mean" not in refused.value.detail
