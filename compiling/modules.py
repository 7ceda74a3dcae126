"""The modules that are compiled: all of `retention` and `agents`, and of the other floors the path of a record.

Modules that await are left as they are, and so are the contracts.
"""

from pathlib import Path
from typing import Final

PACKAGES: Final = ("schemas", "sources", "retention", "agents", "streams")
WHOLE: Final = ("retention", "agents")
"""Packages of which every module is compiled, also in their folders."""
SINGLE: Final = (
    "schemas/checks.py",
    "schemas/decoding.py",
    "schemas/deriving.py",
    "schemas/instants.py",
    "schemas/visible.py",
    "streams/aside.py",
    "streams/backlog_order.py",
    "streams/partition_processor.py",
    "streams/customers.py",
    "streams/customers_on_disk.py",
    "streams/home.py",
    "streams/outbox.py",
    "streams/outgoing.py",
    "streams/record_outcomes.py",
    "streams/unpacking.py",
)
LEFT: Final = frozenset({"__init__.py", "partials.py", "structs.py"})
"""Names of modules that stay interpreted: their structs take options that mypyc drops (docs/decisions/0012)."""


def compiled_modules(root: Path) -> list[str]:
    """Return the paths of the modules that are compiled, below the folder that holds the packages."""
    files = [file.relative_to(root) for package in WHOLE for file in (root / package).rglob("*.py")]
    return sorted([*SINGLE, *(file.as_posix() for file in files if file.name not in LEFT)])
