"""`backstay rules`: alerting rules for Prometheus."""

from pathlib import Path

import click

from streams.alerts.write import write_rules
from streams.cli.options import config_options, settings_from


@click.group()
def rules() -> None:
    """Write alerting rules for Prometheus."""


@rules.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@config_options
def write(folder: Path, config: Path | None, overrides: tuple[str, ...]) -> None:
    """Write rules.yml into FOLDER, for the `deployment` of the settings.

    The alerts link to the runbook at `alerts.runbook_url`. The alert on NDR
    reads quarters, or months if `metrics.periods` has no `quarter`.
    """
    click.echo(f"wrote {write_rules(settings_from(config, overrides), folder)}")
