"""The compression codecs of Kafka: producers and `compression.type` choose one, and a worker must read all."""

from collections.abc import Callable
from typing import Final, NamedTuple

from aiokafka import codec

from streams.errors import CodecMissing


class Codec(NamedTuple):
    """One codec, as the Kafka client calls it."""

    name: str
    compress: Callable[[bytes], bytes]
    decompress: Callable[[bytes], bytes]


CODECS: Final = (
    Codec("gzip", codec.gzip_encode, codec.gzip_decode),
    Codec("snappy", codec.snappy_encode, codec.snappy_decode),
    Codec("lz4", codec.lz4_encode, codec.lz4_decode),
    Codec("zstd", codec.zstd_encode, codec.zstd_decode),
)
_SAMPLE: Final = b"backstay " * 100


def readable() -> list[str]:
    """Return the names of the codecs that work here; raise `CodecMissing` if any does not.

    Each codec is tried, not looked up: an installed library may be of a version that the Kafka client cannot use.

    >>> readable()
    ['gzip', 'snappy', 'lz4', 'zstd']
    """
    missing = [one.name for one in CODECS if not _works(one)]
    if missing:
        raise CodecMissing(
            f"records compressed with {', '.join(missing)} cannot be read here: install what Backstay depends on again "
            "(`pip install --force-reinstall cramjam`), in an environment of its own"
        )
    return [one.name for one in CODECS]


def _works(one: Codec) -> bool:
    try:
        return one.decompress(one.compress(_SAMPLE)) == _SAMPLE
    except (NotImplementedError, AttributeError, TypeError, ValueError, OSError, RuntimeError):
        return False  # any error of the library means that the codec is not usable
