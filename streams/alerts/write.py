"""Fills in the template of alerting rules: the deployment that they watch, and the address of the runbook."""

from importlib import resources
from pathlib import Path
from typing import Final

from streams.settings import Settings
from streams.writing import writing

FILE: Final = "rules.yml"


def rules(settings: Settings) -> str:
    """Return the alerting rules of a deployment, as YAML for Prometheus 2.42 and later."""
    text = resources.files("streams.alerts").joinpath(FILE).read_text(encoding="utf-8")
    filled_in = {
        "deployment": settings.deployment,
        "runbook": settings.alerts.runbook_url,
        "long_period": _long_period(settings),
    }
    for name, value in filled_in.items():
        text = text.replace(f"@{name}@", value)
    return text


def _long_period(settings: Settings) -> str:
    """Return the period of the rule about money: a quarter, or a month where quarters are not published."""
    return "quarter" if "quarter" in settings.metrics.periods else "month"


def write_rules(settings: Settings, folder: Path) -> Path:
    """Write the rules into a folder, creating it if needed; raise `BadSettings` if that fails."""
    file = folder / FILE
    with writing(file):
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(rules(settings), encoding="utf-8")
    return file
