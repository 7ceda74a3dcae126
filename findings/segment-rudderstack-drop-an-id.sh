#!/bin/sh
# segment-analytics-python 2.4.0 and rudder-sdk-python 2.1.9 leave out a property that is a uuid.UUID, and the whole list that holds one;
# the event is sent, with a warning in the log. posthog 7.91.1 writes a UUID as text, and an Enum, which the other two write, as null.
#
# A guess would be that an id of the standard library is sent as text, or that the call raises: the message ids that they make themselves
# are UUIDs. Orders arrive without their numbers. Who replaces one SDK by the other loses other properties.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    segment-analytics-python==2.4.0 rudder-sdk-python==2.1.9 posthog==7.91.1
"$folder/venv/bin/python" - <<'PYTHON'
import gzip
import json
import logging
import sys
import threading
from datetime import timedelta
from enum import Enum
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from uuid import UUID

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


class Plan(Enum):
    PRO = "pro"


logging.disable(logging.CRITICAL)
server = HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f"http://127.0.0.1:{server.server_port}"
order = UUID("00000000-0000-4000-8000-000000000017")
properties = {"order_id": order, "returns": ["o-16", order], "plan": Plan.PRO, "waited": timedelta(minutes=5), "sku": "tea"}
segments = segment.analytics.client.Client("key", host=host, sync_mode=True)
rudders = rudderstack.analytics.client.Client("key", host=host, sync_mode=True)
hogs = posthog.Posthog("key", host=host, sync_mode=True)
sdks = {
    "segment-analytics-python": (
        lambda: segments.track("c-0213", "order", properties),
        {"plan": "pro", "sku": "tea"},
    ),
    "rudder-sdk-python": (
        lambda: rudders.track("c-0213", "order", properties),
        {"plan": "pro", "sku": "tea"},
    ),
    "posthog": (
        lambda: hogs.capture("order", distinct_id="c-0213", properties=properties),
        {"order_id": str(order), "returns": ["o-16", str(order)], "plan": None, "waited": None, "sku": "tea"},
    ),
}
print(f"Python {sys.version.split()[0]}; given: {', '.join(properties)}")
changed = False
for name, (send, expected) in sdks.items():
    send()
    found = {key: value for key, value in arrived[-1]["properties"].items() if key in properties}
    print(f"{name:<25} {version(name):<7} arrived: {json.dumps(found)}")
    changed |= found != expected
sys.exit("the behaviour has changed" if changed else 0)
PYTHON
# Seen on 2026-11-29:
#   Python 3.11.7; given: order_id, returns, plan, waited, sku
#   segment-analytics-python  2.4.0   arrived: {"plan": "pro", "sku": "tea"}
#   rudder-sdk-python         2.1.9   arrived: {"plan": "pro", "sku": "tea"}
#   posthog                   7.91.1  arrived: {"order_id": "00000000-0000-4000-8000-000000000017", "returns": ["o-16", "00000000-0000-4000-8000-000000000017"],
#     "plan": null, "waited": null, "sku": "tea"}
