"""The home partition of a customer: the one that the default partitioner of Kafka clients chooses for its id."""

from typing import Final

_SEED: Final = 0x9747B28C
_MIX_HIGH: Final = 0x5BD1
_MIX_LOW: Final = 0xE995
_WORD: Final = 0xFFFFFFFF
_HALF: Final = 0xFFFF


def home_of(key: bytes, partitions: int) -> int:
    """Return the partition of a key.

    >>> home_of(b"c-7", 4)
    1
    """
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Return Kafka's hash of a key. `tests/test_bounds.py` compares it with aiokafka's, which is not compiled."""
    length = len(data)
    hashed = _SEED ^ length
    whole = length & ~3
    for at in range(0, whole, 4):
        word = _times(data[at] | data[at + 1] << 8 | data[at + 2] << 16 | data[at + 3] << 24)
        hashed = _times(hashed) ^ _times(word ^ word >> 24)
    if length > whole:
        for at in range(length - 1, whole - 1, -1):
            hashed ^= data[at] << 8 * (at - whole)
        hashed = _times(hashed)
    hashed = _times(hashed ^ hashed >> 13)
    return hashed ^ hashed >> 15


def _times(word: int) -> int:
    """Multiply by the mix modulo 2³², in halves: compiled code multiplies up to 30 bits without a call."""
    low, high = word & _HALF, word >> 16
    return (low * _MIX_LOW + ((low * _MIX_HIGH + high * _MIX_LOW & _HALF) << 16)) & _WORD
