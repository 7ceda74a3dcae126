"""Words of the page of signals and what they are worth."""

from typing import Final

from streams.console.pages.words.phrase import Phrase, Register

SIGNALS: Final[Register] = {
    "signals.title": Phrase("Signals", "Señales", "Segnali"),
    "signals.under": Phrase(
        "How often alarms of severity {severity} or more were right: whether the customer left within {days} "
        "days, by {basis}",
        "Cuántas veces acertaron las alarmas de gravedad {severity} o más: si el cliente se fue en {days} "
        "días, por {basis}",
        "Quante volte gli allarmi di gravità {severity} o più erano giusti: se il cliente è uscito in {days} "
        "giorni, per {basis}",
    ),
    "signals.severity": Phrase("Severity from", "Gravedad desde", "Gravità da"),
    "signals.horizon": Phrase("Within", "En", "Entro"),
    "signals.right": Phrase("Right", "Aciertos", "Giusti"),
    "signals.right_of": Phrase(
        "{right} of {judged} judged alarms",
        "{right} de {judged} alarmas juzgadas",
        "{right} di {judged} allarmi giudicati",
    ),
    "signals.base": Phrase("Chance", "Azar", "Caso"),
    "signals.base_of": Phrase(
        "alarms at random, within {days} days · estimated from the CRR of {months}",
        "alarmas al azar, en {days} días · estimado con la CRR de {months}",
        "allarmi a caso, in {days} giorni · stimato dalla CRR di {months}",
    ),
    "signals.base_none": Phrase(
        "not known: no month with a CRR is over",
        "no se conoce: no ha terminado ningún mes con CRR",
        "non noto: nessun mese con CRR è concluso",
    ),
    "signals.warned": Phrase("Losses warned of", "Bajas avisadas", "Perdite annunciate"),
    "signals.warned_of": Phrase(
        "{warned} of {losses} losses had an alarm before",
        "{warned} de {losses} bajas tuvieron una alarma antes",
        "{warned} di {losses} perdite avevano un allarme prima",
    ),
    "signals.lead": Phrase("Lead", "Antelación", "Anticipo"),
    "signals.lead_of": Phrase(
        "median, from the first alarm to the loss",
        "mediana, de la primera alarma a la baja",
        "mediana, dal primo allarme alla perdita",
    ),
    "signals.none": Phrase("No alarm was raised yet", "Aún no hubo alarmas", "Non ci sono ancora allarmi"),
    "signals.none_why": Phrase(
        "Signals appear here when the first one is raised at this severity. Choose a lower one to see more.",
        "Las señales aparecen cuando se abre la primera de esta gravedad. Elija una menor para ver más.",
        "I segnali appaiono quando si apre il primo di questa gravità. Sceglierne una minore per vederne di più.",
    ),
    "signals.signal": Phrase("Signal", "Señal", "Segnale"),
    "signals.verdict": Phrase("Worth", "Valor", "Valore"),
    "signals.few": Phrase("too few to say", "muy pocas para juzgar", "troppo pochi"),
    "signals.chance": Phrase("no better than chance", "no mejor que el azar", "non meglio del caso"),
    "signals.times": Phrase("{lift} × chance", "{lift} × azar", "{lift} × caso"),
    "signals.beside": Phrase("Right, beside chance", "Aciertos frente al azar", "Giusti, accanto al caso"),
    "signals.judged": Phrase("Of judged", "De juzgadas", "Su giudicati"),
    "signals.of": Phrase("{right} of {judged}", "{right} de {judged}", "{right} di {judged}"),
    "signals.pending": Phrase("Pending", "Pendientes", "In attesa"),
    "signals.open": Phrase("Open now", "Abiertas", "Aperti ora"),
    "signals.raised": Phrase("Raised", "Abiertas en total", "Aperte in totale"),
    "signals.bands": Phrase("Bands of the risk", "Franjas de riesgo", "Fasce di rischio"),
    "signals.bands_under": Phrase(
        "Customers whose risk rose to the band or above: how many of them left within the time.",
        "Clientes cuyo riesgo subió a la franja o más: cuántos se fueron en el plazo.",
        "Clienti il cui rischio è salito alla fascia o oltre: quanti sono usciti entro il termine.",
    ),
    "signals.band": Phrase("Band", "Franja", "Fascia"),
    "signals.there": Phrase("In it now", "Ahora en ella", "Ora in essa"),
    "signals.opportunities": Phrase("Opportunities", "Oportunidades", "Opportunità"),
    "signals.opportunities_under": Phrase(
        "Good moments, no signs of leaving: they change no risk.",
        "Buenos momentos, no indicios de baja: no cambian el riesgo.",
        "Buoni momenti, non segni di uscita: non cambiano il rischio.",
    ),
    "signals.opportunity": Phrase("Opportunity", "Oportunidad", "Opportunità"),
    "signals.no_opportunities": Phrase(
        "No opportunity was raised yet.", "Aún no hubo ninguna.", "Non ce ne sono ancora."
    ),
    "define.signals": Phrase(
        "An alarm is right if its customer leaves within the time. Alarms whose time is not over are "
        "pending, and in no share. "
        "Chance is how many customers leave within that time anyway. A signal that is right less than 1.2 "
        "times as often, in "
        "30 judged alarms or more, is no better than chance.",
        "Una alarma acierta si el cliente se va en el plazo. Las alarmas sin plazo cumplido quedan "
        "pendientes y no cuentan. El "
        "azar es cuántos clientes se van en ese plazo de todos modos. Una señal que acierta menos de 1,2 "
        "veces eso, en 30 "
        "alarmas juzgadas o más, no es mejor que el azar.",
        "Un allarme è giusto se il cliente esce nel tempo dato. Quelli il cui tempo non è finito restano "
        "in attesa e non "
        "contano. Il caso è quanti clienti escono comunque in quel tempo. Un segnale giusto meno di 1,2 "
        "volte tanto, in 30 "
        "allarmi giudicati o più, non è meglio del caso.",
    ),
}
