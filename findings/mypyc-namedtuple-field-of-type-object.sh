#!/bin/sh
# mypyc 2.4.1 compiles a NamedTuple with a field annotated `object`, and importing the compiled module raises KeyError: 'object'.
#
# mypy finds nothing to say, and interpreted the same module works, so a guess would be that it does compiled. In quotes ("object")
# the same annotation works, and so does `int`. Needs a C compiler and Python's headers.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mypy==2.4.1 setuptools
cd "$folder"
module() { # name annotation
  cat > "$1.py" <<PYTHON
from typing import NamedTuple


class Step(NamedTuple):
    at: int
    detail: $2 = None
PYTHON
}
module bare object
module quoted '"object"'
cat > look.py <<'PYTHON'
import importlib

for name in ("bare", "quoted"):
    try:
        module = importlib.import_module(name)
    except KeyError as error:
        print(f"{name:<7} importing it raises KeyError: {error}")
    else:
        kind = "compiled" if module.__file__.endswith(".so") else "interpreted"
        print(f"{name:<7} {kind}: {module.Step(1)}")
PYTHON
venv/bin/python -c 'import sys; from mypy.version import __version__ as v; print(f"mypyc {v}, Python {sys.version.split()[0]}")'
venv/bin/python look.py | tee seen
venv/bin/mypyc --strict bare.py quoted.py > compiling 2>&1 || { cat compiling; exit 1; }
venv/bin/python look.py | tee -a seen
grep -q 'bare    interpreted: Step' seen && grep -q "bare    importing it raises KeyError: 'object'" seen &&
  grep -q 'quoted  compiled: Step' seen || { echo "the behaviour has changed"; exit 1; }
# Seen on 2026-11-29:
#   mypyc 2.4.1, Python 3.11.7
#   bare    interpreted: Step(at=1, detail=None)
#   quoted  interpreted: Step(at=1, detail=None)
#   bare    importing it raises KeyError: 'object'
#   quoted  compiled: Step(at=1, detail=None)
