"""The modules that are compiled: all of `retention`, `agents` and `sources`, and of the others the path of a record.

Modules that await are left as they are, and so are the contracts, and the models of settings.
"""

from pathlib import Path
from typing import Final

PACKAGES: Final = ("schemas", "sources", "retention", "agents", "streams")
WHOLE: Final = ("retention", "agents", "sources")
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
    "streams/differences.py",
    "streams/home.py",
    "streams/outbox.py",
    "streams/outgoing.py",
    "streams/record_outcomes.py",
    "streams/unpacking.py",
    "streams/watched_processor.py",
)
LEFT: Final = frozenset({"__init__.py", "partials.py", "structs.py"})
"""Names of modules that stay interpreted: their structs take options that mypyc drops (docs/decisions/0012)."""
MODELS: Final = frozenset({"sources/base.py", "sources/mapping/contract.py", "sources/mapping/rule.py"})
"""Modules with models of pydantic, besides those called `options.py`: it reads annotations, of which little is left."""
SELDOM: Final = "sources/encodings/"
"""Formats that need a library of their own, which is not there where a wheel is built."""


def compiled_modules(root: Path) -> list[str]:
    """Return the paths of the modules that are compiled, below the folder that holds the packages."""
    files = [file.relative_to(root).as_posix() for package in WHOLE for file in (root / package).rglob("*.py")]
    return sorted([*SINGLE, *filter(_is_compiled, files)])


def _is_compiled(file: str) -> bool:
    is_model = file in MODELS or file.endswith("options.py")
    return not is_model and not file.startswith(SELDOM) and file.rpartition("/")[2] not in LEFT
