#!/bin/sh
# segment-analytics-python 2.4.0, rudder-sdk-python 2.1.9, amplitude-analytics 1.3.0 and mixpanel 5.4.1 write a NaN among the properties as
# the bare word NaN: then the whole batch is not JSON. posthog 7.91.1 writes null.
#
# A guess would be that an SDK whose only wire format is JSON sends JSON. NaN is what pandas holds for a missing value, so one order without
# a discount makes a strict reader (here msgspec 0.22.0) refuse the good events around it; Python's own reader takes them.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check segment-analytics-python==2.4.0 rudder-sdk-python==2.1.9 \
    amplitude-analytics==1.3.0 mixpanel==5.4.1 posthog==7.91.1 msgspec==0.22.0
"$folder/venv/bin/python" - <<'PYTHON'
import gzip
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from urllib.parse import parse_qs

import amplitude
import mixpanel
import msgspec
import posthog
import rudderstack.analytics.client
import segment.analytics.client

arrived = []


class Listener(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        arrived.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"code": 200, "status": 1}')

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f"http://127.0.0.1:{server.server_port}"
orders = [{"order_id": "o-17", "discount": 1.5}, {"order_id": "o-18", "discount": float("nan")}]


def by_segment(module):
    client = module.Client("key", host=host)
    for order in orders:
        client.track("c-0213", "order", order)
    client.flush()


def by_amplitude():
    client = amplitude.Amplitude("key", amplitude.Config(server_url=host))
    for order in orders:
        client.track(amplitude.BaseEvent("order", user_id="c-0213", event_properties=order))
    for waiting in client.flush():
        waiting.result()
    client.shutdown()


def by_mixpanel():
    buffer = mixpanel.BufferedConsumer(events_url=host)
    for order in orders:
        mixpanel.Mixpanel("key", consumer=buffer).track("c-0213", "order", order)
    buffer.flush()


def by_posthog():
    client = posthog.Posthog("key", host=host, flush_at=2, flush_interval=5)
    for order in orders:
        client.capture("order", distinct_id="c-0213", properties=order)
    client.flush()


sdks = {
    "segment-analytics-python": (lambda: by_segment(segment.analytics.client), False),
    "rudder-sdk-python": (lambda: by_segment(rudderstack.analytics.client), False),
    "amplitude-analytics": (by_amplitude, False),
    "mixpanel": (by_mixpanel, False),
    "posthog": (by_posthog, True),
}
print(f"msgspec {version('msgspec')}, Python {sys.version.split()[0]}")
changed = False
for name, (send, is_json) in sdks.items():
    arrived.clear()
    send()
    [body] = arrived
    text = parse_qs(body.decode())["data"][0] if body.startswith(b"data=") else body.decode()
    batch = json.loads(text)
    events = batch if isinstance(batch, list) else batch.get("batch") or batch["events"]
    try:
        msgspec.json.decode(text)
        strict = "reads it"
    except msgspec.DecodeError as refusal:
        strict = f"refuses it: {refusal}"
    print(f"{name:<25} {version(name):<7} events in the body: {len(events)}  msgspec {strict}")
    changed |= (len(events), strict == "reads it") != (2, is_json)
sys.exit("the behaviour has changed" if changed else 0)
PYTHON
# Seen on 2026-11-29:
#   msgspec 0.22.0, Python 3.11.7
#   segment-analytics-python  2.4.0   events in the body: 2  msgspec refuses it: JSON is malformed: invalid character (byte 424)
#   rudder-sdk-python         2.1.9   events in the body: 2  msgspec refuses it: JSON is malformed: invalid character (byte 470)
#   amplitude-analytics       1.3.0   events in the body: 2  msgspec refuses it: JSON is malformed: invalid character (byte 282)
#   mixpanel                  5.4.1   events in the body: 2  msgspec refuses it: JSON is malformed: invalid character (byte 431)
#   posthog                   7.91.1  events in the body: 2  msgspec reads it
