"""The facets that the family `logins` changes."""

from typing import Final

from retention.features.base import Facet
from retention.panes import Pane
from retention.state.customer import Customer


def _days(customer: Customer) -> Pane:
    return customer.logins


LOGINS: Final = Facet("logins", days=_days)
