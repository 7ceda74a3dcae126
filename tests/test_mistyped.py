"""Mistyped commands and words are answered with the name that was probably meant."""

import click
import pytest

from streams.cli.commands import COMMANDS, backstay
from streams.cli.mistyped import meant


def said(*arguments: str) -> str:
    """Return what is added to click's own error."""
    with pytest.raises(click.ClickException) as refused:
        backstay.main(list(arguments), prog_name="backstay", standalone_mode=False)
    return meant(refused.value)


@pytest.mark.parametrize("name", [*COMMANDS])
def test_a_command_with_a_wrong_letter_is_recognised(name: str) -> None:
    assert said(f"{name}x") == f"Did you mean backstay {name}?"


CONTEXT = click.Context(backstay)
FOUND = {name: backstay.get_command(CONTEXT, name) for name in COMMANDS}
GROUPS = [(name, inner) for name, one in FOUND.items() if isinstance(one, click.Group) for inner in one.commands]


@pytest.mark.parametrize(("group", "name"), GROUPS)
def test_so_is_one_of_a_group(group: str, name: str) -> None:
    assert said(group, f"{name}x") == f"Did you mean backstay {group} {name}?"


def test_of_what_is_like_nothing_nothing_is_said() -> None:
    assert said("zzz") == ""
    assert said("topics", "") == ""


def test_a_word_that_an_option_does_not_take_is_answered_with_the_nearest(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    log = tmp_path_factory.mktemp("log") / "log.jsonl"
    log.write_text("{}")

    assert said("replay", str(log), "--out", "x", "--format", "cvs") == "Did you mean csv?"
    assert said("replay", str(log), "--out", "x", "--format", "zzz") == ""
