"""Options that several commands share."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from retention.calendar import Instant, instant
from streams.errors import BadSettings
from streams.setting_names import unknown
from streams.setting_sources import read_settings
from streams.settings import Settings

C = TypeVar("C", bound=Callable[..., Any])


def config_options(command: C) -> C:
    """Add the options --config and --set to a command."""
    command = click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Override one setting, as in --set metrics.basis=purchase. May be repeated. A name with a dot stands in "
        "quotes: --set 'segments.\"customer.tier\".values=gold,silver'.",
    )(command)
    return click.option(
        "--config",
        "config",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Settings file in TOML. Environment variables (BACKSTAY_KAFKA__BOOTSTRAP_SERVERS=…) override it.",
    )(command)


_OF_TABLES: Final = {
    "--csv-encoding": "Encoding of a CSV without a byte order mark, as in windows-1252. Default: UTF-8.",
    "--csv-delimiter": "Character between the columns of a CSV; \\t is a tab. Default: recognised.",
}
_KEPT: Final = "streams.cli.options"


def _of_table(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    """Keep an option that is a setting, for `settings_from`."""
    if value is not None:
        ctx.meta.setdefault(_KEPT, []).append((f"sources.{param.name}", value))


def of_tables() -> list[tuple[str, str]]:
    """Return the settings of the options that are about tables, as the command line has them."""
    found: list[tuple[str, str]] = click.get_current_context().meta.get(_KEPT, [])
    return found


def source_option(command: C) -> C:
    """Add the options --source, --csv-delimiter and --csv-encoding to a command that reads log files."""
    for name, text in _OF_TABLES.items():
        command = click.option(name, metavar="TEXT", help=text, expose_value=False, callback=_of_table)(command)
    return click.option(
        "--source",
        metavar="NAME",
        help="System that the log is from, as in --source segment. Default: sources.log, or events of Backstay's own.",
    )(command)


def settings_from(config: Path | None, overrides: tuple[str, ...], source: str | None = None) -> Settings:
    """Return the settings from --config, the environment, --set and --source."""
    context = click.get_current_context(silent=True)
    of_tables = context.meta.get(_KEPT, []) if context is not None else []
    settings = read_settings(config, dict([*map(_pair, overrides), *of_tables]))
    if of_tables and source is None and settings.sources.log is None:
        raise BadSettings(
            "--csv-delimiter and --csv-encoding need --source; --source events reads Backstay's own events"
        )
    if source is None:
        return settings
    if source not in settings.readers():
        raise BadSettings(f"--source {source}: {unknown('source', source, settings.readers())}")
    return settings.model_copy(update={"sources": settings.sources.model_copy(update={"log": source})})


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise BadSettings(f"--set {text}: expected KEY=VALUE, as in --set metrics.zone=Europe/Madrid")
    return name, value


class InstantType(click.ParamType):
    """A time in RFC 3339 with an offset, or a date, which means midnight UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Instant:  # noqa: ANN401 - click's own signature
        """Return the instant that a value of the command line stands for."""
        if isinstance(value, int):
            return value
        try:
            moment = datetime.fromisoformat(value if "T" in value else f"{value}T00:00:00Z")
        except ValueError:
            self.fail(f"{value!r} is not a time such as 2026-03-01T00:00:00Z", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no offset: write {value}Z for UTC", param, ctx)
        found = instant(moment)
        if found < 0:
            self.fail(f"{value!r} lies before 1970, where no event can be", param, ctx)
        return found


INSTANT = InstantType()
