"""The names of what contracts say by a word: stages, bands, kinds of movements, editions, reasons and so on."""

from typing import Final

from retention.measures.segments import OTHER
from retention.wording import REASONS, Language
from streams.console.pages.words.action_names import ACTIONS, CHANNELS, GATES, REPORTED, REPORTS, STATES
from streams.console.pages.words.observed_names import OBSERVED_NAMES
from streams.console.pages.words.phrase import Phrase, Register
from streams.console.pages.words.signal_names import SIGNALS

BANDS: Final[Register] = {
    "high": Phrase("High", "Alto", "Alto"),
    "medium": Phrase("Medium", "Medio", "Medio"),
    "low": Phrase("Low", "Bajo", "Basso"),
}
SEVERITIES: Final[Register] = {
    "low": Phrase("low", "leve", "lieve"),
    "medium": Phrase("medium", "media", "media"),
    "high": Phrase("high", "alta", "alta"),
    "critical": Phrase("critical", "crítica", "critica"),
}
STAGES: Final[Register] = {
    "prospect": Phrase("Prospect", "Potencial", "Potenziale"),
    "trial": Phrase("Trial", "Prueba", "Prova"),
    "new": Phrase("New", "Nuevo", "Nuovo"),
    "established": Phrase("Established", "Consolidado", "Consolidato"),
    "returned": Phrase("Returned", "Recuperado", "Tornato"),
    "paused": Phrase("Paused", "En pausa", "In pausa"),
    "leaving": Phrase("Leaving", "Se marcha", "In uscita"),
    "former": Phrase("Former", "Antiguo", "Ex cliente"),
}
TRENDS: Final[Register] = {
    "up": Phrase("rising", "sube", "in aumento"),
    "down": Phrase("falling", "baja", "in calo"),
    "same": Phrase("steady", "estable", "stabile"),
    "unknown": Phrase("not known yet", "aún sin datos", "non ancora noto"),
}
EDITIONS: Final[Register] = {
    "provisional": Phrase("provisional", "provisional", "provvisorio"),
    "final": Phrase("final", "definitivo", "definitivo"),
    "restated": Phrase("restated", "corregido", "rettificato"),
}
MOVEMENTS: Final[Register] = {
    "start": Phrase("At the start", "Al inicio", "All'inizio"),
    "new": Phrase("New", "Nuevos", "Nuovi"),
    "reactivation": Phrase("Returned", "Regresos", "Ritorni"),
    "resume": Phrase("Resumed", "Reanudados", "Ripresi"),
    "expansion": Phrase("Expansion", "Expansión", "Espansione"),
    "contraction": Phrase("Contraction", "Contracción", "Contrazione"),
    "pause": Phrase("Paused", "Pausas", "Pause"),
    "churn": Phrase("Churn", "Bajas", "Perdite"),
    "fx": Phrase("Exchange rates", "Tipos de cambio", "Tassi di cambio"),
    "other": Phrase("Other", "Otros", "Altro"),
    "none": Phrase("No change", "Sin cambio", "Nessun cambio"),
    "end": Phrase("At the end", "Al final", "Alla fine"),
}
ENDINGS: Final[Register] = {
    "recovered": Phrase("back to normal", "vuelta a la normalidad", "tornato alla normalità"),
    "took_effect": Phrase("took effect", "se hizo efectivo", "ha avuto effetto"),
    "lapsed": Phrase("no longer watched", "ya no se vigila", "non più osservato"),
    "churned": Phrase("the customer left", "el cliente se fue", "il cliente se n'è andato"),
    "late_evidence": Phrase(
        "late events changed it", "eventos tardíos lo cambiaron", "eventi tardivi l'hanno cambiato"
    ),
    "disabled": Phrase("switched off", "desactivada", "disattivato"),
    "merged": Phrase("merged with another id", "unido a otro id", "unito a un altro id"),
    "superseded": Phrase(
        "a more important message goes", "se envía un mensaje más importante", "va un messaggio più importante"
    ),
    "erased": Phrase("the customer was forgotten", "el cliente fue olvidado", "il cliente è stato dimenticato"),
}
CAUSES: Final[Register] = {
    "voluntary": Phrase("by its own decision", "por decisión propia", "per scelta propria"),
    "involuntary": Phrase("payment failed", "por impago", "per mancato pagamento"),
    "erased": Phrase("forgotten", "olvidado", "dimenticato"),
    "unknown": Phrase("cause unknown", "causa desconocida", "causa sconosciuta"),
    "late_evidence": Phrase("by late events", "por eventos tardíos", "per eventi tardivi"),
    "returned": Phrase("active again", "activo de nuevo", "di nuovo attivo"),
}
INPUTS: Final[Register] = {
    "usage": Phrase("Usage", "Uso", "Uso"),
    "support": Phrase("Support", "Soporte", "Assistenza"),
    "payment": Phrase("Payment", "Pagos", "Pagamenti"),
    "survey": Phrase("Surveys", "Encuestas", "Sondaggi"),
}
STATUSES: Final[Register] = {
    "good": Phrase("good", "buena", "buona"),
    "fair": Phrase("fair", "regular", "discreta"),
    "poor": Phrase("poor", "mala", "scarsa"),
}
METRICS: Final[Register] = {
    "crr": Phrase("Customer retention", "Retención de clientes", "Fidelizzazione dei clienti"),
    "ndr": Phrase("Net dollar retention", "Retención neta de ingresos", "Ricavi netti mantenuti"),
    "grr": Phrase("Gross revenue retention", "Retención bruta de ingresos", "Ricavi lordi mantenuti"),
    "churn_rate": Phrase("Churn rate", "Tasa de bajas", "Tasso di abbandono"),
    "mrr": Phrase("MRR", "MRR", "MRR"),
    "arr": Phrase("ARR", "ARR", "ARR"),
    "arpa": Phrase("MRR per customer", "MRR por cliente", "MRR per cliente"),
    "crr_naive": Phrase("Careless CRR", "CRR simplista", "CRR semplicistico"),
    "nps": Phrase("NPS", "NPS", "NPS"),
    "csat": Phrase("CSAT", "CSAT", "CSAT"),
    "csat_mean": Phrase("Mean rating", "Nota media", "Voto medio"),
    "ces": Phrase("CES", "CES", "CES"),
    "low_effort": Phrase("Low effort", "Poco esfuerzo", "Poco sforzo"),
    "time_to_value": Phrase("Time to value", "Tiempo hasta el valor", "Tempo al valore"),
    "onboarding_completion": Phrase("Onboarding done", "Puesta en marcha", "Avvio completato"),
    "stickiness": Phrase("Stickiness", "Frecuencia de uso", "Assiduità"),
    "seat_utilisation": Phrase("Seats in use", "Licencias en uso", "Licenze in uso"),
    "warned_losses": Phrase("Losses warned of", "Pérdidas avisadas", "Perdite segnalate"),
    "signalled_losses": Phrase("Losses with a signal", "Pérdidas con señal", "Perdite con segnale"),
    "warning_lead": Phrase("Warning before a loss", "Aviso antes de la pérdida", "Preavviso prima della perdita"),
}
BASES: Final[Register] = {
    "subscription": Phrase("subscriptions", "suscripciones", "abbonamenti"),
    "purchase": Phrase("orders", "pedidos", "ordini"),
}
PERIODS: Final[Register] = {
    "day": Phrase("Day", "Día", "Giorno"),
    "week": Phrase("Week", "Semana", "Settimana"),
    "month": Phrase("Month", "Mes", "Mese"),
    "quarter": Phrase("Quarter", "Trimestre", "Trimestre"),
    "year": Phrase("Year", "Año", "Anno"),
    "t30d": Phrase("30 days", "30 días", "30 giorni"),
    "t90d": Phrase("90 days", "90 días", "90 giorni"),
    "t12m": Phrase("12 months", "12 meses", "12 mesi"),
}
TYPES: Final[Register] = {
    "churn_signal.raised": Phrase("Signal raised", "Señal abierta", "Segnale aperto"),
    "churn_signal.escalated": Phrase("Signal more severe", "Señal más grave", "Segnale più grave"),
    "churn_signal.cleared": Phrase("Signal over", "Señal cerrada", "Segnale chiuso"),
    "opportunity.raised": Phrase("Opportunity", "Oportunidad", "Opportunità"),
    "opportunity.cleared": Phrase("Opportunity over", "Oportunidad cerrada", "Opportunità chiusa"),
    "action.recommended": Phrase("Action recommended", "Acción recomendada", "Azione consigliata"),
    "action.suppressed": Phrase("Action held back", "Acción retenida", "Azione trattenuta"),
    "action.withdrawn": Phrase("Action withdrawn", "Acción retirada", "Azione ritirata"),
    "action.reported": Phrase("What became of it", "Resultado", "Esito"),
    "movement.made": Phrase("MRR moved", "Cambio de MRR", "Variazione di MRR"),
    "movement.corrected": Phrase("MRR corrected", "MRR corregido", "MRR rettificato"),
    "customer.churned": Phrase("Left", "Se fue", "Se n'è andato"),
    "customer.returned": Phrase("Came back", "Volvió", "È tornato"),
}
FACETS: Final[Register] = {
    "band": Phrase("Risk", "Riesgo", "Rischio"),
    "signal": Phrase("Signal", "Señal", "Segnale"),
    "plan": Phrase("Plan", "Plan", "Piano"),
    "stage": Phrase("Stage", "Etapa", "Fase"),
    "owner": Phrase("Owner", "Responsable", "Referente"),
    "segment": Phrase("Segment", "Segmento", "Segmento"),
    "country": Phrase("Country", "País", "Paese"),
}
REST: Final = Phrase("other", "otro", "altro")
"""The segment of customers whose value has no figures of its own, or is not known."""
ORDERS: Final[Register] = {
    "value": Phrase("Value at risk", "Valor en riesgo", "Valore a rischio"),
    "risk": Phrase("Risk", "Riesgo", "Rischio"),
    "since": Phrase("Newest first", "Más recientes", "Più recenti"),
    "customer": Phrase("Customer", "Cliente", "Cliente"),
}
WHYS: Final[Register] = {
    "risk": Phrase("Risk", "Riesgo", "Rischio"),
    "band": Phrase("Band", "Franja", "Fascia"),
    "value_at_risk": Phrase("Value at risk", "Valor en riesgo", "Valore a rischio"),
    "mrr": Phrase("MRR", "MRR", "MRR"),
    "plan": Phrase("Plan", "Plan", "Piano"),
    "stage": Phrase("Stage", "Etapa", "Fase"),
    "health": Phrase("Health", "Salud", "Salute"),
    "segments": Phrase("Segments", "Segmentos", "Segmenti"),
    "last_activity": Phrase("Last activity", "Última actividad", "Ultima attività"),
    "consent": Phrase("Consent", "Consentimiento", "Consenso"),
    "owner": Phrase("Owner", "Responsable", "Referente"),
    "trend": Phrase("Trend of 7 days", "Tendencia de 7 días", "Tendenza di 7 giorni"),
    "left": Phrase("Left", "Se fue", "Uscita"),
    "reasons": Phrase("Open signals", "Señales abiertas", "Segnali aperti"),
    "factors": Phrase("Factors of the model", "Factores del modelo", "Fattori del modello"),
}
DEAD_LETTERS: Final[Register] = {
    "contract": Phrase("breaks its contract", "incumple el contrato", "viola il contratto"),
    "future": Phrase("is dated in the future", "tiene fecha futura", "ha una data futura"),
    "not_json": Phrase("is no JSON", "no es JSON", "non è JSON"),
    "source": Phrase("cannot be translated", "no se puede traducir", "non si può tradurre"),
    "too_deep": Phrase("is nested too deep", "tiene demasiados niveles", "ha troppi livelli"),
    "too_large": Phrase("is too large", "es demasiado grande", "è troppo grande"),
    "too_late": Phrase("came too late to count", "llegó demasiado tarde", "è arrivato troppo tardi"),
    "too_many": Phrase(
        "is one too many of a customer",
        "excede lo que se guarda de un cliente",
        "supera quanto si conserva di un cliente",
    ),
    "unknown_type": Phrase("has an unknown type", "tiene un tipo desconocido", "ha un tipo sconosciuto"),
    "unsupported": Phrase(
        "has a type that was not read", "tiene un tipo que no se leía", "ha un tipo che non si leggeva"
    ),
}
REMEDIES: Final[Register] = {
    "contract": Phrase(
        "Correct the named field in the producer; backstay schemas write writes all contracts.",
        "Corrija el campo indicado en el productor; backstay schemas write escribe los contratos.",
        "Correggere il campo indicato nel produttore; backstay schemas write scrive i contratti.",
    ),
    "future": Phrase(
        "Correct the clock of the producer, or send the time with its offset from UTC.",
        "Corrija el reloj del productor o envíe la hora con su desfase de UTC.",
        "Correggere l'orologio del produttore, o inviare l'ora con lo scarto da UTC.",
    ),
    "not_json": Phrase(
        "Send UTF-8 JSON, one object a record.",
        "Envíe JSON en UTF-8, un objeto por registro.",
        "Inviare JSON in UTF-8, un oggetto per record.",
    ),
    "source": Phrase(
        "The error names the path in the record, and what to send there or which setting to change.",
        "El error indica la ruta en el registro y qué enviar o qué ajuste cambiar.",
        "L'errore indica il percorso nel record e che cosa inviare, o quale impostazione cambiare.",
    ),
    "too_deep": Phrase(
        "Send fewer levels of nested objects and arrays.",
        "Envíe menos niveles de objetos y listas anidados.",
        "Inviare meno livelli di oggetti e liste annidati.",
    ),
    "too_large": Phrase("Send less in one record.", "Envíe menos en un registro.", "Inviare meno in un record."),
    "too_late": Phrase(
        "No action is needed: no open figure depends on it.",
        "No hay nada que hacer: ninguna cifra abierta depende de él.",
        "Non serve fare nulla: nessuna cifra aperta ne dipende.",
    ),
    "too_many": Phrase(
        "Check this customer in the source system: no real customer has so many records.",
        "Revise este cliente en el sistema de origen: ningún cliente real tiene tantos registros.",
        "Controllare il cliente nel sistema d'origine: nessun cliente vero ha tanti record.",
    ),
    "unknown_type": Phrase(
        "Send a type of the catalogue, on its own topic.",
        "Envíe un tipo del catálogo, en su propio topic.",
        "Inviare un tipo del catalogo, nel suo topic.",
    ),
    "unsupported": Phrase(
        "An older version did not read the type: send the event again.",
        "Una versión anterior no leía el tipo: envíe el evento de nuevo.",
        "Una versione precedente non leggeva il tipo: inviare di nuovo l'evento.",
    ),
}
LIMITS: Final[Register] = {
    "signals_since": Phrase(
        "Signals, losses and reasons are known only since the console began to read, as their topic keeps some weeks.",
        "Las señales, bajas y motivos se conocen desde que la consola empezó a leer: su topic guarda unas semanas.",
        "Segnali, perdite e motivi sono noti da quando la console legge: il loro topic conserva alcune settimane.",
    ),
    "movements_since": Phrase(
        "Movements of MRR are known only since the console began to read; what was before is missing.",
        "Los cambios de MRR se conocen desde que la consola empezó a leer; falta lo anterior.",
        "Le variazioni di MRR sono note da quando la console legge; manca ciò che è prima.",
    ),
    "erased_left_out": Phrase(
        "Customers that were forgotten are in the published number, and not in this list.",
        "Los clientes olvidados están en la cifra publicada y no en esta lista.",
        "I clienti dimenticati sono nella cifra pubblicata e non in questo elenco.",
    ),
    "basis_without_movements": Phrase(
        "On this basis no MRR moves, so there are no movements to show.",
        "En esta base no se mueve MRR, así que no hay movimientos que mostrar.",
        "Su questa base l'MRR non varia, quindi non ci sono variazioni da mostrare.",
    ),
    "no_past": Phrase(
        "Cards before the console began to read are gone: the topic has the last one only.",
        "Las fichas anteriores al inicio de la consola ya no existen: el topic solo guarda la última.",
        "Le schede precedenti all'avvio della console non ci sono più: il topic ha solo l'ultima.",
    ),
    "uncalibrated": Phrase(
        "The risk orders customers; it is no share of customers that leave, until a model is fitted to your past.",
        "El riesgo ordena a los clientes; no es la parte que se va hasta que un modelo se ajuste a su historia.",
        "Il rischio ordina i clienti; non è la quota che se ne va finché un modello non è adattato al vostro passato.",
    ),
    "ages": Phrase(
        "Risks are as of today: they are calculated again from the cards as signals age.",
        "Los riesgos son de hoy: se calculan de nuevo con las fichas a medida que las señales envejecen.",
        "I rischi sono di oggi: si ricalcolano dalle schede man mano che i segnali invecchiano.",
    ),
    "stands": Phrase(
        "A risk of the fitted model is that of its card, whose day stands beside it; it does not age between cards.",
        "Un riesgo del modelo ajustado es el de su ficha, con su fecha al lado; no envejece entre fichas.",
        "Un rischio del modello adattato è quello della sua scheda, con la data accanto; non invecchia tra le schede.",
    ),
    "gap": Phrase(
        "Some records had been deleted before the console read them.",
        "Algunos registros se borraron antes de que la consola los leyera.",
        "Alcuni record sono stati cancellati prima che la console li leggesse.",
    ),
    "segment_as_known": Phrase(
        "Of some customers no movement says the segment of then: it is that of the last card before the period, or of "
        "the first after.",
        "De algunos clientes ningún cambio de MRR dice el segmento de entonces: es el de la última ficha antes del "
        "periodo, o el de la primera después.",
        "Di alcuni clienti nessuna variazione di MRR dice il segmento di allora: è quello dell'ultima scheda prima del "
        "periodo, o della prima dopo.",
    ),
    "won_back": Phrase(
        "A customer that your team won back after an alarm counts as a wrong alarm.",
        "Un cliente que su equipo recuperó tras una alarma cuenta como alarma errónea.",
        "Un cliente recuperato dopo un allarme conta come allarme errato.",
    ),
    "estimated_base": Phrase(
        "Chance is estimated from the published churn of whole months.",
        "El azar se estima a partir de las bajas publicadas de meses enteros.",
        "Il caso è stimato dalle perdite pubblicate di mesi interi.",
    ),
    "no_rate": Phrase(
        "Some figures in one currency are unknown: a currency that customers pay in has no exchange rate.",
        "Algunas cifras en una sola moneda se desconocen: falta el tipo de cambio de una moneda en que se paga.",
        "Alcune cifre in una sola valuta non sono note: manca il tasso di cambio di una valuta in cui si paga.",
    ),
}
OUTCOMES: Final[Register] = {
    "taken": Phrase("taken", "usados", "usati"),
    "repeated": Phrase("repeated", "repetidos", "ripetuti"),
    "of_erased": Phrase("of forgotten customers", "de clientes olvidados", "di clienti dimenticati"),
    "unknown": Phrase("not understood", "no entendidos", "non compresi"),
    "other": Phrase("marks", "marcas", "marcatori"),
}
WORKER_OUTCOMES: Final[Register] = {
    "applied": Phrase("applied", "aplicados", "applicati"),
    "repeated": Phrase("repeated", "repetidos", "ripetuti"),
    "refused": Phrase("dead letters", "rechazados", "rifiutati"),
    "other": Phrase("other", "otros", "altri"),
}
REASON_NAMES: Final[Register] = {name: Phrase(**words) for name, words in REASONS.items()}

NAMES: Final[dict[str, Register]] = {
    "signal": SIGNALS,
    "action": ACTIONS,
    "state": STATES,
    "reported": REPORTED,
    "report": REPORTS,
    "channel": CHANNELS,
    "gate": GATES,
    "band": BANDS,
    "severity": SEVERITIES,
    "stage": STAGES,
    "trend": TRENDS,
    "edition": EDITIONS,
    "movement": MOVEMENTS,
    "ending": ENDINGS,
    "cause": CAUSES,
    "reason": REASON_NAMES,
    "observed": OBSERVED_NAMES,
    "input": INPUTS,
    "status": STATUSES,
    "metric": METRICS,
    "basis": BASES,
    "period": PERIODS,
    "type": TYPES,
    "facet": FACETS,
    "order": ORDERS,
    "why": WHYS,
    "dead-letter": DEAD_LETTERS,
    "remedy": REMEDIES,
    "limit": LIMITS,
    "outcome": OUTCOMES,
    "worker-outcome": WORKER_OUTCOMES,
}
"""Names by what they are of. A word without a name, as of a later build, is shown readable as it is."""


def name_of(of: str, word: str, language: Language) -> str:
    """Return the name of a word of a contract.

    >>> name_of("stage", "former", "it"), name_of("signal", "deposit-failing", "en")
    ('Ex cliente', 'Deposit failing')
    """
    phrase = NAMES[of].get(word)
    return phrase.of(language) if phrase is not None else readable(word)


def value_of(value: str, language: Language) -> str:
    """Return the value of a segment: the company's own word, or the name of the rest.

    >>> value_of("ES", "it"), value_of("other", "it")
    ('ES', 'altro')
    """
    return REST.of(language) if value == OTHER else value


def readable(word: str) -> str:
    """Return a word of a contract as people read it.

    >>> readable("deposit-failing"), readable("customer.churned"), readable("")
    ('Deposit failing', 'Customer churned', '')
    """
    text = word.replace("-", " ").replace("_", " ").replace(".", " ")
    return text[:1].upper() + text[1:]
