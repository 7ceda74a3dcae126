"""Answers what the console is asked from its store: each time of one state of it."""

from collections.abc import Callable, Iterator
from datetime import datetime

from schemas.outbound import Severity
from streams.console.documents import (
    MOST_ROWS,
    AtRisk,
    AtRiskFilters,
    AtRiskRow,
    Contact,
    CustomerPage,
    Drill,
    Pipeline,
    Retention,
    RetentionFilters,
    Signals,
    Workers,
)
from streams.console.store import Store
from streams.console.views.at_risk import at_risk, listed, rows_of
from streams.console.views.customer import contact, customer_page
from streams.console.views.drilling import drill
from streams.console.views.pipeline import Status, pipeline
from streams.console.views.retention import retention
from streams.console.views.shared import Company, event_time
from streams.console.views.worth import signals


class StoreViews:
    """The views of a store, as `documents.Views` describes them."""

    def __init__(
        self,
        store: Store,
        company: Company,
        status: Callable[[], Status] = Status,
        workers: Callable[[], Workers] = Workers,
    ) -> None:
        self._store, self._company, self._status, self._workers = store, company, status, workers

    def event_time(self) -> datetime | None:
        """Return the newest event time of all outputs; None before the first."""
        with self._store.reading() as link:
            return event_time(link)

    def at_risk(self, filters: AtRiskFilters, page: int, size: int, as_of: datetime) -> AtRisk:
        """Return the customers at risk."""
        with self._store.reading() as link:
            return at_risk(link, self._company, filters, page, min(size, MOST_ROWS), as_of)

    def at_risk_by_and_by(
        self, filters: AtRiskFilters, most: int, size: int, as_of: datetime
    ) -> Iterator[list[AtRiskRow]]:
        """Yield the rows of customers at risk in their present order, `size` at a time; without any, one empty list."""
        with self._store.reading() as link:
            customers, currency = listed(link, self._company, filters, most)
        for start in range(0, max(1, len(customers)), size):
            with self._store.reading() as link:
                rows = rows_of(link, self._company, customers[start : start + size], currency, as_of)
            yield rows

    def customer(
        self, customer_id: str, as_of: datetime, *, items: int = MOST_ROWS, page: int = 1
    ) -> CustomerPage | None:
        """Return what is known of a customer, with a page of its timeline; None if nothing is."""
        with self._store.reading() as link:
            return customer_page(link, self._company, customer_id, as_of, items, page)

    def contact(self, customer_id: str, as_of: datetime) -> Contact:
        """Return what a service desk needs to know of a customer, known or not."""
        with self._store.reading() as link:
            return contact(link, self._company, customer_id, as_of)

    def retention(self, filters: RetentionFilters, as_of: datetime) -> Retention:
        """Return the figures of retention."""
        with self._store.reading() as link:
            return retention(link, self._company, filters, as_of)

    def drill(self, key: str, page: int, size: int, as_of: datetime) -> Drill | None:
        """Return the customers behind a number; None if no number has that key."""
        with self._store.reading() as link:
            return drill(link, self._company, key, page, min(size, MOST_ROWS), as_of)

    def signals(self, severity: Severity, horizon_days: int, as_of: datetime) -> Signals:
        """Return the worth of the signals."""
        with self._store.reading() as link:
            return signals(link, self._company, severity, horizon_days, as_of)

    def pipeline(self, as_of: datetime) -> Pipeline:
        """Return how far the topics are read."""
        size = self._store.size()
        with self._store.reading() as link:
            return pipeline(link, self._status(), self._workers(), size, as_of)
