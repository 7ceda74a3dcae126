"""Simulated companies: what the labels say is what the events show, and nobody is flattered."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import pytest
from click.testing import CliRunner

from schemas.decoding import Decoder
from schemas.families import FAMILIES, TOPIC_OF
from streams.cli.simulate import simulate
from streams.companies import KINDS
from streams.companies.base import Arrival, Company
from streams.companies.habits import OFFICE, number_of
from streams.companies.shop import WINDOW
from streams.companies.stories import LEAVING, Why
from streams.errors import BadSettings

START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 400
ENDING = {"cancellation.effective", "subscription.ended"}


def company(kind: str, seed: int = 7, days: int = DAYS, customers: int = 150) -> Company:
    return Company(KINDS[kind], seed, START, days, customers)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


@pytest.fixture(scope="module", params=sorted(KINDS))
def played(request: pytest.FixtureRequest) -> tuple[Company, list[Arrival]]:
    """Return each kind of company with what it sent."""
    one = company(request.param)
    return one, list(one.history())


def test_every_event_is_in_the_contract(played: tuple[Company, list[Arrival]]) -> None:
    decoders = {family.topic: Decoder(family) for family in FAMILIES}

    for arrival in played[1]:
        decoders[TOPIC_OF[arrival.event["type"]]].decode(arrival.line())


def test_the_same_seed_gives_the_same_events(played: tuple[Company, list[Arrival]]) -> None:
    one, arrivals = played
    again = company(one.kind.name)

    assert [a.line() for a, _ in zip(again.history(), range(2_000), strict=False)] == [
        a.line() for a in arrivals[:2_000]
    ]


def test_labels_tell_who_left_and_when(played: tuple[Company, list[Arrival]]) -> None:
    one, arrivals = played
    left = {label.customer_id: label.as_json(day(DAYS)) for label in one.labels()}
    lost = {name: datetime.fromisoformat(said["left_at"]) for name, said in left.items() if said["outcome"] == "left"}

    assert len(lost) > 20
    ends = {a.event["customer_id"] for a in arrivals if a.event["type"] in ENDING}
    assert ends == (lost.keys() if one.kind.basis == "subscription" else set())
    for arrival in arrivals:
        gone = lost.get(arrival.event["customer_id"])
        at = datetime.fromisoformat(arrival.event["occurred_at"])
        assert gone is None or at <= gone, arrival.event


def test_a_customer_of_a_shop_has_left_when_its_last_order_is_a_window_back() -> None:
    one = company("shop")
    orders: dict[str, datetime] = {}
    for arrival in one.history():
        if arrival.event["type"] == "purchase.completed":
            at = datetime.fromisoformat(arrival.event["occurred_at"])
            orders[arrival.event["customer_id"]] = max(at, orders.get(arrival.event["customer_id"], at))
    left = {label.customer_id: label.story.leaves for label in one.labels() if label.story.leaves is not None}

    known = {name: at for name, at in left.items() if at < day(DAYS)}
    assert len(known) > 20
    assert all(abs(at - WINDOW - orders[name]) < timedelta(seconds=1) for name, at in known.items())


def test_of_those_that_leave_a_fifth_shows_nothing_and_many_that_stay_show_the_same() -> None:
    for kind in KINDS:
        stories = [label.story for label in _played(company(kind, customers=600)).labels()]
        leave = [story for story in stories if story.leaves is not None and story.leaves < day(DAYS)]
        silent = [story for story in leave if story.shows is None]
        stay = Counter(story.why for story in stories if story.leaves is None)

        assert len(silent) >= len(leave) / 5, kind
        assert stay[Why.RECOVERS] >= 10, kind
        assert stay[Why.COMPLAINS] >= 5, kind
        assert not LEAVING & stay.keys()


def _played(one: Company) -> Company:
    one.day(START)
    return one


def test_a_story_shows_before_it_ends_and_says_so_in_between() -> None:
    for kind in KINDS:
        for label in _played(company(kind, customers=600)).labels():
            story = label.story
            assert story.leaves is None or story.leaves > label.joined
            if story.leaves is not None:
                assert story.says is None or story.says < story.leaves
                assert story.shows is None or story.shows < story.leaves
                assert story.over is None


def test_customers_that_fade_use_less_before_they_leave() -> None:
    one = company("saas", customers=600)
    seen = Counter[tuple[str, bool]]()
    arrivals = list(one.history())
    fading = {p.id: p.story for p in one.people if p.story.why is Why.FADES and p.joins < day(100)}
    for arrival in arrivals:
        story = fading.get(arrival.event["customer_id"])
        if story is not None and arrival.event["type"] == "login.succeeded" and story.leaves is not None:
            at = datetime.fromisoformat(arrival.event["occurred_at"])
            last = story.leaves - timedelta(days=20)
            if last - timedelta(days=100) <= at < story.leaves and story.shows is not None:
                seen[arrival.event["customer_id"], at >= last] += 1
    usual = sum(number for (_, late), number in seen.items() if not late)
    fallen = sum(number for (_, late), number in seen.items() if late)

    assert fallen / 20 < usual / 80 / 2


def test_nobody_signs_in_during_an_outage_and_few_on_weekends_and_in_august(
    played: tuple[Company, list[Arrival]],
) -> None:
    one, arrivals = played
    logins = [datetime.fromisoformat(a.event["occurred_at"]) for a in arrivals if a.event["type"] == "login.succeeded"]
    out = [day(number) for number in range(DAYS) if one.is_out(day(number))]

    assert out
    if one.kind.basis == "subscription":
        assert not {at.date() for at in logins} & {one_day.date() for one_day in out}
        weekends = sum(at.weekday() >= 5 for at in logins) / 2
        assert weekends < sum(at.weekday() < 5 for at in logins) / 5 / 2
        august = sum(at.month == 8 and at.year == 2025 for at in logins)
        assert august < 0.75 * sum(at.month == 6 and at.year == 2025 for at in logins)


def test_events_come_late_twice_and_in_a_migration(played: tuple[Company, list[Arrival]]) -> None:
    _, arrivals = played
    times = Counter(arrival.event["event_id"] for arrival in arrivals)
    late = [a for a in arrivals if a.at - datetime.fromisoformat(a.event["occurred_at"]) > timedelta(hours=1)]
    again = Counter(a.at.date() for a in late if times[a.event["event_id"]] > 1)

    assert max(times.values()) >= 2
    assert late
    assert max(again.values()) > 20, "a migration sends many events again on one day"


def test_a_company_acquires_customers_all_along_and_never_ends() -> None:
    history = company("saas", days=180, customers=60).history(endless=True)

    events = list(takewhile(lambda arrival: arrival.at < day(720), history))

    started = [one for one in events if one.event["type"] == "subscription.started"]
    first = {one.event["customer_id"]: one.at for one in reversed(started)}
    by_quarter = Counter((at - START).days // 90 for at in first.values())
    assert all(by_quarter[quarter] >= 10 for quarter in range(8))


def test_numbers_have_the_expected_mean() -> None:
    one = _played(company("saas")).people[0]

    mean = sum(number_of(one.draw, 1.5) for _ in range(4_000)) / 4_000

    assert 1.4 < mean < 1.6
    assert number_of(one.draw, 0.0) == 0


def test_weekends_and_closed_days_weigh_less() -> None:
    assert OFFICE.weight(START.date()) < 0.2
    assert OFFICE.weight(day(4).date()) < OFFICE.weight(day(6).date())


def test_a_history_ends_with_its_last_day(played: tuple[Company, list[Arrival]]) -> None:
    """A refund days after an order, or a reply to a complaint, is left out if it lies after that day."""
    _, arrivals = played

    assert max(datetime.fromisoformat(arrival.event["occurred_at"]) for arrival in arrivals) < day(DAYS)


FAMILIES_OF = {
    "saas": {"usage", "payments", "feedback", "messages", "privacy", "customers"},
    "shop": {"feedback", "messages", "privacy", "customers", "carts"},
    "b2b": {"usage", "payments", "feedback", "messages", "privacy", "customers"},
}


def test_each_kind_sends_what_such_a_company_knows(played: tuple[Company, list[Arrival]]) -> None:
    one, arrivals = played
    topics = {TOPIC_OF[arrival.event["type"]] for arrival in arrivals}

    assert topics >= FAMILIES_OF[one.kind.name] | {"logins", "tickets"}
    assert "erasure.requested" not in {arrival.event["type"] for arrival in arrivals}


def test_who_stays_shows_what_who_leaves_shows(played: tuple[Company, list[Arrival]]) -> None:
    """Low scores, complaints, errors, refusals, failed payments, abandoned carts: each of them from both."""
    one, arrivals = played
    left = {label.customer_id: label.story.leaves is not None for label in one.labels()}
    signs = {
        "low score": {"survey.answered"},
        "complaint": {"feedback.submitted"},
        "error": {"error.occurred"},
        "payment": {"payment.failed"},
        "price": {"price.announced"},
        "cart": {"cart.abandoned"},
    }
    found = Counter(
        (name, left[arrival.event["customer_id"]])
        for arrival in arrivals
        for name, types in signs.items()
        if arrival.event["type"] in types and arrival.event.get("score", 0) <= 6
    )

    for name in {name for name, _ in found} - ({"payment"} if one.kind.name == "b2b" else set()):
        assert found[name, False] >= 5, name
        assert found[name, True] >= 2, name


def test_labels_that_cannot_be_written_are_refused_before_the_first_event(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"

    result = CliRunner().invoke(simulate, ["--out", str(log), "--labels", str(tmp_path / "none" / "labels.jsonl")])

    assert isinstance(result.exception, BadSettings)
    assert not log.exists()


def test_log_and_labels_of_one_name_are_refused(tmp_path: Path) -> None:
    one = str(tmp_path / "one.jsonl")

    result = CliRunner().invoke(simulate, ["--days", "5", "--customers", "10", "--out", one, "--labels", one])

    assert "--out and --labels are one file" in str(result.exception)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no file here that is always full")
def test_labels_on_a_full_disk_are_a_clear_error(tmp_path: Path) -> None:
    log = str(tmp_path / "log.jsonl")

    result = CliRunner().invoke(simulate, ["--days", "5", "--customers", "10", "--out", log, "--labels", "/dev/full"])

    assert isinstance(result.exception, BadSettings)
    assert "cannot write /dev/full" in str(result.exception)


def test_simulate_writes_labels_beside_the_log(tmp_path: Path) -> None:
    log, labels = tmp_path / "log.jsonl", tmp_path / "labels.jsonl"
    chosen = ["--kind", "shop", "--days", "200", "--customers", "60", "--start", "2025-01-01"]

    result = CliRunner().invoke(simulate, [*chosen, "--out", str(log), "--labels", str(labels)])

    assert result.exit_code == 0, result.output
    told = [json.loads(line) for line in labels.read_text().splitlines()]
    customers = {json.loads(line)["customer_id"] for line in log.read_text().splitlines()}
    assert {one["customer_id"] for one in told} == customers
    assert {one["outcome"] for one in told} == {"left", "stayed"}
    assert all((one["left_at"] is not None) == (one["outcome"] == "left") for one in told)
