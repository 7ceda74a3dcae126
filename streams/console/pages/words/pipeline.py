"""Words of the page of the pipeline."""

from typing import Final

from streams.console.pages.words.phrase import Phrase, Register

PIPELINE: Final[Register] = {
    "pipeline.title": Phrase("Pipeline", "Flujo", "Flusso"),
    "pipeline.under": Phrase(
        "How far workers and the console have read, and what could not be used",
        "Hasta dónde han leído los workers y la consola, y qué no se pudo usar",
        "Fin dove hanno letto i worker e la console, e che cosa non si è potuto usare",
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
    "pipeline.lag_of_console": Phrase("Records not read yet", "Registros sin leer", "Record non ancora letti"),
    "pipeline.workers": Phrase("What workers read", "Lo que leen los workers", "Che cosa leggono i worker"),
    "pipeline.workers_lag": Phrase("Waiting for workers", "En espera de los workers", "In attesa dei worker"),
    "pipeline.workers_lag_of": Phrase(
        "records not committed yet", "registros sin confirmar", "record non ancora confermati"
    ),
    "pipeline.workers_unknown": Phrase("not known, see below", "no se sabe, vea abajo", "non si sa, vedere sotto"),
    "pipeline.workers_none": Phrase(
        "No worker has committed anything yet, or the console has not asked.",
        "Ningún worker ha confirmado nada aún, o la consola no ha preguntado.",
        "Nessun worker ha ancora confermato nulla, o la console non ha chiesto.",
    ),
    "pipeline.workers_error": Phrase(
        "How far workers are is not known now:",
        "Ahora no se sabe hasta dónde llegan los workers:",
        "Ora non si sa fin dove sono arrivati i worker:",
    ),
    "pipeline.workers_add_up": Phrase(
        "Nothing is counted twice: no topic has more records with an outcome than offsets that workers have passed.",
        "Nada se cuenta dos veces: ningún topic tiene más registros con resultado que offsets recorridos.",
        "Nulla è contato due volte: nessun topic ha più record con un esito che offset già percorsi.",
    ),
    "pipeline.workers_add_not": Phrase(
        "A topic has more records with an outcome than offsets: this is a fault of the workers. Report it.",
        "Un topic tiene más registros con resultado que offsets: es un fallo de los workers. Notifíquelo.",
        "Un topic ha più record con un esito che offset: è un difetto dei worker. Segnalarlo.",
    ),
    "pipeline.workers_missing": Phrase(
        "Of {n} of {of} partitions no commit was found: those topics seem to wait whole.",
        "De {n} de {of} particiones no se halló confirmación: sus topics parecen esperar enteros.",
        "Di {n} partizioni su {of} non si è trovata conferma: i loro topic sembrano attendere interi.",
    ),
    "pipeline.last_commit": Phrase(
        "The partition that has not committed for the longest did so at {when} UTC.",
        "La partición que más tiempo lleva sin confirmar lo hizo el {when} UTC.",
        "La partizione che non conferma da più tempo l'ha fatto il {when} UTC.",
    ),
    "pipeline.watermark": Phrase("Watermark", "Marca de agua", "Watermark"),
    "pipeline.silent_since": Phrase("silent since {when}", "en silencio desde {when}", "silenziosa dal {when}"),
    "pipeline.silent_on": Phrase(
        "on {n} of {of} partitions", "en {n} de {of} particiones", "su {n} partizioni di {of}"
    ),
    "pipeline.none_silent": Phrase("none", "ninguna", "nessuna"),
    "pipeline.left_out": Phrase(
        "Gaps that signals left out", "Huecos que las señales omitieron", "Lacune escluse dai segnali"
    ),
    "pipeline.forgotten": Phrase("Forgotten", "Olvidados", "Dimenticati"),
    "pipeline.event_time": Phrase("Event time", "Hora de los eventos", "Ora degli eventi"),
    "pipeline.event_time_of": Phrase("{time} UTC, {age} ago", "{time} UTC, hace {age}", "{time} UTC, {age} fa"),
    "pipeline.customers": Phrase("Customers known", "Clientes conocidos", "Clienti noti"),
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
    "pipeline.outcomes": Phrase(
        "What became of the records that the console read",
        "Qué fue de los registros que leyó la consola",
        "Che ne è stato dei record letti dalla console",
    ),
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
    "pipeline.partitions": Phrase("What the console reads", "Lo que lee la consola", "Che cosa legge la console"),
    "pipeline.partition": Phrase("Partition", "Partición", "Partizione"),
    "pipeline.position": Phrase("Next offset", "Siguiente offset", "Prossimo offset"),
    "pipeline.missed": Phrase("Missed", "Perdidos", "Persi"),
    "pipeline.no_partitions": Phrase(
        "No partition is read yet.", "Aún no se lee ninguna partición.", "Nessuna partizione è ancora letta."
    ),
}
