"""Reads what the SDKs for Python of PostHog, Amplitude and Mixpanel really send, with the sources of these names."""

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest

from sources import SOURCE_OF
from sources.base import Fields, Foreign
from tests.installed.conftest import Environment, environment

pytestmark = pytest.mark.installed
PACKAGES = ("posthog==7.91.1", "amplitude-analytics==1.3.0", "mixpanel==5.4.1")
SENDER = """
import sys
from datetime import datetime

import amplitude, mixpanel, posthog

host, when = sys.argv[1], datetime.fromisoformat("2026-03-01T09:30:00+02:00")
order = {"order_id": "o-1", "amount": 29.9, "currency": "EUR"}

hog = posthog.Posthog("key", host=host + "/posthog", sync_mode=True)
hog.capture("Order Completed", distinct_id="c-1", properties=dict(order), timestamp=when)
hog.capture("job done")
hog.set(distinct_id="c-1", properties={"plan": "pro"}, timestamp=when)
hog.alias("frontend", "backend", timestamp=when)
hog.capture("$merge_dangerously", distinct_id="c-1", properties={"alias": "c-2"}, timestamp=when)

amp = amplitude.Amplitude("key", amplitude.Config(server_url=host + "/amplitude"))
ms = int(when.timestamp() * 1000)
amp.track(amplitude.BaseEvent("Order Completed", user_id="c-1", event_properties=dict(order), time=ms))
amp.track(amplitude.BaseEvent("job done", device_id="d-1", time=ms))
sold = amplitude.Revenue(price=9.99, quantity=3, product_id="p-1", currency="EUR")
amp.revenue(sold, amplitude.EventOptions(user_id="c-1", time=ms))
plan = amplitude.Identify()
plan.set("plan", "pro")
amp.identify(plan, amplitude.EventOptions(user_id="c-1", time=ms))
for waiting in amp.flush():
    waiting.result()
amp.shutdown()

consumer = mixpanel.Consumer(events_url=host + "/mixpanel", people_url=host + "/mixpanel")
mix = mixpanel.Mixpanel("key", consumer=consumer)
mix.track("c-1", "Order Completed", dict(order) | {"time": when.timestamp()})
mix.track("$device:d-1", "Order Completed", dict(order))
mix.people_set("c-1", {"plan": "pro", "$email": "ana@shop.example"}, {"$time": when.timestamp()})
mix.people_track_charge("c-1", 29.9, {"$time": "2026-03-01T07:30:00"})
"""


class Listener(BaseHTTPRequestHandler):
    """Keeps what is sent to it, by the first word of the path."""

    arrived: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        """Store a body, and answer as each of the systems does."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        source = self.path.split("/")[1]
        if source == "mixpanel":
            body = field_of(body, "data")
        self.arrived.append((source, body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"code": 200, "status": 1}')

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


def field_of(body: bytes, name: str) -> bytes:
    """Return a field of a form."""
    return parse_qs(body.decode())[name][0].encode()


@pytest.fixture(scope="module")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with the SDKs."""
    made = environment(tmp_path_factory.mktemp("sdks"))
    made.pip("install", "--quiet", "--ignore-installed", *PACKAGES)
    return made


@pytest.fixture
def host() -> Iterator[str]:
    """Return the address of a listener on this machine."""
    Listener.arrived.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def events(source: str) -> list[Fields]:
    """Return the events of what has arrived, without those of which nothing follows."""
    found = SOURCE_OF[source]
    options = found.options.model_validate({"others": "feature.used", "attributes": ["plan"], "currency": "EUR"})
    return [
        event
        for name, body in Listener.arrived
        if name == source
        for event in found.read(Foreign(body), options).events
    ]


def test_what_sdks_send_becomes_what_was_meant(sdks: Environment, host: str, tmp_path: Path) -> None:
    (tmp_path / "send.py").write_text(SENDER)

    done = sdks.run("python", str(tmp_path / "send.py"), host)

    assert done.returncode == 0, done.stderr
    expected = {
        "posthog": [("customer.merged", None), ("customer.updated", None), ("purchase.completed", "29.9")],
        "amplitude": [("customer.updated", None), ("purchase.completed", "29.9"), ("purchase.completed", "29.97")],
        "mixpanel": [("customer.updated", None), ("purchase.completed", "29.9"), ("purchase.completed", "29.9")],
    }
    for source, kinds in expected.items():
        found = events(source)
        assert sorted(((str(one["type"]), one.get("amount")) for one in found), key=str) == kinds, json.dumps(found)
        assert {one["occurred_at"] for one in found} == {"2026-03-01T07:30:00Z"}
        assert {one["customer_id"] for one in found} <= {"c-1", "c-2"}
