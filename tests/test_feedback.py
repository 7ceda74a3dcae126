"""Feedback of customers: scores and their scales, replies that come early, and no text that is kept anywhere."""

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendar import instant
from retention.errors import Rejected
from retention.features.feedback.said import CES, CES_SCALE, CSAT, CSAT_SCALE, MAX_ANSWERS, MAX_OTHERS, NPS, Said
from retention.features.feedback.section import FEEDBACK, feedback_seen
from retention.state.codec import decode, encode
from retention.state.customer import newcomer
from schemas.decoding import Refused
from schemas.encoding import to_json
from tests.building import Log, at, line
from tests.playing import DECODERS, Run, customer_after, play

FAMILY = "feedback"
Document = dict[str, Any]


def said_after(*events: Document) -> list[Said]:
    return feedback_seen(customer_after(list(events)))


def survey(kind: str, score: int, **fields: Any) -> Document:
    return Log().add("survey.answered", 1, kind=kind, score=score, **fields).events[0]


SCALES: list[tuple[Document, Fraction]] = [
    (survey("csat", 4), Fraction(4)),
    (survey("csat", 8, scale=10), 1 + Fraction(28, 9)),
    (survey("csat", 10, scale=10), Fraction(5)),
    (survey("csat", 75, scale=100, lowest=0), Fraction(4)),
    (survey("csat", 1, scale=1, lowest=0), Fraction(5)),
    (survey("ces", 3), Fraction(3)),
    (survey("ces", 3, scale=5), Fraction(4)),
    (survey("ces", 1, scale=5), Fraction(1)),
]


@pytest.mark.parametrize(("event", "wanted"), SCALES)
def test_a_score_is_read_on_the_usual_scale_and_kept_as_it_was_given(event: Document, wanted: Fraction) -> None:
    (said,) = said_after(event)

    assert said.on(CSAT_SCALE if said.kind == CSAT else CES_SCALE) == wanted
    assert (said.score, said.kind) == (event["score"], {"csat": CSAT, "ces": CES}[event["kind"]])


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (survey("nps", 11), "score"),
        (survey("nps", 5, scale=5), "scale"),
        (survey("nps", 5, lowest=1), "scale"),
        (survey("csat", 6), "score"),
        (survey("csat", 0), "score"),
        (survey("csat", 3, scale=3, lowest=3), "scale"),
        (survey("ces", 8), "score"),
        ({name: value for name, value in survey("nps", 5).items() if name != "score"}, "score: missing"),
        (Log().add("review.posted", 1, rating="5.01").events[0], "rating"),
        (Log().add("review.posted", 1, rating=9, of=8).events[0], "rating"),
    ],
)
def test_a_score_outside_its_scale_is_a_dead_letter_that_names_the_field(event: Document, fault: str) -> None:
    with pytest.raises(Rejected, match=fault) as rejected:
        said_after(event)

    assert rejected.value.reason == "contract"


@pytest.mark.parametrize(
    ("sentiment", "confidence", "wanted"),
    [
        ("-0.62", "0.9", (-62, 90)),
        (-0.499999, 0.699, (-49, 69)),
        (-1, 1, (-100, 100)),
        (0.5, None, (50, 100)),
        (None, "0.9", (0, 0)),
        ("-0.0", 1, (0, 100)),
    ],
)
def test_a_sentiment_is_cut_towards_zero_so_that_it_seems_no_stronger_than_it_is(
    sentiment: object, confidence: object, wanted: tuple[int, int]
) -> None:
    (said,) = said_after(Log().add("review.posted", 1, rating=3, sentiment=sentiment, confidence=confidence).events[0])

    assert (said.sentiment, said.confidence) == wanted


@pytest.mark.parametrize("sentiment", ["-1.01", 2, "1.5", "+0.5", "-.5", "1e-1", "low"])
def test_a_sentiment_out_of_bounds_is_refused(sentiment: object) -> None:
    with pytest.raises(Refused, match="sentiment"):
        said_after(Log().add("feedback.submitted", 1, kind="idea", sentiment=sentiment).events[0])


# What is never kept

PERSONAL = "Zaragoza"
"""What a customer wrote: no byte of it may be anywhere."""


def outspoken() -> Log:
    """Return a log of everything that may be said, with words in each field that is free."""
    text = {"text": f"I live in {PERSONAL}.", "language": PERSONAL}
    log = Log().add("survey.answered", 1, kind="nps", score=2, **text)
    log.add("survey.answered", 2, kind="csat", score=1, ticket_id="t-1", **text)
    log.add("survey.answered", 3, kind="exit", reason="price", **text)
    log.add("review.posted", 4, rating=1, sentiment="-0.9", place="g2", **text)
    log.add("feedback.submitted", 5, kind="complaint", topic="billing", **text)
    log.add("feedback.submitted", 6, kind="praise", topic=PERSONAL, **text)
    log.add("feedback.submitted", 7, kind="idea", topic=PERSONAL, sentiment=1, **text)
    log.add("feedback.answered", 8, feedback_id="f-1", **text)
    log.add("feedback.shipped", 9, feedback_id="f-1", **text)
    return log


def test_no_byte_of_a_text_is_in_a_state_or_in_what_is_published() -> None:
    outcome = play(outspoken().lines(), at(40), run=Run(batch=1))

    assert outcome.counts["applied"] == 9
    ((_, customer),) = outcome.partition_states[0].customers.every()  # type: ignore[attr-defined]
    assert PERSONAL.encode() not in encode(customer)
    published = b"".join(to_json(statement.body) for statement in outcome.statements)
    assert PERSONAL.encode() not in published


@pytest.mark.parametrize(
    "wrong", [{"score": 11}, {"score": -1}, {"score": PERSONAL}, {"kind": 3}, {"text": [PERSONAL]}]
)
def test_no_byte_of_a_text_is_in_the_reason_of_a_dead_letter(wrong: Document) -> None:
    event = Log().add("survey.answered", 1, kind="nps", score=3, text=f"I live in {PERSONAL}.").events[0] | wrong

    with pytest.raises((Refused, Rejected)) as refusal:
        said_after(event)

    assert isinstance(refusal.value, Refused | Rejected)
    assert PERSONAL not in f"{refusal.value} {refusal.value.detail}"


def test_of_a_customer_that_has_said_nothing_nothing_is_kept() -> None:
    assert FEEDBACK.of(newcomer()) == []
    counted = customer_after([survey("exit", 3), Log().add("feedback.shipped", 2, feedback_id="f").events[0]])
    assert decode(encode(counted)).part(FEEDBACK.id) is None


# However it arrives

KINDS: list[tuple[str, Document]] = [
    *(("survey.answered", {"kind": kind, "score": score}) for kind in ("nps", "csat", "ces") for score in (1, 5)),
    ("survey.answered", {"kind": "exit"}),
    *(("review.posted", {"rating": rating, "feedback_id": f"f-{rating}"}) for rating in (1, 5)),
    *(("feedback.submitted", {"kind": kind, "feedback_id": "f-1"}) for kind in ("complaint", "praise", "idea")),
    ("feedback.submitted", {"kind": "idea", "sentiment": "0.3"}),
    *(("feedback.answered", {"feedback_id": f"f-{number}"}) for number in (1, 5)),
    ("feedback.answered", {"feedback_id": "f-1", "automatic": True}),
]


@st.composite
def histories(draw: st.DrawFn) -> list[Document]:
    drawn = draw(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 20)), min_size=1, max_size=30))
    log = Log()
    for (kind, fields), day in drawn:
        log.add(kind, day, **fields)
    return log.events


@given(histories(), st.data())
def test_what_is_kept_depends_on_the_set_of_events_alone(events: list[Document], data: st.DataObject) -> None:
    doubled = data.draw(st.lists(st.sampled_from(events), max_size=10))
    arriving = data.draw(st.permutations(events + doubled))
    writes = data.draw(st.frozensets(st.integers(0, len(arriving))))

    one, other = customer_after(events), customer_after(list(arriving), writes)

    assert decode(encode(one)).part(FEEDBACK.id) == decode(encode(other)).part(FEEDBACK.id)


def test_the_newest_of_each_kind_are_kept_and_one_kind_drives_out_no_other() -> None:
    log = Log()
    for number in range(100):
        log.add("survey.answered", number, kind="csat", score=3).add("review.posted", number, rating=3)
    log.add("survey.answered", 0, kind="nps", score=9)

    kept = said_after(*reversed(log.events))

    numbers = {kind: len([said for said in kept if said.kind == kind]) for kind in {said.kind for said in kept}}
    assert numbers == {CSAT: MAX_ANSWERS, "r": MAX_OTHERS, NPS: 1}
    assert [said.at for said in kept if said.kind == CSAT] == [instant(at(day)) for day in range(60, 100)]


def test_a_text_and_its_language_have_a_field_so_that_no_producer_need_cut_them_out() -> None:
    event = json.loads(outspoken().lines()[3])

    decoded = DECODERS[FAMILY].decode(line(event))

    assert (decoded.text, decoded.language) == (event["text"], PERSONAL)
