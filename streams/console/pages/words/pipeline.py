"""Words of the page of the pipeline."""

from typing import Final

from streams.console.pages.words.phrase import Phrase, Register

PIPELINE: Final[Register] = {
    "pipeline.title": Phrase("Pipeline", "Flujo", "Flusso"),
    "pipeline.under": Phrase(
        "How far the console has read, and what could not be used",
        "Hasta dónde ha leído la consola y qué no se pudo usar",
        "Fin dove ha letto la console, e che cosa non si è potuto usare",
    ),
    "pipeline.error": Phrase("Nothing is read now:", "Ahora no se lee nada:", "Ora non si legge nulla:"),
    "pipeline.unconnected": Phrase(
        "The console is not connected to the broker. What you see is what it read before.",
        "La consola no está conectada al broker. Lo que ve es lo leído antes.",
        "La console non è connessa al broker. Si vede ciò che ha letto prima.",
    ),
    "pipeline.behind": Phrase(
        "The console is still catching up: figures and rows may be older than the topics.",
        "La consola se está poniendo al día: cifras y filas pueden ser anteriores a los topics.",
        "La console sta recuperando: cifre e righe possono essere più vecchie dei topic.",
    ),
    "pipeline.lag": Phrase("Waiting", "En espera", "In attesa"),
    "pipeline.lag_of": Phrase("records not read yet", "registros sin leer", "record non ancora letti"),
    "pipeline.event_time": Phrase("Event time", "Hora de los eventos", "Ora degli eventi"),
    "pipeline.event_time_of": Phrase("{time} UTC, {age} ago", "{time} UTC, hace {age}", "{time} UTC, {age} fa"),
    "pipeline.customers": Phrase("Customers known", "Clientes conocidos", "Clienti noti"),
    "pipeline.erased": Phrase("{n} forgotten", "{n} olvidados", "{n} dimenticati"),
    "pipeline.dead": Phrase("Dead letters", "Registros rechazados", "Record rifiutati"),
    "pipeline.dead_of": Phrase(
        "neither sent again nor dropped", "ni reenviados ni descartados", "né inviati di nuovo né scartati"
    ),
    "pipeline.topic": Phrase("Topic", "Topic", "Topic"),
    "pipeline.reason": Phrase(
        "What is wrong, and what to do", "Qué falla y qué hacer", "Che cosa non va, e che cosa fare"
    ),
    "pipeline.count": Phrase("Count", "Número", "Numero"),
    "pipeline.done": Phrase("Done", "Resueltos", "Risolti"),
    "pipeline.last": Phrase("Newest (UTC)", "Último (UTC)", "Ultimo (UTC)"),
    "pipeline.no_dead": Phrase(
        "Every record could be used.", "Todos los registros se pudieron usar.", "Tutti i record si sono potuti usare."
    ),
    "pipeline.outcomes": Phrase("What became of the records", "Qué fue de los registros", "Che ne è stato dei record"),
    "pipeline.read": Phrase("read", "leídos", "letti"),
    "pipeline.no_outcomes": Phrase(
        "Nothing was read yet.", "Aún no se ha leído nada.", "Non è stato letto ancora nulla."
    ),
    "pipeline.adds_up": Phrase(
        "Each row adds up: every record that was read has one outcome.",
        "Cada fila suma: cada registro leído tiene un resultado.",
        "Ogni riga torna: ogni record letto ha un solo esito.",
    ),
    "pipeline.adds_not": Phrase(
        "A row does not add up: this is a fault of the console. Report it.",
        "Una fila no suma: es un fallo de la consola. Notifíquelo.",
        "Una riga non torna: è un difetto della console. Segnalarlo.",
    ),
    "pipeline.silent": Phrase("Silent sources", "Fuentes en silencio", "Fonti silenziose"),
    "pipeline.no_silent": Phrase(
        "No source has a gap that signals had to leave out.",
        "Ninguna fuente tiene huecos que las señales debieran omitir.",
        "Nessuna fonte ha lacune che i segnali abbiano dovuto escludere.",
    ),
    "pipeline.source": Phrase("Source", "Fuente", "Fonte"),
    "pipeline.signals": Phrase("Signals affected", "Señales afectadas", "Segnali interessati"),
    "pipeline.newest": Phrase("Newest event (UTC)", "Último evento (UTC)", "Ultimo evento (UTC)"),
    "pipeline.unknown": Phrase(
        "Types that this build does not know",
        "Tipos que esta versión no conoce",
        "Tipi che questa versione non conosce",
    ),
    "pipeline.partitions": Phrase("Partitions", "Particiones", "Partizioni"),
    "pipeline.partition": Phrase("Partition", "Partición", "Partizione"),
    "pipeline.position": Phrase("Next offset", "Siguiente offset", "Prossimo offset"),
    "pipeline.missed": Phrase("Missed", "Perdidos", "Persi"),
    "pipeline.no_partitions": Phrase(
        "No partition is read yet.", "Aún no se lee ninguna partición.", "Nessuna partizione è ancora letta."
    ),
}
