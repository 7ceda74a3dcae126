"""Sections: each family's part of a customer, with bytes and versions of its own. Golden bytes are never edited."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import Instant, instant
from retention.engine.partition_state import PartitionState
from retention.engine.parts import Parts, horizon_start, parts
from retention.engine.sums import Sums
from retention.errors import UnknownVersion
from retention.features import REGISTER
from retention.features.customers.profile import Change
from retention.features.customers.section import CUSTOMERS
from retention.features.purchases.folds import bought_again
from retention.features.purchases.orders import Order
from retention.features.purchases.section import PURCHASES, add_order, orders_seen
from retention.features.subscriptions.section import SUBSCRIPTIONS, subscribes
from retention.features.subscriptions.timeline import Op
from retention.features.tickets.section import TICKETS
from retention.features.tickets.tickets import Ticket
from retention.measures.base import Number
from retention.policy import Policy
from retention.state.codec import decode, encode
from retention.state.customer import Customer, newcomer
from retention.state.packing import bytes_head, content, entries, map_head
from retention.state.section import Section, bit
from retention.state.seen_ids import saw
from schemas.purchases import PurchaseCompleted
from tests.building import Log, at
from tests.playing import DECODERS, OF_ENGINE, Run, Shelf, play
from tests.test_laws import POLICY, UNTIL, Event, lines, logs

GOLDEN = Path(__file__).parent / "golden"
GIVEN = {
    1: "purchases",
    2: "subscriptions",
    3: "tickets",
    4: "customers",
    5: "payments",
    6: "feedback",
    7: "usage",
    8: "messages",
    9: "carts",
    10: "outcomes",
    11: "consent",
    12: "relations",
    13: "renewals",
    20: "card",
    23: "deliveries",
    24: "at-risk",
    25: "on-card",
    26: "contacts",
    27: "losses",
    30: "wishes",
    31: "loyalty",
    32: "gifts",
}
"""Every id that was ever given to a section. One whose section is gone stays here, and is not given again."""
VERSIONS = {section.id: section.version for section in REGISTER.sections}
GOLDEN_SECTIONS = [
    (section, version) for section in (*REGISTER.sections, *OF_ENGINE) for version in range(1, section.version + 1)
]


def golden(ident: int, version: int) -> bytes:
    return bytes.fromhex((GOLDEN / f"section-{ident}-{version}.hex").read_text())


def test_every_section_has_an_id_a_name_and_an_upgrade_of_each_version_before() -> None:
    assert [section.id for section in REGISTER.sections] == sorted({section.id for section in REGISTER.sections})
    assert all(GIVEN[section.id] == section.name for section in (*REGISTER.sections, *OF_ENGINE))
    assert len(set(GIVEN.values())) == len(GIVEN)
    assert all(1 <= ident <= 63 for ident in GIVEN)
    assert all(len(section.upgrades) == section.version - 1 < 255 for section in REGISTER.sections)


def test_there_are_golden_bytes_of_each_version_of_each_id_that_was_given() -> None:
    found = {tuple(map(int, path.stem.split("-")[1:])) for path in GOLDEN.glob("section-*.hex")}

    assert {ident for ident, _ in found} == set(GIVEN)
    assert {(section.id, version) for section, version in GOLDEN_SECTIONS} == found


@pytest.mark.parametrize(("section", "version"), GOLDEN_SECTIONS, ids=lambda one: getattr(one, "name", one))
def test_a_section_of_any_version_becomes_what_this_program_would_have_written(
    section: Section[Any], version: int
) -> None:
    customer = with_parts({section.id: golden(section.id, version)})

    assert section.seen(customer) is not None

    assert parts_of(decode(encode(customer))) == {section.id: golden(section.id, section.version)}


@pytest.mark.parametrize("number", [0, 1, 15, 16, 255, 256, 65_535])
def test_the_head_of_a_map_is_written_and_read_as_msgspec_does(number: int) -> None:
    whole = b"before" + msgspec.msgpack.encode(dict.fromkeys(range(number)))

    assert whole.startswith(b"before" + map_head(number))
    assert entries(whole, 6) == (number, 6 + len(map_head(number)))


@pytest.mark.parametrize("size", [0, 1, 255, 256, 65_535, 65_536])
def test_the_head_of_bytes_is_written_and_read_as_msgspec_does(size: int) -> None:
    whole = b"before" + msgspec.msgpack.encode(bytes(size))

    assert whole == b"before" + bytes_head(size) + bytes(size)
    assert content(whole, 6) == (len(whole) - size, len(whole))


def with_parts(found: dict[int, bytes]) -> Customer:
    """Return a customer that has these bytes as sections."""
    customer = newcomer()
    for ident, part in found.items():
        customer.replace_part(ident, part)
    return customer


def parts_of(customer: Customer) -> dict[int, bytes]:
    """Return the sections of a customer as bytes."""
    return {ident: part for ident in range(1, 64) if (part := customer.part(ident)) is not None}


def bought(customer: Customer) -> None:
    add_order(customer, b"order", Order(5, b"e", 100, "EUR"))


def asked(customer: Customer) -> None:
    TICKETS.of(customer)[b"ticket"] = Ticket("billing", [])


def started(customer: Customer) -> None:
    SUBSCRIPTIONS.of(customer).add(Op(5, b"e", "started", "s-1"))


def described(customer: Customer) -> None:
    CUSTOMERS.of(customer)["tier"] = [Change(5, b"e", "gold")]


def put_something(section: Section[Any], customer: Customer) -> None:
    """Let a section have something to keep: what its golden bytes have, where nothing else is said here."""
    if section.id in CHANGES:
        CHANGES[section.id](customer)
    else:
        customer.replace_part(section.id, golden(section.id, section.version))


CHANGES = {PURCHASES.id: bought, SUBSCRIPTIONS.id: started, TICKETS.id: asked, CUSTOMERS.id: described}
known = st.dictionaries(st.sampled_from(sorted(CHANGES)), st.just(b""), max_size=4).map(
    lambda ids: {ident: golden(ident, VERSIONS[ident]) for ident in ids}
)
FREE = sorted(set(range(1, 64)) - set(VERSIONS))
unknown = st.dictionaries(st.sampled_from(FREE), st.binary(max_size=40), max_size=20)


@given(known, unknown, st.permutations(sorted(CHANGES)), st.permutations(sorted(CHANGES)), st.integers(0, 3))
def test_whatever_is_opened_first_the_bytes_are_the_same(
    ours: dict[int, bytes], others: dict[int, bytes], one: list[int], other: list[int], number: int
) -> None:
    """Sections that this program does not know, those of a newer one that was rolled back, stay as they are."""
    value = encode(with_parts(dict(sorted({**ours, **others}.items()))))
    first, second = decode(value), decode(value)
    changed = one[:number]
    for customer, order in ((first, one), (second, other)):
        for ident in order:
            next(section for section in REGISTER.sections if section.id == ident).seen(customer)
        for ident in order:
            if ident in changed:
                CHANGES[ident](customer)

    assert encode(first) == encode(second)
    left = parts_of(decode(encode(first)))
    assert list(left) == sorted(left)
    assert left.keys() == {*ours, *others, *changed}
    assert {ident: part for ident, part in left.items() if ident not in changed} == {
        ident: part for ident, part in {**ours, **others}.items() if ident not in changed
    }


@given(known)
def test_looking_changes_nothing(ours: dict[int, bytes]) -> None:
    value = encode(with_parts(ours))
    customer = decode(value)

    for section in REGISTER.sections:
        assert (section.seen(customer) is None) == (section.id not in ours)

    assert encode(customer) == value


@given(known, st.sampled_from(sorted(CHANGES)), st.sampled_from(sorted(CHANGES)))
def test_what_is_derived_from_a_section_is_kept_until_somebody_may_change_it(
    ours: dict[int, bytes], one: int, other: int
) -> None:
    customer, by_id = decode(encode(with_parts(ours))), {section.id: section for section in REGISTER.sections}
    for ident in CHANGES:
        by_id[ident].seen(customer)
        customer.keep_derived(by_id[ident], ident)
        by_id[ident].seen(customer)

    by_id[one].of(customer)
    assert [ident for ident in sorted(CHANGES) if customer.derived(by_id[ident]) is None] == [one]
    put_something(by_id[other], customer)
    assert customer.derived(by_id[other]) is None
    encode(customer)
    assert all(customer.derived(section) is None for section in REGISTER.sections)


@pytest.mark.parametrize("section", REGISTER.sections, ids=lambda one: one.name)
@pytest.mark.parametrize("bad", [b"\xff", b"\x00", b""])
def test_a_section_of_a_newer_program_stops_whoever_opens_it_and_nobody_else(section: Section[Any], bad: bytes) -> None:
    value = encode(with_parts({section.id: bad + b"of another program" if bad else bad}))
    customer = decode(value)
    assert not saw(customer, "another event")
    assert parts_of(decode(encode(customer))) == parts_of(decode(value))

    with pytest.raises(
        UnknownVersion, match=f"section {section.name} of version .*; this program knows {section.version}"
    ):
        section.of(customer)


@pytest.mark.parametrize("section", REGISTER.sections, ids=lambda one: one.name)
def test_a_section_that_has_nothing_to_keep_takes_no_byte(section: Section[Any]) -> None:
    customer, nothing = newcomer(), encode(newcomer())

    section.of(customer)
    assert encode(customer) == nothing

    put_something(section, customer)
    assert len(encode(customer)) > len(nothing)
    assert section.raw(customer) is not None


@pytest.mark.parametrize("section", REGISTER.sections, ids=lambda one: one.name)
def test_a_section_that_is_emptied_is_no_longer_kept(section: Section[Any]) -> None:
    customer = newcomer()
    put_something(section, customer)
    customer = decode(encode(customer))
    assert section.is_kept(customer)
    customer.open_as(section, section.new())

    assert encode(customer) == encode(newcomer())
    assert not section.is_kept(customer)
    assert not section.is_kept(decode(encode(customer)))


@given(known, unknown)
def test_which_sections_there_are_is_known_without_splitting_them(
    ours: dict[int, bytes], others: dict[int, bytes]
) -> None:
    customer = decode(encode(with_parts({**ours, **others})))

    assert {section.id for section in REGISTER.sections if section.is_kept(customer)} == set(ours)
    assert subscribes(customer) == (SUBSCRIPTIONS.id in ours)
    assert {ident for ident in range(1, 64) if customer.present & bit(ident)} == {*ours, *others}
    assert parts_of(customer) == {**ours, **others}


@given(
    st.integers(-(2**50), 2**50),
    st.integers(-(2**50), 2**50),
    st.lists(st.integers(0, 2**50), max_size=300),
    st.lists(st.integers(-(2**50), 2**50), max_size=32),
)
def test_the_core_keeps_what_timers_ask_of_orders_and_opens_no_section(
    since: int, lapse: int, untold: list[int], woke: list[int]
) -> None:
    """An order may be from before 1970, and there may be a lapse between any two of the most orders that are kept."""
    customer = newcomer()
    bought(customer)
    customer.active_since, customer.purchase_lapse, customer.untold_lapses = since, lapse, untold
    customer.first_order, customer.woke = since - 7, woke

    kept = decode(encode(customer))

    assert (kept.active_since, kept.purchase_lapse, kept.untold_lapses) == (since, lapse, untold)
    assert (kept.first_order, kept.woke) == (since - 7, woke)
    assert kept.opened(PURCHASES) is None
    assert list(orders_seen(kept)) == [b"order"]


def test_a_timer_splits_no_section_of_whom_nothing_of_a_subscription_is_known() -> None:
    log = Log().buys(1, "o-1").asks(2, "t-1").login(3)
    (partition_state,) = play(log.lines(), at(20), POLICY).partition_states
    partition_state.customers.commit()  # type: ignore[attr-defined]
    ((_, customer),) = partition_state.customers.every()  # type: ignore[attr-defined]
    customer = decode(encode(customer))

    lapse = partition_state._next_lapse(customer, instant(at(20)))

    assert lapse == customer.purchase_lapse > instant(at(20))
    assert partition_state._next_lapse(customer, lapse) == lapse
    assert partition_state._next_lapse(customer, lapse + 1) > lapse
    assert customer._parts is None


@pytest.mark.parametrize("day", [5, 20])
def test_the_usual_order_comes_behind_the_others_and_opens_none(day: int) -> None:
    """Also where a newer event of the customer is known: it lapses later than every other all the same."""
    (partition_state,) = play(Log().buys(1, "o-1").login(9).lines(), at(3), POLICY).partition_states
    ((_, customer),) = partition_state.customers.every()  # type: ignore[attr-defined]
    customer = decode(encode(customer))
    event = DECODERS["purchases"].decode(Log().buys(day, "o-2").lines()[0])

    assert bought_again(customer, cast("PurchaseCompleted", event), instant(at(day)), POLICY, instant(at(3)))

    assert customer.opened(PURCHASES) is None
    assert [order.at for order in orders_seen(decode(encode(customer))).values()] == [instant(at(1)), instant(at(day))]


@pytest.mark.parametrize("beside", [[], [2, 3], range(2, 64)], ids=["alone", "two beside", "62 beside"])
def test_an_order_put_behind_others_leaves_all_other_sections_as_they_were(beside: Sequence[int]) -> None:
    """From the first order to those with which the section is longer than 255 and than 65,535 bytes."""
    others = {ident: b"\7" + bytes([ident]) * ident * 5 for ident in beside}
    customer, wanted = with_parts(others), dict[bytes, Order]()
    for number in range(250):
        customer = decode(encode(customer))
        key, order = b"order-%d" % number, Order(number, bytes(10 if number < 20 else 300), 100, "EUR")
        wanted[key] = order

        assert add_order(customer, key, order) == len(wanted)
        assert number == 0 or customer.opened(PURCHASES) is None

    kept = decode(encode(customer))
    found = parts_of(kept)
    assert len(found.pop(PURCHASES.id)) > 65_535
    assert found == others
    assert list(orders_seen(kept).items()) == list(wanted.items())


@given(st.permutations(["logins", "tickets", "subscriptions", "purchases"]))
def test_offsets_are_kept_by_the_name_of_a_topic_whichever_comes_first(topics: list[str]) -> None:
    customer = newcomer()
    for topic in topics:
        customer = decode(encode(customer))
        assert not customer.has_applied(topic, 0)
        customer.note_applied(topic, len(topic))
        customer.note_applied(topic, len(topic) + 1)

    assert list(customer.applied.items()) == [(topic, len(topic) + 1) for topic in sorted(topics)]
    assert customer.has_applied("logins", 7)
    assert not customer.has_applied("logins", 8)
    assert newcomer().applied == {}


@pytest.mark.parametrize("version", [5, 6])
def test_offsets_of_older_versions_have_the_names_that_their_places_had(version: int) -> None:
    customer = decode(bytes.fromhex((GOLDEN / f"customer.state-{version}-old.hex").read_text()))

    assert customer.applied == {"logins": 4, "purchases": 10, "tickets": 13, "cancellations": 5, "subscriptions": 11}


@given(logs(), st.integers(1, 11))
def test_what_is_dropped_behind_the_horizon_moves_no_open_figure_and_no_timer(events: list[Event], month: int) -> None:
    policy = POLICY
    watermark = policy.calendar.period("month", 2024 * 12 + month + policy.horizon_months).start
    partition_state = PartitionState(policy, Shelf(), watermark)
    for played in play(lines(events), UNTIL, policy, Run()).partition_states:
        for _, customer in played.customers.every():  # type: ignore[attr-defined]
            before = figures(parts(customer, policy, watermark), watermark, policy)
            lapse = partition_state._next_lapse(customer, watermark)

            partition_state._forget_old(customer)

            assert figures(parts(customer, policy, watermark), watermark, policy) == before
            assert partition_state._next_lapse(customer, watermark) == lapse
            assert oldest_order(customer) >= horizon_start(policy, watermark)
            assert subscribes(customer) == subscribes(decode(encode(customer)))


def figures(found: Parts, watermark: Instant, policy: Policy) -> tuple[Parts, dict[Any, Any]]:
    """Return what counts in periods that are open, and the levels that the oldest of them begins with.

    A customer that counts under another plan from there on is a shift at its start, or has always counted there.
    `unpaid` only makes a row begin, and is not kept once something of the customer is behind the horizon.
    """
    sums = Sums(policy)
    sums.seal(watermark)
    sums.add(found)
    levels: dict[Any, Number] = {}
    for series, level in sums.levels.items():
        levels |= {(series, name): number for name, number in level.levels.items()}
    for (series, place), vector in sums.parts.items():
        vector.pop("unpaid", None)
        if place == sums.first_open[series.basis, series.kind]:
            for name in ("active", "mrr"):
                levels[series, name] = levels.get((series, name), 0) + vector.pop(f">{name}", 0)
    return {key: vector for key, vector in sums.parts.items() if vector}, {k: v for k, v in levels.items() if v}


def oldest_order(customer: Customer) -> Instant:
    return min([order.dated() for order in orders_seen(customer).values()], default=instant(UNTIL))
