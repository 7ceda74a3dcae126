"""A partition's own record: how it is stored, and which versions are read."""

import msgspec
import pytest

from retention.errors import UnknownVersion
from streams.partition_record import PACKED_VERSION, VERSION, PartitionRecord, SourcesRecord, read_own, written_own

TOPICS = [f"topic-{place}" for place in range(15)]
OWN = PartitionRecord(
    VERSION,
    dict.fromkeys(TOPICS, 70_000),
    1_772_000_000_000_000,
    dict.fromkeys(TOPICS, 1_772_000_000_000_000),
    logs={name: f"id of {name}" for name in TOPICS},
    without_effect=3,
)


def test_a_record_is_compressed_and_read_as_it_was() -> None:
    value = written_own(OWN)

    assert read_own(value) == OWN
    assert len(value) < len(msgspec.msgpack.encode(OWN)) / 2


def test_a_record_of_an_earlier_build_is_read() -> None:
    assert read_own(msgspec.msgpack.encode(OWN)) == OWN


def test_an_earlier_build_reads_one_without_differences_and_finds_the_version_of_another() -> None:
    """Earlier builds decode the record as it is, or its version alone."""
    with_sources = msgspec.structs.replace(OWN, sources=SourcesRecord())

    assert msgspec.msgpack.decode(written_own(with_sources), type=PartitionRecord) == with_sources
    assert msgspec.msgpack.decode(written_own(OWN))["version"] == PACKED_VERSION > VERSION


def test_a_record_of_a_newer_program_is_refused() -> None:
    with pytest.raises(UnknownVersion, match="own record of version 4; this program knows 3"):
        read_own(msgspec.msgpack.encode({"version": 4, "another": "form"}))
