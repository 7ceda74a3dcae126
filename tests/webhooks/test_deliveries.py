"""The laws of deliveries in virtual time: any failures, any restarts, three days in a moment."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import DAY, HOUR, NEVER, SECOND, Instant, rfc3339
from streams.webhook_settings import EndpointSettings
from streams.webhooks.answers import Answer
from streams.webhooks.deliveries import DEAD_FOR, Deliveries
from streams.webhooks.delivery import REPLAY, Delivery, delivery_of
from streams.webhooks.output import ENDED_BY, Output
from streams.webhooks.queue import PATIENT, Queue, held_up
from streams.webhooks.schedule import TRIES
from tests.webhooks.building import NOW, action, endpoint, signal

ENDPOINTS: Final = {"crm": endpoint(), "team": endpoint(format="slack", url="https://chat.example.com/x")}
MINUTE: Final = 60 * SECOND


@dataclass
class World:
    """Deliveries, the topic that they are written to, and endpoints that answer as they are told."""

    endpoints: dict[str, EndpointSettings] = field(default_factory=lambda: dict(ENDPOINTS))
    topic: dict[bytes, bytes] = field(default_factory=dict)
    now: Instant = NOW
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    received: list[tuple[str, str]] = field(default_factory=list)
    """What endpoints have read, accepted or not."""
    accepted: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Lose what is not written; requests that are under way have no answer."""
        self.deliveries = Deliveries(self.endpoints, lambda name, outcome: self.counts.update([(name, outcome)]))
        values = {key: value for key, value in self.topic.items() if key[:1] != REPLAY}
        self.deliveries.restore(one for one in map(delivery_of, values.values()) if one is not None)

    def commit(self) -> None:
        """Write what has changed."""
        for key, value in self.deliveries.detach():
            if value is None:
                self.topic.pop(key, None)
            else:
                self.topic[key] = value

    def admit(self, output: Output, *names: str) -> None:
        """Have all endpoints want an output."""
        for name in names or self.endpoints:
            self.deliveries.admit(name, output, lambda: f"body of {output.id}", self.now)

    def send(self, choose: Callable[[str, Delivery], Answer | None], draw: float = 0.5) -> int:
        """Send everything that is due; None is an answer that never comes. Return the number of tries."""
        tries = 0
        for name in self.endpoints:
            while (one := self.deliveries.next(name, self.now)) is not None:
                tries += 1
                answer = choose(name, one)
                self.received.append((name, one.id))
                if answer is None:
                    continue
                if answer.verdict == "delivered":
                    self.accepted.append((name, one.id))
                self.deliveries.answered(one, answer, self.now, draw)
        return tries

    def go_on(self, choose: Callable[[str, Delivery], Answer | None], until: Instant) -> None:
        """Let time pass, from one due instant to the next."""
        while True:
            self.send(choose)
            self.commit()
            soonest = min(self.deliveries.soonest(name) for name in self.endpoints)
            if soonest > until:
                return
            self.now = max(self.now + 1, soonest)

    def states(self) -> Counter[str]:
        """Return how many deliveries on the topic are in each state."""
        return Counter(one.state for one in map(delivery_of, self.topic.values()) if one is not None)


def well(_name: str, _one: Delivery) -> Answer:
    return Answer(204)


def never(_name: str, _one: Delivery) -> Answer:
    return Answer(500)


def saying(statuses: list[int | None]) -> Callable[[str, Delivery], Answer | None]:
    """Return an endpoint that says these one after the other, and 500 then; None is an answer that never comes."""
    answers = iter(statuses)

    def answer(_name: str, _one: Delivery) -> Answer | None:
        status = next(answers, 500)
        return None if status is None else Answer(status)

    return answer


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("output"), st.integers(0, 11)),
        st.tuples(st.just("send"), st.lists(st.sampled_from([0, 200, 204, 301, 410, 429, 500, None]), max_size=6)),
        st.tuples(st.just("pass"), st.integers(1, 4 * 3_600)),
        st.tuples(st.just("commit"), st.none()),
        st.tuples(st.just("crash"), st.none()),
    ),
    max_size=40,
)


@given(STEPS)
def test_each_output_reaches_each_endpoint_and_is_accepted_once_by_its_id(steps: list[tuple[str, object]]) -> None:
    """For any sequence of outputs, answers, crashes and commits; then the endpoints are well again."""
    world, source, position, written_position = World(), list[Output](), 0, 0
    for kind, value in steps:
        if kind == "output":
            assert isinstance(value, int)
            source.append(signal(f"id-{len(source)}", f"c-{value % 3}", world.now))
        elif kind == "send":
            assert isinstance(value, list)
            world.send(saying(value))
        elif kind == "pass":
            assert isinstance(value, int)
            world.now += value * SECOND
        elif kind == "commit":
            for output in source[position:]:
                world.admit(output)
            position = written_position = len(source)
            world.commit()
        else:
            world.restart()
            position = written_position
        if kind != "crash":
            for output in source[position:]:
                world.admit(output)
            position = len(source)
    world.restart()
    for output in source[written_position:]:
        world.admit(output)

    world.go_on(well, NEVER - 1)

    wanted = {(name, output.id) for name in world.endpoints for output in source}
    assert set(world.received) >= wanted
    assert world.states()["pending"] == 0
    dead = world.states()["dead"]
    assert len(set(world.accepted)) == len(wanted) - dead
    # A receiver that drops ids which it has seen takes each once; twice it comes only if an answer was lost.
    assert set(world.accepted) <= wanted


@given(st.lists(st.integers(0, 2), min_size=1, max_size=12), st.data())
def test_of_one_customer_deliveries_arrive_in_order_unless_one_fails_three_times(
    customers: list[int], data: st.DataObject
) -> None:
    world = World(endpoints={"crm": endpoint()})
    for place, customer in enumerate(customers):
        world.admit(signal(f"id-{place:02}", f"c-{customer}", world.now))
    failures = Counter({f"id-{place:02}": data.draw(st.integers(0, PATIENT - 1)) for place in range(len(customers))})

    def sometimes(_name: str, one: Delivery) -> Answer:
        failures[one.id] -= 1
        return Answer(204 if failures[one.id] < 0 else 503)

    world.go_on(sometimes, NEVER - 1)

    for customer in set(customers):
        own = [f"id-{place:02}" for place, other in enumerate(customers) if other == customer]
        assert [ident for _, ident in world.accepted if ident in own] == own


@given(st.lists(st.tuples(st.sampled_from(("", "c-1", "c-2")), st.integers(0, PATIENT + 1)), max_size=12))
def test_a_delivery_is_held_up_if_the_queue_does_not_let_it_go(found: list[tuple[str, int]]) -> None:
    waiting = [
        Delivery("crm", f"id-{seq}", "churn_signal.raised", NOW, seq, due=NOW, tries=tries, customer=customer)
        for seq, (customer, tries) in enumerate(found)
    ]
    queue = Queue()
    for one in waiting:
        queue.add(one)

    free = set(iter(lambda: queue.pop(NOW), None))

    assert {one.key for one in held_up(reversed(waiting))} == {one.key for one in waiting} - free


def test_one_that_is_never_accepted_holds_its_customer_up_for_minutes_and_dies_after_three_days() -> None:
    world = World(endpoints={"crm": endpoint()})
    world.admit(signal("poison", "c-1"))
    world.admit(signal("next", "c-1"))

    def poisoned(_name: str, one: Delivery) -> Answer:
        return Answer(500 if one.id == "poison" else 204)

    world.go_on(poisoned, NOW + 10 * MINUTE)
    assert world.accepted == [("crm", "next")]
    world.go_on(poisoned, NEVER - 1)

    assert world.received.count(("crm", "poison")) == TRIES
    assert world.now - NOW > 75 * HOUR
    assert world.states() == {"delivered": 1, "dead": 1}
    assert world.counts["crm", "dead"] == 1


def test_a_dead_delivery_is_sent_again_when_an_operator_wants_it_with_the_same_id_and_body() -> None:
    world = World(endpoints={"crm": endpoint()})
    world.admit(signal("id-1"))
    world.go_on(never, NEVER - 1)
    (value,) = world.topic.values()
    order = delivery_of(value)
    assert order is not None
    assert (order.state, order.body) == ("dead", "body of id-1")

    world.deliveries.send_again(order, world.now)
    world.go_on(well, NEVER - 1)

    assert world.accepted == [("crm", "id-1")]
    assert world.states() == {"delivered": 1}
    assert not any(key[:1] == REPLAY for key in world.topic)


def test_what_is_sent_again_long_after_is_known_as_accepted() -> None:
    world = World(endpoints={"crm": endpoint()})
    world.admit(signal("id-1"))
    world.go_on(never, NEVER - 1)
    order = delivery_of(*world.topic.values())
    assert order is not None

    world.now += 20 * DAY
    world.deliveries.send_again(order, world.now)
    world.go_on(well, world.now)
    world.deliveries.tidy(world.now + HOUR)
    world.commit()

    assert world.states() == {"delivered": 1}


def test_an_endpoint_that_never_answers_stalls_no_other() -> None:
    world = World()
    for number in range(50):
        world.admit(signal(f"id-{number}", f"c-{number}"))

    world.send(lambda name, _one: Answer(204) if name == "team" else None)

    assert len(world.accepted) == 50
    assert world.deliveries.waiting("crm") == 50


def test_a_delivery_whose_body_cannot_be_read_waits_and_loses_neither_a_try_nor_its_body() -> None:
    world = World()
    world.admit(signal(), "crm")
    world.commit()
    one = world.deliveries.next("crm", world.now)
    assert one is not None

    world.deliveries.untried(one, world.now + 5 * SECOND)

    assert world.deliveries.next("crm", world.now) is None
    again = world.deliveries.next("crm", world.now + 5 * SECOND)
    assert again is one
    assert one.tries == 0
    assert not world.deliveries.has_changes


def test_what_is_accepted_is_not_sent_again_for_as_long_as_it_could_come_again() -> None:
    world = World(endpoints={"crm": endpoint(max_age=str(DAY // SECOND))})
    output = signal("id-1")
    world.admit(output)
    world.go_on(well, NOW)
    for hours in (0, 1, 23, 24, 25, 24 * 40):
        world.now = NOW + hours * HOUR
        world.deliveries.tidy(world.now)
        world.commit()
        world.restart()
        world.admit(output)  # a log that is read again, or a rebuild
        world.go_on(well, world.now)

    assert world.accepted == [("crm", "id-1")]
    assert world.topic == {}
    assert world.counts["crm", "known"] == 5
    assert world.counts["crm", "too_old"] == 1


def test_history_is_not_delivered() -> None:
    world = World()
    world.admit(signal("old", at=NOW - 8 * DAY))

    assert world.deliveries.waiting("crm") == 0
    assert world.counts["crm", "too_old"] == 1


@pytest.mark.parametrize(
    ("raised", "written", "is_sent"),
    [
        (NOW - DAY, NOW, True),  # raised wrongly, as is known now
        (NOW - 30 * DAY, NOW, True),
        (NOW - DAY, NOW - 8 * DAY, False),  # known for long
        (NOW - 50 * DAY, NOW, False),  # a log that is played again: it ended after it was raised
    ],
)
def test_that_a_signal_was_raised_wrongly_is_said_however_old_what_showed_it_is(
    raised: Instant, written: Instant, is_sent: bool
) -> None:
    world = World(endpoints={"crm": endpoint()})
    over = signal("over", at=NOW - 40 * DAY, transition="cleared", raised_at=rfc3339(raised))
    over = replace(over, type="churn_signal.cleared", written=written)
    world.admit(over)
    world.go_on(well, NOW)
    world.admit(over)  # it is read twice

    assert world.accepted == [("crm", "over")] * is_sent
    assert world.counts["crm", "known"] == is_sent
    assert world.counts["crm", "too_old"] == (0 if is_sent else 2)


@pytest.mark.parametrize(
    ("cause", "written", "is_sent"),
    [("late_evidence", NOW, True), ("late_evidence", NOW - 8 * DAY, False), ("returned", NOW, False)],
)
def test_that_a_loss_is_taken_back_is_said_however_old_it_is(cause: str, written: Instant, is_sent: bool) -> None:
    world = World(endpoints={"crm": endpoint()})
    back = replace(signal("back", at=NOW - 40 * DAY), type="customer.returned", data={"cause": cause}, written=written)
    world.admit(back)
    world.go_on(well, NOW)

    assert world.accepted == [("crm", "back")] * is_sent


def the_end(of: Output, ident: str = "over") -> Output:
    """Return the end of a signal or a recommendation, by a loss of 40 days ago that was reported now."""
    data = {name: of.data[name] for name in ("customer_id", "episode")} | {"cause": "churned"}
    data |= {"action": of.data["action"]} if "action" in of.data else {"raised_at": rfc3339(NOW - 50 * DAY)}
    return replace(of, type=ENDED_BY[of.type], id=ident, at=NOW - 40 * DAY, data=data, written=NOW)


MONTH: Final = action(expires=NOW + 30 * DAY)


@pytest.mark.parametrize("told", [MONTH, signal(), replace(signal(), type="churn_signal.escalated")])
def test_the_end_of_what_was_accepted_is_sent_once_however_old_it_is(told: Output) -> None:
    world = World(endpoints={"crm": endpoint()})
    world.admit(told)
    world.go_on(well, NOW)
    for days in (20, 29, 45):  # the second time is a rebuild of the topic
        world.now = NOW + days * DAY
        world.deliveries.tidy(world.now)
        world.commit()
        world.restart()
        world.admit(the_end(told))
        world.go_on(well, world.now)

    assert world.accepted == [("crm", told.id), ("crm", "over")]
    assert (world.counts["crm", "known"], world.counts["crm", "too_old"]) == (2, 0)
    world.now = NOW + 60 * DAY
    world.deliveries.tidy(world.now)
    world.commit()
    assert world.topic == {}


@pytest.mark.parametrize("told", [MONTH, signal()])
def test_the_end_of_what_was_never_accepted_or_is_of_another_episode_is_not_sent_if_it_is_old(told: Output) -> None:
    world = World(endpoints={"crm": endpoint(), "team": endpoint()})
    world.admit(told, "crm")
    world.go_on(well, NOW)
    world.admit(the_end(told), "team")
    world.admit(the_end(replace(told, data=told.data | {"episode": "another"}), "of-another"), "crm")

    assert world.counts["team", "too_old"] == world.counts["crm", "too_old"] == 1


def test_the_end_of_an_action_that_has_expired_is_not_sent_if_it_is_old() -> None:
    world = World(endpoints={"crm": endpoint()})
    world.admit(action(expires=NOW + DAY))
    world.go_on(well, NOW)
    world.now = NOW + 2 * DAY
    world.admit(the_end(action()))

    assert world.counts["crm", "too_old"] == 1


def test_a_recommendation_that_is_withdrawn_while_it_is_sent_may_have_been_received() -> None:
    world = World(endpoints={"crm": endpoint()})
    world.admit(MONTH)
    assert world.deliveries.next("crm", NOW) is not None
    world.deliveries.withdraw(str(MONTH.data["episode"]), "we-miss-you")
    world.commit()
    world.restart()
    world.admit(the_end(MONTH))
    world.go_on(well, NOW)

    assert world.accepted == [("crm", "over")]


def test_an_action_that_has_expired_is_not_delivered() -> None:
    world = World(endpoints={"crm": endpoint()})
    world.admit(action("late", expires=NOW))
    world.admit(action("soon", expires=NOW + MINUTE))
    world.go_on(never, NOW)
    world.now = NOW + 2 * MINUTE
    world.deliveries.tidy(world.now)
    world.go_on(well, NEVER - 1)

    assert world.accepted == []
    assert world.states() == {"expired": 1}
    assert world.counts["crm", "expired"] == 2


def test_an_action_that_is_withdrawn_is_not_delivered_any_more() -> None:
    world = World(endpoints={"crm": endpoint()})
    world.admit(action("a-1", "c-1"))
    world.admit(action("a-2", "c-2"))
    world.admit(signal("s-1", "c-1"))
    world.go_on(never, NOW)

    world.deliveries.withdraw("e-c-1", "we-miss-you")
    world.deliveries.withdraw("e-c-2", "another_action")
    world.now += MINUTE
    world.go_on(well, NEVER - 1)

    assert sorted(world.accepted) == [("crm", "a-2"), ("crm", "s-1")]
    assert world.states() == {"delivered": 2, "withdrawn": 1}


@pytest.mark.parametrize("state", ["pending", "dead", "sending", "delivered"])
def test_of_an_erased_customer_nothing_waits_and_nothing_is_kept(state: str) -> None:
    world = World(endpoints={"crm": endpoint()})
    world.admit(signal("id-1", "c-erased"))
    world.admit(signal("id-2", "c-other"))
    if state == "delivered":
        world.go_on(well, NOW)
    elif state == "sending":
        one = world.deliveries.next("crm", world.now)
        assert one is not None
    else:
        world.go_on(never, NEVER - 1 if state == "dead" else NOW)
    world.commit()
    world.restart()

    world.deliveries.erase(lambda customer: customer == "c-erased")
    world.commit()

    assert not any(b"c-erased" in key + value for key, value in world.topic.items())
    assert any(b"id-2" in key for key in world.topic)
    if state in {"pending", "sending"}:
        world.now += DAY
        world.go_on(well, NEVER - 1)
        assert world.accepted == [("crm", "id-2")]


def test_an_answer_to_a_delivery_that_was_erased_meanwhile_brings_nothing_back() -> None:
    world = World(endpoints={"crm": endpoint()})
    world.admit(signal("id-1", "c-erased"))
    one = world.deliveries.next("crm", world.now)
    assert one is not None
    world.deliveries.erase(lambda _: True)
    for status in (500, 204):
        world.deliveries.answered(one, Answer(status), world.now, 0.5)
    world.commit()

    assert world.topic == {}
    assert world.deliveries.soonest("crm") == NEVER or world.deliveries.next("crm", NEVER) is None


def test_too_many_that_wait_are_dead_at_once_and_can_be_sent_again() -> None:
    world = World(endpoints={"crm": endpoint(most_pending="3")})
    for number in range(5):
        world.admit(signal(f"id-{number}"))
    world.commit()

    assert world.states() == {"pending": 3, "dead": 2}
    assert world.counts["crm", "overflow"] == 2


def test_dead_ones_and_those_of_a_former_endpoint_are_gone_after_a_month() -> None:
    world = World()
    world.admit(signal("id-1"))
    world.go_on(lambda name, one: never(name, one) if name == "crm" else None, NOW + 5 * DAY)
    world.endpoints = {"crm": endpoint()}
    world.restart()
    assert world.states() == {"dead": 1, "pending": 1}

    world.now += DEAD_FOR + DAY
    world.deliveries.tidy(world.now)
    world.commit()

    assert world.topic == {}
