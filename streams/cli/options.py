"""Options that several commands share."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

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


def source_option(command: C) -> C:
    """Add the option --source to a command that reads log files."""
    return click.option(
        "--source",
        metavar="NAME",
        help="System that the log is of, as in --source segment. Default: sources.log, else events of Backstay's own.",
    )(command)


def settings_from(config: Path | None, overrides: tuple[str, ...], source: str | None = None) -> Settings:
    """Return the settings from --config, the environment, --set and --source."""
    settings = read_settings(config, dict(_pair(text) for text in overrides))
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
