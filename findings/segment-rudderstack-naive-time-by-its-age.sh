#!/bin/sh
# segment-analytics-python 2.4.0 and rudder-sdk-python 2.1.9 read a time without zone by its age: if it is less than five seconds before
# the local clock, or anywhere after it, it is local time, and otherwise UTC. posthog 7.91.1 bounds that on both sides.
#
# A guess would be one zone for all times without one. West of Greenwich the present in UTC, without its zone, is "after" the local clock,
# and is sent hours in the future; an hour-old local time of the same program is sent hours in the past. East of it the latter is sent in
# the future. The offset that arrives is complete and proves nothing.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    segment-analytics-python==2.4.0 rudder-sdk-python==2.1.9 posthog==7.91.1
"$folder/venv/bin/python" - <<'PYTHON'
import gzip
import json
import os
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import posthog
import rudderstack.analytics.client
import segment.analytics.client

arrived = []


class Listener(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        arrived.append(json.loads(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)["batch"][0])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f"http://127.0.0.1:{server.server_port}"
segments = segment.analytics.client.Client("key", host=host, sync_mode=True)
rudders = rudderstack.analytics.client.Client("key", host=host, sync_mode=True)
hogs = posthog.Posthog("key", host=host, sync_mode=True)
sdks = {
    "segment-analytics-python": lambda when: segments.track("c-0213", "login", timestamp=when),
    "rudder-sdk-python": lambda when: rudders.track("c-0213", "login", timestamp=when),
    "posthog": lambda when: hogs.capture("login", distinct_id="c-0213", timestamp=when),
}


def hours_off(send, ago, naive):
    when = datetime.now(timezone.utc) - ago
    send(naive(when))
    return round((datetime.fromisoformat(arrived[-1]["timestamp"]) - when) / timedelta(hours=1))


def local(when):
    return when.astimezone().replace(tzinfo=None)


def utc(when):
    return when.replace(tzinfo=None)


now, hour = timedelta(0), timedelta(hours=1)
#                 local now, local an hour ago, UTC now, UTC an hour ago: hours after the true instant
expected = {
    ("segment-analytics-python", "EST5"): [0, -5, 5, 5],
    ("segment-analytics-python", "JST-9"): [0, 9, 0, 0],
    ("rudder-sdk-python", "EST5"): [0, -5, 5, 5],
    ("rudder-sdk-python", "JST-9"): [0, 9, 0, 0],
    ("posthog", "EST5"): [0, -5, 0, 0],
    ("posthog", "JST-9"): [0, 9, 0, 0],
}
print(", ".join(f"{name} {version(name)}" for name in sdks) + f", Python {sys.version.split()[0]}")
print("hours off: local now, local an hour ago, UTC now, UTC an hour ago")
changed = False
for (name, zone), off in expected.items():
    os.environ["TZ"] = zone
    time.tzset()
    found = [hours_off(sdks[name], ago, naive) for naive in (local, utc) for ago in (now, hour)]
    print(f"{name:<25} TZ={zone:<6} {found}")
    changed |= found != off
sys.exit("the behaviour has changed" if changed else 0)
PYTHON
# Seen on 2026-11-29:
#   segment-analytics-python 2.4.0, rudder-sdk-python 2.1.9, posthog 7.91.1, Python 3.11.7
#   hours off: local now, local an hour ago, UTC now, UTC an hour ago
#   segment-analytics-python  TZ=EST5   [0, -5, 5, 5]
#   segment-analytics-python  TZ=JST-9  [0, 9, 0, 0]
#   rudder-sdk-python         TZ=EST5   [0, -5, 5, 5]
#   rudder-sdk-python         TZ=JST-9  [0, 9, 0, 0]
#   posthog                   TZ=EST5   [0, -5, 0, 0]
#   posthog                   TZ=JST-9  [0, 9, 0, 0]
