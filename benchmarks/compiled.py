"""Compile the pure floor with mypyc, beside the sources: `PYTHONPATH=build/compiled backstay worker` then runs on it.

    python -m benchmarks.compiled

The same source, checked by the same types; a C compiler and Python's headers are needed. What awaits stays as it is,
and so do the contracts.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
TARGET: Final = ROOT / "build" / "compiled"
PACKAGES: Final = ("schemas", "retention", "agents", "streams", "benchmarks")
LEFT: Final = frozenset({"__init__.py", "kept.py", "partials.py", "values.py"})

SETUP: Final = """
from mypyc.build import mypycify
from setuptools import setup

setup(name="backstay-compiled", packages=[], ext_modules=mypycify({arguments!r}, opt_level="3", debug_level="0"))
"""


def modules() -> list[str]:
    """Give the modules that are compiled: all of `retention`, and the path of a record."""
    files = [*(TARGET / "retention").rglob("*.py"), *(TARGET / "agents").glob("*.py")]
    files += [TARGET / name for name in ("schemas/checks.py", "schemas/decoding.py", "schemas/deriving.py")]
    files += [
        TARGET / "streams" / name
        for name in (
            "accounts.py",
            "aside.py",
            "customers.py",
            "customers_on_disk.py",
            "customer_desk.py",
            "home.py",
            "in_step.py",
            "outbox.py",
            "outgoing.py",
            "unpacking.py",
        )
    ]
    files.append(TARGET / "benchmarks" / "retention_fold.py")
    return sorted(str(file.relative_to(TARGET)) for file in files if file.name not in LEFT)


def main() -> None:
    """Copy the sources and build them in place."""
    shutil.rmtree(TARGET, ignore_errors=True)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, TARGET / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", TARGET / "mypy.toml")
    arguments = ["--config-file", "mypy.toml", *modules()]
    (TARGET / "setup.py").write_text(SETUP.format(arguments=arguments))
    command = [sys.executable, "setup.py", "build_ext", "--inplace"]
    built = subprocess.run(command, cwd=TARGET, capture_output=True, text=True, check=False)
    if built.returncode:
        sys.exit(
            f"compiling failed; a C compiler and Python's headers are needed\n{built.stdout}{built.stderr}"[-4_000:]
        )
    print(f"{len(list(TARGET.rglob('*.so')))} modules compiled: PYTHONPATH={TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
