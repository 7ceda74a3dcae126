"""The commands of `backstay`. Bad input ends with one sentence and an exit code, never a traceback."""

import logging
import os
import sys
from typing import Final

import click
from rich.console import Console
from rich.markup import escape

from schemas.visible import readable
from streams import about
from streams.cli.accept_gap import accept_gap
from streams.cli.backtest import backtest_
from streams.cli.calendar import calendar
from streams.cli.check import check
from streams.cli.console import console
from streams.cli.dead_letters import dead_letters
from streams.cli.demo import demo
from streams.cli.doctor import doctor
from streams.cli.explain import explain
from streams.cli.learn import learn
from streams.cli.load import load
from streams.cli.rebuild import rebuild
from streams.cli.replay import replay
from streams.cli.rules import rules
from streams.cli.schemas import schemas
from streams.cli.signals import signals
from streams.cli.simulate import simulate
from streams.cli.topics import topics
from streams.cli.webhooks import webhooks
from streams.cli.worker import worker
from streams.errors import BadSettings, StreamError

COMMANDS: Final = (
    demo,
    worker,
    console,
    check,
    replay,
    load,
    explain,
    signals,
    backtest_,
    simulate,
    topics,
    calendar,
    learn,
    doctor,
    rebuild,
    accept_gap,
    dead_letters,
    webhooks,
    rules,
    schemas,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(about.version(), message=f"%(prog)s %(version)s ({about.build_kind()})", prog_name="backstay")
def backstay() -> None:
    """Find out early which customers are about to leave, why, what they are worth, and how retention develops.

    Start with `backstay demo`: it needs no Kafka and no configuration.
    """


for command in COMMANDS:
    backstay.add_command(command)


def main() -> None:
    """Run the command line; exit with the code of the error, or 0."""
    # Our own errors report an outage better than the logs of aiokafka do; workers set up their own logging.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        code = backstay.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
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
