#!/bin/sh
# An event that names nobody still has a `distinct_id` in PostHog's SDKs (posthog 7.91.1 for Python, posthog-node 5.70.0): a new one for each
# event. An empty id counts as none. What a company is (group identify) comes from a new "customer" each time in Python, without any mark,
# and from `$company_acme` in Node.
#
# A guess would be that such events have no id, or that a client keeps one. A reader that counts customers by `distinct_id` gets one more with
# each background job; plain events can be told by `$process_person_profile: false`, `$groupidentify` only by its name.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check posthog==7.91.1
(cd "$folder" && npm install --silent --no-fund --no-audit --no-save posthog-node@5.70.0)
cat > "$folder/send.js" <<'JAVASCRIPT'
const { PostHog } = require("posthog-node");
const client = new PostHog("key", { host: process.argv[2], flushAt: 20 });
client.capture({ event: "job done" });
client.capture({ event: "job done", distinctId: "" });
client.groupIdentify({ groupType: "company", groupKey: "acme", properties: { plan: "pro" } });
client.groupIdentify({ groupType: "company", groupKey: "acme", properties: { plan: "pro" } });
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


def seen():
    """Of each kind of event: how many different ids, which if they are one, and whether a mark says that it is about nobody."""
    found = {}
    for kind in ("job done", "$groupidentify"):
        events = [event for event in arrived if event["event"] == kind]
        ids = {event["distinct_id"] for event in events}
        marked = all(event["properties"].get("$process_person_profile") is False for event in events)
        found[kind] = (len(events), len(ids), ids.pop() if len(ids) == 1 else "new each time", "marked" if marked else "no mark")
    arrived.clear()
    return found


server = HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f"http://127.0.0.1:{server.server_port}"
client = posthog.Posthog("key", host=host, sync_mode=True)
client.capture("job done")
client.capture("job done", distinct_id="")
client.group_identify("company", "acme", {"plan": "pro"})
client.group_identify("company", "acme", {"plan": "pro"})
python = seen()
subprocess.run(["node", "send.js", host], cwd=sys.argv[1], check=True, timeout=60)
node = seen()
jobs = (2, 2, "new each time", "marked")
expected_python = {"job done": jobs, "$groupidentify": (2, 2, "new each time", "no mark")}
expected_node = {"job done": jobs, "$groupidentify": (2, 1, "$company_acme", "no mark")}
print(f"posthog {version('posthog')}, posthog-node 5.70.0, Python {sys.version.split()[0]}")
for language, found in {"Python": python, "Node": node}.items():
    for kind, (events, ids, which, mark) in found.items():
        print(f"{language:<7} {kind:<15} events: {events}  ids: {ids}, {which}, {mark}")
sys.exit("the behaviour has changed" if (python, node) != (expected_python, expected_node) else 0)
PYTHON
# Seen on 2026-11-29:
#   posthog 7.91.1, posthog-node 5.70.0, Python 3.11.7
#   Python  job done        events: 2  ids: 2, new each time, marked
#   Python  $groupidentify  events: 2  ids: 2, new each time, no mark
#   Node    job done        events: 2  ids: 2, new each time, marked
#   Node    $groupidentify  events: 2  ids: 1, $company_acme, no mark
