"""Values with names that are made by the thousand."""

import msgspec


class Value(msgspec.Struct, frozen=True):
    """Made in a third of the time of a `NamedTuple` (0.09 for 0.30 µs, of three fields)."""
