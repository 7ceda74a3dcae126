#!/bin/sh
# mypyc 2.4.1 begins the code of each module of a group eight columns further right than that of the module before.
#
# A guess would be that a C file grows with the code in it. It grows with the square of the number of modules: of 200 modules of
# one function each, most of the file is spaces, and the last function begins in column 1,601. The file of a package of 300
# modules of usual size was 381 MB, 348 MB of them spaces. Needs no C compiler: the file is written, and not compiled.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mypy==2.4.1 setuptools
cd "$folder"
cat > look.py <<'PYTHON'
import sys
from pathlib import Path

from mypy.version import __version__
from mypyc.build import mypycify

count = int(sys.argv[1])
names = [f"m{number:03}.py" for number in range(count)]
for name in names:
    Path(name).write_text("def plus_one(number: int) -> int:\n    return number + 1\n")
mypycify(names, group_name="all", target_dir="build")
lines = Path("build/__native_all.c").read_text().splitlines()
spaces = sum(len(line) - len(line.lstrip(" ")) for line in lines)
rest = sum(map(len, lines)) - spaces
begins = [len(one) - len(one.lstrip(" ")) for one in lines if "CPyPy_" in one and one.endswith("{")]
print(
    f"mypyc {__version__.split('+')[0]}, {count:>3} modules: {rest:>9,} characters and {spaces:>10,} spaces before them; "
    f"functions begin in columns {begins[0] + 1:,} to {begins[-1] + 1:,}"
)
PYTHON
for count in 10 50 200; do rm -rf build; venv/bin/python look.py "$count"; done | tee seen
grep -q ' 10 modules: .* columns 9 to 81$' seen && grep -q '200 modules: .* columns 9 to 1,601$' seen ||
  { echo "the behaviour has changed"; exit 1; }
# Seen on 2026-11-30:
#   mypyc 2.4.1,  10 modules:    56,717 characters and     81,784 spaces before them; functions begin in columns 9 to 81
#   mypyc 2.4.1,  50 modules:   276,317 characters and  1,816,024 spaces before them; functions begin in columns 9 to 401
#   mypyc 2.4.1, 200 modules: 1,099,817 characters and 28,383,424 spaces before them; functions begin in columns 9 to 1,601
