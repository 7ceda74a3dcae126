"""Consents and opt-outs: which choice decides, however they arrive, and what is kept of them."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.readings import READINGS
from retention.calendar import LAST, NEVER, instant
from retention.engine.partition_state import PartitionState
from retention.errors import Rejected
from retention.features import REGISTER
from retention.features.base import DUPLICATE, NOTHING, Facet
from retention.features.consent.choices import CHANNEL_KEYS, MAX_CHOICES, may_be_contacted, may_be_sent
from retention.features.consent.facets import CONSENT
from retention.features.consent.section import CONSENT as SECTION
from retention.features.consent.section import choices_seen
from retention.policy import Policy
from retention.state.codec import decode, encode
from retention.state.customer import Customer
from retention.state.section import Horizon
from schemas.families import TOPIC_OF
from schemas.outbound import AccessRequested
from schemas.privacy import ContactChannel
from streams.gauges import Gauges
from streams.partition_processor import PartitionProcessor
from streams.rebuild import _is_a_receipt
from streams.records import LogRecord
from streams.setting_sources import read_settings
from tests.building import Log, at
from tests.playing import DECODERS, Shelf
from tests.simulation.clients import Client, SimBroker
from tests.simulation.cluster import Cluster

POLICY = Policy()
CHANNELS: tuple[ContactChannel, ...] = ("email", "sms", "push", "in_app", "phone")


def consents(log: Log, day: float, *, granted: bool, purpose: str = "marketing", **fields: Any) -> Log:
    return log.add("consent.changed", day, purpose=purpose, granted=granted, **fields)


class Play:
    """A customer to whom events come one by one."""

    def __init__(self, log: Log | None = None) -> None:
        self.partition_state = PartitionState(POLICY, Shelf())
        self.facets = [self.take(event) for event in DECODED(log)] if log is not None else []

    def take(self, event: Any) -> Facet | None:
        return self.partition_state.observe(event, instant(event.occurred_at), TOPIC_OF[event.type], None)

    @property
    def customer(self) -> Customer:
        found = self.partition_state.customers.find("c-1")
        assert found is not None
        return decode(encode(found))

    def allowed(self, day: float = 100, *, unasked: bool = True) -> set[str]:
        kept, until = choices_seen(self.customer), instant(at(day))
        return {channel for channel in CHANNELS if may_be_sent(kept, channel, until, unasked=unasked)}

    def reachable(self, day: float = 100) -> set[str]:
        kept, until = choices_seen(self.customer), instant(at(day))
        return {channel for channel in CHANNELS if may_be_contacted(kept, channel, until)}


def DECODED(log: Log) -> list[Any]:  # noqa: N802 - beside DECODERS
    return [DECODERS[TOPIC_OF[event["type"]]].decode(line) for event, line in zip(log.events, log.lines(), strict=True)]


EVERY = set(CHANNELS)


@pytest.mark.parametrize("kind", ["message.unsubscribed", "message.complained"])
def test_an_opt_out_is_of_its_channel_and_people_may_still_call(kind: str) -> None:
    one = Play(Log().add(kind, 5, channel="sms"))

    assert one.facets == [CONSENT]
    assert one.allowed() == EVERY - {"sms"}
    assert one.reachable() == EVERY


def test_a_message_without_a_channel_is_an_email() -> None:
    assert Play(Log().add("message.unsubscribed", 5)).allowed() == EVERY - {"email"}


def test_a_choice_counts_from_its_own_instant() -> None:
    one = Play(Log().add("message.unsubscribed", 5))

    assert one.allowed(4.99) == EVERY
    assert one.allowed(5) == EVERY - {"email"}


def test_a_later_consent_to_the_channel_or_to_all_allows_messages_again() -> None:
    for fields in ({}, {"channel": "email"}):
        assert Play(consents(Log().add("message.unsubscribed", 5), 9, granted=True, **fields)).allowed() == EVERY
        assert Play(consents(Log().add("message.unsubscribed", 9), 5, granted=True, **fields)).allowed() < EVERY
    assert Play(consents(Log().add("message.unsubscribed", 5), 9, granted=True, channel="sms")).allowed() < EVERY


def test_a_consent_that_is_withdrawn_stops_all_messages_and_one_channel_may_be_wanted_again() -> None:
    one = Play(consents(consents(Log(), 5, granted=False), 9, granted=True, channel="push"))

    assert one.allowed(8) == set()
    assert one.allowed() == {"push"}
    assert one.reachable() == EVERY


def test_contact_that_is_refused_stops_people_too_and_consent_to_messages_does_not_bring_it_back() -> None:
    log = consents(Log(), 5, granted=False, purpose="contact")
    consents(log, 6, granted=True)
    one, again = Play(log), Play(consents(log, 9, granted=True, purpose="contact"))

    assert (one.allowed(), one.reachable()) == (set(), set())
    assert (again.allowed(), again.reachable()) == (EVERY, EVERY)


def test_contact_may_be_refused_by_one_channel() -> None:
    one = Play(consents(Log(), 5, granted=False, purpose="contact", channel="phone"))

    assert one.reachable() == one.allowed() == EVERY - {"phone"}


def test_a_refusal_of_an_unknown_channel_counts_for_all_until_a_channel_is_named() -> None:
    """As `E-Mail` is, or `whatsapp`: nobody can tell which of them is meant."""
    log = Log().add("message.unsubscribed", 5, channel="E-Mail")

    assert Play(log).allowed() == set()
    assert Play(consents(log, 6, granted=True, channel="email")).allowed() == {"email"}
    assert Play(consents(log, 7, granted=True, channel="whatsapp")).allowed() == EVERY


def test_a_consent_by_an_unknown_channel_lifts_no_refusal_of_a_known_one() -> None:
    log = consents(Log().add("message.unsubscribed", 5), 6, granted=True, channel="E-Mail")

    assert Play(log).allowed() == EVERY - {"email"}


def test_a_customer_that_has_chosen_nothing_is_asked_first_where_that_is_the_rule() -> None:
    nothing = Play(Log().login(1))
    one = Play(consents(Log(), 5, granted=True, channel="email"))

    assert (nothing.allowed(), nothing.allowed(unasked=False)) == (EVERY, set())
    assert (one.allowed(), one.allowed(unasked=False)) == (EVERY, {"email"})
    assert nothing.reachable() == EVERY


@pytest.mark.parametrize("purpose", ["analytics", "cookies"])
def test_of_other_purposes_nothing_is_stored(purpose: str) -> None:
    log = consents(Log(), 5, granted=False, purpose=purpose)
    log.events *= 2
    one = Play(log)

    assert one.facets == [NOTHING, DUPLICATE]
    assert not SECTION.is_kept(one.customer)


def test_choices_of_one_instant_count_in_the_order_of_their_ids() -> None:
    log = consents(Log().add("message.unsubscribed", 5), 5, granted=True)
    backwards = Log()
    backwards.events = log.events[::-1]

    assert Play(log).allowed() == Play(backwards).allowed() == EVERY
    assert Play(log).customer.part(SECTION.id) == Play(backwards).customer.part(SECTION.id)


def test_an_event_of_another_type_with_the_same_id_is_no_second_delivery() -> None:
    log = Log().add("message.unsubscribed", 5, event_id="7").add("message.complained", 6, event_id="7")
    log.events += log.events

    assert Play(log).facets == [CONSENT, CONSENT, DUPLICATE, DUPLICATE]


def pruned(one: Play, day: float) -> Customer:
    customer, before = one.customer, instant(at(day))
    REGISTER.prune(customer, Horizon(before, POLICY.calendar.day(before), POLICY))
    return decode(encode(customer))


def test_what_is_refused_stays_refused_behind_the_horizon_and_nothing_else_is_kept() -> None:
    log = Log().add("message.unsubscribed", 5, channel="sms")
    consents(consents(consents(log, 6, granted=False), 7, granted=True), 8, granted=False)
    one = Play(log)

    kept = choices_seen(pruned(one, 400))

    assert {key: [(choice.at, choice.kind) for choice in made] for key, made in kept.items()} == {
        "m": [(instant(at(8)), "n")],
        "ms": [(instant(at(5)), "u")],
    }
    assert all(choice.event_id == b"" for made in kept.values() for choice in made)


def test_of_refusals_that_were_repeated_the_first_and_the_last_are_kept() -> None:
    """The first is when the customer opted out: an open episode is known by its day."""
    log = Log().add("message.unsubscribed", 5).add("message.complained", 6).add("message.unsubscribed", 7)
    customer = pruned(Play(log), 400)

    assert [(choice.at, choice.kind) for choice in choices_seen(customer)["me"]] == [
        (instant(at(5)), "u"),
        (instant(at(7)), "u"),
    ]
    assert encode(pruned_again(customer, 500)) == encode(customer)


def pruned_again(customer: Customer, day: float) -> Customer:
    before = instant(at(day))
    REGISTER.prune(customer, Horizon(before, POLICY.calendar.day(before), POLICY))
    return decode(encode(customer))


def test_a_choice_from_before_the_horizon_counts_unless_a_newer_one_is_known() -> None:
    one = Play(Log().login(700))
    one.partition_state.advance(instant(at(701)))
    first, replaced = DECODED(consents(Log().add("message.unsubscribed", 5), 4, granted=True))

    assert one.take(first) is CONSENT
    assert one.allowed(701) == EVERY - {"email"}
    found = one.partition_state.customers.find("c-1")
    assert found is not None
    one.partition_state._forget_old(found)
    assert one.take(replaced) is CONSENT  # of all channels: of those nothing newer is known
    assert one.allowed(701) == EVERY - {"email"}
    with pytest.raises(Rejected, match="too_late"):
        one.take(DECODED(Log().add("message.complained", 4.5))[0])


def test_messages_and_requests_for_access_from_before_the_horizon_are_too_late() -> None:
    one = Play(Log().login(700))
    one.partition_state.advance(instant(at(701)))

    for kind in ("message.delivered", "message.clicked", "access.requested"):
        with pytest.raises(Rejected, match="too_late"):
            one.take(DECODED(Log().add(kind, 5, **({"message_id": "m"} if "message" in kind else {})))[0])


def test_a_customer_that_changes_its_mind_without_end_is_bounded_and_its_last_choices_stay() -> None:
    log = Log()
    for number in range(300):
        consents(log, number / 10, granted=number % 2 == 0, channel=CHANNELS[number % 5])
    consents(log, 1, granted=False, purpose="contact", channel="phone")
    one = Play(log)

    assert sum(map(len, choices_seen(one.customer).values())) == MAX_CHOICES
    assert one.customer.dropped == 301 - MAX_CHOICES
    assert one.reachable() == EVERY - {"phone"}


CHOICES = st.lists(
    st.tuples(
        st.sampled_from(["consent.changed", "message.unsubscribed", "message.complained"]),
        st.integers(0, 6),
        st.booleans(),
        st.sampled_from(["marketing", "contact"]),
        st.sampled_from([None, "email", "sms", "other"]),
    ),
    max_size=14,
)


def logged(drawn: list[tuple[Any, ...]]) -> Log:
    log = Log()
    for kind, day, granted, purpose, channel in drawn:
        fields = {"granted": granted, "purpose": purpose} if kind == "consent.changed" else {}
        log.add(kind, day, **fields, **({"channel": channel} if channel is not None else {}))
    return log


@given(CHOICES, st.integers(0, 7), st.booleans())
def test_what_is_allowed_is_what_an_oracle_finds_that_reads_the_log(
    drawn: list[tuple[Any, ...]], day: int, unasked: bool
) -> None:
    log = logged(drawn).login(0)
    one = Play(log)
    made = sorted(log.events[:-1], key=lambda event: (event["occurred_at"], event["event_id"]))
    made = [event for event in made if event["occurred_at"] <= log.add("x", day).events[-1]["occurred_at"]]

    assert one.allowed(day, unasked=unasked) == {c for c in CHANNELS if sent_by_the_log(made, c, unasked=unasked)}


def sent_by_the_log(made: list[dict[str, Any]], channel: str, *, unasked: bool) -> bool:
    """Go through the choices in their order, and note what holds for a channel after each."""
    standing: dict[str, bool | None] = {"marketing": None, "contact": None}
    unknown: dict[str, bool] = {"marketing": False, "contact": False}
    for event in made:
        purpose, granted = event.get("purpose", "marketing"), event.get("granted", False)
        about = event.get("channel", None if event["type"] == "consent.changed" else "email")
        if about in {None, channel}:
            standing[purpose], unknown[purpose] = granted, False
        elif about == "other":
            unknown[purpose] = not granted
    if unknown["contact"] or standing["contact"] is False or unknown["marketing"]:
        return False
    return unasked if standing["marketing"] is None else standing["marketing"]


@given(CHOICES, st.integers(0, 2**32), st.sets(st.integers(0, 28)))
def test_choices_leave_the_same_bytes_in_any_order_and_doubled(
    drawn: list[tuple[Any, ...]], seed: int, writes: set[int]
) -> None:
    log = logged(drawn)
    events = DECODED(log)
    arriving = events * 2
    Random(seed).shuffle(arriving)
    plain, other = Play(Log().login(0)), Play(Log().login(0))
    for event in events:
        plain.take(event)
    for place, event in enumerate(arriving):
        if place in writes:
            shelf: Any = other.partition_state.customers
            shelf.commit()
        other.take(event)

    assert plain.customer.part(SECTION.id) == other.customer.part(SECTION.id)


def test_every_channel_has_a_key_of_its_own() -> None:
    assert len(set(CHANNEL_KEYS.values())) == len(CHANNEL_KEYS)
    assert all(len(key) == 1 for key in CHANNEL_KEYS.values())


def test_nothing_of_the_texts_of_a_message_is_kept() -> None:
    hidden = "SeCrEt"
    log = Log().add("message.delivered", 1, message_id=hidden, campaign=hidden, subject=hidden, source=hidden)
    log.add("message.clicked", 2, message_id=hidden, url=hidden).add("message.unsubscribed", 3, campaign=hidden)
    consents(log, 4, granted=True, text=hidden)

    assert hidden.encode() not in encode(Play(log).customer)


# The agent, and the record of a request for access


class Recorder:
    """A processor that lists what it is asked to do."""

    latest = LAST

    def __init__(self) -> None:
        self.done: list[str] = []

    def observe(self, event: Any, _at: int, _topic: str, _record: Any) -> Facet:
        self.done.append(event.type)
        return NOTHING

    def forget(self, event: Any, *_: Any) -> None:
        self.done.append(event.type)

    def note_access(self, *_: Any) -> None:
        self.done.append("noted")

    def expect(self, *_: Any) -> None:
        """Do nothing."""


AGENT = next(agent for agent in READINGS if agent.topic == "privacy")
NOW = 4_102_444_800_000
"""In 2100, in milliseconds: no event is ahead of its record."""


def requests(*kinds: str) -> list[LogRecord]:
    fields = {"consent.changed": {"purpose": "marketing", "granted": False}}
    lines = [Log().add(kind, 5, event_id=kind, **fields.get(kind, {})).lines()[0] for kind in kinds]
    return [LogRecord("privacy", 0, offset, NOW, b"c-1", value, ()) for offset, value in enumerate(lines)]


@pytest.mark.parametrize("kind", ["consent.changed", "access.requested"])
def test_a_consent_takes_its_turn_before_the_events_of_its_instant_and_an_erasure_after_them(kind: str) -> None:
    """The order asks with `-NEVER` when the next record has its turn, and then up to which instant it may go."""
    at_5 = instant(at(5))
    for kinds, turn in (([kind], at_5 - 1), (["erasure.requested"], at_5)):
        one, records = Recorder(), requests(*kinds)
        assert AGENT.until(records, 0, one, -NEVER) == (0, turn)  # type: ignore[arg-type] # all that it needs
        assert AGENT.until(records, 0, one, turn) == (0, turn)  # type: ignore[arg-type] # as above
        assert one.done == []
        assert AGENT.until(records, 0, one, turn + 1) == (1, NEVER)  # type: ignore[arg-type] # as above
        assert one.done[:1] == kinds


def test_of_one_batch_each_request_is_applied_in_its_turn() -> None:
    one, records = Recorder(), requests("consent.changed", "erasure.requested", "access.requested")
    at_5 = instant(at(5))

    assert AGENT.until(records, 0, one, at_5) == (1, at_5)  # type: ignore[arg-type] # all that it needs
    assert AGENT.until(records, 1, one, at_5 + 1) == (3, NEVER)  # type: ignore[arg-type] # as above
    assert one.done == ["consent.changed", "erasure.requested", "access.requested", "noted"]


def test_a_request_for_access_is_on_record_once_under_a_pseudonym() -> None:
    settings = read_settings(overrides={"time.clock": "log"})
    processor = PartitionProcessor(
        0, 1, settings, SimBroker(settings, Client(Cluster(Random(1), 1), lambda _: None)), Gauges(), atomic=True
    )
    AGENT(requests("access.requested", "access.requested", "erasure.requested", "access.requested"), processor)

    found = [one for one in processor.detach({}) if one.topic == "audit"]
    kinds = [(dict(one.headers)["ce_type"] or b"").decode() for one in found]
    said = [json.loads(one.value or b"") for one in found]
    assert kinds == ["io.backstay.customer.access_requested.v1", "io.backstay.customer.erased.v1"]
    assert said[0] == {"pseudonym": said[1]["pseudonym"], "request": "access.requested", "at": "2024-01-06T00:00:00Z"}
    assert not any(b"c-1" in (one.value or b"") + one.key for one in found)
    assert AccessRequested.model_validate_json(found[0].value or b"").request == "access.requested"


@pytest.mark.parametrize(
    ("kind", "is_one"),
    [
        ("customer.erased", True),
        ("customer.access_requested", False),
        ("dead_letters.retried", False),
        ("dead_letters.dropped", False),
        ("console.looked", False),
        ("console.reported", False),
    ],
)
def test_a_rebuild_takes_no_other_record_of_the_audit_for_the_receipt_of_an_erasure(kind: str, *, is_one: bool) -> None:
    headers = [("ce_type", f"io.backstay.{kind}.v1".encode())]

    assert _is_a_receipt(LogRecord("audit", 0, 0, NOW, b"p", b"{}", headers)) is is_one
