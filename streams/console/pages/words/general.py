"""Words of every page: sections, settings, filters, pages of rows, errors and the door."""

from typing import Final

from streams.console.pages.words.phrase import Phrase, Register

GENERAL: Final[Register] = {
    "console.title": Phrase("Console", "Consola", "Console"),
    "console.skip": Phrase("Skip to the content", "Ir al contenido", "Vai al contenuto"),
    "console.sections": Phrase("Sections", "Secciones", "Sezioni"),
    "console.find": Phrase("Find a customer", "Buscar un cliente", "Trova un cliente"),
    "console.as_of": Phrase("As of {moment} UTC", "A fecha de {moment} UTC", "Al {moment} UTC"),
    "console.nothing_yet": Phrase("Nothing is known yet", "Aún no se sabe nada", "Non si sa ancora nulla"),
    "console.demo": Phrase(
        "Demo: a simulated company, with a clock of its own. No customer here is real.",
        "Demostración: una empresa simulada, con su propio reloj. Ningún cliente es real.",
        "Dimostrazione: un'azienda simulata, con un orologio proprio. Nessun cliente è reale.",
    ),
    "console.keys": Phrase(
        "Keys: / to search, arrows in a table",
        "Teclas: / para buscar, flechas en una tabla",
        "Tasti: / per cercare, frecce in una tabella",
    ),
    "console.stale": Phrase(
        "The console does not answer; what you see may be old.",
        "La consola no responde; lo que ve puede ser antiguo.",
        "La console non risponde; ciò che si vede può essere vecchio.",
    ),
    "nav.at_risk": Phrase("At risk", "En riesgo", "A rischio"),
    "nav.retention": Phrase("Retention", "Retención", "Fidelizzazione"),
    "nav.signals": Phrase("Signals", "Señales", "Segnali"),
    "nav.pipeline": Phrase("Pipeline", "Flujo", "Flusso"),
    "menu.title": Phrase("View", "Vista", "Vista"),
    "menu.language": Phrase("Language", "Idioma", "Lingua"),
    "menu.theme": Phrase("Colours", "Colores", "Colori"),
    "menu.auto": Phrase("As the system", "Del sistema", "Del sistema"),
    "menu.light": Phrase("Light", "Claro", "Chiaro"),
    "menu.dark": Phrase("Dark", "Oscuro", "Scuro"),
    "menu.sign_out": Phrase("Sign out", "Salir", "Esci"),
    "filters.all": Phrase("All", "Todos", "Tutti"),
    "filters.apply": Phrase("Filter", "Filtrar", "Filtra"),
    "filters.clear": Phrase("Clear filters", "Quitar filtros", "Togli i filtri"),
    "filters.currency": Phrase("Currency", "Moneda", "Valuta"),
    "filters.order": Phrase("Order", "Orden", "Ordine"),
    "pages.title": Phrase("Pages", "Páginas", "Pagine"),
    "pages.of": Phrase("{first}–{last} of {total}", "{first}–{last} de {total}", "{first}–{last} di {total}"),
    "pages.before": Phrase("Previous", "Anterior", "Precedente"),
    "pages.after": Phrase("Next", "Siguiente", "Successiva"),
    "limits.title": Phrase("What this leaves out", "Lo que esto no incluye", "Che cosa manca"),
    "trend.before": Phrase("from {risk} a week ago", "desde {risk} hace una semana", "da {risk} una settimana fa"),
    "define.title": Phrase("What this means", "Qué significa", "Che cosa significa"),
    "origin.defined": Phrase("Defined in", "Definido en", "Definito in"),
    "origin.record": Phrase("Record", "Registro", "Record"),
    "origin.time": Phrase("Event time (UTC)", "Hora del evento (UTC)", "Ora dell'evento (UTC)"),
    "origin.id": Phrase("Id", "Id", "Id"),
    "origin.cause": Phrase("Follows from", "Resulta de", "Deriva da"),
    "login.title": Phrase("Sign in", "Entrar", "Accedi"),
    "login.token": Phrase("Token", "Token", "Token"),
    "login.enter": Phrase("Sign in", "Entrar", "Accedi"),
    "login.failed": Phrase(
        "This token is not known. Copy it again, without spaces.",
        "Este token no se conoce. Cópielo de nuevo, sin espacios.",
        "Questo token non è noto. Copiarlo di nuovo, senza spazi.",
    ),
    "login.help": Phrase(
        "Whoever runs the console has the token: it is in its settings, and never in an address.",
        "Quien administra la consola tiene el token: está en sus ajustes, nunca en una dirección.",
        "Chi gestisce la console ha il token: è nelle impostazioni, mai in un indirizzo.",
    ),
    "error.back": Phrase(
        "Back to the customers at risk", "Volver a los clientes en riesgo", "Torna ai clienti a rischio"
    ),
    "error.400": Phrase("This address makes no sense", "Esta dirección no es válida", "Questo indirizzo non è valido"),
    "error.400_why": Phrase(
        "It asks for something that the console does not have, as an unknown filter. Begin again from a page.",
        "Pide algo que la consola no tiene, como un filtro desconocido. Empiece de nuevo desde una página.",
        "Chiede qualcosa che la console non ha, come un filtro sconosciuto. Ripartire da una pagina.",
    ),
    "error.word": Phrase(
        "“{field}” is “{value}” in this address. It may be: {allowed}",
        "“{field}” es “{value}” en esta dirección. Puede ser: {allowed}",
        "“{field}” è “{value}” in questo indirizzo. Può essere: {allowed}",
    ),
    "error.parameter": Phrase(
        "This address asks for “{field}”, which is not there. It may ask for: {allowed}",
        "Esta dirección pide “{field}”, que no existe. Puede pedir: {allowed}",
        "Questo indirizzo chiede “{field}”, che non c'è. Può chiedere: {allowed}",
    ),
    "error.twice": Phrase(
        "“{field}” stands more than once in this address. Send it once",
        "“{field}” está más de una vez en esta dirección. Envíelo una sola vez",
        "“{field}” compare più di una volta in questo indirizzo. Inviarlo una sola volta",
    ),
    "error.bytes": Phrase(
        "This address has bytes that are no UTF-8. Encode its characters in UTF-8 and with percent signs: Ω as %CE%A9",
        "Esta dirección tiene bytes que no son UTF-8. Codifique sus caracteres en UTF-8 y con signos de porcentaje: "
        "Ω como %CE%A9",
        "Questo indirizzo ha byte che non sono UTF-8. Codificare i caratteri in UTF-8 e con segni di percentuale: "
        "Ω come %CE%A9",
    ),
    "error.401": Phrase("Nobody is signed in", "Nadie ha entrado", "Nessuno ha effettuato l'accesso"),
    "error.401_why": Phrase(
        "The console shows nothing to somebody without a name. Sign in where your company signs people in.",
        "La consola no muestra nada a quien no tiene nombre. Entre por donde entra su empresa.",
        "La console non mostra nulla a chi non ha un nome. Accedere da dove accede la vostra azienda.",
    ),
    "error.403": Phrase("Not allowed", "No permitido", "Non permesso"),
    "error.403_why": Phrase(
        "Your token may look, but not do this. Ask whoever runs the console for another role.",
        "Su token permite ver, pero no hacer esto. Pida otro rol a quien administra la consola.",
        "Il token permette di guardare, non di fare questo. Chiedere un altro ruolo a chi gestisce la console.",
    ),
    "error.404": Phrase("Nothing is here", "Aquí no hay nada", "Qui non c'è nulla"),
    "error.404_why": Phrase(
        "No customer has this id, or the address is wrong. A customer without any output is not known to the console.",
        "Ningún cliente tiene este id, o la dirección es errónea. La consola no conoce a quien no tiene salidas.",
        "Nessun cliente ha questo id, o l'indirizzo è errato. La console non conosce chi non ha uscite.",
    ),
    "error.503": Phrase("Catching up", "Poniéndose al día", "Recupero in corso"),
    "error.503_why": Phrase(
        "The console still reads what the topics hold. This page opens by itself when it is done.",
        "La consola aún lee lo que guardan los topics. Esta página se abrirá sola cuando termine.",
        "La console sta ancora leggendo i topic. Questa pagina si apre da sé quando ha finito.",
    ),
    "error.500": Phrase("Something went wrong", "Algo ha fallado", "Qualcosa è andato storto"),
    "error.500_why": Phrase(
        "The console could not answer. Its log says why.",
        "La consola no pudo responder. Su registro dice por qué.",
        "La console non ha potuto rispondere. Il suo log dice perché.",
    ),
    "error.progress": Phrase(
        "{done} of {of} records read ({share})",
        "{done} de {of} registros leídos ({share})",
        "{done} record letti su {of} ({share})",
    ),
}

COUNTS: Final[dict[str, tuple[Phrase, Phrase]]] = {
    "customers": (
        Phrase("{n} customer", "{n} cliente", "{n} cliente"),
        Phrase("{n} customers", "{n} clientes", "{n} clienti"),
    ),
    "days": (Phrase("{n} day", "{n} día", "{n} giorno"), Phrase("{n} days", "{n} días", "{n} giorni")),
    "months": (Phrase("{n} month", "{n} mes", "{n} mese"), Phrase("{n} months", "{n} meses", "{n} mesi")),
    "records": (
        Phrase("{n} record", "{n} registro", "{n} record"),
        Phrase("{n} records", "{n} registros", "{n} record"),
    ),
    "more": (Phrase("and {n} more", "y {n} más", "e {n} altro"), Phrase("and {n} more", "y {n} más", "e altri {n}")),
}
"""What is counted, with the words for one and for several."""
