"""The source `mapping`: a company's own records, read by the rules that its configuration states.

    record   ─►  rule 1: takes it   ─►  purchase.completed   event_id o-7
                 rule 2: takes none
                 rule 3: takes it   ─►  customer.updated     event_id o-7:3

Every rule is asked of every record, so one record may become several events; one that no rule takes is skipped.
"""

from typing import Final

from schemas.families import TOPIC_OF
from sources.base import Options, Source
from sources.mapping.options import MappingOptions
from sources.mapping.paths import NAME
from sources.mapping.reading import read
from sources.mapping.sampling import Sampled


def families(options: Options) -> frozenset[str]:
    """Return the topics of the events that follow from the rules."""
    rules = options.ready if isinstance(options, MappingOptions) else ()
    return frozenset(TOPIC_OF[rule.type] for rule in rules)


def sampled(options: Options) -> Sampled:
    """Return what a sample of records is held against: the paths of all rules."""
    return Sampled(options.ready if isinstance(options, MappingOptions) else ())


def apart(options: Options) -> dict[str, MappingOptions]:
    """Return the topics that rules name, each with the options that read its records."""
    return options.apart() if isinstance(options, MappingOptions) else {}


MAPPING: Final = Source(
    NAME,
    "a company's own records, by rules in the settings",
    ("any JSON object",),
    ("JMESPath Specification",),
    MappingOptions,
    read,
    families,
    sampled,
    apart,
    changes=True,
)
