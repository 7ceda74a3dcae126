"""`backstay calendar`: learn how busy the days of a company are, and write it as a file that people can read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console

from retention.calendar import LocalDay, iso_day, local_date
from retention.company import USUAL
from streams.calendar_learning import Activity, activity_of, learned
from streams.cli.options import config_options, settings_from, source_option
from streams.company_file import written
from streams.errors import BadSettings
from streams.extras import missing
from streams.foreign_logs import reader_of, texts_of
from streams.writing import require_writable, writing

YEARS_AHEAD: Final = 3
"""For so many years after the history holidays are written."""
LONGEST_CODE: Final = 3
"""Letters: both ES and ESP are codes."""


@click.group()
def calendar() -> None:
    """Build the company calendar: the weights of weekdays, months, holidays and closures."""


@calendar.command()
@click.argument("file", metavar="LOG", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write, in TOML.")
@click.option("--country", metavar="CODE", help="Country whose public holidays are written, as ES or IT.")
@click.option("--region", metavar="CODE", help="Region of the country with further holidays, as MD or BZ.")
@click.option("--language", metavar="CODE", default="en_US", show_default=True, help="Language of their names.")
@source_option
@config_options
def learn(
    file: Path,
    out: Path,
    country: str | None,
    region: str | None,
    language: str,
    source: str | None,
    config: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Compute the weights of days from LOG, a log of events of a year at least, and write them to a file.

    Name the file in the setting time.calendar. Days are those of metrics.zone. The holidays need the extra
    `backstay[calendar]`; workers do not.
    """
    settings = settings_from(config, overrides, source)
    if region is not None and country is None:
        raise BadSettings("--region is a region of a --country: name both")
    country = _code(country) if country is not None else None
    require_writable(out, file, *[given for given in (config,) if given is not None])
    policy = settings.policy()
    activity = activity_of(texts_of(file, reader_of(settings)), policy.calendar, str(file))
    names = named_holidays(country, region, language, activity) if country is not None else {}
    weights = learned(activity, frozenset(names))
    with writing(out):
        out.write_text(written(weights, policy.zone, names, _about(file, activity, country, region)), encoding="utf-8")
    closed = ", ".join(f"{iso_day(first)}/{iso_day(last)}" for first, last, _ in weights.closures) or "none"
    Console(highlight=False).print(
        f"{out}: {iso_day(activity.first)} to {iso_day(activity.last)}, {sum(activity.acted):,} days of customers; "
        f"weekdays {_range(weights.weekdays)}, months {_range(weights.months)}, {len(weights.holidays)} holidays, "
        f"closures {closed}. To use it: time.calendar = '{out}'",
        soft_wrap=True,
        markup=False,
    )


def _code(country: str) -> str:
    """Return the code of a country as the package `holidays` writes it: its names are longer, and stay as they are."""
    return country.upper() if len(country) <= LONGEST_CODE else country


def _range(weights: tuple[int, ...]) -> str:
    return f"{min(weights) / USUAL:.2f} to {max(weights) / USUAL:.2f}"


def _about(file: Path, activity: Activity, country: str | None, region: str | None) -> str:
    where = f"; public holidays of {country}{f', {region}' if region else ''}" if country is not None else ""
    return (
        f"The company's days, learned from {file.name}, {iso_day(activity.first)} to {iso_day(activity.last)}{where}.\n"
        "Edit it as you like: workers read it when they start, and each of them needs the same file."
    )


def named_holidays(country: str, region: str | None, language: str, activity: Activity) -> Mapping[LocalDay, str]:
    """Return the holidays of a country from the beginning of a history to some years after it, with their names."""
    try:
        import holidays
    except ImportError as error:
        raise BadSettings(missing("--holidays", "calendar")) from error
    first, last = local_date(activity.first).year, local_date(activity.last).year + YEARS_AHEAD
    years = range(first, last + 1)
    try:
        spoken = holidays.country_holidays(country).supported_languages
        found = holidays.country_holidays(
            country, subdiv=region, years=years, language=language if language in spoken else None
        )
    except NotImplementedError as error:
        raise BadSettings(f"the package `holidays` does not know {_unknown(holidays, country, region)}") from error
    unix = local_date(0).toordinal()
    return {day.toordinal() - unix: name for day, name in sorted(found.items()) if first <= day.year <= last}


def _unknown(package: Any, country: str, region: str | None) -> str:  # noqa: ANN401 - a package without types
    known = ", ".join(sorted(_regions(package, country)))
    if region and known:
        return f"region {region} of {country}; its regions are: {known}"
    return f"the country {country}: write its code, as ES or IT"


def _regions(package: Any, country: str) -> tuple[str, ...]:  # noqa: ANN401 - a package without types
    try:
        return tuple(package.country_holidays(country).subdivisions)
    except NotImplementedError:
        return ()
