"""`backstay check` says of a log how many events will be ignored: as many as the product ignores."""

from collections import Counter
from typing import Any

import pytest
from pydantic import BaseModel

from retention.engine.partition_state import PartitionState
from retention.errors import Rejected
from retention.features.base import DUPLICATE
from schemas.families import TOPIC_OF
from schemas.family import Family
from tests.building import Log, line
from tests.playing import DECODERS, Shelf
from tests.test_check import looked
from tests.test_features import FOLDED, NAMES, POLICY, usual_event


def outcomes(documents: list[dict[str, Any]]) -> Counter[str]:
    """Return what the product makes of events."""
    state = PartitionState(POLICY, Shelf())
    return Counter(outcome_of(document, state) for document in documents)


def outcome_of(document: dict[str, Any], state: PartitionState) -> str:
    topic = TOPIC_OF[document["type"]]
    try:
        facet = state.observe(*DECODERS[topic].read(line(document)), topic, None)
    except Rejected:
        return "rejected"
    return "duplicate" if facet is DUPLICATE else "applied"


def ignored(documents: list[dict[str, Any]]) -> int:
    """Return how many of the events are said to be ignored."""
    doubts = looked([line(document) for document in documents]).doubts
    return sum(int(doubt.split(" ", 1)[0]) for doubt in doubts if "is ignored, as one sent twice" in doubt)


@pytest.mark.parametrize(("family", "contract"), FOLDED, ids=NAMES)
def test_of_each_type_as_many_are_said_to_be_ignored_as_are(family: Family, contract: type[BaseModel]) -> None:
    begun = Log().starts(1, name="subscription_id-1").starts(1.1, name="s-2").login(2).events
    one = usual_event(contract, 1, 3)
    others = [{"customer_id": "c-2"}, usual_event(contract, 2, 4)]
    others += [{"subscription_id": "s-2"}] if one.get("subscription_id") and family.topic != "payments" else []
    documents = [*begun, begun[-1] | {"event_id": one["event_id"]}, one, *(one | other for other in others), one]

    assert ignored(documents) == outcomes(documents)["duplicate"]


def test_one_id_of_two_customers_or_types_is_no_doubt() -> None:
    events = [*Log("c-1").login(1).buys(2, "o-1").buys(3, "o-2").events, *Log("c-2").login(3).events]

    assert ignored([event | {"event_id": "e-1"} for event in events]) == 0
