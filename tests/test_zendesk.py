"""The source `zendesk`: facts Z1 to Z17 of docs/sources/zendesk.md by their numbers, played through the product."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.families import TOPIC_OF
from sources.base import Foreign, Translation, Unreadable
from sources.zendesk import NOT_USED, READERS, ZENDESK
from sources.zendesk.options import ZendeskOptions
from tests.building import at
from tests.playing import DECODERS, play

START = datetime(2026, 1, 5, tzinfo=UTC)
Json = dict[str, Any]


def text(day: float, fraction: str = "") -> str:
    return at(day, START).strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def event(kind: str, day: float, happened: Json | None = None, **detail: Any) -> Json:
    whole = {
        "id": "5158",
        "requester_id": "844",
        "submitter_id": "844",
        "organization_id": "0",
        "external_id": None,
        "status": "OPEN",
        "priority": None,
        "subject": "Where is my parcel",
        "description": "It has not come.",
        "tags": ["delivery_problem"],
        "via": {"channel": "web"},
        "created_at": text(0),
        "updated_at": text(day),
    }
    return {
        "account_id": 22129848,
        "id": f"e-{kind}-{day}",
        "type": f"zen:event-type:ticket.{kind}",
        "time": text(day, ".987654321"),
        "subject": "zen:ticket:5158",
        "zendesk_event_version": "2022-11-06",
        "detail": whole | detail,
        "event": happened or {},
    }


def status(day: float, before: str | None, after: str, **detail: Any) -> Json:
    return event("status_changed", day, {"previous": before, "current": after}, **detail)


def comment(day: float, author: Json | None, *, public: Any = True) -> Json:
    said = {"id": "9", "body": "Words.", "is_public": public, **({"author": author} if author is not None else {})}
    return event("comment_added", day, {"comment": said})


def ticket(**fields: Any) -> Json:
    return {
        "id": 5158,
        "requester_id": 844,
        "organization_id": None,
        "external_id": None,
        "type": "question",
        "status": "closed",
        "priority": "high",
        "subject": "Where is my parcel",
        "description": "It has not come.",
        "tags": ["delivery_problem"],
        "custom_fields": [{"id": 360012345, "value": "invoice"}, {"id": 1, "value": None}],
        "via": {"channel": "email"},
        "created_at": text(0),
        "updated_at": text(9),
        **fields,
    }


def read(body: Any, **options: Any) -> Translation:
    return ZENDESK.read(Foreign(json.dumps(body).encode()), ZendeskOptions.model_validate(options))


def told(*bodies: Any, **options: Any) -> list[Json]:
    found = [dict(one) for body in bodies for one in read(body, **options).events]
    for one in found:
        DECODERS[TOPIC_OF[str(one["type"])]].decode(json.dumps(one).encode())
    return found


def types(*bodies: Any, **options: Any) -> list[str]:
    return [one["type"] for one in told(*bodies, **options)]


def raised(*bodies: Any, until: float, **options: Any) -> set[str]:
    outcome = play([json.dumps(one).encode() for one in told(*bodies, **options)], at(until, START))
    return {one.signal for one in outcome.signals() if one.transition == "raised"}


def test_fact_z1_ids_are_text_in_webhooks_and_numbers_elsewhere_and_zero_is_none() -> None:
    hook, exported = told(event("created", 0))[0], told(ticket())[0]

    assert (hook["ticket_id"], hook["customer_id"], hook["event_id"]) == ("5158", "844", "5158:opened")
    assert (exported["ticket_id"], exported["customer_id"], exported["event_id"]) == ("5158", "844", "5158:opened")
    for nobody in ("0", "", None, 0):
        found = read(event("created", 0, requester_id=nobody))
        assert (found.events, found.skipped) == ((), "a ticket without requester_id")
    with pytest.raises(Unreadable, match=r"detail\.requester_id is text that is no id"):
        read(event("created", 0, requester_id="ada@shop.example"))


def test_fact_z2_words_are_upper_case_in_webhooks_and_lower_case_elsewhere() -> None:
    assert types(status(1, "OPEN", "SOLVED")) == types(status(1, "open", "solved")) == ["ticket.solved"]
    assert told(event("created", 0, priority="HIGH"))[0]["priority"] == told(ticket())[0]["priority"] == "high"
    with pytest.raises(Unreadable, match=r"event\.current is another word: a status is one of closed, deleted, hold"):
        read(status(1, "OPEN", "WAITING"))


def test_fact_z3_times_have_nine_digits_of_a_second() -> None:
    assert told(event("created", 0.5))[0]["occurred_at"] == "2026-01-05T12:00:00.987654Z"


@pytest.mark.parametrize(
    ("before", "after", "becomes"),
    [
        ("NEW", "OPEN", []),
        ("OPEN", "PENDING", []),
        ("PENDING", "HOLD", []),
        ("OPEN", "SOLVED", ["ticket.solved"]),
        ("HOLD", "CLOSED", ["ticket.solved"]),
        ("SOLVED", "CLOSED", []),
        ("SOLVED", "OPEN", ["ticket.reopened"]),
        ("SOLVED", "PENDING", ["ticket.reopened"]),
        (None, "SOLVED", ["ticket.solved"]),
    ],
)
def test_fact_z4_closed_comes_after_solved_and_is_no_second_end(before: str, after: str, becomes: list[str]) -> None:
    assert types(status(1, before, after)) == becomes


def test_fact_z5_a_ticket_may_be_created_solved() -> None:
    found = told(event("created", 0, status="SOLVED", via={"channel": "voice"}))

    assert [(one["type"], one["event_id"]) for one in found] == [
        ("ticket.opened", "5158:opened"),
        ("ticket.solved", "5158:solved"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "becomes"),
    [
        (None, "NORMAL", []),
        (None, "HIGH", ["ticket.escalated"]),
        ("", "URGENT", ["ticket.escalated"]),
        ("LOW", "NORMAL", []),
        ("HIGH", "URGENT", ["ticket.escalated"]),
        ("URGENT", "HIGH", []),
    ],
)
def test_fact_z6_only_a_rise_to_high_or_urgent_escalates(before: str, after: str, becomes: list[str]) -> None:
    assert types(event("priority_changed", 1, {"previous": before, "current": after})) == becomes


def test_fact_z7_groups_escalate_where_the_settings_say_so() -> None:
    moved = event("group_assignment_changed", 1, {"previous": "1", "current": "777"})

    assert types(moved) == []
    assert types(moved, escalation_groups=(777,)) == types(moved, escalation_groups=("777",)) == ["ticket.escalated"]


def test_fact_z8_an_internal_note_is_no_reply() -> None:
    staff = {"id": "1", "is_staff": True}

    assert read(comment(1, staff, public=False)).skipped == "an internal note"
    with pytest.raises(Unreadable, match=r"event\.comment\.is_public is null"):
        read(comment(1, staff, public=None))


def test_fact_z17_a_ticket_of_internal_notes_is_none_of_its_customer() -> None:
    for body in (event("created", 0, is_public=False), ticket(is_public=False)):
        found = read(body)
        assert (found.events, found.skipped[:42]) == ((), "a ticket that its customer has not seen: it has"[:42])
    assert types(event("created", 0, is_public=True)) == ["ticket.opened"]


@pytest.mark.parametrize(
    ("author", "is_said_to_be"),
    [
        ({"id": "1", "is_staff": True}, ("agent", False)),
        ({"id": "844", "is_staff": False}, ("customer", False)),
        ({"id": 844}, ("customer", False)),
        ({"id": 12}, ("agent", False)),
        ({"id": "42", "is_staff": True}, ("bot", True)),
        ({"id": "-1", "is_staff": True}, ("bot", True)),
    ],
)
def test_fact_z9_who_replied_is_said_by_the_author_and_that_a_bot_did_by_the_settings(
    author: Json, is_said_to_be: tuple[str, bool]
) -> None:
    found = told(comment(1, author), bots=("42",))[0]

    assert (found["author"], found.get("automatic", False)) == is_said_to_be
    with pytest.raises(Unreadable, match=r"event\.comment\.author\.is_staff is missing"):
        read(comment(1, None))


def test_fact_z10_the_comment_that_opens_a_ticket_is_no_reply() -> None:
    assert read(comment(0, {"id": "844", "is_staff": False})).skipped.startswith("the first comment of a ticket")
    assert types(comment(0.001, {"id": "844", "is_staff": False})) == ["ticket.replied"]


@pytest.mark.parametrize("kind", ["merged", "soft_deleted", "permanently_deleted", "marked_as_spam"])
def test_fact_z11_nobody_waits_for_a_ticket_that_was_merged_or_deleted(kind: str) -> None:
    assert types(event(kind, 1, {"target_ticket_id": "5159"})) == ["ticket.solved"]


@pytest.mark.parametrize(
    ("score", "is_read_as"),
    [
        ("GOOD", (1, 0, 1)),
        ("bad", (0, 0, 1)),
        ("bad_with_comment", (0, 0, 1)),
        (5, (5, 1, 5)),
        (1, (1, 1, 5)),
    ],
)
def test_fact_z12_a_rating_is_good_or_bad_or_one_to_five(score: Any, is_read_as: tuple[int, int, int]) -> None:
    rating = {"id": 62, "requester_id": 844, "ticket_id": 5158, "score": score, "created_at": text(3)}
    hook = event("csat_received", 3, {"satisfaction_score": {"score": score}})
    survey = {
        "id": "01J8",
        "responder_id": 844,
        "subjects": [{"type": "ticket", "id": "5158"}],
        "answers": [{"type": "open_ended"}, {"rating": score, "created_at": text(3)}],
    }

    for one in told(rating, hook, survey if isinstance(score, int) else rating):
        assert (one["score"], one["lowest"], one["scale"]) == is_read_as
        assert (one["kind"], one["ticket_id"], one["customer_id"]) == ("csat", "5158", "844")
        assert "text" not in one
    assert told({**rating, "updated_at": text(4)})[0]["occurred_at"] == text(4)  # it is created when it is asked for
    for asked in ("offered", "unoffered"):
        assert read({**rating, "score": asked}).skipped == "a rating that was asked for, and not given"
    with pytest.raises(Unreadable, match="score is another number: a score is good, bad, or a whole number"):
        read({**rating, "score": 6})


def test_fact_z13_customers_are_persons_or_organizations_and_external_ids_are_of_the_ticket() -> None:
    body = event("created", 0, organization_id="10002", external_id="c-0213")

    assert told(body)[0]["customer_id"] == "844"
    account = told(body, customer="organization_id")[0]
    assert (account["customer_id"], account["user_id"]) == ("10002", "844")
    assert told(body, customer="external_id")[0]["customer_id"] == "c-0213"
    assert read(event("created", 0), customer="organization_id").skipped == "a ticket without organization_id"
    address = event("created", 0, external_id="Ada@shop.example")
    with pytest.raises(Unreadable, match=r"set sources\.zendesk\.pseudonym_key"):
        read(address, customer="external_id")
    named = told(address, customer="external_id", pseudonym_key="k")[0]["customer_id"]
    assert named.startswith("p-")
    assert len(named) == 34


def test_fact_z14_a_topic_is_a_tag_or_in_exports_a_field() -> None:
    topics = {"vip": "vip", "delivery_problem": "delivery"}

    assert "topic" not in told(event("created", 0))[0]
    assert told(event("created", 0), topics=topics)[0]["topic"] == "delivery"
    assert told(event("created", 0, tags=["delivery_problem", "vip"]), topics=topics)[0]["topic"] == "vip"
    assert told(ticket(), topic_field="360012345")[0]["topic"] == "invoice"
    assert told(ticket(), topic_field=360012345, topics={"invoice": "billing"})[0]["topic"] == "billing"
    assert told(ticket(), topic_field=1, topics=topics)[0]["topic"] == "delivery"


def test_fact_z15_texts_are_read_and_can_be_left_out() -> None:
    assert told(event("created", 0))[0]["text"] == "Where is my parcel\nIt has not come."
    assert "text" not in told(event("created", 0), texts=False)[0]
    assert len(told(event("created", 0, description="x" * 70_000))[0]["text"]) == 2_000


def test_fact_z16_an_export_says_when_a_ticket_was_solved_only_with_its_metrics() -> None:
    vague, exact = read(ticket()), read(ticket(metric_set={"solved_at": text(2)}))

    assert [str(one["occurred_at"])[:10] for one in vague.events] == ["2026-01-05", "2026-01-14"]
    assert vague.skipped.startswith("a solved ticket without `metric_set`")
    assert [str(one["occurred_at"])[:10] for one in exact.events] == ["2026-01-05", "2026-01-07"]
    assert (exact.skipped, all(one["backfill"] for one in exact.events)) == ("", True)
    assert types(ticket(status="pending")) == ["ticket.opened"]
    for name in ("tickets", "satisfaction_ratings"):
        with pytest.raises(Unreadable, match=f"{name} is a list: a list of Zendesk's API is many records"):
            read({name: [ticket()], "count": 1})


def test_fact_z18_a_later_export_tells_that_a_ticket_was_opened_again_and_solved_again() -> None:
    first = ticket(metric_set={"solved_at": text(2), "reopens": 0})
    again = ticket(status="open", metric_set={"solved_at": None, "reopens": 1, "status_updated_at": text(5)})
    done = ticket(metric_set={"solved_at": text(8), "reopens": 1})

    assert types(again) == ["ticket.opened", "ticket.reopened"]
    assert [str(one["occurred_at"])[:10] for one in read(again).events] == ["2026-01-05", "2026-01-10"]
    ids = [str(one["event_id"]) for record in (first, again, again, done) for one in read(record).events]
    assert len(set(ids)) == 4
    assert types(ticket(status="open", metric_set={"reopens": 0})) == ["ticket.opened"]
    assert types(ticket(status="open")) == ["ticket.opened"]


def test_the_event_bus_tells_the_same_with_numbers() -> None:
    def on_the_bus(kind: str, **fields: Any) -> Json:
        meta = {"occurred_at": text(1, ".465719851"), "ref": "1-1", "sequence": {"position": 1}}
        return {"id": "b-1", "detail": {"ticket_event": {"meta": meta, "type": kind, "ticket": ticket(), **fields}}}

    said = {"id": 9, "is_public": True, "author": {"id": 1, "is_staff": True}}
    assert types(on_the_bus("Ticket Created"))[0] == "ticket.opened"
    assert types(on_the_bus("Status Changed", previous="open", current="solved")) == ["ticket.solved"]
    assert types(on_the_bus("Priority Changed", previous="low", current="urgent")) == ["ticket.escalated"]
    assert types(on_the_bus("Comment Created", comment=said)) == ["ticket.replied"]
    assert types(on_the_bus("Ticket Merged")) == types(on_the_bus("Marked as Spam")) == ["ticket.solved"]
    assert told(on_the_bus("Ticket Merged"))[0]["event_id"] == "b-1"
    bare = on_the_bus("Ticket Merged")
    del bare["id"]
    assert told(bare)[0]["event_id"] == "1-1:1"


def test_events_of_others_are_skipped_by_their_names() -> None:
    user = {"id": "u-1", "type": "zen:event-type:user.deleted", "time": text(1), "detail": {"id": "844"}, "event": {}}

    assert read(user).skipped.startswith("user.deleted is not used: it is no wish to be forgotten")
    assert read(user | {"type": "zen:event-type/user.identity_changed"}).skipped == "user.identity_changed is not used"
    assert read(event("csat_requested", 1)).skipped == "ticket.csat_requested is not used: the answer is"
    assert not READERS.keys() & NOT_USED.keys()
    with pytest.raises(Unreadable, match="type is no event type of Zendesk: a record is an event"):
        read({"type": "track", "event": "Signed In"})


def test_tickets_of_one_topic_raise_the_signal_of_support_and_a_bad_rating_its_own() -> None:
    again = [event("created", day, id=str(number)) for number, day in enumerate((1.0, 3.0, 5.0), 1)]
    ratings = [
        {"id": n, "requester_id": 844, "ticket_id": n, "score": "bad", "created_at": text(4 + n)} for n in range(1, 4)
    ]

    assert "repeated-ticket" in raised(*again, until=8, topics={"delivery_problem": "delivery"})
    merged = [event("merged", 2.5, id="1"), event("merged", 4.5, id="2")]
    assert "repeated-ticket" in raised(*again, *merged, until=8, topics={"delivery_problem": "delivery"})
    assert "poor-support-score" in raised(*ratings, until=12)
