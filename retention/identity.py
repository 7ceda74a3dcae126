"""Ids that derive from what they name, so that a replay gives the same ones: name-based UUIDs (RFC 9562, version 5)."""

import uuid
from hashlib import sha1
from typing import Final

NAMESPACE: Final = uuid.UUID("6f0c1d5e-7a53-5d0b-9a3e-2f6f7f5b8c11")
"""Of every id that this project derives."""

_SEED: Final = NAMESPACE.bytes
_VARIANT: Final = {f"{digit:x}": f"{digit & 3 | 8:x}" for digit in range(16)}


def derived_id(*parts: object) -> str:
    """Derive an id from what makes a fact itself. As `uuid.uuid5`, without the object between (1.5 for 3.6 µs).

    >>> derived_id("episode", 7) == str(uuid.uuid5(NAMESPACE, "episode|7"))
    True
    """
    name = "|".join(map(str, parts)).encode()
    text = sha1(_SEED + name, usedforsecurity=False).hexdigest()
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"
