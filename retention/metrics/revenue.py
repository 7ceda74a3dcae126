"""The numbers behind figures about money: MRR at start and end, and what the starting customers kept."""

from typing import Any

from retention.features.subscriptions.movements import MOVEMENT_KINDS
from retention.measures.base import Number, Values
from retention.money import money_text


def start(values: Values) -> Number:
    """Return MRR at the start."""
    return values.start("mrr")


def end(values: Values) -> Number:
    """Return MRR at the end."""
    return values.end("mrr")


def cohort_end(values: Values) -> Number:
    """Return the MRR of the starting customers at the end."""
    return start(values) + values.flow("cohort_change")


def cohort_kept(values: Values) -> Number:
    """Return the same, with no customer counted above its start."""
    return start(values) - values.flow("cohort_loss")


def components(values: Values, currency: str) -> dict[str, Any]:
    """Return the money behind a figure, with the movements in both views."""
    ends = {"mrr_start": money_text(start(values), currency), "mrr_end": money_text(end(values), currency)}
    views = {
        f"{view}_view": {
            **ends,
            **{kind: money_text(values.flow(f"{view}_{kind}"), currency) for kind in MOVEMENT_KINDS},
            "fx": money_text(0, currency),
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
