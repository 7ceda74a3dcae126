"""The build backend (PEP 517): hatchling's, which installs the compiler first if a wheel is to be compiled.

A hook of hatchling's cannot ask for that without asking for it at editable installs, too.
"""

import os
from typing import Any

from hatchling import build
from hatchling.build import (
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
)

from compiling.choice import requirements

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]


def get_requires_for_build_wheel(config_settings: dict[str, Any] | None = None) -> list[str]:
    """Return the packages to install before `build_wheel` is called."""
    return [*build.get_requires_for_build_wheel(config_settings), *requirements(os.environ)]
