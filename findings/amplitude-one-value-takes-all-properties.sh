#!/bin/sh
# amplitude-analytics 1.3.0 (Python): one property value of another type takes all properties of its event with it, and nothing is
# logged. The event itself is sent.
#
# A guess would be that a Decimal, a date, or an empty place in a list loses itself, or raises. What arrives is an order without order
# number, amount and lines, which a reader takes for an event that never had any. A price given as a whole number is lost, too, though
# with an error in the log.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check amplitude-analytics==1.3.0
"$folder/venv/bin/python" - <<'PYTHON'
import datetime
import json
import logging
import sys
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import amplitude

arrived = []
logged = []


class Listener(BaseHTTPRequestHandler):
    def do_POST(self):
        arrived.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["events"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"code": 200}')

    def log_message(self, *_):
        pass


class Lines(logging.Handler):
    def emit(self, record):
        logged.append(record.getMessage())


server = HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
logging.getLogger().addHandler(Lines())
client = amplitude.Amplitude("key", amplitude.Config(server_url=f"http://127.0.0.1:{server.server_port}"))


def sent(**fields):
    arrived.clear()
    logged.clear()
    client.track(amplitude.BaseEvent("order placed", user_id="c-0213", **fields))
    for waiting in client.flush():
        waiting.result()
    [event] = arrived
    return {name: event.get(name) for name in ("event_properties", "price", "quantity") if name in event}, len(logged)


order = {"order_id": "o-17", "amount": 29.9}
whole = {"event_properties": order}
cases = {
    "plain": (sent(event_properties=dict(order)), (whole, 0)),
    "a Decimal": (sent(event_properties={**order, "tax": Decimal("4.78")}), ({}, 0)),
    "a date": (sent(event_properties={**order, "due": datetime.date(2026, 3, 1)}), ({}, 0)),
    "None in a list": (sent(event_properties={**order, "coupons": ["SPRING", None]}), ({}, 0)),
    "None": (sent(event_properties={**order, "coupon": None}), (whole, 0)),
    "price=29.9": (sent(price=29.9, quantity=1), ({"price": 29.9, "quantity": 1}, 0)),
    "price=30": (sent(price=30, quantity=1), ({"quantity": 1}, 1)),
}
client.shutdown()
print(f"amplitude-analytics {version('amplitude-analytics')}, Python {sys.version.split()[0]}")
for name, ((found, lines), _) in cases.items():
    print(f"{name:<15} lines logged: {lines}  arrived: {json.dumps(found)}")
sys.exit("the behaviour has changed" if any(found != expected for found, expected in cases.values()) else 0)
PYTHON
# Seen on 2026-11-29:
#   amplitude-analytics 1.3.0, Python 3.11.7
#   plain           lines logged: 0  arrived: {"event_properties": {"amount": 29.9, "order_id": "o-17"}}
#   a Decimal       lines logged: 0  arrived: {}
#   a date          lines logged: 0  arrived: {}
#   None in a list  lines logged: 0  arrived: {}
#   None            lines logged: 0  arrived: {"event_properties": {"amount": 29.9, "order_id": "o-17"}}
#   price=29.9      lines logged: 0  arrived: {"price": 29.9, "quantity": 1}
#   price=30        lines logged: 1  arrived: {"quantity": 1}
