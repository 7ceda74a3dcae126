"""Recognises which system the records of a log seem to be of, and whether they are of several."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from agents.readings import decoder_of
from schemas.decoding import Refused
from schemas.visible import label
from sources import SOURCES
from sources.base import Foreign, Options, Source, Unreadable
from sources.envelopes.opening import AUTO, through
from sources.tracking_options import TrackingOptions

OWN: Final = "backstay"
"""Stands for Backstay's own contract where a source is named."""
HEARTBEAT: Final = "source.heartbeat"
FEW: Final = 20
"""Of so many records one is enough to say that a file has those of a system, too."""
_NAMING: Final = frozenset({"type", "event", "event_type"})
"""Fields by which sources know their records."""
_EVENT, _DEEP, _PERHAPS, _NOTHING = 3, 2, 1, 0
_NAMES_SHOWN: Final = 3
_WIDE: Final = {"others": "feature.used", "pages": "feature.used"}
"""Options by which tracked events of any name are read."""


def instead(likely: str, *, on_topic: bool = False) -> str:
    """Return what to try for a log or a topic that seems to be of another source."""
    if likely == OWN and on_topic:
        return (
            "these look like events of Backstay's own contract: leave --source out; for a worker, take the topic out "
            "of sources, and name it in topics.names, once for each family that is on it"
        )
    if likely == OWN:
        return "these look like events of Backstay's own contract: leave --source and sources.log out"
    return f"these look like records of {likely}: try --source {likely}; for a worker, set sources.{likely}.topic"


def likely_instead(records: Sequence[Foreign], chosen: Source) -> str:
    """Return which source, or `OWN`, records seem to be of if the chosen one makes no event of them."""
    if sum(is_ours(one.value or b"") for one in records) * 2 > len(records):
        return OWN
    return likely_source(records, chosen.name.partition(".")[0])


def likely_source(refused: Sequence[Foreign], but: str = "") -> str:
    """Return the source that knows most of what our contract refuses, if it knows more than half; else nothing.

    The source `but` is left out.
    """
    others = [source for source in SOURCES if source.name != but]
    known = {source.name: sum(min(_known_by(source, one), _DEEP) for one in refused) for source in others}
    name = max(known, key=lambda one: known[one], default="")
    return name if name and known[name] > len(refused) else ""


def systems_of(records: Sequence[Foreign], but: str = "", *, surely: bool = False) -> Counter[str]:
    """Count records by the system that reads them best; those that none does are left out, and so is the source `but`.

    Of several that read a record as well it is the one that reads most of all. `surely` counts what becomes events.
    Heartbeats of ours are of no system: they may stand on the topic of any.
    """
    least = _EVENT if surely else _DEEP
    others = [one for one in records if not is_heartbeat(one.value or b"")]
    readers = [[OWN] if is_ours(one.value or b"") else _best(one, but, least) for one in others]
    most = Counter(name for names in readers for name in names)
    return Counter(max(names, key=lambda one: most[one]) for names in readers if names)


def _best(record: Foreign, but: str, least: int) -> list[str]:
    """Return the sources that know a record best, if they know it as well as that."""
    known = {source.name: _known_by(source, record) for source in SOURCES if source.name != but}
    best = max(known.values())
    return [name for name, one in known.items() if one == best >= least]


def mixed(shares: Counter[str], records: int, *, on_topic: bool = False) -> str:
    """Return what to do about a file or a topic with records of several systems; nothing if they are of one."""
    found = {name: number for name, number in shares.most_common() if number * FEW >= records}
    if len(found) < 2:  # noqa: PLR2004 - of one system
        return ""
    listed = ", ".join(
        f"{'events of Backstay' if one == OWN else one} {n * 100 // records} %" for one, n in found.items()
    )
    if on_topic:
        return (
            f"this topic has records of several systems ({listed}): a topic is read by one source. Have those of each "
            "sent to a topic of their own, and name it in the settings of its source"
        )
    return (
        f"this file has records of several systems ({listed}): a file is read by one source. Write those of each to a "
        "file of their own, and name its source by --source; on a broker, give each system a topic of its own"
    )


def is_ours(text: bytes) -> bool:
    """Report whether a text is an event of Backstay's own contract."""
    return bool(_type_in(text))


def is_heartbeat(text: bytes) -> bool:
    """Report whether a text is a heartbeat of Backstay's own contract."""
    return _type_in(text) == HEARTBEAT


def _type_in(text: bytes) -> str:
    """Return the type of an event of Backstay's own contract; empty for anything else."""
    try:
        return str(decoder_of(text).read(text)[0].type)
    except Refused:
        return ""


def unnamed(source: Source, options: Options, records: Sequence[Foreign]) -> Iterator[str]:
    """Yield what to set for tracked events whose names have no event type: a company's own names.

    They are those of which events follow once all other names are uses of a feature.
    """
    if not isinstance(options, TrackingOptions) or options.others:
        return
    wide = options.model_copy(update={"others": "feature.used"})
    names = Counter(
        _name_of(one) for one in records if not _events(source, one, options) and _events(source, one, wide)
    )
    shown = [name for name, _ in names.most_common() if name and label(name) == name and '"' not in name]
    if names:
        first = json.dumps(shown[0] if shown else "NAME OF AN EVENT", ensure_ascii=False)
        yield f"{names.total():,} of these records have event names of your own, which say nothing yet:"
        if shown:
            yield "  " + ", ".join(shown[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")
        yield "say what they mean in the settings (--config FILE), by the types in docs/events.md:"
        yield f"  [sources.{source.name}]"
        yield f'  tracks = {{ {first} = "feature.used" }}   # or "purchase.completed", "login.succeeded", …'
        yield '  others = "feature.used"   # all names that are not listed; without it they are left out'


def _events(source: Source, record: Foreign, options: Options) -> bool:
    try:
        return bool(source.read(record, options).events)
    except Unreadable:
        return False


def _name_of(record: Foreign) -> str:
    """Return the name of a tracked event, by whichever field its system has it."""
    try:
        document = json.loads(record.value or b"")
    except (ValueError, RecursionError):
        return ""
    if isinstance(document, dict) and isinstance(inner := document.get("event"), dict):
        document = inner
    found = [document.get(name) for name in ("event", "event_type")] if isinstance(document, dict) else []
    return next((one for one in found if isinstance(one, str)), "")


def _known_by(source: Source, record: Foreign) -> int:
    """Return how well a source knows a record, without the settings it may need.

    What it skips may be anything; but not if it only waits to be told what the name of the event means. Where a path
    deep inside is wrong, the outside was as expected; but not where the field is missing by which the source knows its
    records: another system has a `body` or an `event`, too.
    """
    options = source.options()
    if isinstance(options, TrackingOptions):
        options = options.model_copy(update=_WIDE)
    try:
        return _EVENT if through(source, AUTO).read(record, options).events else _PERHAPS
    except Unreadable as error:
        _, deep, last = error.path.rpartition(".")
        return _DEEP if deep and not (last in _NAMING and error.kind == "missing") else _NOTHING
