"""Words of the pages of retention, and of the customers behind a number."""

from typing import Final

from streams.console.pages.words.phrase import Phrase, Register

RETENTION: Final[Register] = {
    "retention.title": Phrase("Retention", "Retención", "Fidelizzazione"),
    "retention.under": Phrase(
        "Who is still there, and what they are worth · by {basis}",
        "Quién sigue ahí y cuánto vale · por {basis}",
        "Chi c'è ancora e quanto vale · per {basis}",
    ),
    "retention.kind": Phrase("Period", "Periodo", "Periodo"),
    "retention.basis": Phrase("Customers by", "Clientes por", "Clienti per"),
    "retention.all_in": Phrase("all, in {currency}", "todas, en {currency}", "tutte, in {currency}"),
    "retention.periods": Phrase("Periods shown", "Periodos visibles", "Periodi mostrati"),
    "retention.none": Phrase("No figures yet", "Aún no hay cifras", "Non ci sono ancora cifre"),
    "retention.none_why": Phrase(
        "A worker publishes the figures of a month while it runs. Is one running, and does it read these topics?",
        "Un worker publica las cifras de un mes mientras funciona. ¿Hay uno en marcha que lea estos topics?",
        "Un worker pubblica le cifre di un mese mentre è attivo. Ce n'è uno che legge questi topic?",
    ),
    "retention.no_final": Phrase(
        "no period is over yet", "aún no ha terminado ningún periodo", "nessun periodo è concluso"
    ),
    "retention.change": Phrase(
        "{points} points to {period}", "{points} puntos frente a {period}", "{points} punti rispetto a {period}"
    ),
    "retention.change_money": Phrase("{share} to {period}", "{share} frente a {period}", "{share} rispetto a {period}"),
    "retention.interval": Phrase("95%: {low} to {high}", "95 %: de {low} a {high}", "95%: da {low} a {high}"),
    "retention.interval_of": Phrase("95% interval", "intervalo del 95 %", "intervallo del 95%"),
    "retention.so_far": Phrase("{period} so far: {value}", "{period} hasta ahora: {value}", "{period} finora: {value}"),
    "retention.by_period": Phrase("By period", "Por periodo", "Per periodo"),
    "retention.lines_said": Phrase(
        "Retention by period, {first} to {last}",
        "Retención por periodo, de {first} a {last}",
        "Fidelizzazione per periodo, da {first} a {last}",
    ),
    "retention.spark_said": Phrase("{metric}, how it went", "{metric}, evolución", "{metric}, andamento"),
    "retention.table": Phrase(
        "Figures by period, newest first", "Cifras por periodo, primero la última", "Cifre per periodo, prima l'ultima"
    ),
    "retention.edition": Phrase("Edition", "Edición", "Edizione"),
    "retention.at_start": Phrase("At start", "Al inicio", "All'inizio"),
    "retention.low_sample": Phrase("small sample", "muestra pequeña", "campione piccolo"),
    "retention.inside": Phrase(
        "What lies behind {period}", "Lo que hay detrás de {period}", "Che cosa c'è dietro {period}"
    ),
    "retention.inside_none": Phrase("Choose a period above", "Elija un periodo arriba", "Scegliere un periodo in alto"),
    "retention.waterfall": Phrase("How MRR moved", "Cómo cambió el MRR", "Come è variato l'MRR"),
    "retention.step": Phrase("Step", "Paso", "Passo"),
    "retention.amount": Phrase("Amount", "Importe", "Importo"),
    "retention.no_waterfall": Phrase(
        "No MRR is known for this period.", "No se conoce MRR en este periodo.", "Nessun MRR noto per questo periodo."
    ),
    "retention.reasons": Phrase("Why customers left", "Por qué se fueron", "Perché se ne sono andati"),
    "retention.reason": Phrase("Reason", "Motivo", "Motivo"),
    "retention.share": Phrase("Share", "Parte", "Quota"),
    "retention.no_reason": Phrase("no reason given", "sin motivo indicado", "nessun motivo indicato"),
    "retention.no_reasons": Phrase(
        "No loss is known for this period.",
        "No se conocen bajas en este periodo.",
        "Nessuna perdita nota per questo periodo.",
    ),
    "retention.segments": Phrase("By segment", "Por segmento", "Per segmento"),
    "retention.all_segments": Phrase("All customers", "Todos los clientes", "Tutti i clienti"),
    "retention.cohorts_of_segment": Phrase(
        "In a segment: those who began in it, even if they have left it since.",
        "De un segmento: quienes empezaron en él, aunque luego lo hayan cambiado.",
        "Di un segmento: chi ha iniziato in esso, anche se poi l'ha cambiato.",
    ),
    "retention.segment": Phrase("Segment", "Segmento", "Segmento"),
    "retention.no_segments": Phrase(
        "No segment has figures. Plans are listed in metrics.plans, attributes in segments.",
        "Ningún segmento tiene cifras. Los planes van en metrics.plans y los atributos en segments.",
        "Nessun segmento ha cifre. I piani sono in metrics.plans, gli attributi in segments.",
    ),
    "retention.cohorts": Phrase("Cohorts", "Cohortes", "Coorti"),
    "retention.cohorts_under": Phrase(
        "Of the customers whose first MRR began in a month: the percentage still there, by months after it. A dashed "
        "cell is not over yet.",
        "De los clientes cuyo primer MRR empezó en un mes: el porcentaje que sigue, por meses. Una celda discontinua "
        "aún no ha terminado.",
        "Dei clienti il cui primo MRR è iniziato in un mese: la percentuale rimasta, per mesi. Una cella "
        "tratteggiata "
        "non è conclusa.",
    ),
    "retention.began": Phrase("Began", "Inicio", "Inizio"),
    "retention.cohort_size": Phrase("Customers of the cohort", "Clientes de la cohorte", "Clienti della coorte"),
    "retention.cohort_cell": Phrase(
        "{share}: {customers} after {months}",
        "{share}: {customers} después de {months}",
        "{share}: {customers} dopo {months}",
    ),
    "retention.no_cohorts": Phrase(
        "Cohorts need movements of MRR; the console has read none.",
        "Las cohortes necesitan cambios de MRR; la consola no ha leído ninguno.",
        "Le coorti richiedono variazioni di MRR; la console non ne ha letta nessuna.",
    ),
    "define.crr": Phrase(
        "Customers of the period's start that are still there at its end, over all of them: (E − N) ÷ S. "
        "New and returned "
        "customers do not count.",
        "Clientes del inicio del periodo que siguen al final, entre todos ellos: (E − N) ÷ S. Los nuevos y "
        "los que vuelven "
        "no cuentan.",
        "Clienti d'inizio periodo ancora presenti alla fine, sul totale: (E − N) ÷ S. Nuovi e ritornati non contano.",
    ),
    "define.ndr": Phrase(
        "What the customers with MRR at the start pay at the end, over what they paid then. Above 100% "
        "they grow by more "
        "than is lost.",
        "Lo que pagan al final los clientes con MRR al inicio, entre lo que pagaban. Por encima del 100 % "
        "crecen más de lo "
        "que se pierde.",
        "Quanto pagano alla fine i clienti con MRR all'inizio, su quanto pagavano. Oltre il 100% crescono "
        "più di quanto "
        "si perde.",
    ),
    "define.grr": Phrase(
        "As NDR, but no customer counts more than at the start: what is kept without growth. At most 100%.",
        "Como NDR, pero ningún cliente cuenta más que al inicio: lo que se conserva sin crecer. Como máximo el 100 %.",
        "Come NDR, ma nessun cliente conta più che all'inizio: ciò che resta senza crescita. Al massimo il 100%.",
    ),
    "define.mrr": Phrase(
        "Monthly recurring revenue at the end of the period, in its currency. Amounts of different "
        "currencies are added only where all are converted into one, by the exchange rates of the end.",
        "Ingresos recurrentes mensuales al final del periodo, en su moneda. Solo se suman monedas distintas si todas "
        "se convierten a una, al tipo de cambio del final.",
        "Ricavi ricorrenti mensili alla fine del periodo, nella valuta. Valute diverse si sommano solo se tutte sono "
        "convertite in una, al cambio della fine.",
    ),
    "define.opening": Phrase(
        "Monthly recurring revenue at the start of the period, in one currency.",
        "Ingresos recurrentes mensuales al inicio del periodo, en una moneda.",
        "Ricavi ricorrenti mensili all'inizio del periodo, in una valuta.",
    ),
    "define.moved": Phrase(
        "MRR at the end of the period less MRR at its start, of each customer for which the two differ.",
        "MRR al final del periodo menos MRR al inicio, de cada cliente en que difieren.",
        "MRR alla fine del periodo meno MRR all'inizio, di ogni cliente per cui differiscono.",
    ),
    "define.churn_rate": Phrase(
        "1 − CRR: of the customers of the period's start, the share that is not there at its end.",
        "1 − CRR: de los clientes del inicio del periodo, la parte que no está al final.",
        "1 − CRR: dei clienti d'inizio periodo, la quota che alla fine non c'è.",
    ),
    "define.arpa": Phrase(
        "MRR at the end of the period over the customers that pay then.",
        "MRR al final del periodo entre los clientes que pagan entonces.",
        "MRR alla fine del periodo sui clienti che allora pagano.",
    ),
    "define.segments": Phrase(
        "A customer counts in a period under its segment at the start or, if it came later, when it came. Its "
        "movements say which segment that was.",
        "Un cliente cuenta en un periodo por su segmento al inicio o, si llegó después, al llegar. El segmento de "
        "entonces es el que dicen sus cambios de MRR.",
        "Un cliente conta in un periodo nel segmento d'inizio o, se è arrivato dopo, in quello d'arrivo. Il segmento "
        "di allora è quello detto dalle sue variazioni di MRR.",
    ),
    "define.waterfall": Phrase(
        "MRR at the start, what was added and lost, and MRR at the end: by the published figure, so the "
        "steps add up. The bars do not begin at zero, so that changes are seen.",
        "MRR al inicio, lo ganado y lo perdido, y MRR al final: según la cifra publicada, por eso los pasos "
        "suman. Las barras no empiezan en cero, para que se vean los cambios.",
        "MRR all'inizio, quanto aggiunto e perso, e MRR alla fine: dalla cifra pubblicata, quindi i passi "
        "tornano. Le barre non partono da zero, perché si vedano le variazioni.",
    ),
    "define.reasons": Phrase(
        "Of all losses of the period that the console has read, the share with each reason, as the event of "
        "the end gave it.",
        "De todas las bajas del periodo que leyó la consola, la parte con cada motivo, según el evento de la baja.",
        "Di tutte le perdite del periodo lette dalla console, la quota di ogni motivo, secondo l'evento della fine.",
    ),
    "define.cohorts": Phrase(
        "A customer belongs to the month in which its MRR first rose above zero. It is still there in a "
        "later month if its "
        "MRR is above zero at its end.",
        "Un cliente pertenece al mes en que su MRR superó cero por primera vez. Sigue en un mes posterior "
        "si su MRR es mayor "
        "que cero al final.",
        "Un cliente appartiene al mese in cui il suo MRR ha superato zero la prima volta. C'è ancora in un "
        "mese successivo "
        "se alla fine il suo MRR è sopra zero.",
    ),
    "drill.agrees": Phrase(
        "These customers add up to the published number: {said}.",
        "Estos clientes suman la cifra publicada: {said}.",
        "Questi clienti danno la cifra pubblicata: {said}.",
    ),
    "drill.rounded": Phrase(
        "These customers add up to the published number, {said}: rounded one by one they make {found}.",
        "Estos clientes suman la cifra publicada, {said}: redondeados uno a uno dan {found}.",
        "Questi clienti danno la cifra pubblicata, {said}: arrotondati uno a uno fanno {found}.",
    ),
    "drill.unpublished": Phrase(
        "No number was published for this; these customers make {found}.",
        "No se publicó una cifra para esto; estos clientes dan {found}.",
        "Nessuna cifra è stata pubblicata per questo; questi clienti danno {found}.",
    ),
    "drill.differs": Phrase(
        "Published was {said}; the customers known to the console make {found}. Below is what is left out.",
        "Se publicó {said}; los clientes que la consola conoce dan {found}. Abajo está lo que falta.",
        "Pubblicato era {said}; i clienti noti alla console danno {found}. Sotto c'è ciò che manca.",
    ),
    "drill.unplaced": Phrase(
        "Of {customers} behind the number of all segments, the segment of then is not known.",
        "De {customers} detrás de la cifra de todos los segmentos no se conoce el segmento de entonces.",
        "Di {customers} dietro la cifra di tutti i segmenti non è noto il segmento di allora.",
    ),
    "drill.none": Phrase(
        "No customer is behind this number",
        "Ningún cliente hay detrás de esta cifra",
        "Nessun cliente dietro questa cifra",
    ),
    "drill.none_why": Phrase(
        "Either nobody moved, or the movement was before the console began to read.",
        "O nadie se movió, o fue antes de que la consola empezara a leer.",
        "O nessuno si è mosso, o è stato prima che la console leggesse.",
    ),
    "drill.caption": Phrase("Customers behind the number", "Clientes detrás de la cifra", "Clienti dietro la cifra"),
    "drill.title": Phrase("{metric}: {what}", "{metric}: {what}", "{metric}: {what}"),
    "drill.what": Phrase("What happened", "Qué pasó", "Che cosa è successo"),
    "drill.why": Phrase("Reason", "Motivo", "Motivo"),
    "drill.lost": Phrase("lost", "se fue", "perso"),
    "drill.moved": Phrase("MRR moved", "cambio de MRR", "variazione di MRR"),
    "drill.opening": Phrase("at the start", "al inicio", "all'inizio"),
    "drill.closing": Phrase("at the end", "al final", "alla fine"),
    "drill.level": Phrase("this amount since", "esta cuantía desde", "questo importo dal"),
    "drill.cohort": Phrase("of the cohort", "de la cohorte", "della coorte"),
    "drill.cohort_after": Phrase("still there after {months}", "siguen después de {months}", "rimasti dopo {months}"),
}
