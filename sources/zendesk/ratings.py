"""Turns how content a customer was with support into an answer to a survey: good or bad, or one to five."""

from typing import Final

from sources.base import Translation
from sources.document import Node
from sources.zendesk.envelope import WHOLE, Happened, id_of, skipped, told
from sources.zendesk.options import ZendeskOptions
from sources.zendesk.tickets import Whose

_WORDS: Final = {"good": 1, "bad": 0}
_MOST: Final = 5
_SCORE: Final = "a score is good, bad, or a whole number from 1 to 5"
_OF_A_PERSON: Final = "a rating names its person only (sources.zendesk.customer)"


def received(event: Happened, whose: Whose, options: ZendeskOptions) -> Translation:
    """Return the rating that a webhook tells of."""
    names = (("satisfaction_score", "score"), ("satisfaction_rating", "score"), ("current", "score"), ("score",))
    places = [event.event.at(*one) for one in (*names, ("current",))]
    score = next((one for one in places if one.is_known), places[0])
    return _told(event, whose, score, event.id, id_of(event.ticket.at("id")))


def rated(event: Happened, whose: Whose, options: ZendeskOptions) -> Translation:
    """Return a rating of the API; nothing of one that was only asked for."""
    rating = event.ticket
    if options.customer != "requester_id":
        return skipped(_OF_A_PERSON)
    if not whose:
        return skipped("a rating without requester_id")
    if "offered" in rating.word_at("score").lower():
        return skipped("a rating that was asked for, and not given")
    ident = f"rating:{id_of(rating.at('id'))}"
    return _told(event, {**whose, "backfill": True}, rating.at("score"), ident, id_of(rating.at("ticket_id")))


def answered(event: Happened, whose: Whose, options: ZendeskOptions) -> Translation:
    """Return the score of a response to a survey, with the ticket that it is about."""
    survey = event.ticket
    if options.customer != "requester_id":
        return skipped(_OF_A_PERSON)
    score = next((one.at("rating") for one in survey.at("answers").each() if one.knows("rating")), None)
    if score is None:
        return skipped("a response to a survey without a rating")
    about = next((one for one in survey.at("subjects").each() if one.word_at("type") == "ticket"), survey.at("-"))
    past = {"customer_id": id_of(survey.at("responder_id")), "backfill": True}
    ident = f"survey:{survey.at('id').text(WHOLE)}"
    return _told(event, past, score, ident, id_of(about.at("id")))


def _told(event: Happened, whose: Whose, score: Node, ident: str, ticket_id: str) -> Translation:
    body = {"type": "survey.answered", "kind": "csat", "ticket_id": ticket_id, **_scored(score)}
    return Translation((told(whose, event.at, ident, body),))


def _scored(score: Node) -> dict[str, object]:
    """Return a score with its scale."""
    word = score.word().lower().partition("_")[0]  # also `bad_with_comment`
    if word in _WORDS:
        return {"score": _WORDS[word], "lowest": 0, "scale": 1}
    found = score.whole(_SCORE)
    if not 1 <= found <= _MOST:
        raise score.wrong(_SCORE, "another number")
    return {"score": found, "lowest": 1, "scale": _MOST}
