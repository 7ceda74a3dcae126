#!/bin/sh
# standardwebhooks 1.1.0 (Python) signs a time with an offset as if its wall clock were UTC: the offset is dropped, not applied. Its Node
# version (1.1.1) and the header that the sender writes hold the true instant, so the signature does not match there.
#
# A guess would be that a datetime with a zone is an instant. In a process that works in UTC all is well; the same code with the company's own
# zone sends webhooks that every receiver refuses, and a test that verifies with a header made the same way sees nothing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check standardwebhooks==1.1.0
(cd "$folder" && npm install --silent --no-fund --no-audit --no-save standardwebhooks@1.1.1)
cat > "$folder/verify.js" <<'JAVASCRIPT'
const { Webhook } = require("standardwebhooks");
const [id, timestamp, signature, body] = process.argv.slice(2);
try {
  new Webhook("whsec_c2VjcmV0IGZvciBhIHRlc3Q=").verify(body, { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature });
  console.log("accepted");
} catch (refusal) {
  console.log(`refused: ${refusal.message}`);
}
JAVASCRIPT
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

from standardwebhooks import Webhook

body = '{"type":"churn_signal.raised"}'
instant = datetime.now(timezone.utc).replace(microsecond=0)
hook = Webhook("whsec_c2VjcmV0IGZvciBhIHRlc3Q=")
print(f"standardwebhooks {version('standardwebhooks')} (Python {sys.version.split()[0]}), standardwebhooks 1.1.1 (Node)")
changed = False
for hours, expected in ((0, "accepted"), (2, "refused: No matching signature found"), (-5, "refused: No matching signature found")):
    same = instant.astimezone(timezone(timedelta(hours=hours)))
    signature = hook.sign("msg_1", same, body)
    as_if_utc = signature == hook.sign("msg_1", same.replace(tzinfo=timezone.utc), body)
    arguments = ["node", "verify.js", "msg_1", str(int(same.timestamp())), signature, body]
    found = subprocess.run(arguments, cwd=sys.argv[1], check=True, capture_output=True, text=True, timeout=60).stdout.strip()
    print(f"signed at one instant, offset {hours:+d} h: wall clock taken for UTC: {as_if_utc}; Node: {found}")
    changed |= (found, as_if_utc) != (expected, True)
sys.exit("the behaviour has changed" if changed else 0)
PYTHON
# Seen on 2026-11-29:
#   standardwebhooks 1.1.0 (Python 3.11.7), standardwebhooks 1.1.1 (Node)
#   signed at one instant, offset +0 h: wall clock taken for UTC: True; Node: accepted
#   signed at one instant, offset +2 h: wall clock taken for UTC: True; Node: refused: No matching signature found
#   signed at one instant, offset -5 h: wall clock taken for UTC: True; Node: refused: No matching signature found
