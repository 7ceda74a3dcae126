"""The pure floor and the path of a record through mypyc: the same source, checked by the same types."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from compiling.choice import essence
from compiling.modules import PACKAGES, compiled_modules

ROOT: Final = Path(__file__).resolve().parents[1]

# Errors are those of the modules that are compiled. Of what they import only the types matter, and an optional library
# need not be there (`silent`).
#
# Flags, measured on the fold of a log (docs/decisions/0099): `-O2`, because `-O3` makes code that fits a cache worse.
# Inside the library calls are direct, and may be inlined: nobody replaces its functions. A check of indentation, which
# Python's own flags ask for, takes longer than all else: mypyc indents by what it has written before.
_SETUP: Final = """
from mypyc.build import mypycify
from setuptools import setup

arguments = ["--config-file", "mypy.toml", "--follow-imports", "silent", *{modules!r}]
extensions = mypycify(arguments, opt_level="2", debug_level="0", group_name="backstay")
flags = ["-fvisibility=hidden", "-fno-semantic-interposition", "-fno-plt", "-Wno-misleading-indentation"]
for extension in extensions:
    extension.extra_compile_args += [*flags, "-include", "{rare}"]
setup(name="backstay-compiled", packages=[], ext_modules=extensions)
"""
RARE: Final = """
#include <Python.h>

__attribute__((cold)) void CPy_AddTraceback(const char *, const char *, int, PyObject *);
__attribute__((cold)) void CPy_TypeErrorTraceback(
    const char *, const char *, int, PyObject *, const char *, PyObject *);
__attribute__((cold)) void CPy_AttributeError(
    const char *, const char *, const char *, const char *, int, PyObject *);
__attribute__((cold)) static void CPy_DecRef(PyObject *);
__attribute__((cold)) static void CPy_XDecRef(void *);
"""
"""Declares as rare what mypyc calls where an exception passes: the compiler then puts these paths apart.

A fifth of the machine code is such paths; between the others they would fill the caches of the processor.
"""


class NotCompiledError(Exception):
    """Raised when the compiler has failed: a wheel is then built without it, unless compiling was asked for."""

    def __init__(self, output: str) -> None:
        super().__init__(f"compiling failed ({essence(output)})")
        self.output = output


def compile_floor(
    target: Path,
    packages: Sequence[str] = PACKAGES,
    more: Sequence[str] = (),
    change: Callable[[Path], None] = lambda _: None,
) -> list[Path]:
    """Copy the packages into a folder, compile them there, and `more` of their modules; return the extensions.

    They lie beside the copied sources, and Python prefers them. `change` changes the copy before that.
    """
    for package in packages:
        shutil.copytree(ROOT / package, target / package, ignore=shutil.ignore_patterns("__pycache__"))
    change(target)
    shutil.copy(ROOT / "pyproject.toml", target / "mypy.toml")
    rare = target / "rare.h"
    rare.write_text(RARE)
    (target / "setup.py").write_text(_SETUP.format(modules=[*compiled_modules(target), *more], rare=rare.resolve()))
    command = [sys.executable, "setup.py", "build_ext", "--inplace"]
    built = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
    if built.returncode:
        raise NotCompiledError(built.stdout + built.stderr)
    scratch = target / "build"
    return sorted(file for file in target.rglob("*.so") if scratch not in file.parents)
