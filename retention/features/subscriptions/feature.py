"""The family `subscriptions` in the register of features."""

from typing import Final

from retention.features.base import Case, Feature, ReadOrder, always
from retention.features.subscriptions import renewals_section, section
from retention.features.subscriptions.facets import REQUESTS, TERMS, TIMELINE
from retention.features.subscriptions.folds import (
    accepts_old,
    ended,
    paused,
    renewed,
    restates,
    restates_renewed,
    resumed,
    terms,
    unsettled,
)
from schemas.subscriptions import SUBSCRIPTIONS as FAMILY

_EITHER: Final = frozenset({TIMELINE, REQUESTS})

SUBSCRIPTIONS: Final = Feature(
    name="subscriptions",
    family=FAMILY,
    order=ReadOrder.STARTS,
    cases={
        "subscription.started": Case(terms("started"), frozenset({TIMELINE}), restates=always),
        "subscription.changed": Case(terms("changed"), _EITHER, restates=restates),
        "subscription.paused": Case(paused, _EITHER, restates=restates),
        "subscription.resumed": Case(resumed, _EITHER, restates=restates),
        "subscription.renewed": Case(renewed, _EITHER | {TERMS}, restates=restates_renewed),
        "subscription.ended": Case(ended, _EITHER, restates=restates),
    },
    sections=(section.SUBSCRIPTIONS, renewals_section.RENEWALS),
    accepts_old=accepts_old,
    unsettled=unsettled,
)
