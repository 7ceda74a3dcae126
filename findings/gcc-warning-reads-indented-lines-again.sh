#!/bin/sh
# gcc 12 takes 28 times as long to read C that mypyc 2.4.1 wrote, because of a warning that Python's own flags ask for.
#
# A guess would be that a compiler spends its time on optimising, and that warnings are cheap. `-Wall` contains
# `-Wmisleading-indentation`, which looks up the column of each `if` in the source text; mypyc indents the code of each module of a
# group further than that of the one before (mypyc-indents-each-module-deeper.sh), so the lines are long, and gcc reads them again and
# again: parsing 80 modules took 17.3 of a processor's seconds, and with `-Wno-misleading-indentation` 0.6. Setuptools compiles with
# `-Wall` wherever Python was configured with it, as CPython's own configure does. Needs gcc and Python's headers.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mypy==2.4.1 setuptools
cd "$folder"
cat > look.py <<'PYTHON'
import resource
import subprocess
import sys
import sysconfig
from pathlib import Path

import mypyc
from mypy.version import __version__
from mypyc.build import mypycify

FUNCTION = """
def plus_{0}(number: int) -> int:
    if number > {0}:
        return number + {0}
    return len(str(number))
"""
names = [f"m{number:03}.py" for number in range(80)]
for name in names:
    Path(name).write_text("".join(FUNCTION.format(number) for number in range(20)))
mypycify(names, group_name="all", target_dir="build", debug_level="0")
folders = [Path(mypyc.__file__).parent / "lib-rt", "build", sysconfig.get_path("include")]
command = ["gcc", "-fsyntax-only", "-Wall", "-Wno-unused", "-Wno-cpp", *[f"-I{folder}" for folder in folders]]


def seconds(*flags: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([*command, *flags, "build/__native_all.c"], check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


version = subprocess.run(["gcc", "-dumpfullversion"], capture_output=True, text=True, check=True).stdout.strip()
quiet, usual = seconds("-Wno-misleading-indentation"), seconds()
print(f"gcc {version}, mypyc {__version__.split('+')[0]}, {len(names)} modules: parsing takes {quiet:.1f} s without the warning,")
print(f"{usual:.1f} s with it: {usual / quiet:.0f} times")
sys.exit(usual < 5 * quiet)
PYTHON
venv/bin/python look.py || { echo "the behaviour has changed"; exit 1; }
# Seen on 2026-12-01:
#   gcc 12.2.0, mypyc 2.4.1, 80 modules: parsing takes 0.6 s without the warning,
#   17.3 s with it: 28 times
