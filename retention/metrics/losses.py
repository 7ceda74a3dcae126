"""The numbers behind figures about losses: how many, and at how many each signal was open, by severity."""

from typing import Any

from retention.measures.base import Number, Values
from retention.measures.lost import OPEN, WAITED


def losses(values: Values) -> Number:
    """Return the number of losses."""
    return values.flow("losses")


def components(values: Values, _currency: str) -> dict[str, Any]:
    """Return the losses, those with a signal, and with one of medium severity; and the same of each signal.

    Of a signal: losses at which it was open, by its severity then, and the mean seconds since it had been raised.
    """
    found: dict[str, Any] = {name: str(values.flow(name)) for name in ("losses", "signalled", "warned")}
    by_signal: dict[str, dict[str, str]] = {}
    for field in sorted(values.flows):
        if field.startswith(OPEN):
            signal, _, severity = field.removeprefix(OPEN).partition(":")
            by_signal.setdefault(signal, {})[severity] = str(values.flow(field))
    for signal, counts in by_signal.items():
        counts["mean_lead_seconds"] = str(int(values.flow(f"{WAITED}{signal}")) // sum(map(int, counts.values())))
    return found | {"by_signal": by_signal}


def by_signal(found: dict[str, Any]) -> dict[str, int | str]:
    """Return, from the published components, at how many losses each signal was open."""
    said: dict[str, dict[str, str]] = found["by_signal"]
    return {
        signal: sum(int(number) for name, number in counts.items() if name != "mean_lead_seconds")
        for signal, counts in said.items()
    }


def warned_by(found: dict[str, Any]) -> dict[str, int | str]:
    """Return, from the published components, at how many losses each signal was open and not low."""
    said: dict[str, dict[str, str]] = found["by_signal"]
    return {
        signal: sum(int(number) for name, number in counts.items() if name not in {"low", "mean_lead_seconds"})
        for signal, counts in said.items()
    }
