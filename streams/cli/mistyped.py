"""Names the command, or the word, that was probably meant by one that does not exist."""

from difflib import get_close_matches
from typing import Final

import click

_LEAST: Final = 4
"""Letters that a name begins with, to be taken for a longer one."""


def meant(error: click.ClickException) -> str:
    """Return a sentence with the nearest name; empty if none is near, or click has said it already."""
    if not isinstance(error, click.UsageError) or error.ctx is None or "Did you mean" in error.format_message():
        return ""
    if isinstance(error, click.BadParameter):
        near = _nearest_choice(error)
    else:
        near = _nearest_command(error.ctx, error.format_message())
    return f"Did you mean {near}?" if near else ""


def _nearest_command(context: click.Context, said: str) -> str:
    """Return the command whose name is nearest to the one that a group does not have."""
    if not isinstance(context.command, click.Group) or not said.startswith("No such command"):
        return ""
    names = context.command.list_commands(context)
    given = said.partition("'")[2].rpartition("'")[0]
    found = get_close_matches(given, names, n=1) or [name for name in names if name.startswith(given[:_LEAST])]
    return f"{context.command_path} {found[0]}" if found and given else ""


def _nearest_choice(error: click.BadParameter) -> str:
    """Return the word that is nearest to one that an option does not take."""
    kind = error.param.type if error.param is not None else None
    given = error.message.partition("'")[2].partition("'")[0]
    found = get_close_matches(given, map(str, kind.choices), n=1) if isinstance(kind, click.Choice) else []
    return found[0] if found else ""
