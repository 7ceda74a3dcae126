#!/bin/sh
# standardwebhooks: the object that `verify` returns is not what was signed. The npm package (1.1.1) returns JSON.parse of the body, so an id of
# 17 digits is another one; Python's (1.1.0) returns floats, so an amount of 18 digits is. Both say that the signature is right.
#
# A guess would be that what has just been verified can be used as it is. Keep `verify` for its answer alone (json_parse=False in Python), and parse
# the raw body with a parser that is exact.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check standardwebhooks==1.1.0
(cd "$folder" && npm install --silent --no-fund --no-audit --no-save standardwebhooks@1.1.1)
cat > "$folder/verify.js" <<'JAVASCRIPT'
const { Webhook } = require("standardwebhooks");
const [id, timestamp, signature, body] = process.argv.slice(2);
const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
console.log(JSON.stringify(new Webhook("whsec_c2VjcmV0IGZvciBhIHRlc3Q=").verify(body, headers)));
JAVASCRIPT
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import json
import subprocess
import sys
from datetime import datetime, timezone
from importlib.metadata import version

from standardwebhooks import Webhook

body = '{"order":90071992547409931,"amount":1234567890123456.78}'
now, hook = datetime.now(timezone.utc).replace(microsecond=0), Webhook("whsec_c2VjcmV0IGZvciBhIHRlc3Q=")
headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": hook.sign("msg_1", now, body)}
arguments = ["node", "verify.js", *headers.values(), body]
node = subprocess.run(arguments, cwd=sys.argv[1], check=True, capture_output=True, text=True, timeout=60).stdout.strip()
python = json.dumps(hook.verify(body, headers), separators=(",", ":"))
print(f"standardwebhooks {version('standardwebhooks')} (Python {sys.version.split()[0]}), standardwebhooks 1.1.1 (Node)")
for name, found in (("signed", body), ("Node", node), ("Python", python)):
    print(f"{name:7}{found}")
changed = (node, python) != (
    '{"order":90071992547409940,"amount":1234567890123456.8}',
    '{"order":90071992547409931,"amount":1234567890123456.8}',
)
sys.exit("the behaviour has changed" if changed else 0)
PYTHON
# Seen on 2026-11-29:
#   standardwebhooks 1.1.0 (Python 3.11.7), standardwebhooks 1.1.1 (Node)
#   signed {"order":90071992547409931,"amount":1234567890123456.78}
#   Node   {"order":90071992547409940,"amount":1234567890123456.8}
#   Python {"order":90071992547409931,"amount":1234567890123456.8}
