#!/bin/sh
# A time of an unexpected kind does not raise in these Python SDKs: the event is sent as if it happened now. amplitude-analytics 1.3.0: a
# float, even of a whole number. customerio 3.2.0: a text in ISO 8601, or a date. posthog 7.91.1: the text of a day.
#
# A guess would be an error, as for other wrong arguments. A load of last year's history succeeds and becomes a day of great activity.
# amplitude-analytics logs an error and posthog a warning; customerio says nothing, sends no time at all, and takes milliseconds as seconds.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check amplitude-analytics==1.3.0 customerio==3.2.0 posthog==7.91.1
"$folder/venv/bin/python" - <<'PYTHON'
import json
import logging
import sys
import threading
import time
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import amplitude
import customerio
import posthog

arrived = []
logged = []


class Listener(BaseHTTPRequestHandler):
    def do_POST(self):
        arrived.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"code": 200}')

    def log_message(self, *_):
        pass


class Lines(logging.Handler):
    def emit(self, record):
        logged.append(record.levelname)


def by_amplitude(when):
    amplitudes.track(amplitude.BaseEvent("login", user_id="c-0213", time=when))
    for waiting in amplitudes.flush():
        waiting.result()
    return arrived[-1]["events"][0]["time"] / 1000


def by_customerio(when):
    customers.track("c-0213", "login", timestamp=when)
    return arrived[-1].get("timestamp")


def by_posthog(when):
    hogs.capture("login", distinct_id="c-0213", timestamp=when)
    return datetime.fromisoformat(arrived[-1]["batch"][0]["timestamp"]).timestamp()


def word(seconds):
    if seconds is None:
        return "no time"
    return "now" if abs(seconds - time.time()) < 60 else "as given" if seconds == given else "another time"


logging.getLogger().addHandler(Lines())
logging.getLogger("posthog").addHandler(logging.NullHandler())
server = HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f"http://127.0.0.1:{server.server_port}"
amplitudes = amplitude.Amplitude("key", amplitude.Config(server_url=host))
customers = customerio.CustomerIO("site", "key")
customers.base_url = host
hogs = posthog.Posthog("key", host=host, sync_mode=True)
given = 1736071200  # 2025-01-05T10:00:00Z
cases = [
    ("amplitude-analytics", by_amplitude, given * 1000, ("as given", [])),
    ("amplitude-analytics", by_amplitude, given * 1000.0, ("now", ["ERROR"])),
    ("customerio", by_customerio, given, ("as given", [])),
    ("customerio", by_customerio, "2025-01-05T10:00:00Z", ("no time", [])),
    ("customerio", by_customerio, date(2025, 1, 5), ("no time", [])),
    ("customerio", by_customerio, given * 1000, ("another time", [])),
    ("posthog", by_posthog, "2025-01-05T10:00:00Z", ("as given", [])),
    ("posthog", by_posthog, "2025-01-05", ("now", ["WARNING"])),
]
print(f"Python {sys.version.split()[0]}")
changed = False
for name, send, when, expected in cases:
    arrived.clear()
    logged.clear()
    found = word(send(when)), list(logged)
    print(f"{name:<20} {version(name):<7} time={when!r:<28} sent: {found[0]:<13} logged: {', '.join(found[1]) or 'nothing'}")
    changed |= found != expected
amplitudes.shutdown()
sys.exit("the behaviour has changed" if changed else 0)
PYTHON
# Seen on 2026-11-29:
#   Python 3.11.7
#   amplitude-analytics  1.3.0   time=1736071200000                sent: as given      logged: nothing
#   amplitude-analytics  1.3.0   time=1736071200000.0              sent: now           logged: ERROR
#   customerio           3.2.0   time=1736071200                   sent: as given      logged: nothing
#   customerio           3.2.0   time='2025-01-05T10:00:00Z'       sent: no time       logged: nothing
#   customerio           3.2.0   time=datetime.date(2025, 1, 5)    sent: no time       logged: nothing
#   customerio           3.2.0   time=1736071200000                sent: another time  logged: nothing
#   posthog              7.91.1  time='2025-01-05T10:00:00Z'       sent: as given      logged: nothing
#   posthog              7.91.1  time='2025-01-05'                 sent: now           logged: WARNING
