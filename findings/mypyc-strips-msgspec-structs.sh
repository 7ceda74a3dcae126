#!/bin/sh
# mypyc 2.4.1 compiles a module with a msgspec 0.22.0 struct without a word, and the struct encodes as another shape than before.
#
# mypyc drops the keyword arguments of the class statement (array_like=True) and all but the outermost class of each
# annotation (list[int] becomes list, `int | None` becomes the type of the union). A guess would be that compiling either keeps
# what a metaclass sees, or says that it can't. Here an array becomes an object, so what one build wrote the other can't read.
# Needs a C compiler and Python's headers.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check msgspec==0.22.0 mypy==2.4.1 setuptools
cd "$folder"
cat > shape.py <<'PYTHON'
import msgspec


class Point(msgspec.Struct, array_like=True):
    x: int
    tags: list[int]
    limit: int | None = None
PYTHON
cat > look.py <<'PYTHON'
import msgspec

import shape

kind = "compiled" if shape.__file__.endswith(".so") else "interpreted"
written = msgspec.json.encode(shape.Point(1, [2])).decode()
print(f"{kind:<12} {written:<35} {shape.Point.__annotations__}")
PYTHON
venv/bin/python -c 'import msgspec, sys; from mypy.version import __version__ as v; print(f"mypyc {v}, msgspec {msgspec.__version__}, Python {sys.version.split()[0]}")'
venv/bin/python look.py | tee seen
venv/bin/mypyc shape.py > compiling 2>&1 || { cat compiling; exit 1; }
venv/bin/python look.py | tee -a seen
grep -q 'interpreted  \[1,\[2\],null\]' seen && grep -q 'list\[int\]' seen &&
  grep -q 'compiled     {"x":1,"tags":\[2\],"limit":null} .*<class .list.>' seen || { echo "the behaviour has changed"; exit 1; }
# Seen on 2026-11-28:
#   mypyc 2.4.1, msgspec 0.22.0, Python 3.11.7
#   interpreted  [1,[2],null]                        {'x': <class 'int'>, 'tags': list[int], 'limit': int | None}
#   compiled     {"x":1,"tags":[2],"limit":null}     {'x': <class 'int'>, 'tags': <class 'list'>, 'limit': <class 'type'>}
