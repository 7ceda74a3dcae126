#!/bin/sh
# Mixpanel's SDKs write `time` in other units: seconds with a fraction in Python (mixpanel 5.4.1), milliseconds of a Date in Node (mixpanel
# 0.24.0), where a number is sent as it stands and an event without a time has none. Python cuts the zone off every datetime among the
# properties. Only Python gives an event an id (`$insert_id`).
#
# A guess would be one unit per vendor, and that 00:30+02:00 is sent as 22:30 or with its offset. It is sent as 00:30, of the next day, and
# no reader can tell. Who takes `time` for seconds dates the orders of one of the SDKs some 56,000 years ahead.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mixpanel==5.4.1
(cd "$folder" && npm install --silent --no-fund --no-audit --no-save mixpanel@0.24.0)
cat > "$folder/send.js" <<'JAVASCRIPT'
const port = Number(process.argv[2]);
const client = require("mixpanel").init("key", { host: "127.0.0.1", port, protocol: "http" });
const due = new Date("2026-03-01T00:30:00+02:00");
client.track("order", { distinct_id: "c-0213", due, time: due }, () =>
  client.track("order", { distinct_id: "c-0213", due, time: due.getTime() / 1000 }, () =>
    client.track("order", { distinct_id: "c-0213", due }, () => process.exit(0))));
JAVASCRIPT
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import base64
import json
import subprocess
import sys
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import mixpanel

arrived = []


class Listener(BaseHTTPRequestHandler):
    def do_POST(self):
        arrived.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["data"][0])
        self.answer()

    def do_GET(self):
        arrived.append(base64.b64decode(parse_qs(urlsplit(self.path).query)["data"][0]))
        self.answer()

    def answer(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"1" if self.command == "GET" else b'{"status": 1}')

    def log_message(self, *_):
        pass


def shown(body):
    fields = json.loads(body)["properties"]
    when = fields.get("time")
    recent = isinstance(when, float) and abs(when - time.time()) < 60
    return "seconds of now" if recent else when, fields["due"], "$insert_id" in fields


server = HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = mixpanel.Mixpanel("key", consumer=mixpanel.Consumer(events_url=f"http://127.0.0.1:{server.server_port}"))
due = datetime.fromisoformat("2026-03-01T00:30:00+02:00")
client.track("c-0213", "order", {"due": due})
client.track("c-0213", "order", {"due": due, "time": due})
subprocess.run(["node", "send.js", str(server.server_port)], cwd=sys.argv[1], check=True, timeout=60)
utc = "2026-02-28T22:30:00.000Z"
expected = {
    "Python": ("seconds of now", "2026-03-01T00:30:00", True),
    "Python, time=datetime": ("2026-03-01T00:30:00", "2026-03-01T00:30:00", True),
    "Node, time: Date": (1772317800000, utc, False),
    "Node, time: number": (1772317800, utc, False),
    "Node": (None, utc, False),
}
print(f"mixpanel {mixpanel.__version__} (Python {sys.version.split()[0]}), mixpanel 0.24.0 (Node)")
found = dict(zip(expected, map(shown, arrived), strict=True))
for name, (when, day, identified) in found.items():
    print(f"{name:<22} time: {when!s:<20} due: {day:<25} id: {identified}")
sys.exit("the behaviour has changed" if found != expected else 0)
PYTHON
# Seen on 2026-11-29:
#   mixpanel 5.4.1 (Python 3.11.7), mixpanel 0.24.0 (Node)
#   Python                 time: seconds of now       due: 2026-03-01T00:30:00       id: True
#   Python, time=datetime  time: 2026-03-01T00:30:00  due: 2026-03-01T00:30:00       id: True
#   Node, time: Date       time: 1772317800000        due: 2026-02-28T22:30:00.000Z  id: False
#   Node, time: number     time: 1772317800           due: 2026-02-28T22:30:00.000Z  id: False
#   Node                   time: None                 due: 2026-02-28T22:30:00.000Z  id: False
