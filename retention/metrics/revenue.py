"""The numbers behind figures about money: MRR at start and end, and what the starting customers kept."""

from typing import Any, Final

from retention.features.subscriptions.movements import MOVEMENT_KINDS
from retention.measures.base import Number, Values, fx_of
from retention.money import money_text

FX: Final = fx_of("mrr")
"""What only exchange rates changed of MRR: its end at the rates of the end, less that at those of the start."""


def start(values: Values) -> Number:
    """Return MRR at the start."""
    return values.start("mrr")


def end(values: Values) -> Number:
    """Return MRR at the end, at the rates of the end if it was converted."""
    return values.end("mrr") + values.flow(FX)


def cohort_end(values: Values) -> Number:
    """Return the MRR of the starting customers at the end."""
    return start(values) + values.flow("cohort_change")


def cohort_kept(values: Values) -> Number:
    """Return the MRR of the starting customers at the end, with none of them counted above its start."""
    return start(values) - values.flow("cohort_loss")


def components(values: Values, currency: str) -> dict[str, Any]:
    """Return the money behind a figure, with the movements in both views."""
    ends = {"mrr_start": money_text(start(values), currency), "mrr_end": money_text(end(values), currency)}
    views = {
        f"{view}_view": {
            **ends,
            **{kind: money_text(values.flow(f"{view}_{kind}"), currency) for kind in MOVEMENT_KINDS},
            "fx": money_text(values.flow(FX), currency),
        }
        for view in ("period", "event")
    }
    return {
        **ends,
        "start_cohort_end": money_text(cohort_end(values), currency),
        "start_cohort_kept": money_text(cohort_kept(values), currency),
        "customers_start": int(values.start("active")),
        "customers_end": int(values.end("active")),
        **views,
    }


def moved(components: dict[str, Any]) -> dict[str, int | str]:
    """Return MRR by kind of movement, of converted figures with what rates moved; nothing if a rate is missing."""
    view = components.get("period_view")
    kinds = (*MOVEMENT_KINDS, "fx") if "rates" in components else MOVEMENT_KINDS
    return {kind: view[kind] for kind in kinds} if view is not None else {}
