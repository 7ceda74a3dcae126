"""Merged customers: the ids that are one, and their states, joined."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import DAY, NEVER, instant
from retention.contacts import CONTACTS, Contacts
from retention.errors import Rejected
from retention.features import REGISTER
from retention.features.base import DUPLICATE
from retention.features.consent.choices import FOLDED, GRANTED, MARKETING, Choice, joined, key_of, may_be_sent
from retention.losses import LOSSES, Losses, Lost, losses_seen
from retention.merging import Merge, decoded, encoded, ids_of, kept_as, union
from retention.policy import Policy
from retention.risk.section import drop
from retention.signals import SIGNALS
from retention.state.codec import encode
from retention.state.customer import Customer
from retention.state.seen_ids import RECENT_BYTES
from retention.statements import Occasion
from schemas.decoding import Refused
from schemas.families import TOPIC_OF
from streams.recomputation.lines import distinct
from tests import playing
from tests.building import START, Log, at, line, text
from tests.playing import DECODERS, Outcome, Run, Shelf
from tests.test_cards import held
from tests.test_laws import UNTIL, Event, log_of, logs

OLD, KEPT = "c-old", "c-kept"
DAYS = 330


def of_one_of_two(events: list[Event], seed: int) -> list[Event]:
    """Give each event of a log to one of two ids of one customer."""
    random = Random(seed)
    return [event | {"customer_id": random.choice((OLD, KEPT))} for event in events]


def a_life(random: Random, size: int) -> list[Event]:
    """Draw events of families that `logs` has none of, in order of time."""
    events = []
    for number in range(size):
        moment = START + timedelta(days=random.randrange(DAYS), minutes=random.randrange(1440))
        about = {"event_id": f"l-{number:04d}", "occurred_at": text(moment)}
        events.append(about | random.choice(any_of(random, moment)))
    return sorted(events, key=lambda e: (e["occurred_at"], e["event_id"]))


def any_of(random: Random, moment: datetime) -> list[Event]:
    """Draw an event of each kind."""
    pick, paid = random.choice, {"invoice_id": f"i-{random.randrange(4)}", "amount": "5", "currency": "EUR"}
    items = [{"sku": "s", "quantity": random.randrange(3)}]
    return [
        {"type": "login.succeeded"},
        {"type": "feature.used", "feature": pick("abc"), "user_id": pick(("u-1", "u-2"))},
        {"type": "session.ended"},
        {"type": "error.occurred", "feature": pick("ab"), "count": pick((1, 5))},
        {"type": "milestone.reached", "milestone": pick(("invited", "paid"))},
        {"type": "seats.changed", "paid": pick((5, 10)), "active": pick((1, 5))},
        {"type": "community.posted"},
        {"type": "survey.answered", "kind": pick(("nps", "csat", "ces")), "score": pick((1, 4, 5))},
        {"type": "feedback.submitted", "kind": "complaint", "feedback_id": f"f-{random.randrange(4)}"},
        {"type": "feedback.answered", "feedback_id": f"f-{random.randrange(4)}"},
        {"type": pick(("message.delivered", "message.opened", "message.clicked")), "message_id": "m"},
        {"type": "message.unsubscribed", "channel": pick(("email", "sms"))},
        {"type": "consent.changed", "purpose": "marketing", "granted": pick((True, False))},
        {"type": pick(("cart.updated", "cart.abandoned")), "cart_id": f"k-{random.randrange(3)}", "items": items},
        {"type": "payment.failed", **paid},
        {"type": "payment.succeeded", **paid},
        {"type": "card.expiring", "card_id": f"d-{random.randrange(2)}", "expires": "2024-09"},
        {"type": "price.announced", "percent": "12", "effective_at": text(moment + timedelta(days=30))},
        {"type": "action.delivered", "recommendation_id": "r", "action": pick(("dunning", "training"))},
        {"type": "experiment.exposed", "experiment": pick("xy"), "arm": pick(("on", "off"))},
        {"type": "acquisition.recorded", "channel": pick(("ads", "friends"))},
        {"type": "referral.converted"},
        {"type": "note.added", "kind": pick(("call", "internal"))},
        {"type": "customer.updated", "attributes": {"country": pick(("ES", "IT"))}},
    ]


lives = st.builds(lambda seed, size: a_life(Random(seed), size), st.integers(0, 2**32), st.integers(1, 80))


class Company:
    """Two partitions, each the home of one of the ids."""

    def __init__(self, policy: Policy) -> None:
        self.policy, self.shelves = policy, [Shelf(), Shelf()]
        self.outcome = playing._begun(policy, Run(partitions=2), self.shelves)
        self.old, self.kept = self.outcome.partition_states
        self.newest = 0

    def read(self, event: Event) -> None:
        home = self.old if event["customer_id"] == OLD else self.kept
        topic = TOPIC_OF[event["type"]]
        try:
            decoded_event = DECODERS[topic].decode(line(event))
        except Refused:
            return
        at = instant(decoded_event.occurred_at)
        try:
            facet = home.observe(decoded_event, at, topic, None)
        except Rejected as refusal:
            self.outcome.counts[refusal.reason] += 1
            return
        self.outcome.counts["duplicate" if facet is DUPLICATE else "applied"] += 1
        self.newest = max(self.newest, at)

    def merge(self, at: int) -> None:
        occasion = Occasion("the-merge", at, late=True)
        moved = self.old.let_go(OLD, occasion)
        if moved is not None:
            self.kept.take_in(KEPT, moved, occasion)

    def settle(self, until: int) -> None:
        playing._settle(self.outcome, self.shelves, until)

    def end(self) -> Outcome:
        mark, end = max(self.newest - self.policy.disorder, 0), instant(UNTIL)
        while mark < end:
            mark = min(end, mark + 20 * 86_400_000_000)
            self.settle(mark)
        playing._publish(self.outcome)
        return self.outcome


def play(events: list[Event], policy: Policy, merged_after: int, batch: int) -> Company:
    """Play a log in which two ids are merged after so many events; later ones of the old id count for the other."""
    company, merged = Company(policy), False
    for place, event in enumerate([*events, None]):
        if place == merged_after:
            company.merge(company.newest)
            merged = True
        if event is None:
            break
        company.read(event | ({"customer_id": KEPT} if merged else {}))
        if place % batch == batch - 1:
            company.settle(company.newest - policy.disorder)
            playing._publish(company.outcome)
    company.end()
    return company


def core(customer: Customer) -> tuple[Any, ...]:
    """Return all that is kept of a customer, but for what was told, and when, and in which order ids came."""
    recent = customer.recent
    drop(customer)
    customer.open_as(CONTACTS, Contacts())  # what was recommended under an id that is another one has another id
    # A merge judges losses by what is still kept of both, which of one that is long past is less than there was.
    customer.open_as(LOSSES, Losses([Lost(loss.at) for loss in losses_seen(customer)]))
    digests = sorted(recent[place : place + RECENT_BYTES] for place in range(0, len(recent), RECENT_BYTES))
    customer.due, customer.settled, customer.recent, customer.open_episodes = NEVER, 0, b"".join(digests), {}
    return encode(customer), customer.woke, customer.logins


def state_of(company: Company) -> list[tuple[Any, ...]]:
    return [core(customer) for _, customer in company.shelves[1].every()]


def figures(outcome: Outcome) -> dict[str, Any]:
    """Return the figures of closed periods. Those that a merge restates are of another edition.

    Of losses only their number: which signals were open is judged anew, by what is still kept.
    """
    found: dict[str, Any] = {}
    for key, one in outcome.finals().items():
        found[key] = one[1]["losses"] if "|lost|" in key else (*one[:2], *one[3:])
    return found


def card_of(company: Company) -> Any:
    """Return what the last card of the kept id promises of its open signals and its money.

    Not since when one is open within its day: of two requests of one day, the first that is read raises it.
    """
    card = held(company.outcome).get(KEPT)
    if not isinstance(card, dict):
        return card
    signals = [(one["signal"], one["episode"], one["severity"]) for one in card["open_signals"]]
    return signals, card["mrr"], card["plan"], card["stage"], card["last_activity"]


@given(logs() | lives, st.integers(0, 2**32), st.integers(0, 80), st.sampled_from((1, 7, 1_000)))
def test_a_merge_at_any_time_leaves_what_one_customer_would_have_left(
    events: list[Event], seed: int, merged_after: int, batch: int
) -> None:
    policy = Policy(plans=("basic", "pro"), segments=(("country", ("ES",)),))
    two = of_one_of_two(events, seed)
    plain = play([event | {"customer_id": KEPT} for event in events], policy, len(events), batch)

    merged = play(two, policy, min(merged_after, len(two)), batch)

    assert not list(merged.shelves[0].every())
    assert state_of(merged) == state_of(plain)
    assert figures(merged.outcome) == figures(plain.outcome)
    assert merged.outcome.open_signals() == plain.outcome.open_signals()
    assert merged.kept.without_effect == plain.kept.without_effect
    assert merged.old.without_effect == 0
    assert not any(merged.old.episodes.open.values())
    assert card_of(merged) == card_of(plain)
    said = [one.outcome.cards().get(KEPT) for one in (merged, plain)]
    if None not in said:  # of a signal that is over it depends on what was read together whether there is a card
        assert len({(str(one.mrr), one.plan, one.stage) for one in said if one is not None}) == 1


def test_a_card_of_somebody_without_open_signals_has_the_money_of_both() -> None:
    log = Log(KEPT).starts(0, "50").add("cancellation.requested", 10).add("cancellation.revoked", 12)
    other = Log(OLD).starts(20, "30", name="s-2")
    few = {one.name: replace(one.default, enabled=one.name == "cancellation-requested") for one in SIGNALS}

    company = play([*log.events, *other.events], Policy(signals=few), 4, 1)

    cards = [one for one in company.outcome.of_type("customer.health") if one.customer_id == KEPT]
    assert [[money.amount for money in one.mrr] for one in cards[-3:]] == [["50.00"], ["80.00"], ["80.00"]]
    assert (cards[-2].as_of, cards[-1].stage) == (at(20), "established")


def test_each_section_is_joined_in_some_log() -> None:
    """A section that no log has under both ids would be joined by nothing that the law above looks at."""
    missing = {section.name: section for section in REGISTER.sections}
    for seed in range(40):
        random, company = Random(seed), Company(Policy(segments=(("country", ("ES",)),)))
        for event in of_one_of_two([*log_of(seed, 80), *a_life(random, 80)], seed):
            company.read(event)
        one, other = company.old.customers.find(OLD), company.kept.customers.find(KEPT)
        assert one is not None
        assert other is not None
        both = [name for name, section in missing.items() if section.is_kept(one) and section.is_kept(other)]
        for name in both:
            del missing[name]

    assert missing == {}


def test_what_either_id_has_refused_stays_refused_until_a_later_choice() -> None:
    """Also what lies before the horizon, of which no event is known any more."""
    horizon = instant(at(10))
    refused, granted = (Choice(horizon - DAY * days, FOLDED, kind) for days, kind in ((3, "u"), (5, "y")))  # type: ignore[arg-type] # the letters of choices
    later = Choice(horizon + DAY, b"later", GRANTED)
    email = key_of(MARKETING, "email")

    def allows(*both: dict[str, list[Choice]]) -> bool:
        found = [may_be_sent(joined(*pair), "email", horizon + DAY * 2, unasked=True) for pair in (both, both[::-1])]
        assert found[0] == found[1]
        return found[0]

    assert not allows({email: [refused]}, {})
    assert not allows({email: [refused]}, {email: [granted]})
    assert not allows({email: [refused]}, {key_of(MARKETING, None): [granted]})
    assert allows({email: [refused]}, {email: [granted, later]})


# Which ids are one


names = st.sampled_from("abcdef")
merges = st.lists(
    st.builds(
        lambda at, number, pair: Merge(at, b"%d" % number, *pair),
        st.integers(0, 5),
        st.integers(0, 9),
        st.tuples(names, names).filter(lambda pair: pair[0] != pair[1]),
    ),
    max_size=12,
)


@given(merges, st.data())
def test_who_is_one_and_under_which_id_does_not_depend_on_what_came_first(
    found: list[Merge], data: st.DataObject
) -> None:
    known = union(found, ())
    arriving = data.draw(st.permutations(found * 2))

    learnt: list[Merge] = []
    for one in arriving:
        learnt = union(learnt, [one])

    assert learnt == known == decoded(encoded(known))
    for one in known:
        assert kept_as(known, one.gone) == kept_as(known, one.into)
        assert kept_as(known, one.gone) in ids_of(known, one.gone)


@given(merges)
def test_the_recomputation_names_the_same_ids(found: list[Merge]) -> None:
    """It shares no code with the product."""
    known = union(found, ())
    documents = [
        {
            "type": "customer.merged",
            "event_id": one.event_id.decode(),
            "occurred_at": text(START + timedelta(days=one.at)),
            "customer_id": one.gone,
            "into": one.into,
        }
        for one in known
    ]
    logins = [
        {"type": "login.succeeded", "event_id": name, "occurred_at": text(START), "customer_id": name}
        for name in "abcdef"
    ]

    read = distinct([json.dumps(one).encode() for one in [*documents, *logins]])

    assert {one["event_id"]: one["customer_id"] for one in read} == {name: kept_as(known, name) for name in "abcdef"}


def test_a_chain_a_second_target_and_a_circle_leave_one_id() -> None:
    chain = [Merge(2, b"2", "b", "c"), Merge(1, b"1", "a", "b")]

    assert kept_as(union(chain, ()), "a") == "c"
    assert kept_as(union(chain, [Merge(3, b"3", "a", "d")]), "b") == "d"
    assert kept_as(union(chain, [Merge(3, b"3", "c", "a")]), "a") == "c"
    assert kept_as(union(chain, [Merge(0, b"0", "c", "a")]), "b") == "b"
