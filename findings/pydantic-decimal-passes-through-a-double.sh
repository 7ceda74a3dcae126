#!/bin/sh
# pydantic 2.14.3 reads a JSON number into a Decimal field by way of a binary double, in strict mode too; msgspec 0.22.0 keeps
# the digits that were written.
#
# A guess would be that a field of type Decimal is exact: that is what the type is for. A JSON number of more than some 16
# digits loses the rest, and trailing zeros, in silence. The same digits as a JSON string are exact in both.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check msgspec==0.22.0 pydantic==2.14.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from decimal import Decimal

import msgspec
import pydantic

print(f"msgspec {msgspec.__version__}, pydantic {pydantic.VERSION}, Python {sys.version.split()[0]}")
amount = pydantic.TypeAdapter(Decimal)
expected = {
    "123456789012345678.25": "123456789012345680",
    "0.1000000000000000055": "0.1",
    "12.50": "12.5",
}
changed = False
for text, through_a_double in expected.items():
    strict = str(amount.validate_json(text, strict=True))
    quoted = str(amount.validate_json(f'"{text}"'))
    exact = str(msgspec.json.decode(text.encode(), type=Decimal))
    print(f"{text:<22} pydantic, strict: {strict:<19} pydantic, as text: {quoted:<22} msgspec: {exact}")
    changed |= (strict, quoted, exact) != (through_a_double, text, text)
sys.exit("the behaviour has changed" if changed else 0)
PYTHON
# Seen on 2026-11-28:
#   msgspec 0.22.0, pydantic 2.14.3, Python 3.11.7
#   123456789012345678.25  pydantic, strict: 123456789012345680  pydantic, as text: 123456789012345678.25  msgspec: 123456789012345678.25
#   0.1000000000000000055  pydantic, strict: 0.1                 pydantic, as text: 0.1000000000000000055  msgspec: 0.1000000000000000055
#   12.50                  pydantic, strict: 12.5                pydantic, as text: 12.50                  msgspec: 12.50
