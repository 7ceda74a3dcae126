"""Turns the events of product analytics (PostHog, Amplitude, Mixpanel) into events of ours.

A source says of each record which customer it is of, when it was and what it is called (`Tracked`). Here is decided
what follows:

    its name has an event type        that event, with the properties as its fields
    it names chosen traits            the attributes of the customer, from the same instant on
    an experiment that is listed      the arm that the customer was exposed to
    anything else                     nothing, with the reason

A visitor is no customer: nothing follows of one, whatever the event is called.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sources.analytics_options import AnalyticsOptions
from sources.base import Fields, Made, Unreadable
from sources.exact import MISSING, kind_of
from sources.structs import Found, Value
from sources.tracking import Properties, attribute, customer_of
from sources.tracking_options import plain
from sources.values import LONGEST_ID, checked

NOBODY: Final = frozenset(
    {
        *(
            "anonymous",
            "guest",
            "visitor",
            "unknown",
            "nil",
            "<nil>",
            "none",
            "(none)",
            "null",
            "undefined",
            "nan",
            "n/a",
            "na",
        ),
        *("distinctid", "distinct_id", "id", "user_id", "email", "not_authenticated", "true", "false", "0", "-1"),
        *("[object object]", "[]", "{}", "00000000-0000-0000-0000-000000000000"),
    }
)
"""What programs send as an id where there is none, in lower case: it would make one customer of all visitors."""


class Id(Value, frozen=True):
    """An id as a record has it, and where it stands there."""

    value: "object"
    path: str
    visitor: str = ""
    """Why it is the id of no customer; empty for one."""


_SYSTEM: Final = ("$", "[")
"""How names begin that systems give their own events."""
NOT_ASKED: Final = Id(None, "")
"""Stands for the group of an event where customers are persons."""


class Tracked(Found, frozen=True):
    """One event as a source has found it."""

    name: str
    word: str
    """The name as `plain` writes it."""
    path: str
    """Where the record stands in its batch: empty, or with a dot at its end."""
    properties: Mapping[str, Any]
    person: Id
    group: Id
    event_id: Callable[[], str]
    when: Callable[[], str]
    time_path: str
    traits: Callable[[], Mapping[str, Any]] = dict
    """Returns the attributes that are set, by their names; null takes one away. Exports repeat all with each event."""
    traits_path: str = ""
    of_group: bool = False
    """Whether the traits are of the group, and not of the person."""
    exposure: tuple[object, object] = (None, None)
    """The flag and the arm, of an event that exposes a customer to an experiment."""


@dataclass(frozen=True)
class Vendor:
    """The words of one system of product analytics."""

    name: str
    properties: Properties
    tracks: Mapping[str, str]
    """Event types by the names of events, as `plain` writes them."""
    pages: frozenset[str]
    """Views of pages and screens, likewise."""
    apart: frozenset[str]
    """Names whose events are read in a way of their own, likewise, unless settings name a type for them."""
    is_own: Callable[[str, str], bool]
    """Reports of a name and its word whether the system makes the event by itself: it is no use of a feature then."""

    def setting(self, *names: str) -> str:
        """Return the names of settings, as a reason for nothing names them."""
        return f"(sources.{self.name}.{', '.join(names)})"

    def events(self, found: Tracked, options: AnalyticsOptions) -> list[Fields | str]:
        """Return what follows from an event, or the reason why nothing does."""
        kind, traits = self._kind(found, options), _chosen(found, options)
        if not kind and not traits:
            return [self._why_nothing(found, options)]
        begun = self.begun(found, options)
        if isinstance(begun, str):
            return [begun]
        if not traits:
            return [self._event(kind, found, begun, options)]
        events: list[Fields | str] = [self._event(kind, found, dict(begun), options)] if kind else []
        ident = str(begun["event_id"])
        event = {
            **begun,
            "event_id": further(ident) if kind else ident,
            "type": "customer.updated",
            "attributes": traits,
        }
        paths = self._paths(found) | {"attributes": found.path + found.traits_path}
        return [*events, checked(self.name, event, paths.get)]

    def _kind(self, found: Tracked, options: AnalyticsOptions) -> str:
        name = found.word
        if name in options.tracks:
            return options.tracks[name]
        if found.exposure[0] is not None:
            return "experiment.exposed" if found.exposure[0] in options.experiments else ""
        if name in self.pages:
            return options.pages
        kind = self.tracks.get(name)
        if kind is None:
            return "" if self.is_own(found.name, name) else options.others
        return kind

    def usual_kind(self, name: str, options: AnalyticsOptions) -> str:
        """Return the type of an event that nothing but its name decides; empty for any other."""
        if name.startswith(_SYSTEM):  # first: most events are the system's own
            return ""
        word = plain(name)
        if not word or word in self.pages:
            return ""
        kind = options.tracks.get(word)
        if kind is None and word not in self.apart:
            kind = self.tracks.get(word)
            if kind is None:
                kind = "" if self.is_own(name, word) else options.others
        return kind or ""

    def _why_nothing(self, found: Tracked, options: AnalyticsOptions) -> str:
        if self.is_own(found.name, found.word) and found.traits():  # other events of exports repeat all traits, too
            if found.of_group != bool(options.group):
                whose = (
                    "a group, where customers are persons" if found.of_group else "a person, where customers are groups"
                )
                return f"traits of {whose} {self.setting('group')}"
            return f"traits of which none is chosen {self.setting('attributes')}"
        if found.exposure[0] is not None:
            return f"an exposure to a flag that is not listed {self.setting('experiments')}"
        if found.word in self.pages:
            return f"a view of a page or a screen {self.setting('pages')}"
        if self.is_own(found.name, found.word):
            return f"an event that the system makes by itself {self.setting('tracks')}"
        return f"an event whose name has no event type {self.setting('tracks', 'others')}"

    def begun(self, found: Tracked, options: AnalyticsOptions) -> dict[str, object] | str:
        """Return what every event has; the reason why there is none, for an event of no customer."""
        who = found.group if options.group else found.person
        if who.visitor:
            return who.visitor
        fields: dict[str, object] = {
            "event_id": found.event_id(),
            "customer_id": self.customer(who, found.path, options),
            "occurred_at": found.when(),
            "source": self.name,
        }
        if options.group and not found.person.visitor and found.person.value is not MISSING:
            fields["user_id"] = self.customer(found.person, found.path, options)
        return fields

    def usual(self, event_id: str, who: str, when: str, options: AnalyticsOptions) -> Made:
        """Return what every event has, of a usual record; raise `Unreadable` for an address without a key."""
        customer_id = customer_of(self.name, "", who, options.pseudonym_key)
        return Made(event_id=event_id, customer_id=customer_id, occurred_at=when, source=self.name)

    def customer(self, who: Id, path: str, options: AnalyticsOptions) -> str:
        """Return an id as ours has it: a pseudonym of an e-mail address."""
        return customer_of(self.name, path + who.path, who.value, options.pseudonym_key)

    def _paths(self, found: Tracked) -> dict[str, str]:
        return {"occurred_at": found.path + found.time_path, "type": found.path + "event"}

    def _event(self, kind: str, found: Tracked, begun: dict[str, object], options: AnalyticsOptions) -> Fields:
        """Return the event of a type; `begun` becomes its fields."""
        fields = begun
        fields["type"] = kind
        if kind == "experiment.exposed" and found.exposure[0] is not None:
            fields |= {"experiment": found.exposure[0], "arm": _arm(found.exposure[1])}
        elif kind == "feature.used" and found.word in self.pages:
            fields["feature"] = "page view"
        places = {"occurred_at": found.time_path, "type": "event"}
        return self.properties.event(kind, found.name, fields, found.properties, found.path, places, options.currency)

    def merged(self, found: Tracked, other: Id, options: AnalyticsOptions) -> Fields | str:
        """Return that the customer `other` is from now on the person of the event; why not, if one is a visitor."""
        if options.group:
            return f"a merge of persons, where customers are groups {self.setting('group')}"
        begun = self.begun(found, options)
        if isinstance(begun, str) or other.visitor:
            return "a merge with a visitor"
        into, ident = begun["customer_id"], self.customer(other, found.path, options)
        if ident == into:
            return "a merge of an id with itself"
        fields = {**begun, "type": "customer.merged", "customer_id": ident, "into": into}
        return checked(self.name, fields, (self._paths(found) | {"into": found.path + found.person.path}).get)


def has_usual(options: AnalyticsOptions) -> bool:
    """Report whether there are usual records: chosen traits make further events, and groups stand elsewhere."""
    return not options.attributes and not options.group


def _chosen(found: Tracked, options: AnalyticsOptions) -> dict[str, object]:
    """Return the traits that become attributes of the customer."""
    if not options.attributes or found.of_group != bool(options.group):
        return {}
    traits = found.traits()
    return {name: attribute(traits[name]) for name in options.attributes if name in traits}


def _arm(value: object) -> object:
    """Return the arm of an experiment: flags without variants are true or false."""
    return str(value).lower() if isinstance(value, bool) else value


def further(ident: str) -> str:
    """Return the id of a second event of a record: one that comes after the first."""
    return f"{ident[: LONGEST_ID - 7]}:traits"


def is_nobody(value: object) -> bool:
    """Report whether an id stands for none: missing, empty, or a word that programs send for it."""
    if value is None or value is MISSING or value == "":
        return True
    if isinstance(value, str):
        return value.strip().casefold() in NOBODY
    return isinstance(value, int) and str(value).casefold() in NOBODY


def only_group(value: object) -> tuple[object, str]:
    """Return the group of an event, which may stand in a list; and why there is none.

    >>> only_group(["acme"]), only_group([])[1], only_group(["acme", "bix"])[1]
    (('acme', ''), 'an event of no group', 'an event of several groups')
    """
    if isinstance(value, list):
        if len(value) > 1:
            return None, "an event of several groups"
        value = value[0] if value else None
    return value, "an event of no group" if is_nobody(value) else ""


def named(source: str, path: str, value: object) -> str:
    """Return the name of an event; raise `Unreadable` for what is none."""
    if not isinstance(value, str) or not value.strip():
        raise Unreadable(source, path, kind_of(value), "send events as the system or its SDKs have them, with a name")
    return value
