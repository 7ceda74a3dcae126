"""CRR = (E − N) / S: the share of the customers of the start that the end still has [S]."""

from retention.measures import BASES
from retention.metrics import customers
from retention.metrics.base import RATIO, Breakdown, Count, Metric, Ratio

CRR = Metric(
    name="crr",
    help="Customer retention rate: customers of the period's start that are still there, over all of them.",
    gauge="customer_retention_ratio",
    of=BASES,
    unit=RATIO,
    value=Ratio(Count(customers.retained), Count(customers.start)),
    sample=customers.start,
    components=customers.components,
    proportion=True,
    breakdowns=(
        Breakdown(
            "customers",
            "Customers of the period: at its start, at its end, lost, new, returned.",
            "state",
            lambda c: {"start": c["S"], "end": c["E"], **{state: c[state] for state in ("lost", "new", "returned")}},
        ),
    ),
)
