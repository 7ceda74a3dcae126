"""The register of features: what follows from it, and whether its members fit together.

Rule: each event type has one `Entry`, and each topic one place in the order of a backlog, whatever number of features
read it.

    login.succeeded ─► Entry  ─► fold of `logins`                              ─► its facet
    ticket.opened   ─► Shared ─► fold of `tickets`, then of `ticket texts`     ─► `Several`: the facets of both

Of features that share a type, each decides by its own state whether an event is new and whether it can be used. The
event is a duplicate if all say so, and rejected if none could use it.

Reason: a topic is read once, so one feature that reads it must not keep others from it. Members that do not fit are
refused when the register is built, and not when the first record of their type arrives.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from retention.calendar import Instant
from retention.errors import Rejected
from retention.features.base import (
    DUPLICATE,
    NOTHING,
    Aside,
    Case,
    Facet,
    FactOf,
    Feature,
    Fold,
    ReadOrder,
    Unsettled,
    always,
)
from retention.policy import Policy
from retention.state.customer import Customer
from retention.state.section import Horizon, Section
from retention.state.seen_ids import saw
from schemas.base import Event
from schemas.family import Family, type_of

MOST_SECTIONS: Final = 63


class WrongRegister(Exception):
    """Raised if features do not fit together: the text says what to change."""


class Several(Facet):
    """The changes of one event for several features. One that could not use it does not keep it from the others."""

    def __init__(self, parts: Sequence[Facet], rejected: Rejected | None) -> None:
        super().__init__(" and ".join(part.name for part in parts))
        self.parts, self.rejected = tuple(parts) or (NOTHING,), rejected


class Entry:
    """The handling of one event type by the one feature that reads it."""

    def __init__(self, kind: str, feature: Feature) -> None:
        case = feature.cases[kind]
        self.fold: Fold = case.fold
        self.restates, self.quick, self.known_by, self.useless = case.restates, case.quick, case.known_by, case.useless
        self.facets, self.settles = case.facets, feature.unsettled is not None
        self.accepts_old = feature.accepts_old
        self.says = case.says

    def of_old(self, customer: Customer | None, event: Event, at: Instant) -> "Entry | None":
        """Return how an event from before the horizon is handled; None if it is of no use to any feature."""
        return self if self.accepts_old(customer, event, at) else None


class Shared(Entry):
    """The handling of one event type that several features read.

    Each decides by its own state whether an event is new, and whether it can be used. An id in the core is checked once
    for all of them. The quick way of a feature is taken if all others only add to it.
    """

    def __init__(self, kind: str, features: Sequence[Feature]) -> None:
        super().__init__(kind, features[0])
        self.kind, self.features = kind, features
        cases = self.cases = [feature.cases[kind] for feature in features]
        known_by = {case.known_by for case in cases if case.known_by is not None}
        if len(known_by) > 1:
            names = " and ".join(feature.name for feature in features)
            raise WrongRegister(f"{names} know {kind} by ids of two kinds: let `known_by` be one function")
        self._known_by = next(iter(known_by), None)
        quick = [case for case in cases if case.quick is not None]
        others = [case for case in cases if case.quick is None]
        is_quick = len(quick) == 1 and all(case.restates is None for case in others)
        self._quick_case, self._others = quick[0] if is_quick else None, others
        self.known_by = None  # the fold checks it
        self.fold = self._fold
        self.quick = self._fold_quickly if is_quick else None
        self.restates = self._restates if any(case.restates is not None for case in cases) else None
        self.useless = self._useless if any(case.useless is not None for case in cases) else None
        self.says = next((case.says for case in cases if case.says is not None), None)
        self.facets = frozenset(facet for case in cases for facet in case.facets)
        self.settles = any(feature.unsettled is not None for feature in features)

    def of_old(self, customer: Customer | None, event: Event, at: Instant) -> Entry | None:
        """Return how an old event is handled by the features to which it still matters; None if there are none."""
        found = entry_of(self.kind, [one for one in self.features if one.accepts_old(customer, event, at)])
        if found is not None:  # figures may differ after it as after any other one (`read_by`)
            found.restates, found.quick = found.restates or self.restates, found.quick if self.quick else None
        return found

    def _restates(self, customer: Customer, at: Instant) -> bool:
        return any(case.restates is not None and case.restates(customer, at) for case in self.cases)

    def _useless(self, customer: Customer, event: Any) -> list[Aside]:  # noqa: ANN401 - of any contract
        return [aside for case in self.cases if case.useless is not None for aside in case.useless(customer, event)]

    def _fold(self, customer: Customer, event: Any, at: Instant, policy: Policy) -> Facet:  # noqa: ANN401 - as above
        return self._fold_all(self.cases, [], customer, event, at, policy)

    def _fold_quickly(
        self,
        customer: Customer,
        event: Any,  # noqa: ANN401 - as above
        at: Instant,
        policy: Policy,
        watermark: Instant,
    ) -> Facet | None:
        case = self._quick_case
        facet = None if case is None or case.quick is None else case.quick(customer, event, at, policy, watermark)
        return None if facet is None else self._fold_all(self._others, [facet], customer, event, at, policy)

    def _fold_all(
        self,
        cases: Sequence[Case],
        found: list[Facet],
        customer: Customer,
        event: Any,  # noqa: ANN401 - as above
        at: Instant,
        policy: Policy,
    ) -> Facet:
        known = self._known_by is not None and saw(customer, self._known_by(event))
        rejected: Rejected | None = None
        for case in cases:
            if known and case.known_by is not None:
                found.append(DUPLICATE)
                continue
            try:
                found.append(case.fold(customer, event, at, policy))
            except Rejected as refusal:
                rejected = refusal
        return _joined(found, rejected)


def entry_of(kind: str, features: Sequence[Feature]) -> Entry | None:
    """Return how some features handle an event type; None if there are none."""
    if len(features) > 1:
        return Shared(kind, features)
    return Entry(kind, features[0]) if features else None


def _joined(found: Sequence[Facet], rejected: Rejected | None) -> Facet:
    """Return the changes of several features as one; a refusal by some is stored in it, one by all is raised."""
    if rejected is not None and not found:
        raise rejected
    changed = [facet for facet in found if facet is not DUPLICATE and facet is not NOTHING]
    if rejected is not None or len(changed) > 1:
        return Several(changed, rejected)
    if changed:
        return changed[0]
    return NOTHING if NOTHING in found else DUPLICATE


class Register:
    """Everything that follows from a list of features. Raises `WrongRegister` if they do not fit together."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self.features = tuple(features)
        _refuse_twice("feature name", (feature.name for feature in features))
        self.families = _families(features)
        self.sections = _sections(features)
        self.entries = _entries(features, self.families)
        self.facets = _facets(self.entries.values())
        self.unsettled: tuple[Unsettled, ...] = tuple(
            dict.fromkeys(feature.unsettled for feature in features if feature.unsettled is not None)
        )
        orders = {feature.family.topic: feature.order for feature in features}
        self.topics_in_order = sorted(orders, key=lambda topic: (orders[topic], topic))
        """The topics, in the order in which they take turns within one step of a backlog."""
        self.facts: dict[str, FactOf] = {kind: fact for one in features for kind, fact in one.facts.items()}
        """What events of no customer state, by type."""
        self.apart = frozenset(self.facts).union(*(feature.apart for feature in features))
        """Types that no feature folds, because they concern more than one customer, or none."""
        self.erasing = frozenset(topic for topic, order in orders.items() if order is ReadOrder.ERASURE)
        """Topics of erasure requests."""
        self.joins = list(dict.fromkeys(feature.join for feature in features if feature.join is not None))
        """What adds to the core of a customer what is kept there of another one."""
        doubting = [(kind, case) for one in features for kind, case in one.cases.items() if case.doubt is not None]
        self._doubts = {kind: case.doubt for kind, case in doubting}
        self.doubts = frozenset[str]().union(*(case.doubts for _, case in doubting))
        """The names of what may be doubtful about an event."""
        self._prunes = list(dict.fromkeys(feature.prune for feature in features if feature.prune is not None))

    def read_by(self, facets: frozenset[Facet]) -> dict[str, Entry]:
        """Return how each event type is handled if measures read these facets.

        Figures may differ after each event that may change one of them. A measure that reads a part by name needs the
        usual event, too, so no event takes the quick way then.
        """
        found = dict(self.entries)
        for kind, entry in self.entries.items():
            read = entry.facets & facets
            is_told_all = any(facet.whole is not facet for facet in read)
            if read and (entry.restates is None or (entry.quick is not None and is_told_all)):
                told = entry_of(kind, [feature for feature in self.features if kind in feature.cases])
                if told is not None:
                    told.restates, told.quick = told.restates or always, None if is_told_all else told.quick
                    found[kind] = told
        return found

    def prune(self, customer: Customer, horizon: Horizon) -> None:
        """Drop what lies before the horizon from the core of a customer, and from its sections."""
        for prune in self._prunes:
            prune(customer, horizon)
        for section in self.sections:
            if section.is_kept(customer):
                section.prune(customer, horizon)

    def doubt(self, customer: Customer, event: Event) -> str:
        """Return what is doubtful about an event beside what is known of its customer; empty without."""
        doubt = self._doubts.get(event.type)
        return doubt(customer, event) if doubt is not None else ""

    def count_unsettled(self, customer: Customer, policy: Policy) -> int:
        """Return the number of a customer's requests that never took effect."""
        number = 0
        for count in self.unsettled:
            number += count(customer, policy)
        return number


def _refuse_twice(what: str, names: Iterable[object]) -> None:
    known: set[object] = set()
    for name in names:
        if name in known:
            raise WrongRegister(f"two members have the {what} {name}: give the newer one another")
        known.add(name)


def _families(features: Sequence[Feature]) -> tuple[Family, ...]:
    """Return the families, each once, in the order of the register."""
    found: dict[str, Feature] = {}
    for feature in features:
        topic = feature.family.topic
        first = found.setdefault(topic, feature)
        if first.family != feature.family:
            raise WrongRegister(f"{first.name} and {feature.name} read topic {topic} by two families: share one")
        if first.order is not feature.order:
            raise WrongRegister(
                f"{first.name} and {feature.name} read topic {topic} in two orders, {first.order.name} and "
                f"{feature.order.name}: a topic is read once, so give both one order"
            )
    families = tuple(feature.family for feature in found.values())
    _refuse_twice("event type", (type_of(contract) for family in families for contract in family.contracts))
    return families


def _sections(features: Sequence[Feature]) -> tuple[Section[Any], ...]:
    """Return the sections, each once, in the order of their ids."""
    found = list(dict.fromkeys(section for feature in features for section in feature.sections))
    for section in found:
        if not 1 <= section.id <= MOST_SECTIONS:
            raise WrongRegister(f"section {section.name} has the id {section.id}: take one from 1 to {MOST_SECTIONS}")
        if len(section.upgrades) != section.version - 1:
            raise WrongRegister(
                f"section {section.name} is of version {section.version} and has {len(section.upgrades)} upgrades: "
                "write one from each version before"
            )
    _refuse_twice("section id", (section.id for section in found))
    _refuse_twice("section name", (section.name for section in found))
    return tuple(sorted(found, key=lambda section: section.id))


def _entries(features: Sequence[Feature], families: Sequence[Family]) -> dict[str, Entry]:
    """Return how each event type is handled."""
    readers: dict[str, list[Feature]] = {}
    for feature in features:
        types = {type_of(contract) for contract in feature.family.contracts}
        for kind in feature.cases:
            if kind not in types:
                raise WrongRegister(f"{feature.name} has a case for {kind}, which topic {feature.family.topic} has not")
            readers.setdefault(kind, []).append(feature)
    erasing = {feature.family.topic for feature in features if feature.order is ReadOrder.ERASURE}
    for family in families:
        apart = {kind for feature in features if feature.family is family for kind in (*feature.apart, *feature.facts)}
        unread = sorted({type_of(contract) for contract in family.contracts} - readers.keys() - apart)
        if unread and family.topic not in erasing:  # an erased customer is not folded
            raise WrongRegister(f"no feature has a case for {', '.join(unread)} of topic {family.topic}")
    return {kind: entry for kind, reading in readers.items() if (entry := entry_of(kind, reading)) is not None}


def _facets(entries: Iterable[Entry]) -> tuple[Facet, ...]:
    found = [facet for entry in entries for facet in sorted(entry.facets, key=lambda facet: facet.name)]
    every = tuple(dict.fromkeys((DUPLICATE, NOTHING, *found, *(facet.whole for facet in found))))
    _refuse_twice("facet name", (facet.name for facet in every))
    return every
