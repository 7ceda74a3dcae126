"""`opted-out`: a customer wants no more messages by a channel, or no more contact."""

from collections.abc import Iterator
from typing import Final

from retention.actions.respect_opt_out import RESPECT_OPT_OUT
from retention.calendar import NEVER, Instant
from retention.features.consent.choices import (
    CHANNEL_KEYS,
    COMPLAINED,
    CONTACT,
    FOLDED,
    UNSUBSCRIBED,
    Choice,
    Choices,
    order_of,
    refuses,
)
from retention.features.consent.facets import CONSENT
from retention.features.consent.section import CONSENT as SECTION
from retention.features.consent.section import choices_seen
from retention.policy import STAYS, SignalPolicy
from retention.signals.base import Fact, Signal, Stretch, View, joined
from retention.wording import Language, date_text

_CHANNELS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "email": "e-mail",
        "sms": "SMS",
        "push": "push notifications",
        "in_app": "in-app messages",
        "phone": "phone",
        "other": "another channel",
        "all": "all channels",
    },
    "es": {
        "email": "correo electrónico",
        "sms": "SMS",
        "push": "notificaciones push",
        "in_app": "mensajes en la aplicación",
        "phone": "teléfono",
        "other": "otro canal",
        "all": "todos los canales",
    },
    "it": {
        "email": "e-mail",
        "sms": "SMS",
        "push": "notifiche push",
        "in_app": "messaggi nell'app",
        "phone": "telefono",
        "other": "un altro canale",
        "all": "tutti i canali",
    },
}
_NAMES: Final = {key: name for name, key in CHANNEL_KEYS.items()}


def stretches(view: View) -> Iterator[Stretch]:
    """Yield the time from each refusal to the next consent that is about it, joined where several refusals hold.

    A refusal of all channels is over with a consent to one of them: the customer wants to hear something again.
    """
    kept = choices_seen(view.customer)
    found = [
        _stretch(view, kept, key, choice) for key, choices in kept.items() for choice in choices if refuses(choice)
    ]
    return joined([stretch for stretch in found if stretch.start < stretch.end])


def _stretch(view: View, kept: Choices, key: str, choice: Choice) -> Stretch:
    channel = _NAMES.get(key[1:], "all")
    kind = _kind(key, choice)

    def words(language: Language) -> dict[str, Fact]:
        return {"on": date_text(choice.at, view.calendar, language), "channel": _CHANNELS[language][channel]}

    return Stretch(
        start=choice.at,
        end=_consented_again(kept, key, choice),
        since=choice.at,
        observed={"by": kind, "channel": channel},
        baseline={},
        words=words,
        evidence=(choice.event_id,) if choice.event_id != FOLDED else (),
        template=kind,
    )


def _kind(key: str, choice: Choice) -> str:
    """Return what a customer did, by the name of its template."""
    if choice.kind == UNSUBSCRIBED:
        return "unsubscribed"
    if choice.kind == COMPLAINED:
        return "complained"
    return "refused" if key.startswith(CONTACT) else "withdrew"


def _consented_again(kept: Choices, key: str, refusal: Choice) -> Instant:
    """Return when a customer next consented to what it had refused; `NEVER` if it has not."""
    is_wide = key[1:] in {"", CHANNEL_KEYS["other"]}
    about = [one for one in kept if one[0] == key[0] and (is_wide or one in {key, key[0]})]
    later = [one for name in about for one in kept[name] if not refuses(one) and order_of(one) > order_of(refusal)]
    return min((one.at for one in later), default=NEVER)


def quiet_until(view: View) -> Instant:
    """Return `NEVER` for a customer that has refused nothing."""
    if not SECTION.is_kept(view.customer):
        return NEVER
    made = choices_seen(view.customer).values()
    return 0 if any(refuses(choice) for choices in made for choice in choices) else NEVER


OPTED_OUT = Signal(
    name="opted-out",
    trigger="on_event",
    reads=frozenset({CONSENT}),
    needs=(SECTION,),
    stretches=stretches,
    quiet_until=quiet_until,
    texts={
        "unsubscribed": {
            "en": "Unsubscribed on {on} ({channel})",
            "es": "Se dio de baja el {on} ({channel})",
            "it": "Ha annullato l'iscrizione il {on} ({channel})",
        },
        "complained": {
            "en": "Reported a message as spam on {on} ({channel})",
            "es": "Denunció un mensaje como spam el {on} ({channel})",
            "it": "Ha segnalato un messaggio come spam il {on} ({channel})",
        },
        "withdrew": {
            "en": "Withdrew consent to messages on {on} ({channel})",
            "es": "Retiró su consentimiento para recibir mensajes el {on} ({channel})",
            "it": "Ha revocato il consenso a ricevere messaggi il {on} ({channel})",
        },
        "refused": {
            "en": "Refused any contact on {on} ({channel})",
            "es": "Rechazó todo contacto el {on} ({channel})",
            "it": "Ha rifiutato ogni contatto il {on} ({channel})",
        },
    },
    recommends=RESPECT_OPT_OUT,
    weight=0.10,
    half_life_days=60,
    default=SignalPolicy(severity="low", escalate_after_days=STAYS),
)
