"""Decides whether a wheel is compiled: by `BACKSTAY_COMPILE`, and by what this machine can do."""

import enum
import importlib.util
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NoReturn

VARIABLE: Final = "BACKSTAY_COMPILE"
TOOLS: Final = ("mypy==2.4.1", "setuptools")
"""The compiler. It is the one of `requirements.lock`, with which the tests have run."""
TYPED: Final = ("msgspec>=0.20", "pydantic>=2.12", "pydantic-settings>=2.9")
"""Packages whose types the compiler reads, as the project requires them."""


class Choice(enum.Enum):
    """The decision whether a wheel is compiled."""

    IF_POSSIBLE = None
    NEVER = "0"
    ALWAYS = "1"


def choice(environment: Mapping[str, str]) -> Choice:
    """Return the choice in `BACKSTAY_COMPILE`; end the build with a message if its value is neither 0 nor 1.

    >>> choice({}), choice({"BACKSTAY_COMPILE": "1"})
    (<Choice.IF_POSSIBLE: None>, <Choice.ALWAYS: '1'>)
    """
    asked = environment.get(VARIABLE) or None
    try:
        return Choice(asked)
    except ValueError:
        sys.exit(f"{VARIABLE} is {asked!r}: write 1 (compile, or fail), 0 (never compile), or leave it out")


def requirements(environment: Mapping[str, str]) -> list[str]:
    """Return the packages to install before a wheel is built: none if it will not be compiled."""
    asked = choice(environment)
    fault = None if asked is Choice.NEVER else compiler_fault(environment)
    if fault is not None and asked is Choice.ALWAYS:
        refuse(fault)
    return [] if fault is not None or asked is Choice.NEVER else [*TOOLS, *TYPED]


def refuse(fault: str, output: str = "") -> NoReturn:
    """End a build that has to compile, with the compiler's output and the reason; pip then shows both."""
    sys.exit(f"{output}\n{VARIABLE}=1, but Backstay cannot be compiled here: {fault}".strip())


def compiler_fault(environment: Mapping[str, str]) -> str | None:
    """Return why no C extension can be built for this Python, by building the smallest one; None if one can."""
    if sys.implementation.name != "cpython":
        return f"mypyc compiles for CPython, and this is {sys.implementation.name}"
    include = Path(sysconfig.get_path("include"))
    if not (include / "Python.h").exists():
        return f"Python's headers are missing ({include / 'Python.h'}; Debian has them in python3-dev)"
    compiler = shlex.split(environment.get("CC") or sysconfig.get_config_var("CC") or "cc")
    with TemporaryDirectory() as folder:
        (Path(folder) / "smallest.c").write_text("#include <Python.h>\n")
        command = [*compiler, "-I", str(include), "-c", "smallest.c", "-o", "smallest.o"]
        try:
            built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        except OSError as error:
            return f"there is no C compiler ({compiler[0]}: {error.strerror})"
    if built.returncode:
        return f"the C compiler does not work ({shlex.join(compiler)}: {essence(built.stderr) or 'no reason given'})"
    return None


def tools_fault() -> str | None:
    """Return the tools missing where the wheel is built; pip installs them, unless told `--no-build-isolation`."""
    missing = [name for name in ("mypyc", "setuptools") if importlib.util.find_spec(name) is None]
    return f"{' and '.join(missing)} cannot be imported: install {' '.join(TOOLS)}" if missing else None


def essence(output: str) -> str:
    """Return the most telling line of a failed command's output: the first error, or the last line.

    >>> essence("checking\\na.py:1: error: no such thing\\nFound 1 error")
    'a.py:1: error: no such thing'
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return next((line for line in lines if "error" in line.lower()), lines[-1] if lines else "")
