"""Named values that are created by the thousand."""

import msgspec


class Value(msgspec.Struct, frozen=True):
    """Created in a third of the time of a `NamedTuple` (0.09 for 0.30 µs, of three fields)."""
