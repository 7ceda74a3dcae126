#!/bin/sh
# RudderStack's SDKs for Python (rudder-sdk-python 2.1.9) and Node (@rudderstack/rudder-sdk-node 3.0.13) say the same event in two shapes:
# when it happened, and what is known of the customer, stand in other fields.
#
# A guess would be one shape per vendor. Python writes `timestamp` and no `originalTimestamp`. Node writes `originalTimestamp`, the moment of
# the call, always, and `timestamp` only where the caller gave one: for an event sent later, "original" is the wrong one, and without a given
# time `timestamp` is missing in the event but stands on the batch. Traits of an identify are in `context` alone in Python, in both places in
# Node: who reads the root, as in Segment's format, sees none from Python.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check rudder-sdk-python==2.1.9
(cd "$folder" && npm install --silent --no-fund --no-audit --no-save @rudderstack/rudder-sdk-node@3.0.13)
cat > "$folder/send.js" <<'JAVASCRIPT'
const Analytics = require("@rudderstack/rudder-sdk-node");
const client = new (Analytics.default || Analytics)("key", { dataPlaneUrl: process.argv[2], flushAt: 20, gzip: false });
client.identify({ userId: "c-0213", traits: { plan: "pro" } }, () => {});
client.flush(() => {
  client.track({ userId: "c-0213", event: "login", timestamp: new Date("2026-01-05T10:00:00Z") });
  client.flush(() => client.track({ userId: "c-0213", event: "login" }) && client.flush(() => process.exit(0)));
});
JAVASCRIPT
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import gzip
import json
import subprocess
import sys
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import rudderstack.analytics.client

folder = sys.argv[1]
arrived = []


class Listener(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        arrived.append(json.loads(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def shape():
    """The fields of interest of the batches that arrived, times as `given`, or `now`."""
    events = [(event, batch) for batch in arrived for event in batch["batch"]]
    identify = [event for event, _ in events if event["type"] == "identify"][0]
    given, plain = ((event, batch) for event, batch in events if event["type"] == "track")
    arrived.clear()
    return {
        "given a time": times(given[0]),
        "given none": times(plain[0]),
        "batch": times(plain[1]),
        "traits": {"root": identify.get("traits"), "context": identify["context"].get("traits")},
    }


def times(fields):
    names = ("timestamp", "originalTimestamp")
    return {name: "given" if fields[name].startswith("2026-01-05T10") else "now" for name in names if name in fields}


server = HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f"http://127.0.0.1:{server.server_port}"
client = rudderstack.analytics.client.Client("key", host=host, sync_mode=True)
client.identify("c-0213", {"plan": "pro"})
client.track("c-0213", "login", timestamp=datetime(2026, 1, 5, 10, tzinfo=timezone.utc))
client.track("c-0213", "login")
python = shape()
subprocess.run(["node", "send.js", host], cwd=folder, check=True, timeout=60)
node = shape()
pro = {"plan": "pro"}
expected_python = {
    "given a time": {"timestamp": "given"},
    "given none": {"timestamp": "now"},
    "batch": {},
    "traits": {"root": None, "context": pro},
}
expected_node = {
    "given a time": {"timestamp": "given", "originalTimestamp": "now"},
    "given none": {"originalTimestamp": "now"},
    "batch": {"timestamp": "now"},
    "traits": {"root": pro, "context": pro},
}
print(f"rudder-sdk-python {version('rudder-sdk-python')}, @rudderstack/rudder-sdk-node 3.0.13, Python {sys.version.split()[0]}")
for name in python:
    print(f"{name:<13} Python: {json.dumps(python[name]):<60} Node: {json.dumps(node[name])}")
sys.exit("the behaviour has changed" if (python, node) != (expected_python, expected_node) else 0)
PYTHON
# Seen on 2026-11-29:
#   rudder-sdk-python 2.1.9, @rudderstack/rudder-sdk-node 3.0.13, Python 3.11.7
#   given a time  Python: {"timestamp": "given"}                                       Node: {"timestamp": "given", "originalTimestamp": "now"}
#   given none    Python: {"timestamp": "now"}                                         Node: {"originalTimestamp": "now"}
#   batch         Python: {}                                                           Node: {"timestamp": "now"}
#   traits        Python: {"root": null, "context": {"plan": "pro"}}                   Node: {"root": {"plan": "pro"}, "context": {"plan": "pro"}}
