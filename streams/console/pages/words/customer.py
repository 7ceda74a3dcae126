"""Words of the page of a customer."""

from typing import Final

from streams.console.pages.words.phrase import Phrase, Register

CUSTOMER: Final[Register] = {
    "customer.plan": Phrase("Plan", "Plan", "Piano"),
    "customer.owner": Phrase("Owner", "Responsable", "Referente"),
    "customer.first_seen": Phrase("Known since", "Conocido desde", "Noto dal"),
    "customer.last_activity": Phrase("Last seen", "Visto por última vez", "Visto l'ultima volta"),
    "customer.card_at": Phrase("Card of", "Ficha del", "Scheda del"),
    "customer.risk": Phrase("Risk", "Riesgo", "Rischio"),
    "customer.worth": Phrase("Value at risk", "Valor en riesgo", "Valore a rischio"),
    "customer.worth_of": Phrase("in a year", "en un año", "in un anno"),
    "customer.mrr": Phrase("MRR", "MRR", "MRR"),
    "customer.health": Phrase("Health", "Salud", "Salute"),
    "customer.coverage": Phrase("{share} known", "{share} conocido", "{share} noto"),
    "customer.do": Phrase("What to do", "Qué hacer", "Che cosa fare"),
    "customer.do_why": Phrase(
        "for: {signal} · by {channels}", "por: {signal} · vía {channels}", "per: {signal} · via {channels}"
    ),
    "customer.until": Phrase("of use until {day}", "útil hasta el {day}", "utile fino al {day}"),
    "customer.why": Phrase("Why it is at risk", "Por qué está en riesgo", "Perché è a rischio"),
    "customer.no_card": Phrase(
        "This customer has no card: no signal was ever open.",
        "Este cliente no tiene ficha: nunca hubo una señal abierta.",
        "Questo cliente non ha una scheda: nessun segnale è mai stato aperto.",
    ),
    "customer.no_risk": Phrase(
        "No signal is open, so nothing adds to the risk.",
        "No hay señales abiertas: nada se suma al riesgo.",
        "Nessun segnale è aperto: nulla si aggiunge al rischio.",
    ),
    "customer.no_risk_left": Phrase(
        "It has left: signals are about customers, so none is open.",
        "Se ha ido: las señales son sobre clientes, y ninguna está abierta.",
        "È uscito: i segnali riguardano i clienti, e nessuno è aperto.",
    ),
    "customer.part": Phrase("Part", "Parte", "Parte"),
    "customer.bar": Phrase("As a bar", "Como barra", "Come barra"),
    "customer.adds_column": Phrase("adds", "suma", "aggiunge"),
    "customer.sum_of": Phrase("Risk", "Riesgo", "Rischio"),
    "customer.usual_risk": Phrase("Usual risk", "Riesgo habitual", "Rischio usuale"),
    "customer.model_fitted": Phrase(
        "Model: fitted to your past; lost within {days} days, by {basis}",
        "Modelo: ajustado a su historia; baja en {days} días, por {basis}",
        "Modello: adattato al vostro passato; perso entro {days} giorni, per {basis}",
    ),
    "customer.model": Phrase("Model: {says}", "Modelo: {says}", "Modello: {says}"),
    "customer.model_catalogue": Phrase(
        "Weights of the catalogue, not fitted to your past",
        "Pesos del catálogo, no ajustados a su historia",
        "Pesi del catalogo, non adattati al vostro passato",
    ),
    "customer.card_of": Phrase("Risk as of {when}", "Riesgo a {when}", "Rischio al {when}"),
    "customer.card_stands": Phrase(
        "As on {when}, when the card was written: the risk of a fitted model does not age between cards",
        "Como el {when}, fecha de la ficha: el riesgo de un modelo ajustado no envejece entre fichas",
        "Come il {when}, data della scheda: il rischio di un modello adattato non invecchia tra le schede",
    ),
    "customer.card_aged": Phrase(
        "As of today: signals have aged since the card of {when}",
        "A hoy: las señales han envejecido desde la ficha del {when}",
        "A oggi: i segnali sono invecchiati dalla scheda del {when}",
    ),
    "customer.open_signals": Phrase("Open signals", "Señales abiertas", "Segnali aperti"),
    "customer.none_open": Phrase("No signal is open.", "No hay señales abiertas.", "Nessun segnale è aperto."),
    "customer.no_words": Phrase(
        "Its record had left the topic before the console began to read.",
        "Su registro salió del topic antes de que la consola empezara a leer.",
        "Il suo record aveva lasciato il topic prima che la console leggesse.",
    ),
    "customer.ended": Phrase("over: {cause}", "cerrada: {cause}", "chiuso: {cause}"),
    "customer.sum": Phrase(
        "{weight} × 2^(−{days} ÷ {half}) = {now}",
        "{weight} × 2^(−{days} ÷ {half}) = {now}",
        "{weight} × 2^(−{days} ÷ {half}) = {now}",
    ),
    "customer.sum_constant": Phrase(
        "weight {weight}, which age does not lessen",
        "peso {weight}, que la edad no reduce",
        "peso {weight}, che l'età non riduce",
    ),
    "customer.folded": Phrase(
        "It adds nothing: the customer has said itself that it leaves.",
        "No suma nada: el propio cliente ha dicho que se va.",
        "Non aggiunge nulla: il cliente stesso ha detto che se ne va.",
    ),
    "customer.adds": Phrase(
        "· of the joint risk: {share}", "· del riesgo conjunto: {share}", "· del rischio complessivo: {share}"
    ),
    "customer.since": Phrase("Since", "Desde", "Dal"),
    "customer.raised": Phrase("Raised (UTC)", "Abierta (UTC)", "Aperto (UTC)"),
    "customer.observed": Phrase("{what}", "{what}", "{what}"),
    "customer.usual": Phrase("{what} (compared with)", "{what} (comparado con)", "{what} (rispetto a)"),
    "customer.gaps": Phrase("Days without data", "Días sin datos", "Giorni senza dati"),
    "customer.evidence": Phrase("Events behind it ({n})", "Eventos detrás ({n})", "Eventi alla base ({n})"),
    "customer.no_evidence": Phrase(
        "none: that something is missing is the sign",
        "ninguno: la señal es que falta algo",
        "nessuno: il segno è che manca qualcosa",
    ),
    "customer.recommends": Phrase("Recommends", "Recomienda", "Consiglia"),
    "customer.mrr_picture": Phrase("MRR over time", "MRR en el tiempo", "MRR nel tempo"),
    "customer.mrr_said": Phrase(
        "MRR from {first} to {last}: {amount} now",
        "MRR de {first} a {last}: {amount} ahora",
        "MRR da {first} a {last}: {amount} ora",
    ),
    "customer.no_movements": Phrase(
        "The console has read no movement of MRR of this customer.",
        "La consola no ha leído cambios de MRR de este cliente.",
        "La console non ha letto variazioni di MRR di questo cliente.",
    ),
    "customer.risk_picture": Phrase("Risk over time", "Riesgo en el tiempo", "Rischio nel tempo"),
    "customer.risk_said": Phrase(
        "Risk from {first} to {last}: {risk} now",
        "Riesgo de {first} a {last}: {risk} ahora",
        "Rischio da {first} a {last}: {risk} ora",
    ),
    "customer.activity_picture": Phrase("Activity over time", "Actividad en el tiempo", "Attività nel tempo"),
    "customer.activity_said": Phrase(
        "Activity from {first} to {last}: {value} at last",
        "Actividad de {first} a {last}: {value} al final",
        "Attività da {first} a {last}: {value} alla fine",
    ),
    "customer.activity_usage": Phrase(
        "Sign-ins and uses of 7 days, in percent of a usual week, on the day of each card.",
        "Accesos y usos de 7 días, en porcentaje de una semana habitual, el día de cada ficha.",
        "Accessi e usi di 7 giorni, in percentuale di una settimana abituale, il giorno di ogni scheda.",
    ),
    "customer.activity_days": Phrase(
        "Days since the last activity, on the day of each card.",
        "Días desde la última actividad, el día de cada ficha.",
        "Giorni dall'ultima attività, il giorno di ogni scheda.",
    ),
    "customer.health_picture": Phrase("Health over time", "Salud en el tiempo", "Salute nel tempo"),
    "customer.health_said": Phrase(
        "Health from {first} to {last}: {value} at last",
        "Salud de {first} a {last}: {value} al final",
        "Salute da {first} a {last}: {value} alla fine",
    ),
    "customer.of_movements": Phrase(
        "By its movements, until now.", "Según sus cambios, hasta ahora.", "Dalle sue variazioni, fino a ora."
    ),
    "customer.risk_said_until": Phrase(
        "Risk from {first} to {last}: {risk} at the end",
        "Riesgo de {first} a {last}: {risk} al final",
        "Rischio da {first} a {last}: {risk} alla fine",
    ),
    "customer.of_cards": Phrase(
        "By the cards that the console has read.",
        "Según las fichas que la consola ha leído.",
        "Dalle schede che la console ha letto.",
    ),
    "customer.of_cards_aged": Phrase(
        "By the cards that the console has read, and as of today.",
        "Según las fichas que la consola ha leído, y a día de hoy.",
        "Dalle schede che la console ha letto, e a oggi.",
    ),
    "customer.no_points": Phrase(
        "Fewer than two of the cards that the console has read say it: a picture needs two.",
        "Lo dicen menos de dos de las fichas leídas: un gráfico necesita dos.",
        "Lo dicono meno di due delle schede lette: un grafico ne richiede due.",
    ),
    "customer.timeline": Phrase("Timeline", "Cronología", "Cronologia"),
    "customer.record": Phrase("Source", "Origen", "Origine"),
    "customer.input": Phrase("Input", "Entrada", "Voce"),
    "customer.score": Phrase("Score", "Nota", "Punti"),
    "customer.no_inputs": Phrase("Nothing is known yet.", "Aún no se sabe nada.", "Non si sa ancora nulla."),
    "customer.actions": Phrase("Actions", "Acciones", "Azioni"),
    "customer.reported_by": Phrase("{by}, {day}", "{by}, {day}", "{by}, {day}"),
    "customer.reported_what": Phrase(
        "What became of an action is what was said in a console, or what a service has reported on the topic outcomes.",
        "El resultado de una acción es lo dicho en una consola, o lo que un servicio comunicó en el topic outcomes.",
        "L'esito di un'azione è quanto detto in una console, o quanto un servizio ha riferito nel topic outcomes.",
    ),
    "customer.a_service": Phrase("a service", "un servicio", "un servizio"),
    "customer.no_actions": Phrase("Nothing was recommended.", "No se recomendó nada.", "Nulla è stato consigliato."),
    "customer.opportunities": Phrase("Opportunities", "Oportunidades", "Opportunità"),
    "customer.past_signals": Phrase("Past signals", "Señales pasadas", "Segnali passati"),
    "customer.losses": Phrase("Left and came back", "Se fue y volvió", "Uscite e ritorni"),
    "customer.consent": Phrase("Consent", "Consentimiento", "Consenso"),
    "customer.opted_out": Phrase("Opted out of", "Baja de", "Rinuncia a"),
    "customer.channels": Phrase("Channels allowed", "Canales permitidos", "Canali permessi"),
    "customer.left_out": Phrase("Left out", "Excluidos", "Esclusi"),
    "customer.consent_known": Phrase(
        "What was recommended and held back tells this much; the choices themselves are in no output.",
        "Es lo que dicen las recomendaciones y retenciones; las elecciones mismas no están en ninguna salida.",
        "È quanto dicono le azioni consigliate e trattenute; le scelte stesse non sono in nessuna uscita.",
    ),
    "customer.stopped": Phrase("Actions held back", "Acciones retenidas", "Azioni trattenute"),
    "customer.nothing": Phrase("nothing known", "nada conocido", "nulla di noto"),
    "customer.has_left": Phrase("Left on {day}", "Se fue el {day}", "Uscito il {day}"),
    "customer.left": Phrase("Has left", "Se ha ido", "È uscito"),
    "customer.not_left": Phrase("is a customer", "es cliente", "è cliente"),
    "customer.no_health": Phrase(
        "Who has left has no health, and no risk of leaving: what was measured before is in the pictures.",
        "Quien se ha ido no tiene salud ni riesgo de irse: lo medido antes está en los gráficos.",
        "Chi è uscito non ha salute né rischio di uscire: quanto misurato prima è nei grafici.",
    ),
    "customer.why_trend": Phrase(
        "The risk a week ago was {before} by the card of then and the same formula, and is {now} now.",
        "El riesgo era {before} hace una semana, según la ficha de entonces y la misma fórmula, y ahora es {now}.",
        "Il rischio era {before} una settimana fa, secondo la scheda di allora e la stessa formula, e ora è {now}.",
    ),
    "customer.why_no_trend": Phrase(
        "The console has read no card of a week ago, so there is nothing to compare with.",
        "La consola no ha leído ninguna ficha de hace una semana: no hay con qué comparar.",
        "La console non ha letto nessuna scheda di una settimana fa: non c'è con che cosa confrontare.",
    ),
    "customer.why_owner": Phrase(
        "The segment of the card that the setting console.owner names; a card without it names nobody.",
        "El segmento de la ficha que nombra el ajuste console.owner; una ficha sin él no nombra a nadie.",
        "Il segmento della scheda nominato dall'impostazione console.owner; una scheda senza non nomina nessuno.",
    ),
    "customer.why_nothing": Phrase(
        "No record of the outputs says anything of it.",
        "Ningún registro de las salidas dice nada de ello.",
        "Nessun record delle uscite ne dice nulla.",
    ),
    "customer.fields": Phrase("Why is it so?", "¿Por qué es así?", "Perché è così?"),
    "customer.privacy": Phrase("Privacy", "Privacidad", "Riservatezza"),
    "customer.looks": Phrase(
        "Each look at a customer is written down.",
        "Cada consulta de un cliente queda registrada.",
        "Ogni consultazione di un cliente viene registrata.",
    ),
    "customer.export": Phrase("Export what is known", "Exportar lo que se sabe", "Esporta ciò che è noto"),
    "customer.forget": Phrase("Forget this customer", "Olvidar a este cliente", "Dimentica questo cliente"),
    "customer.forget_what": Phrase(
        "State and outputs of this customer are erased for good, everywhere. Its share in closed periods "
        "stays, without a name.",
        "El estado y las salidas de este cliente se borran para siempre. Su parte en periodos cerrados "
        "queda, sin nombre.",
        "Stato e uscite di questo cliente sono cancellati per sempre. La sua parte nei periodi chiusi resta, "
        "senza nome.",
    ),
    "customer.forget_type": Phrase(
        "To confirm, type {id}", "Para confirmar, escriba {id}", "Per confermare, scrivere {id}"
    ),
    "customer.forget_do": Phrase("Forget for good", "Olvidar para siempre", "Dimentica per sempre"),
}
