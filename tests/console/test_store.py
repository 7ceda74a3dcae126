"""The store: whatever is read in whatever order, twice, or with a kill between, it says the same; and it forgets."""

import csv
import io
import json
import random
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.calendar import HOUR, NEVER, instant
from retention.statements import Statement
from schemas.outbound import CustomerHealth
from streams.companies.base import Company
from streams.companies.saas import SAAS
from streams.console.api import as_csv
from streams.console.documents import AtRiskFilters
from streams.console.fading import USUAL, faded
from streams.console.intake import CONTRACTS, Place, Read, headers_of
from streams.console.pages import formats, person
from streams.console.store import NAME, Store
from streams.console.taking import _OF_CUSTOMERS, _OF_NOBODY
from streams.console.viewing import StoreViews
from streams.dead_letters import dead_letter
from streams.errors import BadSettings
from streams.in_process import InProcess, applied_spool
from streams.logfile import Line
from streams.records import LogRecord
from streams.settings import Settings
from streams.spool import Spool
from streams.topics import DEAD_LETTERS, HEALTH, TOPIC_OF_TYPE
from tests.building import START, at
from tests.console.said import KEY, STAMP, Told, by_statements, moved_to, pseudonym, shown, stored, views_of
from tests.watching import Statements


@pytest.fixture(scope="module")
def company() -> list[Statement]:
    """Return what is said of a played company of 30 customers in 120 days."""
    watcher = Statements()
    with Spool() as spool:
        spool.begin("played", "line")
        for number, arrival in enumerate(Company(SAAS, 7, START, 120, 30).history()):
            spool.put(Line(number + 1, arrival.line(), 0))
        run: InProcess = applied_spool(spool, Settings(), watcher)
    assert run.account.applied
    return watcher.kept


def names_of(statements: Sequence[Statement]) -> list[str]:
    return sorted({one.key for one in statements if one.type == "customer.health"})[:12]


def interleaved(reads: list[Read], seed: int) -> list[Read]:
    """Return records in another order, in which those of one partition keep theirs."""
    lanes = defaultdict[tuple[str, int], list[Read]](list)
    for read in reversed(reads):
        lanes[read.place.topic, read.place.partition].append(read)
    random_, found = random.Random(seed), list[Read]()
    while lanes:
        where = random_.choice(sorted(lanes))
        found.append(lanes[where].pop())
        if not lanes[where]:
            del lanes[where]
    return found


@given(seed=st.integers(0, 2**32), at_once=st.integers(1, 400), partitions=st.integers(1, 5))
@settings(max_examples=12, deadline=None)
def test_any_order_of_topics_and_any_number_of_partitions_show_the_same(
    company: list[Statement], seed: int, at_once: int, partitions: int
) -> None:
    names = names_of(company)
    plain = shown(stored(by_statements(company, 1), 500), *names)

    found = shown(stored(interleaved(by_statements(company, partitions), seed), at_once), *names)

    assert found == plain


def test_a_record_that_is_read_twice_changes_nothing(company: list[Statement]) -> None:
    reads, names = by_statements(company), names_of(company)
    store = stored(reads, 300)
    before = shown(store, *names)

    again = [moved_to(read, read.place.offset + len(reads)) for read in reads]
    store.apply(again)

    assert shown(store, *names) == before
    repeated = {one.topic: one.repeated for one in views_of(store).pipeline(START).outcomes}
    assert repeated["churn-signals"] == sum(read.place.topic == "churn-signals" for read in reads)


def test_a_kill_between_two_batches_leaves_the_rows_of_whole_batches_with_their_offsets(
    company: list[Statement], tmp_path: Path
) -> None:
    reads, names = by_statements(company), names_of(company)
    whole = shown(stored(reads, 300), *names)
    done = 0
    for number in range(6):  # a new process each time: what was not committed is not there
        store = Store(tmp_path, KEY)
        positions = store.positions()
        left = [one for one in reads if one.place.offset >= positions.get((one.place.topic, one.place.partition), 0)]
        assert len(left) == len(reads) - done
        batch = left if number == 5 else left[:200]
        if number == 2:
            with pytest.raises(ZeroDivisionError):  # killed in the middle of one
                store.apply(_broken(batch))
        else:
            store.apply(batch)
            done += len(batch)
        store.close()

    assert shown(Store(tmp_path, KEY), *names) == whole


def _broken(batch: list[Read]) -> Any:
    class Breaking(list):  # type: ignore[type-arg]
        def __iter__(self) -> Any:
            for number, one in enumerate(batch):
                assert number < 100 or 1 / 0
                yield one

    return Breaking(batch)


def test_the_outcomes_of_records_add_up(company: list[Statement]) -> None:
    reads = by_statements(company)
    store = stored([*reads, *reads[:50], Read(Place("actions", 0, 10**6), 0, b"k", b"{}", {"ce_type": b"other"})])

    outcomes = views_of(store).pipeline(START).outcomes

    for one in outcomes:
        assert one.read == one.taken + one.repeated + one.of_erased + one.unknown + one.other
    assert sum(one.read for one in outcomes) == len(reads) + 51
    assert sum(one.unknown for one in outcomes) == 1


def test_every_type_of_output_is_taken_or_passed_over() -> None:
    taken = {*_OF_CUSTOMERS, *_OF_NOBODY, "customer.health"}

    assert taken == {*CONTRACTS}
    assert {*CONTRACTS} | {"customer.access_requested", "console.looked"} == {*TOPIC_OF_TYPE}


# Forgetting


def everywhere(folder: Path, *words: bytes) -> list[tuple[str, bytes]]:
    """Return the words that any file of the store contains."""
    return [(file.name, word) for file in folder.iterdir() for word in words if word in file.read_bytes()]


def many(erased: str) -> Told:
    """Return outputs of many customers, among them one that will be erased, with words that nobody else has."""
    told = Told()
    for number in range(300):
        name = erased if number == 150 else f"customer-{number * 7919 % 1000:04}"
        secret = {"en": f"a secret of {name}", "es": f"un secreto de {name}", "it": f"un segreto di {name}"}
        for day in range(6):
            episode = f"{name}-{day}"
            told.signal(name, day, episode=episode, explanation=secret).action(name, day, episode=episode)
            told.card(name, day, risk=f"0.{4 + day % 5}000")
        told.moves(name, 1, "new", "0.00", "10.00").leaves(name, 5)
    return told


@pytest.mark.parametrize("way", ["receipt", "tombstone", "both"])
def test_of_an_erased_customer_no_byte_is_left_in_any_file(tmp_path: Path, way: str) -> None:
    name = "zz-unmistakable-name"
    reads = many(name).reads()
    random.Random(3).shuffle(reads)
    store = Store(tmp_path, KEY)
    for place in range(0, len(reads), 50):
        store.apply(reads[place : place + 50])
    assert everywhere(tmp_path, name.encode())
    told = Told()
    if way != "tombstone":
        told.erased(name, 9)
    if way != "receipt":
        told.tombstone(name)

    store.apply(told.reads())

    assert store.cleaned
    assert everywhere(tmp_path, name.encode(), f"secret of {name}".encode()) == []
    assert views_of(store).customer(name, at(9)) is None
    assert store.is_gone(name)
    store.close()
    assert everywhere(tmp_path, name.encode()) == []


def test_a_reader_at_work_delays_the_cleaning_and_does_not_prevent_it(tmp_path: Path) -> None:
    name = "zz-unmistakable-name"
    store = Store(tmp_path, KEY)
    store.apply(many(name).reads())
    with sqlite3.connect(tmp_path / NAME) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM records").fetchone()
        store.apply(Told().tombstone(name).reads())
        assert not store.cleaned
        other.execute("ROLLBACK")

    store.apply(Told().card("somebody else", 10).reads())

    assert store.cleaned
    assert everywhere(tmp_path, name.encode()) == []


def test_what_comes_later_about_an_erased_customer_is_not_taken() -> None:
    store = stored(Told().erased("c-1", 3).reads())

    store.apply(Told().signal("c-1", 1).action("c-1", 1).moves("c-1", 1, "new", "0.00", "5.00").card("c-1", 1).reads())

    assert views_of(store).customer("c-1", at(9)) is None
    assert store.contents()["customers"] == []
    assert sum(one.of_erased for one in views_of(store).pipeline(START).outcomes) == 4


def test_the_id_that_goes_in_a_merge_is_gone_and_the_one_that_stays_has_its_own() -> None:
    told = Told().card("c-old", 1).signal("c-old", 1).card("c-kept", 1)
    told.signal("c-old", 2, "cleared", cause="merged").tombstone("c-old").card("c-kept", 2, "0.9000")

    store = stored(told.reads())

    views = views_of(store)
    assert [row.customer_id for row in views.at_risk(AtRiskFilters(), 1, 50, at(3)).rows] == ["c-kept"]
    assert not views.contact("c-old", at(3)).known


def test_a_customer_whose_tombstone_was_cleaned_away_is_found_by_reading_all_cards_again() -> None:
    told = Told().card("c-1", 1).card("c-2", 1)
    reads = told.reads(1)
    store = stored(reads)

    store.begin_sweep()
    store.apply([reads[1]])
    gone = store.end_sweep()

    assert gone == 1
    assert [row.customer_id for row in views_of(store).at_risk(AtRiskFilters(), 1, 50, at(3)).rows] == ["c-2"]


def test_a_console_that_was_away_for_hours_knows_it() -> None:
    store = stored([])
    store.apply(Told().card("c-1", 1).reads(), None, now=instant(START))

    assert not store.was_away_since(instant(START) - HOUR)
    assert store.was_away_since(instant(START) + HOUR)


def test_a_dead_letter_leaves_its_place_and_reason_and_nothing_of_its_content(tmp_path: Path) -> None:
    store = Store(tmp_path, KEY)
    record = LogRecord("logins", 1, 7, STAMP, b"zz-key", b"zz-value", ())
    letter = dead_letter("dead-letters", "logins", record, "contract", "zz-detail")
    place = Place("dead-letters", 0, 5)

    store.apply([Read(place, STAMP, letter.key, letter.value, headers_of(letter.headers))])

    row = views_of(store).pipeline(START).dead_letters[0]
    assert (row.topic, row.reason, row.count, row.newest) == ("logins", "contract", 1, "0:5")
    assert row.remedy
    store.close()
    assert everywhere(tmp_path, b"zz-key", b"zz-value", b"zz-detail") == []


def test_dead_letters_that_an_operator_has_sent_again_are_done() -> None:
    headers = {"x-dead-letter-topic": b"logins", "x-dead-letter-reason": b"contract"}
    letters = [Read(Place("dead-letters", 0, offset), STAMP + offset, b"", b"", headers) for offset in range(4)]
    mark = {
        "done": "retried",
        "topic": "dead-letters",
        "topic_id": "",
        "partition": 0,
        "offsets": [[1, 2]],
        "reasons": {"contract": 2},
        "by": "anna",
        "note": "",
        "at": START.isoformat(),
    }

    store = stored([*letters, *Told().add("dead_letters.retried", "dead-letters-0", 1, mark).reads()])

    row = views_of(store).pipeline(START).dead_letters[0]
    assert (row.count, row.done) == (4, 2)


# What records say


def test_a_correction_replaces_a_movement_and_one_to_nothing_takes_it_back() -> None:
    told = Told().moves("c-1", 1, "new", "0.00", "10.00").moves("c-1", 5, "expansion", "10.00", "15.00")
    told.moves("c-1", 5, "expansion", "10.00", "12.00").moves("c-2", 1, "new", "0.00", "7.00")
    told.moves("c-2", 1, "none", "0.00", "0.00")

    views = views_of(stored(told.reads()))

    first, second = views.customer("c-1", at(9)), views.customer("c-2", at(9))
    assert first is not None
    assert second is not None
    assert [point.amount for point in first.mrr_points] == ["10.00", "12.00"]
    assert [(one.amount, one.currency) for one in first.mrr] == [("12.00", "EUR")]
    assert (second.mrr_points, second.timeline_total, first.has_card) == ([], 2, False)


def test_a_loss_that_late_events_take_back_is_none() -> None:
    told = Told().leaves("c-1", 3).leaves("c-1", 3, "returned", cause="late_evidence").leaves("c-2", 4)

    views = views_of(stored(told.reads()))

    assert (views.contact("c-1", at(9)).left, views.contact("c-2", at(9)).left) == (False, True)


def test_an_action_that_is_over_holds_no_more_and_says_why() -> None:
    told = Told().card("c-1", 1).signal("c-1", 1).action("c-1", 1).card("c-2", 1).action("c-2", 1)
    told.action("c-2", 2, "withdrawn").card("c-3", 1).action("c-3", 1, "suppressed")
    views = views_of(stored(told.reads()))

    rows = {row.customer_id: row for row in views.at_risk(AtRiskFilters(), 1, 50, at(9)).rows}
    later = views.contact("c-1", at(20)).actions[0]

    assert [(name, row.action and row.action.state) for name, row in sorted(rows.items())] == [
        ("c-1", "recommended"),
        ("c-2", None),
        ("c-3", None),
    ]
    assert later.state == "expired"
    assert views.contact("c-2", at(9)).actions[0].cause == "recovered"
    assert views.contact("c-3", at(9)).actions[0].gate == "consent"


@pytest.mark.parametrize("seed", range(6))
def test_the_last_report_of_a_recommendation_counts_in_whatever_order_topics_are_read(seed: int) -> None:
    told = Told().signal("c-1", 1).action("c-1", 1).reported(3, "action.recommended-1", "dismissed", by="bob")
    told.reported(2, "action.recommended-1", "delivered").reported(4, "action.recommended-1", "delivered", by="carl")
    told.reported(9, "of-another", "delivered")

    page = views_of(stored(interleaved(told.reads(), seed), 2)).customer("c-1", at(5))

    assert page is not None
    (action,) = page.actions
    assert action.recommendation_id == "action.recommended-1"
    assert action.reported is not None
    assert (action.reported.outcome, action.reported.by, action.reported.at) == ("dismissed", "bob", at(3))


def test_of_an_erased_customer_no_report_is_left() -> None:
    told = Told().signal("c-1", 1).action("c-1", 1).reported(2, "action.recommended-1").reported(2, "of-another")
    store = stored(told.erased("c-1", 3).reads())

    with store.reading() as link:
        assert link.execute("SELECT count(*) FROM reports").fetchone()[0] == 1


@pytest.mark.parametrize("seed", range(6))
def test_what_services_report_of_an_action_is_shown_beside_it_in_whatever_order_it_is_read(seed: int) -> None:
    told = Told().signal("c-1", 1).action("c-1", 1).action("c-1", 1, action="call")
    told.outcome("c-1", 2, recommendation_id="action.recommended-1")
    told.outcome("c-1", 4, recommendation_id="action.recommended-1", source="again")
    told.outcome("c-1", 3, "converted", action="we-miss-you", episode="c-1-episode", source=None)
    told.outcome("c-1", 3, "dismissed", action="call", episode="of-another")
    told.outcome("c-2", 3, "dismissed", recommendation_id="action.recommended-1")

    page = views_of(stored(interleaved(told.reads(), seed), 2)).customer("c-1", at(5))

    assert page is not None
    actions = {one.action: one for one in page.actions}
    assert [(one.outcome, one.by, one.at) for one in actions["we-miss-you"].outcomes] == [
        ("converted", None, at(3)),
        ("delivered", "crm", at(2)),
    ]
    assert actions["we-miss-you"].reported == actions["we-miss-you"].outcomes[0]
    assert (actions["call"].outcomes, actions["call"].reported) == ([], None)
    assert sum(item.type == "action.reported" for item in page.timeline) == 4


def test_what_was_done_about_an_earlier_recommendation_is_shown_and_the_next_one_still_holds() -> None:
    told = Told().card("c-1", 1).signal("c-1", 1).action("c-1", 1)
    told.outcome("c-1", 2, recommendation_id="action.recommended-2", source="crm")
    told.outcome("c-1", 3, "dismissed", action="we-miss-you", episode="c-1-episode", source="shop")
    told.reported(3, "action.recommended-2", "converted").action("c-1", 4)
    before, after = told.reads(), told.outcome("c-1", 5, recommendation_id="action.recommended-6").reads()

    (holds,), (done,) = (views_of(stored(reads)).contact("c-1", at(6)).actions for reads in (before, after))
    row = views_of(stored(before)).at_risk(AtRiskFilters(), 1, 9, at(6)).rows[0]

    assert [(one.outcome, one.by) for one in holds.outcomes] == [
        ("converted", "anna"),
        ("dismissed", "shop"),
        ("delivered", "crm"),
    ]
    assert holds.reported is None
    assert row.action == holds
    assert (done.recommendation_id, done.reported) == ("action.recommended-6", done.outcomes[0])


def test_what_a_person_said_is_told_once_though_workers_tell_it_too() -> None:
    told = Told().signal("c-1", 1).action("c-1", 1).reported(2, "action.recommended-1", by="anna")
    told.outcome("c-1", 2, recommendation_id="action.recommended-1", source="console")

    (action,) = views_of(stored(told.reads())).contact("c-1", at(3)).actions

    assert [(one.outcome, one.by) for one in action.outcomes] == [("delivered", "anna")]


def test_of_an_erased_customer_no_outcome_of_a_service_is_left() -> None:
    told = Told().action("c-1", 1).outcome("c-1", 2, recommendation_id="action.recommended-0").outcome("c-2", 2)

    store = stored(told.erased("c-1", 3).reads())

    assert len(store.contents()["action_reports"]) == 1


def test_what_to_do_is_for_the_reason_that_adds_most_until_something_is_reported_of_it() -> None:
    told = Told().signal("c-1", 1, episode="great").signal("c-1", 1, episode="small", signal="downgrade")
    told.action("c-1", 1, episode="great", action="save-by-reason").action("c-1", 2, episode="small")
    told.action("c-1", 3, episode="of-an-opportunity", action="congratulate")
    card = json.loads(Told().card("c-1", 3).reads()[0].value or b"")["open_signals"][0]
    small, great = (
        card | {"episode": "small", "contribution": "0.1"},
        card | {"episode": "great", "contribution": "0.4"},
    )
    told.card("c-1", 3, open_signals=[small, great])
    found = []
    for ident in ("action.recommended-2", "action.recommended-3", "action.recommended-4", "none"):
        row = views_of(stored(told.reads())).at_risk(AtRiskFilters(), 1, 9, at(4)).rows[0]
        found.append(row.action.action if row.action is not None else None)
        told.reported(4, ident, "dismissed")

    assert found == ["save-by-reason", "we-miss-you", "congratulate", None]


def test_channels_that_a_gate_left_out_of_a_recommendation_are_known() -> None:
    views = views_of(stored(Told().signal("c-1", 1).action("c-1", 1, channels=["push"]).reads()))

    page = views.customer("c-1", at(2))

    assert page is not None
    assert (page.consent.channels, page.consent.left_out, page.consent.as_of) == (["push"], ["email"], at(1))


def test_who_has_left_has_no_health_or_risk_and_is_former_in_the_list_the_card_the_look_up_and_the_file() -> None:
    """Its last card may be of before: either record may be read first."""
    told = Told().card("c-1", 1).card("c-2", 1).leaves("c-1", 5).card("c-3", 7, stage="former", mrr=[])
    views = views_of(stored(told.card("c-4", 1).leaves("c-4", 3).leaves("c-4", 4, "returned").reads()))

    for name, has_left, at_ in (("c-1", True, at(5)), ("c-2", False, None), ("c-3", True, None), ("c-4", False, None)):
        page, contact = views.customer(name, at(9)), views.contact(name, at(9))
        (row,) = [one for one in views.at_risk(AtRiskFilters(), 1, 50, at(9)).rows if one.customer_id == name]
        assert page is not None
        assert page.card is not None
        assert (page.left, page.left_at, contact.left, row.left) == (has_left, at_, has_left, has_left)
        assert (contact.risk is None, contact.band is None, contact.risk_as_of is None) == (has_left,) * 3
        assert (page.card.risk is None, page.card.band is None, page.card.usual_risk is None) == (has_left,) * 3
        assert (page.card.value_at_risk == [], page.risk_before is None) == (has_left,) * 2
        assert {page.card.stage, contact.stage, row.stage} == {"former" if has_left else "established"}
        assert (page.card.health.score is None, row.health is None, row.health_status is None) == (has_left,) * 3
        (line,) = csv.DictReader(io.StringIO(as_csv([row], with_names=True)))
        assert (line["left"], line["stage"]) == ("yes" if has_left else "no", row.stage)


def test_the_page_of_who_has_left_says_no_risk_and_its_picture_ends_when_it_left() -> None:
    told = Told().card("c-1", 1, "0.3000").card("c-1", 3, "0.5000").leaves("c-1", 5)
    page = views_of(stored(told.card("c-1", 7, "0.0000", signals=0, stage="former").reads())).customer("c-1", at(9))
    assert page is not None

    says = person.shown(page, "en")

    (picture,) = (one for one in says["pictures"] if one.name == "risk")
    first, last = (formats.day(at(days).date(), "en") for days in (1, 5))
    assert f"Risk from {first} to {last}: 0.50 at the end" in str(picture.drawn)
    values = {one.label: one.value for one in says["fields"]}
    assert [values[name] for name in ("Risk", "Band", "Value at risk", "Trend of 7 days")] == ["–"] * 4
    assert says["parts"] == []


def test_a_card_of_after_a_loss_says_that_the_customer_is_back() -> None:
    views = views_of(stored(Told().leaves("c-1", 3).card("c-1", 6, stage="returned").reads()))

    page = views.customer("c-1", at(9))

    assert page is not None
    assert page.card is not None
    assert (page.left, page.card.stage, page.card.health.status) == (False, "returned", "fair")


def test_each_field_names_the_record_that_it_comes_from() -> None:
    told = Told().card("c-1", 1, "0.3000").card("c-1", 9, "0.5000", segments={"owner": "anna"}).leaves("c-1", 10)
    told.action("c-1", 1).moves("c-2", 1, "new", "0.00", "5.00")
    told.signal("c-3", 2, signal="opted-out", observed={"by": "unsubscribed", "channel": "email"})
    views = views_of(stored(told.action("c-3", 3, episode="other").reads()))

    found = {name: views.customer(name, at(11)) for name in ("c-1", "c-2", "c-3")}

    why = {name: page.why for name, page in found.items() if page is not None}
    card = why["c-1"]["risk"]
    assert {why["c-1"][field].ce_id for field in ("trend", "owner", "stage", "mrr")} == {card.ce_id}
    assert (why["c-1"]["consent"].ce_id, why["c-1"]["left"].ce_time) == ("action.recommended-3", at(10))
    assert {field: one.ce_id for field, one in why["c-2"].items()} == {
        "mrr": "movement.made-4",
        "plan": "movement.made-4",
    }
    assert {field: one.ce_id for field, one in why["c-3"].items()} == {"consent": "churn_signal.raised-5"}


def test_risk_has_a_trend_once_the_console_has_known_it_for_a_week() -> None:
    told = Told().card("c-1", 13, "0.4000").card("c-1", 20, "0.6000").card("c-2", 19, "0.5000")

    rows = views_of(stored(told.reads())).at_risk(AtRiskFilters(order="customer"), 1, 50, at(20)).rows

    assert [(row.trend, row.risk_before) for row in rows] == [("up", "0.4000"), ("unknown", None)]


def test_the_risk_of_a_week_ago_is_that_of_the_day_then_and_not_of_the_day_of_its_card() -> None:
    store = stored(Told().card("c-1", 0, "0.2000").reads())
    store.age(instant(at(35)), 10)

    row = views_of(store).at_risk(AtRiskFilters(), 1, 50, at(35)).rows[0]

    assert (row.trend, row.risk_before, row.risk) == ("down", "0.0500", "0.0354")  # 0.2 / 4, and 0.2 · 2^(−35/14)


def test_a_card_of_the_catalogue_says_of_its_own_instant_what_the_worker_said(company: list[Statement]) -> None:
    reads = [one.value for one in by_statements(company) if one.place.topic == HEALTH.name and one.value]
    cards = [CustomerHealth.model_validate_json(value) for value in reads]
    assert cards

    for card in cards:
        just_after = faded(card, instant(card.as_of) + 1, USUAL)
        assert just_after.model_copy(update={"as_of": card.as_of}) == card


def test_customers_without_an_open_signal_are_not_at_risk_unless_a_model_says_so() -> None:
    told = Told().card("c-1", 1, "0.1000", signals=0).card("c-2", 1, "0.5000", signals=0).card("c-3", 1, "0.1000")

    rows = views_of(stored(told.reads())).at_risk(AtRiskFilters(), 1, 50, at(2)).rows

    assert [row.customer_id for row in rows] == ["c-2", "c-3"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["c-9", "c-5", "c-1"]),
        ({"order": "customer"}, ["c-1", "c-5", "c-9"]),
        ({"band": "low"}, ["c-1"]),
        ({"search": "C-5"}, ["c-5"]),
        ({"search": "%"}, []),
        ({"plan": "pro", "signal": "no-login"}, ["c-9", "c-5", "c-1"]),
        ({"signal": "other"}, []),
        ({"segment": "country=ES"}, ["c-9", "c-5", "c-1"]),
        ({"segment": "country"}, []),
        ({"owner": "anna"}, ["c-5"]),
        ({"currency": "USD", "order": "value"}, ["c-9", "c-5", "c-1"]),
    ],
)
def test_filters_choose(filters: dict[str, Any], names: list[str]) -> None:
    told = Told().card("c-1", 1, "0.1000").card("c-9", 1, "0.9000")
    told.card("c-5", 1, "0.5000", segments={"country": "ES", "owner": "anna"})

    found = views_of(stored(told.reads())).at_risk(AtRiskFilters(**filters), 1, 50, at(2))

    assert [row.customer_id for row in found.rows] == names
    assert found.page.total == len(names)


def test_pages_part_the_rows_and_a_page_too_far_is_the_last_one() -> None:
    told = Told()
    for number in range(7):
        told.card(f"c-{number}", 1)
    views = views_of(stored(told.reads()))

    pages = [views.at_risk(AtRiskFilters(order="customer"), number, 3, at(2)) for number in (1, 2, 3, 99)]

    assert [[row.customer_id[-1] for row in page.rows] for page in pages] == [
        ["0", "1", "2"],
        ["3", "4", "5"],
        ["6"],
        ["6"],
    ]
    assert pages[0].total_value[0].amount == "4200.00"


def test_records_older_than_the_store_keeps_are_deleted_and_cards_stay() -> None:
    store = Store(None, KEY, keep_days=30)
    store.apply(Told().card("c-1", 1).signal("c-1", 1).signal("c-2", 1).reads())

    store.apply(Told().signal("c-3", 60).signal("c-4", 2).reads())

    found = views_of(store).customer("c-1", at(61))
    assert found is not None
    assert found.timeline_total == 0
    assert found.card is not None
    assert sorted(name for _, name, _ in store.contents()["customers"]) == ["c-1", "c-3"]


def test_what_retention_deleted_unread_is_counted_and_told() -> None:
    reads = Told().signal("c-1", 1).card("c-1", 1).reads(1)
    store = stored(reads)
    assert store.skip("churn-signals", 0, 1) == 0

    missed = store.skip("churn-signals", 0, 41)

    views = views_of(store)
    found = views.customer("c-1", at(2))
    assert missed == 40
    assert found is not None
    assert "gap" in found.limits
    assert {one.topic: (one.next_offset, one.missed) for one in views.pipeline(at(2)).partitions}["churn-signals"] == (
        41,
        40,
    )


def test_looks_and_marks_of_operators_are_no_event_time() -> None:
    """They would make all records too old to keep where time goes by the log."""
    store = stored(Told().card("c-1", 1).signal("c-1", 1).reads())

    body = {"by": "anna", "view": "at_risk", "pseudonym": None, "customers": 1, "at": at(5_000).isoformat()}
    store.apply(Told().add("console.looked", "anna", 5_000, body).reads())

    assert views_of(store).event_time() == at(1)
    found = views_of(store).customer("c-1", at(2))
    assert found is not None
    assert found.timeline_total == 1


def test_the_time_of_a_dead_letter_is_no_event_time() -> None:
    """A CloudEvent of another system keeps its headers as a dead letter, also if it claims to be of next century."""
    store = stored(Told().card("c-1", 1).signal("c-1", 1).reads())
    headers = {"ce_time": b"2099-01-01T00:00:00Z", "ce_type": b"com.example.paid", "x-dead-letter-reason": b"future"}

    store.apply([Read(Place(DEAD_LETTERS.name, 0, 0), STAMP, b"c-1", b"{}", headers)])

    assert views_of(store).event_time() == at(1)
    found = views_of(store).customer("c-1", at(2))
    assert found is not None
    assert found.timeline_total == 1


def test_a_second_console_does_not_take_the_store_of_a_first_one(tmp_path: Path) -> None:
    first = Store(tmp_path, KEY)

    with pytest.raises(BadSettings, match="another console"):
        Store(tmp_path, KEY)

    first.close()
    Store(tmp_path, KEY).close()


def test_a_store_of_another_version_is_read_again(tmp_path: Path) -> None:
    store = Store(tmp_path, KEY)
    store.apply(Told().card("c-1", 1).reads())
    store.close()
    with sqlite3.connect(tmp_path / NAME) as other:
        other.execute("PRAGMA user_version = 999")

    again = Store(tmp_path, KEY)

    assert (again.positions(), again.contents()["cards"]) == ({}, [])


def test_a_store_of_other_topics_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path, KEY)

    assert store.belongs_to("these")
    assert store.belongs_to("these")
    assert not store.belongs_to("others")


def test_a_drill_down_adds_up_to_what_it_is_of(company: list[Statement]) -> None:
    views: StoreViews = views_of(stored(by_statements(company), 500))
    now = START + timedelta(days=120)
    from streams.console.documents import RetentionFilters

    found = views.retention(RetentionFilters(), now)

    assert found.cohorts
    for cohort in found.cohorts:
        counts = {cohort.drill: cohort.customers} | {cell.drill: cell.customers for cell in cohort.cells}
        assert len(counts) == 1 + len(cohort.cells)
        for key, customers in counts.items():
            drill = views.drill(key, 1, 200, now)
            assert drill is not None
            assert drill.page.total == customers
            assert drill.period is not None
            assert (drill.period.kind, drill.period.start) == ("month", cohort.month)
        afters = [None, *(cell.after for cell in cohort.cells)]
        assert [one and one.after for one in (views.drill(key, 1, 1, now) for key in counts)] == afters
    assert views.drill("nonsense", 1, 50, now) is None


def test_pseudonyms_are_those_of_the_workers() -> None:
    assert pseudonym("c-1") == pseudonym("c-1")
    assert len(pseudonym("c-1")) == 32
    assert NEVER
