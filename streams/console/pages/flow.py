"""The page of the pipeline: how far workers and the console have read, and whether what became of records adds up."""

from typing import Any, Final

from retention.wording import Language
from streams.console.documents import DeadLetterRow, Pipeline, TopicOutcomes, WorkersTopic
from streams.console.pages.words.names import REMEDIES, name_of

PARTS: Final = ("taken", "repeated", "of_erased", "unknown", "other")
WORKER_PARTS: Final = ("applied", "repeated", "refused", "other")


def shown(found: Pipeline, language: Language) -> dict[str, Any]:
    """Return what the template needs besides the document."""
    outcomes = [{"topic": one.topic, "read": one.read, "parts": _parts(one)} for one in found.outcomes]
    topics = found.workers.topics
    return {
        "found": found,
        "silent": [one for one in topics if one.silent_since is not None],
        "worker_parts": WORKER_PARTS,
        "parts_of": _parts_of_workers,
        "workers_add_up": all(one.read <= one.passed for one in topics),
        "lag": sum(one.lag or 0 for one in found.partitions),
        "open_letters": sum(one.count - one.done for one in found.dead_letters),
        "parts": PARTS,
        "outcomes": outcomes,
        "adds_up": all(one.read == sum(_parts(one)) for one in found.outcomes),
        "remedy": lambda row: _remedy(row, language),
    }


def _parts(one: TopicOutcomes) -> list[int]:
    return [getattr(one, part) for part in PARTS]


def _parts_of_workers(one: WorkersTopic) -> list[int]:
    return [getattr(one, part) for part in WORKER_PARTS]


def _remedy(row: DeadLetterRow, language: Language) -> str:
    """Return the remedy in the visitor's language; of a reason of a later build as the document says it."""
    return name_of("remedy", row.reason, language) if row.reason in REMEDIES else row.remedy
