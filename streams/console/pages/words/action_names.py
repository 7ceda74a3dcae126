"""Names of the actions, and of what came of them."""

from typing import Final

from streams.console.pages.words.phrase import Phrase, Register

ACTIONS: Final[Register] = {
    "adoption-session": Phrase("Adoption session", "Sesión de adopción", "Sessione di adozione"),
    "anniversary-note": Phrase("Anniversary note", "Nota de aniversario", "Nota di anniversario"),
    "ask-preferences": Phrase("Ask for preferences", "Preguntar preferencias", "Chiedere le preferenze"),
    "ask-to-recommend": Phrase("Ask to recommend", "Pedir recomendación", "Chiedere di consigliarci"),
    "cart-reminder": Phrase("Cart reminder", "Recordar el carrito", "Ricordare il carrello"),
    "close-the-loop": Phrase("Call about the score", "Llamar por la nota", "Chiamare per il voto"),
    "congratulate": Phrase("Congratulate", "Felicitar", "Congratularsi"),
    "dunning": Phrase("Payment reminder", "Recordar el pago", "Sollecito di pagamento"),
    "explain-value": Phrase("Explain the value", "Explicar el valor", "Spiegare il valore"),
    "find-new-contact": Phrase("Find a new contact", "Buscar nuevo contacto", "Trovare un nuovo contatto"),
    "gift-ideas": Phrase("Gift ideas", "Ideas de regalo", "Idee regalo"),
    "guided-session": Phrase("Guided session", "Sesión guiada", "Sessione guidata"),
    "offer-help": Phrase("Offer help", "Ofrecer ayuda", "Offrire aiuto"),
    "offer-seats": Phrase("Offer seats", "Ofrecer licencias", "Offrire licenze"),
    "one-owner-and-root-cause": Phrase("One owner, root cause", "Un responsable, la causa", "Un referente, la causa"),
    "order-reminder": Phrase("Order reminder", "Recordar el pedido", "Ricordare l'ordine"),
    "personal-invitation": Phrase("Personal invitation", "Invitación personal", "Invito personale"),
    "priority-routing": Phrase("Priority routing", "Atención prioritaria", "Gestione prioritaria"),
    "proactive-notice": Phrase("Proactive notice", "Aviso proactivo", "Avviso proattivo"),
    "renewal-plan": Phrase("Renewal plan", "Plan de renovación", "Piano di rinnovo"),
    "renewal-talk": Phrase("Renewal talk", "Hablar de la renovación", "Parlare del rinnovo"),
    "reply-in-public-and-private": Phrase("Reply to the review", "Responder a la reseña", "Rispondere alla recensione"),
    "reply-to-feedback": Phrase("Reply to feedback", "Responder a la opinión", "Rispondere al riscontro"),
    "respect-opt-out": Phrase("Respect the opt-out", "Respetar la baja", "Rispettare la rinuncia"),
    "resume-plan": Phrase("Resume plan", "Plan de regreso", "Piano di ripresa"),
    "save-by-reason": Phrase("Answer the reason", "Responder al motivo", "Rispondere al motivo"),
    "second-order-offer": Phrase("Second-order offer", "Oferta de segundo pedido", "Offerta per il secondo ordine"),
    "service-recovery": Phrase("Make it good", "Compensar el servicio", "Rimediare al servizio"),
    "supervisor-call": Phrase("Supervisor call", "Llamada del supervisor", "Chiamata del responsabile"),
    "targeted-tutorial": Phrase("Targeted tutorial", "Tutorial a medida", "Tutorial mirato"),
    "tell-it-is-there": Phrase("Tell it is there", "Avisar de que ya está", "Avvisare che c'è"),
    "tier-reminder": Phrase("Tier reminder", "Recordar el nivel", "Ricordare il livello"),
    "training": Phrase("Training", "Formación", "Formazione"),
    "update-link": Phrase("Card update link", "Enlace para la tarjeta", "Link per la carta"),
    "value-review": Phrase("Value review", "Revisión del valor", "Revisione del valore"),
    "we-miss-you": Phrase("We miss you", "Te echamos de menos", "Ci manchi"),
    "welcome-back": Phrase("Welcome back", "Dar la bienvenida", "Bentornato"),
}
STATES: Final[Register] = {
    "recommended": Phrase("recommended", "recomendada", "consigliata"),
    "suppressed": Phrase("held back", "retenida", "trattenuta"),
    "withdrawn": Phrase("withdrawn", "retirada", "ritirata"),
    "expired": Phrase("expired", "caducada", "scaduta"),
}
REPORTED: Final[Register] = {
    "delivered": Phrase("done", "hecha", "fatta"),
    "converted": Phrase("it worked", "funcionó", "ha funzionato"),
    "dismissed": Phrase("dismissed", "descartada", "scartata"),
}
REPORTS: Final[Register] = {
    "delivered": Phrase("Done", "Hecha", "Fatta"),
    "converted": Phrase("It worked", "Funcionó", "Ha funzionato"),
    "dismissed": Phrase("Dismiss", "Descartar", "Scarta"),
}
CHANNELS: Final[Register] = {
    "email": Phrase("e-mail", "correo", "e-mail"),
    "sms": Phrase("SMS", "SMS", "SMS"),
    "push": Phrase("push", "push", "push"),
    "in_app": Phrase("in the app", "en la aplicación", "nell'app"),
    "phone": Phrase("phone", "teléfono", "telefono"),
}
GATES: Final[Register] = {
    "expired": Phrase("too late to be of use", "ya no serviría", "troppo tardi per servire"),
    "consent": Phrase("no consent for any channel", "sin consentimiento", "nessun consenso"),
    "trouble": Phrase(
        "the customer has a grave trouble now",
        "el cliente tiene un problema grave",
        "il cliente ha ora un problema grave",
    ),
    "frequency": Phrase(
        "too many messages to this customer",
        "demasiados mensajes a este cliente",
        "troppi messaggi a questo cliente",
    ),
}
