"""Figures about losses: a share of them, and the numbers behind it: how many, and at how many each signal was open."""

from typing import Any, Final

from retention.measures.base import Number, Values
from retention.measures.lost import LOST, OPEN, WAITED
from retention.metrics.base import RATIO, Breakdown, Count, Metric, Ratio

_MEAN_LEAD: Final = "mean_lead_seconds"
"""Stands among the severities of a signal, and is no number of losses."""


def share_of_losses(name: str, text: str, counted: str, beside: Breakdown) -> Metric:
    """Return the metric of the losses that are `counted`, by the name of their flow, over all losses of the period."""
    return Metric(
        name=name,
        help=text,
        gauge=f"{name}_ratio",
        of=(LOST,),
        unit=RATIO,
        value=Ratio(Count(lambda values: values.flow(counted)), Count(losses)),
        sample=losses,
        components=components,
        proportion=True,
        breakdowns=(beside,),
    )


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
        counts[_MEAN_LEAD] = str(int(values.flow(f"{WAITED}{signal}")) // sum(map(int, counts.values())))
    return found | {"by_signal": by_signal}


def by_signal(found: dict[str, Any]) -> dict[str, int | str]:
    """Return, from the published components, at how many losses each signal was open."""
    return _but({_MEAN_LEAD}, found)


def warned_by(found: dict[str, Any]) -> dict[str, int | str]:
    """Return, from the published components, at how many losses each signal was open and not low."""
    return _but({_MEAN_LEAD, "low"}, found)


def _but(left_out: set[str], found: dict[str, Any]) -> dict[str, int | str]:
    said: dict[str, dict[str, str]] = found["by_signal"]
    return {
        signal: sum(int(number) for name, number in counts.items() if name not in left_out)
        for signal, counts in said.items()
    }
