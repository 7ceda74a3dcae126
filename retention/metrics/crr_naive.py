"""(E − acquired) / S: over 100 % when customers return, under 0 % when newcomers leave. To reconcile, not to steer."""

from retention.measures import BASES
from retention.metrics import customers
from retention.metrics.base import RATIO, Count, Metric, Ratio

CRR_NAIVE = Metric(
    name="crr_naive",
    help="The careless CRR, (E - acquired) / S: shown only to reconcile with other tools.",
    gauge="customer_retention_naive_ratio",
    of=BASES,
    unit=RATIO,
    value=Ratio(Count(lambda v: customers.end(v) - v.flow("acquired")), Count(customers.start)),
    sample=customers.start,
    components=customers.components,
)
