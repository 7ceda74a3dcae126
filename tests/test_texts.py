"""Texts of tickets and reviews: what is read in them, what is kept of that, and that nothing of a text is."""

from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.texts import sentences, sounds_bad, table
from retention.errors import Rejected
from retention.features.feedback.said import OTHER, REVIEW, Said
from retention.features.feedback.section import FEEDBACK, feedback_seen
from retention.features.tickets.section import TICKETS, tickets_seen
from retention.state.codec import decode, encode
from retention.text.reading import LANGUAGES, NOTHING, TOPICS, read
from retention.text.words import MOST_CHARACTERS
from schemas.decoding import Refused
from schemas.encoding import to_json
from tests.building import Log, at, line
from tests.playing import Run, customer_after, play

ROOT = Path(__file__).resolve().parents[1]
PERSONAL = "Zaragoza"
ANGRY = f"I live in {PERSONAL}. This is terrible, you are scammers, give me a refund for that invoice!"
PLEASED = f"Everything works perfectly in {PERSONAL}, I love it."
Document = dict[str, Any]


def said_after(*events: Document) -> list[Said]:
    return feedback_seen(customer_after(list(events)))


def ticket(ticket_id: str = "t-1", day: float = 1, **fields: Any) -> Document:
    return Log().add("ticket.opened", day, ticket_id=ticket_id, **fields).events[0]


# Reading


@pytest.mark.parametrize(
    ("text", "language", "tone"),
    [
        ("The product is good.", "en", 1),
        ("The product is not good.", "en", -1),
        ("It was never a problem, the product is good.", "en", 1),
        ("The manual is bad, but the support is excellent and friendly.", "en", 1),
        ("The support is excellent and friendly, but the product is a terrible scam.", "en", -1),
        ("No funciona nada y es una vergüenza.", "es", -1),
        ("No tengo ningún problema, me encanta.", "es", 1),
        ("Nessuno risponde e il servizio è pessimo.", "it", -1),
        ("Non ho nessun problema, è perfetto.", "it", 1),
        ("Where is my invoice?", "en", 0),
    ],
)
def test_a_negation_turns_what_follows_and_a_but_weighs_what_comes_after_it(
    text: str, language: str, tone: int
) -> None:
    found = read(text)

    assert found.language == language
    assert (found.sentiment > 0) - (found.sentiment < 0) == tone


@pytest.mark.parametrize(
    ("text", "stated", "language"),
    [
        ("Pessimo.", None, "it"),
        ("La factura", "es-MX", "es"),
        ("The invoice", "es", "es"),
        ("The invoice is terrible", "de", ""),
        ("The invoice is terrible", "?!", ""),
        ("Es funktioniert nicht mehr", None, ""),
        ("Il n'y a pas de facture et le produit est mal fait", None, ""),
        ("Não recebi a fatura e o produto é muito mau", None, ""),
        ("", None, ""),
        ("発送はいつですか", None, ""),
    ],
)
def test_a_stated_language_is_not_doubted_and_one_that_is_not_ours_is_not_read(
    text: str, stated: str | None, language: str
) -> None:
    found = read(text, stated)

    assert found.language == language
    assert language or found == NOTHING


@given(st.text(), st.none() | st.sampled_from([*LANGUAGES, "de", "", " "]) | st.text(max_size=9))
def test_any_text_is_read_within_its_bounds(text: str, language: str | None) -> None:
    found = read(text, language)

    assert found == read(text, language)
    assert -100 <= found.sentiment <= 100
    assert 0 <= found.confidence <= 100
    assert found.topic in {"", *TOPICS}
    assert found.confidence or not found.sentiment


WORDS = sorted({word for language in LANGUAGES for one in sentences("tuning", language) for word in one.text.split()})


@given(st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join), st.sampled_from(WORDS))
def test_what_stands_behind_the_beginning_of_a_text_changes_nothing(text: str, more: str) -> None:
    long = text.ljust(MOST_CHARACTERS)

    assert read(long + more * 20) == read(text)


@pytest.mark.parametrize(
    "unit", ["not worth the money ", "a", "no no ni ", "'", "é", "very very not bad but ", "\n", "不"]
)
def test_the_longest_text_of_the_contract_is_read_in_a_moment(unit: str) -> None:
    text = (unit * 65_536)[:65_536]
    read("warm", None)

    began = perf_counter()
    read(text)

    assert perf_counter() - began < 1


# What is kept


def test_a_ticket_without_a_topic_has_that_of_its_text_and_a_stated_one_wins() -> None:
    about = "Where do I find the invoice, and why was I charged twice?"
    said: list[Document] = [{"text": about}, {"text": about, "topic": "export"}, {"text": about, "topic": "other"}]
    log = Log()
    for number, fields in enumerate([*said, {"text": "Hello again"}, {}]):
        log.add("ticket.opened", number, ticket_id=f"t-{number}", **fields)

    found = tickets_seen(customer_after(log.events)).values()

    assert [one.topic for one in found] == ["billing", "export", "billing", "other", "other"]


def test_a_complaint_without_a_topic_has_that_of_its_text() -> None:
    log = Log().add("feedback.submitted", 1, kind="complaint", text="The parcel arrived broken")
    log.add("feedback.submitted", 2, kind="complaint", topic="export", text="The parcel arrived broken")

    assert [said.about for said in said_after(*log.events)] == ["delivery", "export"]


@pytest.mark.parametrize(
    ("event", "negative"),
    [
        (ticket(text=ANGRY), True),
        (ticket(text=ANGRY, sentiment="0.1"), False),
        (ticket(text=PLEASED, sentiment="-0.9"), True),
        (ticket(text="Where do I find the invoice?"), False),
        (ticket(text=ANGRY, language="de"), False),
        (Log().add("feedback.submitted", 1, kind="idea", text=ANGRY).events[0], True),
        (Log().add("feedback.submitted", 1, kind="idea", text=ANGRY, sentiment=0).events[0], False),
        (Log().add("feedback.submitted", 1, kind="praise", text=ANGRY).events[0], False),
        (Log().add("review.posted", 1, rating=3, text=ANGRY).events[0], True),
        (Log().add("review.posted", 1, rating=5, text=ANGRY).events[0], False),
        (Log().add("review.posted", 1, rating=8, of=10, text=ANGRY).events[0], False),
    ],
)
def test_a_text_sounds_bad_unless_a_service_or_a_good_rating_says_otherwise(event: Document, negative: bool) -> None:
    family = "tickets" if event["type"].startswith("ticket.") else "feedback"
    outcome = play([line(event)], at(3), run=Run(batch=1))

    raised = [one.body.signal for one in outcome.statements if one.type == "churn_signal.raised"]  # type: ignore[attr-defined]
    assert ("negative-sentiment" in raised) == negative, family


def test_nothing_is_kept_of_a_text_in_which_nothing_is_found() -> None:
    log = Log().add("ticket.opened", 1, ticket_id="t-1", text="Hello").add("ticket.opened", 2, ticket_id="t-2")
    log.add("ticket.opened", 3, ticket_id="t-3", text="Nichts geht mehr, furchtbar")

    customer = customer_after(log.events)

    assert decode(encode(customer)).part(FEEDBACK.id) is None


def test_a_review_keeps_the_tone_of_its_text_and_a_ticket_is_one_more_remark() -> None:
    log = Log().add("review.posted", 1, rating=3, text=ANGRY).add("ticket.opened", 2, ticket_id="t-1", text=PLEASED)

    review, remark = said_after(*log.events)

    assert (review.kind, review.sentiment < -50, review.confidence >= 70) == (REVIEW, True, True)
    assert (remark.kind, remark.sentiment > 50, remark.about) == (OTHER, True, "")


def test_no_byte_of_a_text_is_in_a_state_or_in_what_is_published() -> None:
    log = Log()
    for number, text in enumerate((ANGRY, PLEASED, PERSONAL)):
        log.add("ticket.opened", number, ticket_id=f"t-{number}", text=text)
        log.add("review.posted", number, rating=2, text=text)
        log.add("feedback.submitted", number, kind="complaint", text=text)
        log.add("feedback.submitted", number, kind="idea", text=text, language="en")
    outcome = play(log.lines(), at(40), run=Run(batch=1))

    assert outcome.counts["applied"] == 12
    ((_, customer),) = outcome.partition_states[0].customers.every()  # type: ignore[attr-defined]
    published = b"".join(to_json(statement.body) for statement in outcome.statements)
    assert b"negative-sentiment" in published
    for word in (PERSONAL, "terrible", "scammers", "perfectly"):
        assert word.encode() not in encode(customer)
        assert word.encode() not in published


@pytest.mark.parametrize(
    "wrong",
    [{"text": [PERSONAL]}, {"text": PERSONAL * 9_000}, {"sentiment": PERSONAL}, {"language": {"a": PERSONAL}}],
)
@pytest.mark.parametrize("kind", ["ticket.opened", "review.posted"])
def test_no_byte_of_a_text_is_in_the_reason_of_a_dead_letter(kind: str, wrong: Document) -> None:
    event = Log().add(kind, 1, ticket_id="t-1", rating=3, text=ANGRY).events[0] | wrong

    with pytest.raises((Refused, Rejected)) as refusal:
        customer_after([event])

    assert isinstance(refusal.value, Refused | Rejected)
    assert PERSONAL not in f"{refusal.value} {refusal.value.detail}"


# However it arrives

TEXTS = st.sampled_from([None, ANGRY, PLEASED, "Where is the invoice?", "Hello", "No funciona nada, qué vergüenza"])


@st.composite
def histories(draw: st.DrawFn) -> list[Document]:
    log = Log()
    for number in range(draw(st.integers(1, 25))):
        kind, day, text = draw(st.sampled_from(["ticket", "review", "idea"])), draw(st.integers(0, 9)), draw(TEXTS)
        if kind == "ticket":
            log.add("ticket.opened", day, ticket_id=f"t-{number}", text=text)
        elif kind == "review":
            log.add("review.posted", day, rating=draw(st.integers(1, 5)), text=text)
        else:
            log.add("feedback.submitted", day, kind="idea", text=text)
    return log.events


@given(histories(), st.data())
def test_what_is_kept_depends_on_the_set_of_events_alone(events: list[Document], data: st.DataObject) -> None:
    doubled = data.draw(st.lists(st.sampled_from(events), max_size=10))
    arriving = data.draw(st.permutations(events + doubled))
    writes = data.draw(st.frozensets(st.integers(0, len(arriving))))

    one, other = (decode(encode(found)) for found in (customer_after(events), customer_after(list(arriving), writes)))

    assert one.part(FEEDBACK.id) == other.part(FEEDBACK.id)
    assert one.part(TICKETS.id) == other.part(TICKETS.id)


# How well it is read


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_sentences_enough_of_each_kind_and_none_is_in_both_sets(language: str) -> None:
    judged, tuned = sentences("judging", language), sentences("tuning", language)

    assert len(judged) >= 100
    assert {one.tone for one in judged} == {"neg", "neu", "pos"}
    assert {one.topic for one in judged} == {*TOPICS, "other"}
    assert not {one.text for one in judged} & {one.text for one in tuned}


def test_the_documentation_has_the_figures_that_are_measured() -> None:
    page = (ROOT / "docs/texts.md").read_text(encoding="utf-8")

    for name in ("judging", "tuning"):
        assert "\n".join(table(name)) in page


def test_what_sounds_bad_is_what_the_signal_takes_for_bad() -> None:
    assert sounds_bad(read(ANGRY))
    assert not sounds_bad(read(PLEASED))
    assert not sounds_bad(NOTHING)
