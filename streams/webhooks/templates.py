"""Messages to read, for Slack-compatible and Teams-compatible endpoints, in three languages.

Texts of customers and of the company stand in them as text: what these services would read as a link, a mention or a
format is written so that it is not.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from schemas.visible import visible

LONGEST_TEXT: Final = 2_000
LONGEST_WORD: Final = 200
LONGEST_HEAD: Final = 140
"""Slack refuses a message with a longer header."""

TITLES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "churn_signal.raised": "Signal: {what}",
        "churn_signal.escalated": "More severe: {what}",
        "churn_signal.cleared": "Over: {what}",
        "opportunity.raised": "Opportunity: {what}",
        "opportunity.cleared": "Opportunity over: {what}",
        "action.recommended": "Recommended: {what}",
        "action.suppressed": "Not recommended: {what}",
        "action.withdrawn": "Withdrawn: {what}",
        "action.reported": "{outcome}: {what}",
        "customer.churned": "Customer lost",
        "customer.returned": "Customer returned",
        "customer.health": "Risk of leaving: {what}",
        "metric.updated": "Figure: {what}",
        "webhook.test": "Test message of Backstay",
    },
    "es": {
        "churn_signal.raised": "Señal: {what}",
        "churn_signal.escalated": "Más grave: {what}",
        "churn_signal.cleared": "Terminada: {what}",
        "opportunity.raised": "Oportunidad: {what}",
        "opportunity.cleared": "Oportunidad terminada: {what}",
        "action.recommended": "Recomendado: {what}",
        "action.suppressed": "No recomendado: {what}",
        "action.withdrawn": "Retirado: {what}",
        "action.reported": "{outcome}: {what}",
        "customer.churned": "Cliente perdido",
        "customer.returned": "Cliente recuperado",
        "customer.health": "Riesgo de baja: {what}",
        "metric.updated": "Cifra: {what}",
        "webhook.test": "Mensaje de prueba de Backstay",
    },
    "it": {
        "churn_signal.raised": "Segnale: {what}",
        "churn_signal.escalated": "Più grave: {what}",
        "churn_signal.cleared": "Concluso: {what}",
        "opportunity.raised": "Opportunità: {what}",
        "opportunity.cleared": "Opportunità conclusa: {what}",
        "action.recommended": "Consigliato: {what}",
        "action.suppressed": "Non consigliato: {what}",
        "action.withdrawn": "Ritirato: {what}",
        "action.reported": "{outcome}: {what}",
        "customer.churned": "Cliente perso",
        "customer.returned": "Cliente tornato",
        "customer.health": "Rischio di abbandono: {what}",
        "metric.updated": "Dato: {what}",
        "webhook.test": "Messaggio di prova di Backstay",
    },
}
FACTS: Final[dict[str, dict[str, str]]] = {
    "en": {"customer_id": "Customer", "severity": "Severity", "recommended_action": "Do", "expires_at": "Until"},
    "es": {"customer_id": "Cliente", "severity": "Gravedad", "recommended_action": "Acción", "expires_at": "Hasta"},
    "it": {"customer_id": "Cliente", "severity": "Gravità", "recommended_action": "Azione", "expires_at": "Fino a"},
}
SEVERITY: Final[dict[str, dict[str, str]]] = {
    "en": {"low": "low", "medium": "medium", "high": "high", "critical": "critical"},
    "es": {"low": "baja", "medium": "media", "high": "alta", "critical": "crítica"},
    "it": {"low": "bassa", "medium": "media", "high": "alta", "critical": "critica"},
}

OUTCOMES: Final[dict[str, dict[str, str]]] = {
    "en": {"delivered": "Done", "converted": "It worked", "dismissed": "Dismissed"},
    "es": {"delivered": "Hecho", "converted": "Funcionó", "dismissed": "Descartado"},
    "it": {"delivered": "Fatto", "converted": "Ha funzionato", "dismissed": "Scartato"},
}
"""What became of an action."""


def title(kind: str, data: dict[str, Any], language: str) -> str:
    """Return what an output is about, in one line.

    >>> title("churn_signal.raised", {"signal": "no-login"}, "es")
    'Señal: no-login'
    """
    what = _short(next((data[name] for name in ("action", "signal", "opportunity", "metric") if data.get(name)), ""))
    if kind == "metric.updated":
        period = data.get("period") or {}
        what = f"{what} {_short(data.get('value'))} ({_short(period.get('kind'))} {_short(period.get('start'))})"
    if kind == "customer.health":
        what = f"{_short(data.get('risk'))} ({SEVERITY[language].get(str(data.get('band')), _short(data.get('band')))})"
    outcome = OUTCOMES[language].get(str(data.get("outcome")), _short(data.get("outcome")))
    return TITLES[language].get(kind, kind).format(what=what, outcome=outcome).removesuffix(": ")


def reason(data: dict[str, Any], language: str) -> str:
    """Return why, in the words of the output; empty if it has none."""
    explanation = data.get("explanation")
    text = explanation.get(language) if isinstance(explanation, dict) else None
    return visible(str(text))[:LONGEST_TEXT] if text else ""


def facts(data: dict[str, Any], language: str) -> list[tuple[str, str]]:
    """Return the facts that a reader needs, each with its name."""
    found = []
    for name, word in FACTS[language].items():
        value = data.get(name)
        if value is not None:
            found.append(
                (word, SEVERITY[language].get(str(value), _short(value)) if name == "severity" else _short(value))
            )
    return found


def slack(kind: str, data: dict[str, Any], language: str) -> dict[str, Any]:
    """Return a message of Slack's incoming webhooks, which Mattermost and others read, too. All of it is plain text."""
    head, why = _in_slack(title(kind, data, language)[:LONGEST_HEAD]), reason(data, language)
    lines = [*([why] if why else []), *(f"{word}: {value}" for word, value in facts(data, language))]
    text = _in_slack("\n".join(lines))
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": head, "emoji": False}}]
    if text:
        blocks.append({"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}})
    return {"text": "\n".join(filter(None, [head, text])), "mrkdwn": False, "blocks": blocks}


def teams(kind: str, data: dict[str, Any], language: str) -> dict[str, Any]:
    """Return an Adaptive Card, as the workflows of Teams post it."""
    head, why = title(kind, data, language), reason(data, language)
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "text": _in_teams(head), "weight": "Bolder", "size": "Medium", "wrap": True}
    ]
    if why:
        body.append({"type": "TextBlock", "text": _in_teams(why), "wrap": True})
    named = [{"title": word, "value": _in_teams(value)} for word, value in facts(data, language)]
    if named:
        body.append({"type": "FactSet", "facts": named})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


TEMPLATES: Final[dict[str, Callable[[str, dict[str, Any], str], dict[str, Any]]]] = {"slack": slack, "teams": teams}
"""The formats of messages to read."""


def _short(value: object) -> str:
    return visible(str(value if value is not None else "–"))[:LONGEST_WORD]


def _in_slack(text: str) -> str:
    """Return a text in which Slack finds no mention and no link.

    >>> _in_slack("<!channel> & more")
    '&lt;!channel&gt; &amp; more'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _in_teams(text: str) -> str:
    r"""Return a text in which an Adaptive Card finds no link and no format.

    >>> _in_teams("[x](https://y) *z*")
    '\\[x\\]\\(https://y\\) \\*z\\*'
    """
    return re.sub(r"[\\`*_\[\]()#~]", r"\\\g<0>", text)
