#!/bin/sh
# msgspec 0.22.0 rounds a fraction of a second with more than six digits; pydantic 2.14.3 and datetime.fromisoformat cut it.
#
# A guess would be that parsers of RFC 3339 that keep microseconds all cut. Go and Java write nanoseconds, so an event of the
# last microsecond of a month, 2026-01-31T23:59:59.999999999Z, is an event of the next month for msgspec and of this month
# for pydantic. Who decodes with one and explains refusals, or recomputes figures, with the other gets two answers.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check msgspec==0.22.0 pydantic==2.14.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from datetime import datetime

import msgspec
import pydantic

print(f"msgspec {msgspec.__version__}, pydantic {pydantic.VERSION}, Python {sys.version.split()[0]}")
readers = {
    "msgspec": lambda text: msgspec.json.decode(f'"{text}"'.encode(), type=datetime),
    "pydantic": lambda text: pydantic.TypeAdapter(datetime).validate_json(f'"{text}"'),
    "standard library": datetime.fromisoformat,
}
expected = {
    "2026-01-31T23:59:59.999999999Z": ("2026-02-01T00:00:00+00:00", "2026-01-31T23:59:59.999999+00:00"),
    "2026-01-31T23:59:59.9999994Z": ("2026-01-31T23:59:59.999999+00:00", "2026-01-31T23:59:59.999999+00:00"),
    "2026-01-31T10:00:00.123456789+02:00": ("2026-01-31T10:00:00.123457+02:00", "2026-01-31T10:00:00.123456+02:00"),
}
changed = False
for text, (rounded, cut) in expected.items():
    for name, read in readers.items():
        found = read(text).isoformat()
        print(f"{text:<36} {name:<17} {found}")
        changed |= found != (rounded if name == "msgspec" else cut)
sys.exit("the behaviour has changed" if changed else 0)
PYTHON
# Seen on 2026-11-28:
#   msgspec 0.22.0, pydantic 2.14.3, Python 3.11.7
#   2026-01-31T23:59:59.999999999Z       msgspec           2026-02-01T00:00:00+00:00
#   2026-01-31T23:59:59.999999999Z       pydantic          2026-01-31T23:59:59.999999+00:00
#   2026-01-31T23:59:59.999999999Z       standard library  2026-01-31T23:59:59.999999+00:00
#   2026-01-31T23:59:59.9999994Z         msgspec           2026-01-31T23:59:59.999999+00:00
#   2026-01-31T10:00:00.123456789+02:00  msgspec           2026-01-31T10:00:00.123457+02:00
#   2026-01-31T10:00:00.123456789+02:00  pydantic          2026-01-31T10:00:00.123456+02:00
