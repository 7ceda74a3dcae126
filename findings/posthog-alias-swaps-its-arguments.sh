#!/bin/sh
# `alias(previous_id=…, distinct_id=…)` of PostHog's SDK for Python (posthog 7.91.1) sends `previous_id` as `distinct_id` of the event, and
# `distinct_id` as its `alias`. The SDK for Node (posthog-node 5.70.0) sends the two under the names that its caller gave them.
#
# A guess would be that an argument named distinct_id is the `distinct_id` of the event, as in every other method of the class. A reader
# that keeps the event's `distinct_id`, as PostHog does, keeps the *previous* id of a customer, and renames the new one to it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check posthog==7.91.1
(cd "$folder" && npm install --silent --no-fund --no-audit --no-save posthog-node@5.70.0)
cat > "$folder/send.js" <<'JAVASCRIPT'
const { PostHog } = require("posthog-node");
const client = new PostHog("key", { host: process.argv[2], flushAt: 20 });
client.alias({ distinctId: "c-0213", alias: "visitor-8" });
client.shutdown(10000).then(() => process.exit(0));
JAVASCRIPT
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import gzip
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import posthog

arrived = []


class Listener(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        arrived.extend(json.loads(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)["batch"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f"http://127.0.0.1:{server.server_port}"
posthog.Posthog("key", host=host, sync_mode=True).alias(previous_id="visitor-8", distinct_id="c-0213")
subprocess.run(["node", "send.js", host], cwd=sys.argv[1], check=True, timeout=60)
found = [(event["event"], event["distinct_id"], event["properties"]["alias"]) for event in arrived]
print(f"posthog {version('posthog')}, posthog-node 5.70.0, Python {sys.version.split()[0]}")
for language, (name, ident, alias) in zip(("Python", "Node"), found, strict=True):
    print(f"{language:<7} {name}  distinct_id: {ident:<10} alias: {alias}")
expected = [("$create_alias", "visitor-8", "c-0213"), ("$create_alias", "c-0213", "visitor-8")]
sys.exit("the behaviour has changed" if found != expected else 0)
PYTHON
# Seen on 2026-11-29:
#   posthog 7.91.1, posthog-node 5.70.0, Python 3.11.7
#   Python  $create_alias  distinct_id: visitor-8  alias: c-0213
#   Node    $create_alias  distinct_id: c-0213     alias: visitor-8
