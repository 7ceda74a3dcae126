"""Acquisitions, referrals and contacts: the first one, their days, and nothing else is kept."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import instant
from retention.errors import Rejected
from retention.features.relations.relations import FOLDED, LONGEST_NAME, MAX_DAYS, Relations
from retention.features.relations.section import RELATIONS, relations_seen
from retention.state.codec import decode, encode
from schemas.decoding import Refused
from tests.building import Log, at
from tests.playing import DECODERS, Run, customer_after, play

FAMILY = "customers"
Document = dict[str, Any]


def relations_after(events: list[Document]) -> Relations:
    return relations_seen(customer_after(events))


def test_the_first_acquisition_counts_in_whatever_order_they_arrive() -> None:
    log = Log().add("acquisition.recorded", 9, channel="partner")
    log.add("acquisition.recorded", 3, channel="ads", campaign="new-year", cost="12.5", currency="EUR")
    log.add("acquisition.recorded", 3, channel="fair")

    for arriving in permutations(log.events):
        (found,) = relations_after(list(arriving)).acquisition
        assert (found.at, found.channel, found.campaign) == (instant(at(3)), "ads", "new-year")
        assert (found.cost, found.currency) == (1250, "EUR")


def test_an_acquisition_from_before_the_horizon_is_kept_and_one_after_it_does_not_replace_it() -> None:
    log = (
        Log().login(700).add("acquisition.recorded", 1, channel="ads").add("acquisition.recorded", 701, channel="fair")
    )

    outcome = play([*log.lines(), log.lines()[1]], at(760), run=Run(batch=1))

    assert (outcome.counts["applied"], outcome.counts["duplicate"]) == (3, 1)
    ((_, customer),) = outcome.partition_states[0].customers.every()  # type: ignore[attr-defined]
    (found,) = relations_seen(customer).acquisition
    assert (found.channel, found.at) == ("ads", instant(at(1)))


def test_how_a_customer_was_won_stays_behind_the_horizon_without_the_id_of_the_event() -> None:
    log = Log().add("acquisition.recorded", 1, channel="ads").add("note.added", 2, kind="call").login(100, 700, 705)

    outcome = play(log.lines(), at(760), run=Run(batch=1))

    ((_, customer),) = outcome.partition_states[0].customers.every()  # type: ignore[attr-defined]
    kept = relations_seen(customer)
    assert (kept.acquisition[0].channel, kept.acquisition[0].event_id, kept.contacts) == ("ads", FOLDED, [])


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"cost": "3"}, "currency: missing"),
        ({"cost": "3.001", "currency": "EUR"}, "EUR has 2 decimals"),
    ],
)
def test_a_cost_that_cannot_be_used_is_a_dead_letter_and_changes_nothing(said: Document, fault: str) -> None:
    event = Log().add("acquisition.recorded", 1, channel="ads", **said).events[0]
    mended = event | {"cost": "3", "currency": "EUR"}
    with pytest.raises(Rejected, match=fault) as rejected:
        relations_after([event])
    assert rejected.value.reason == "contract"

    assert relations_after([mended]).acquisition[0].cost == 300


def test_contacts_and_referrals_are_counted_by_local_day() -> None:
    log = Log()
    for kind in ("call", "meeting", "email", "chat", "visit", "internal", "smoke_signal"):
        log.add("note.added", 5.1, kind=kind)
    log.add("note.added", 5.2).add("note.added", 8, kind="call").add("referral.converted", 6, referred_id="c-9")
    log.events.append(log.events[0])

    kept = relations_after(log.events)

    day = instant(at(0)) // 86_400_000_000
    assert kept.contacts == [day + 8, 1, 3, 5]
    assert kept.referrals == [day + 6, 1]


def test_no_text_and_no_other_customer_is_kept_or_published() -> None:
    log = Log().add("note.added", 1, kind="call", text="Moves to Zaragoza.")
    log.add("referral.converted", 2, referred_id="c-of-zaragoza").add("customer.updated", 3, birthday="05-31")

    outcome = play(log.lines(), at(40), run=Run(batch=1))

    assert outcome.counts == {"applied": 3}
    ((_, customer),) = outcome.partition_states[0].customers.every()  # type: ignore[attr-defined]
    for word in (b"aragoza", b"05-31"):
        assert word not in encode(customer)
        assert word not in repr(outcome.statements).encode()


def test_names_are_cut_and_the_newest_days_are_kept() -> None:
    log = Log().add("acquisition.recorded", 1, channel="x" * 128, campaign="y" * 128)
    for day in range(300):
        log.add("note.added", day, kind="call").add("referral.converted", day)

    kept = relations_after(list(reversed(log.events)))

    assert kept == relations_after(log.events)
    assert {len(kept.acquisition[0].channel), len(kept.acquisition[0].campaign)} == {LONGEST_NAME}
    assert (len(kept.contacts), len(kept.referrals)) == (2 * MAX_DAYS, 2 * MAX_DAYS)


@pytest.mark.parametrize("birthday", ["05-31", "02-29", "12-01"])
def test_a_birthday_alone_is_an_update(birthday: str) -> None:
    decoded = DECODERS[FAMILY].decode(Log().add("customer.updated", 1, birthday=birthday).lines()[0])

    assert (decoded.birthday, decoded.attributes) == (birthday, {})


@pytest.mark.parametrize("birthday", ["1980-05-31", "31-05", "02-30", "04-31", "00-10", "5-31", "05-31\n", 531])
def test_what_is_no_month_and_day_is_no_birthday(birthday: object) -> None:
    with pytest.raises(Refused, match="birthday"):
        DECODERS[FAMILY].decode(Log().add("customer.updated", 1, birthday=birthday).lines()[0])


KINDS: list[tuple[str, Document]] = [
    *(("acquisition.recorded", {"channel": channel}) for channel in ("ads", "fair")),
    ("referral.converted", {}),
    *(("note.added", {"kind": kind}) for kind in ("call", "internal")),
]


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 9)), min_size=1, max_size=25), st.data())
def test_what_is_kept_depends_on_the_set_of_events_alone(
    drawn: list[tuple[tuple[str, Document], int]], data: st.DataObject
) -> None:
    log = Log()
    for (kind, fields), day in drawn:
        log.add(kind, day, **fields)
    doubled = data.draw(st.lists(st.sampled_from(log.events), max_size=8))
    arriving = list(data.draw(st.permutations(log.events + doubled)))
    writes = data.draw(st.frozensets(st.integers(0, len(arriving))))

    one, other = customer_after(log.events), customer_after(arriving, writes)

    assert decode(encode(one)).part(RELATIONS.id) == decode(encode(other)).part(RELATIONS.id)
