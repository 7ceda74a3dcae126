"""Words of the page of customers at risk."""

from typing import Final

from streams.console.pages.words.phrase import Phrase, Register

AT_RISK: Final[Register] = {
    "at_risk.title": Phrase("At risk", "En riesgo", "A rischio"),
    "at_risk.total": Phrase("{amount} at risk a year", "{amount} en riesgo al año", "{amount} a rischio l'anno"),
    "at_risk.csv": Phrase("Download CSV", "Descargar CSV", "Scarica CSV"),
    "at_risk.search": Phrase("Customer id", "Id del cliente", "Id del cliente"),
    "at_risk.caption": Phrase(
        "Customers at risk, the first to call at the top",
        "Clientes en riesgo, arriba a quien llamar primero",
        "Clienti a rischio, in alto chi chiamare per primo",
    ),
    "at_risk.forgotten": Phrase(
        "The erasure was requested. The customer disappears here when a worker has carried it out.",
        "Se pidió el borrado. El cliente desaparece aquí cuando un worker lo haya hecho.",
        "La cancellazione è stata richiesta. Il cliente scompare qui quando un worker l'ha eseguita.",
    ),
    "at_risk.customer": Phrase("Customer", "Cliente", "Cliente"),
    "at_risk.risk": Phrase("Risk", "Riesgo", "Rischio"),
    "at_risk.as_of": Phrase("as of {when}", "al {when}", "al {when}"),
    "at_risk.card_of": Phrase("model's card of {when}", "ficha del modelo, {when}", "scheda del modello, {when}"),
    "at_risk.trend": Phrase("7 days", "7 días", "7 giorni"),
    "at_risk.worth": Phrase("Value at risk", "Valor en riesgo", "Valore a rischio"),
    "at_risk.of_mrr": Phrase("MRR {amount}", "MRR {amount}", "MRR {amount}"),
    "at_risk.no_mrr": Phrase("no MRR", "sin MRR", "senza MRR"),
    "at_risk.why": Phrase("Why", "Por qué", "Perché"),
    "at_risk.age": Phrase("raised {days} ago", "abierta hace {days}", "aperto da {days}"),
    "at_risk.age_new": Phrase("raised within a day", "abierta hace menos de un día", "aperto da meno di un giorno"),
    "at_risk.explained": Phrase("On {day}: {text}", "El {day}: {text}", "Il {day}: {text}"),
    "at_risk.term_is_over": Phrase(
        "that term is over, and nothing has said that the customer left",
        "ese periodo ya ha terminado, y nada ha dicho que el cliente se fuera",
        "quel periodo è già finito, e nulla ha detto che il cliente se ne sia andato",
    ),
    "at_risk.escalated": Phrase(
        "More severe since {day}: {text}", "Más grave desde el {day}: {text}", "Più grave dal {day}: {text}"
    ),
    "at_risk.data_until": Phrase("Data up to {moment} UTC", "Datos hasta el {moment} UTC", "Dati fino al {moment} UTC"),
    "ordered.value": Phrase(
        "ordered by value at risk in {currency}, the greatest first; of equal ones the greater risk",
        "por valor en riesgo en {currency}, primero el mayor; a igual valor, el mayor riesgo",
        "per valore a rischio in {currency}, prima il maggiore; a parità, il rischio maggiore",
    ),
    "ordered.risk": Phrase(
        "ordered by risk, the greatest first", "por riesgo, primero el mayor", "per rischio, prima il maggiore"
    ),
    "ordered.since": Phrase(
        "ordered by the oldest open signal of each, the newest of these first",
        "por la señal abierta más antigua de cada uno, primero la más reciente",
        "per il segnale aperto più vecchio di ognuno, prima il più recente",
    ),
    "ordered.customer": Phrase("ordered by id", "por id", "per id"),
    "at_risk.action": Phrase("What to do", "Qué hacer", "Che cosa fare"),
    "at_risk.action_for": Phrase("for: {signal}", "por: {signal}", "per: {signal}"),
    "at_risk.no_action": Phrase("nothing now", "nada ahora", "nulla ora"),
    "at_risk.none_filtered": Phrase(
        "No customer at risk fits these filters",
        "Ningún cliente en riesgo cumple estos filtros",
        "Nessun cliente a rischio corrisponde ai filtri",
    ),
    "at_risk.none_filtered_why": Phrase(
        "Take one of them away, or look the customer up by its id above.",
        "Quite alguno, o busque al cliente por su id arriba.",
        "Toglierne uno, o cercare il cliente per id in alto.",
    ),
    "at_risk.none": Phrase("Nobody is at risk now", "Nadie está en riesgo ahora", "Nessuno è a rischio ora"),
    "at_risk.none_why": Phrase(
        "No signal is open. The console knows {customers} with a card.",
        "No hay señales abiertas. La consola conoce {customers} con ficha.",
        "Nessun segnale è aperto. La console conosce {customers} con una scheda.",
    ),
    "at_risk.nothing": Phrase("Nothing has been said yet", "Aún no hay datos", "Non ci sono ancora dati"),
    "at_risk.nothing_why": Phrase(
        "Customers appear here when a worker raises the first signal. Is a worker running, and are its topics these? "
        "The pipeline page says what was read.",
        "Los clientes aparecen cuando un worker abre la primera señal. ¿Hay un worker en marcha con estos topics? "
        "La página Flujo dice qué se ha leído.",
        "I clienti appaiono quando un worker apre il primo segnale. C'è un worker attivo su questi topic? "
        "La pagina Flusso dice che cosa è stato letto.",
    ),
    "define.at_risk": Phrase(
        "Value at risk is the risk times what the customer is worth in a year: 12 × its MRR, or without MRR its orders "
        "of 365 days less refunds. The risk joins the open signals: 1 − Π (1 − weight × 2^(−age ÷ half-life)). It is "
        "medium from 0.33 on and high from 0.66, unless your settings or a fitted model say otherwise.",
        "El valor en riesgo es el riesgo por lo que el cliente vale en un año: 12 × su MRR o, sin MRR, sus pedidos de "
        "365 días menos devoluciones. El riesgo une las señales abiertas: 1 − Π (1 − peso × 2^(−edad ÷ semivida)). Es "
        "medio desde 0,33 y alto desde 0,66, salvo que sus ajustes o un modelo ajustado digan otra cosa.",
        "Il valore a rischio è il rischio per quanto il cliente vale in un anno: 12 × il suo MRR o, senza MRR, gli "
        "ordini di 365 giorni meno i rimborsi. Il rischio unisce i segnali aperti: 1 − Π (1 − peso × 2^(−età ÷ "
        "emivita)). È medio da 0,33 e alto da 0,66, se le impostazioni o un modello non dicono altro.",
    ),
}
