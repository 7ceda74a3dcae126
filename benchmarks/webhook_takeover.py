"""Measures how long `backstay webhooks run` takes to be ready after the process before it was stopped, or killed."""

import argparse
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from signal import SIGKILL, SIGTERM

from benchmarks.own_broker import own_broker
from streams.embedded import free_port

BACKSTAY = str(Path(sys.executable).with_name("backstay"))
SECRET = "whsec_c2VjcmV0IGZvciBhIHRlc3Qgb2YgYSBob29r"  # noqa: S105 - made up


def main() -> None:
    """Start, end and start processes of one group on an Apache Kafka of its own; print a row for each end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--session", type=float, default=45.0, help="kafka.session_timeout")
    session = parser.parse_args().session
    with own_broker("512m") as kafka:
        measure(kafka.address, session)


def measure(address: str, session: float) -> None:
    """Print the seconds until a process is ready: the first one, one after a stop, and one after a kill."""
    said = ["--set", f"kafka.bootstrap_servers={address}"]
    subprocess.run([BACKSTAY, "topics", "create", *said], check=True, stdout=subprocess.DEVNULL)
    said += ["--set", f"kafka.session_timeout={session}", "--set", "webhooks.crm.url=http://127.0.0.1:9/"]
    said += ["--set", f"webhooks.crm.secrets={SECRET}", "--set", "webhooks.crm.allow_private=127.0.0.1"]
    port = free_port()
    for after, ends_by in (("nothing", SIGTERM), ("stop", SIGKILL), ("kill", SIGTERM)):
        began = time.monotonic()
        process = subprocess.Popen([BACKSTAY, "webhooks", "run", "--port", str(port), *said], stderr=subprocess.DEVNULL)
        seconds = ready_after(port, began, session)
        print(json.dumps({"after": after, "session": session, "seconds": round(seconds, 1)}), flush=True)
        process.send_signal(ends_by)
        process.wait(timeout=60)


def ready_after(port: int, began: float, session: float) -> float:
    """Return the seconds until the process says that it is ready."""
    while time.monotonic() - began < session + 120:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1) as answer:
                if answer.status == 200:
                    return time.monotonic() - began
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    raise SystemExit("the process is not ready")


if __name__ == "__main__":
    main()
