"""The register of segments: the attributes of customers by which figures are split, and the sources of their values.

The plan comes from subscriptions. Every other attribute comes from the profile, and is set by configuration alone:
`segments.<attribute>.values`. A customer whose value is not listed, or not known, is in the segment `other`.

An attribute with another source than the profile is one line in `SEGMENTS`. Its listed values are the same setting if
it takes them from `listed`; then it has no figures, and costs nothing, where they are not set.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from msgspec.structs import replace

from retention.calendar import NEVER, Instant
from retention.features.base import Facet
from retention.features.customers.facets import PROFILE
from retention.features.customers.profile import history
from retention.features.customers.section import profile_seen
from retention.features.subscriptions.facets import TIMELINE
from retention.features.subscriptions.section import subscribes, timeline_seen
from retention.features.subscriptions.subscription_state import points
from retention.features.subscriptions.timeline import terms_of
from retention.measures.base import Shown, Split, Step, Track
from retention.policy import Policy
from retention.state.customer import Customer

OTHER: Final = "other"
Values = Iterable[tuple[Instant, str | None]]
"""The values of an attribute, each with the instant since when, ascending."""


class Segment(NamedTuple):
    """One line of the register."""

    by: str
    values: Callable[[Policy], tuple[str, ...]]
    """The values that have a segment of their own. The attribute is not in use if there are none."""
    history: Callable[[Customer, Policy, Instant], Values]
    """As of an instant: changes by time at it, or later, do not count yet."""
    reads: frozenset[Facet]
    """The facets that may change a customer's segment."""
    version: int = 1
    """Raised if the same states would give other segments: stored sums are derived again."""


def listed(by: str) -> Callable[[Policy], tuple[str, ...]]:
    """Return how a segment of the register finds its listed values in the settings `segments.<by>.values`.

    >>> [listed("voice")(policy) for policy in (Policy(), Policy(segments=(("voice", ("loud",)),)))]
    [(), ('loud',)]
    """
    return lambda policy: dict(policy.segments).get(by, ())


def _plans(customer: Customer, policy: Policy, as_of: Instant) -> Values:
    if not subscribes(customer):
        return ()
    return ((point.at, point.plan) for point in points(timeline_seen(customer), terms_of(policy), as_of))


SEGMENTS: Final[tuple[Segment, ...]] = (Segment("plan", lambda policy: policy.plans, _plans, frozenset({TIMELINE})),)


def _of_profile(by: str, values: tuple[str, ...]) -> Segment:
    return Segment(
        by,
        lambda _policy: values,
        lambda customer, _policy, _as_of: history(profile_seen(customer).get(by, [])),
        frozenset({PROFILE}),
    )


def had_value(
    customer: Customer, policy: Policy, as_of: Instant, by: str, value: str, between: tuple[Instant, Instant]
) -> bool:
    """Report whether a customer had a value of an attribute at any time between two instants.

    That is known of the plan, and of attributes that figures are split by: no others are stored.
    """
    segments = (*SEGMENTS, *(_of_profile(*one) for one in policy.segments if one[0] == by))
    segment = next((one for one in segments if one.by == by), None)
    if segment is None:
        return False
    standing: str | None = None
    for at, now in segment.history(customer, policy, as_of):
        if at > between[0] and standing == value:
            return True
        if at >= between[1]:
            return False
        standing = now
    return standing == value


_latest: list[tuple[Policy, tuple[Segment, ...], list[Segment]]] = []
"""The last answer of `segments_of`: it is asked for each result of a history, nearly always about one policy."""


def segments_of(policy: Policy) -> list[Segment]:
    """Return the attributes that figures are split by."""
    if not (_latest and _latest[0][0] is policy and _latest[0][1] is SEGMENTS):
        own = {one.by for one in SEGMENTS}
        found = [one for one in SEGMENTS if one.values(policy)]
        found += [_of_profile(by, values) for by, values in policy.segments if by not in own]
        _latest[:] = [(policy, SEGMENTS, found)]
    return _latest[0][2]


def is_set_elsewhere(by: str) -> bool:
    """Report whether a segment of the register has its listed values from another setting than `segments.<by>.values`.

    >>> is_set_elsewhere("plan"), is_set_elsewhere("country")
    (True, False)
    """
    policy = Policy(segments=((by, (OTHER,)),))
    return any(one.by == by and one.values(policy) != (OTHER,) for one in SEGMENTS)


def sums_depend_on(policy: Policy) -> list[tuple[str, tuple[str, ...], int]]:
    """Return what sums depend on: the attributes, their listed values, and the versions of what finds them."""
    return [(one.by, tuple(one.values(policy)), one.version) for one in segments_of(policy)]


def facets_read(policy: Policy) -> frozenset[Facet]:
    """Return the facets that may change a customer's segment."""
    return frozenset().union(*(segment.reads for segment in segments_of(policy)))


def is_counted(policy: Policy, by: str, value: str) -> bool:
    """Report whether figures of a segment are published: not if its value is no longer listed."""
    return any(value in {*one.values(policy), OTHER} for one in segments_of(policy) if one.by == by)


def split(found: list[Shown], customer: Customer, policy: Policy, as_of: Instant) -> list[Shown]:
    """Return the result of a customer's history with the segments that it was in."""
    attributes = segments_of(policy)
    if not attributes or not any(one.tracks for one in found):
        return found
    splits = tuple(_split(segment, customer, policy, as_of) for segment in attributes)
    return [replace(one, splits=splits) if one.tracks else one for one in found]


def _split(segment: Segment, customer: Customer, policy: Policy, as_of: Instant) -> Split:
    values, since, before = segment.values(policy), list[tuple[Instant, str]](), OTHER
    for at, value in segment.history(customer, policy, as_of):
        now = value if value is not None and value in values else OTHER
        if now != before:
            since.append((at, now))
        before = now
    return Split(segment.by, tuple(since))


def value_at(one: Split, at: Instant) -> str:
    """Return the segment of a customer after all events up to an instant."""
    return next((value for since, value in reversed(one.since) if since <= at), OTHER)


def split_steps(track: Track, one: Split) -> list[Step]:
    """Return the steps of a track, each with its segment; with one more where only the segment changes.

    A change of segment of a customer without levels adds no step.
    """
    found: list[Step] = []
    changes = [*one.since, (NEVER, OTHER)]
    value, place = OTHER, 0
    for step in [*track.steps, None]:
        until = step.at if step is not None else NEVER - 1
        while changes[place][0] <= until:
            at, value = changes[place]
            place += 1
            if at < until and found and any(found[-1].levels):
                found.append(replace(found[-1], at=at, segment=value, moves=True))
        if step is not None:
            found.append(replace(step, segment=value))
    return found
