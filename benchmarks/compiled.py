"""Compile the product, and a benchmark with it: `PYTHONPATH=build/compiled backstay worker` then runs compiled.

    python -m benchmarks.compiled

It compiles what `pip install .` compiles (compiling/), and the work of the retention job. A C compiler and Python's
headers are needed.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from compiling.floor import NotCompiledError, compile_floor
from compiling.modules import PACKAGES

ROOT: Final = Path(__file__).resolve().parents[1]
TARGET: Final = ROOT / "build" / "compiled"


def main() -> None:
    """Copy the sources and build them in place."""
    shutil.rmtree(TARGET, ignore_errors=True)
    try:
        built = compile_floor(TARGET, (*PACKAGES, "benchmarks"), ["benchmarks/retention_fold.py"])
    except NotCompiledError as error:
        sys.exit(f"{error.output[-4_000:]}\n{error}; a C compiler and Python's headers are needed")
    print(f"{len(built)} modules compiled: PYTHONPATH={TARGET.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
