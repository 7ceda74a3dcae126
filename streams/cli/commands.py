"""The commands of `backstay`. Bad input ends with one sentence and an exit code, never a traceback."""

import logging
import os
import sys
from importlib import import_module
from typing import Final

import click
from rich.console import Console
from rich.markup import escape

from schemas.visible import readable
from streams import about
from streams.cli.mistyped import meant
from streams.errors import BadSettings, StreamError

COMMANDS: Final = {
    "demo": "demo",
    "worker": "worker",
    "console": "console",
    "check": "check",
    "replay": "replay",
    "load": "load",
    "explain": "explain",
    "signals": "signals",
    "backtest": "backtest:backtest_",
    "simulate": "simulate",
    "topics": "topics",
    "calendar": "calendar",
    "learn": "learn",
    "doctor": "doctor",
    "rebuild": "rebuild",
    "accept-gap": "accept_gap",
    "dead-letters": "dead_letters",
    "webhooks": "webhooks",
    "rules": "rules",
    "schemas": "schemas",
}
"""The commands and their modules in `streams.cli`; after a colon the name there, if it is not the module's."""


class Commands(click.Group):
    """A group of commands whose modules are imported when they are asked for: all together take a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None if there is none of this name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(import_module(f"streams.cli.{module}"), name or module)
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(about.version(), message=f"%(prog)s %(version)s ({about.build_kind()})", prog_name="backstay")
def backstay() -> None:
    """Find out early which customers are about to leave, why, what they are worth, and how retention develops.

    Start with `backstay demo`: it needs no Kafka and no configuration.
    """


def main() -> None:
    """Run the command line; exit with the code of the error, or 0."""
    # Our own errors report an outage better than the logs of aiokafka do; workers set up their own logging.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        code = backstay.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        if near := meant(error):
            click.echo(near, err=True)
        sys.exit(error.exit_code)
    except StreamError as error:
        Console(stderr=True, highlight=False).print(
            f"[bold red]backstay:[/] {escape(readable(str(error)))}", soft_wrap=True
        )
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the rest of the buffer has no reader
        sys.exit(141)  # as a shell says of a program that SIGPIPE ended: `backstay simulate | head`
    except OSError as error:
        if error.filename is None:
            raise  # not about a file that the user named: a traceback helps to fix it
        said = f"cannot use {error.filename}: {error.strerror}"
        Console(stderr=True, highlight=False).print(f"[bold red]backstay:[/] {escape(readable(said))}", soft_wrap=True)
        sys.exit(BadSettings.exit_code)
    sys.exit(code if isinstance(code, int) else 0)
