#!/bin/sh
# A revenue that is given as a whole (`setRevenue(29.9)`) is sent with `$price: 0` and `$quantity: 1` beside it by Amplitude's SDK for Node
# (@amplitude/analytics-node 1.5.73). The SDK for Python (amplitude-analytics 1.3.0) drops revenue whose price is a whole number, 30, with a
# line in the log, although its type is float and Python's floats take one.
#
# A guess would be that there is a price only where one was given. A reader that takes price times quantity, as Amplitude's documentation
# calculates revenue, counts all these sales as 0.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check amplitude-analytics==1.3.0
(cd "$folder" && npm install --silent --no-fund --no-audit --no-save @amplitude/analytics-node@1.5.73)
cat > "$folder/send.js" <<'JAVASCRIPT'
const amplitude = require("@amplitude/analytics-node");
(async () => {
  await amplitude.init("key", { serverUrl: process.argv[2], flushIntervalMillis: 10 }).promise;
  amplitude.revenue(new amplitude.Revenue().setRevenue(29.9), { user_id: "c-0213" });
  amplitude.revenue(new amplitude.Revenue().setPrice(30).setQuantity(2), { user_id: "c-0213" });
  await amplitude.flush().promise;
  process.exit(0);
})();
JAVASCRIPT
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import json
import logging
import subprocess
import sys
import threading
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
        logged.append(record.levelname)


def taken():
    found = [{name: value for name, value in event["event_properties"].items() if value != ""} for event in arrived]
    arrived.clear()
    return found


def sent(**fields):
    logged.clear()
    client.revenue(amplitude.Revenue(**fields), amplitude.EventOptions(user_id="c-0213"))
    for waiting in client.flush():
        if waiting is not None:
            waiting.result()
    return taken(), list(logged)


logging.getLogger().addHandler(Lines())
server = HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
host = f"http://127.0.0.1:{server.server_port}"
client = amplitude.Amplitude("key", amplitude.Config(server_url=host))
python = {"price=29.9": sent(price=29.9), "price=30": sent(price=30, quantity=2)}
client.shutdown()
subprocess.run(["node", "send.js", host], cwd=sys.argv[1], check=True, timeout=60)
node = dict(zip(("setRevenue(29.9)", "setPrice(30)"), taken(), strict=True))
print(f"amplitude-analytics {version('amplitude-analytics')}, analytics-node 1.5.73, Python {sys.version.split()[0]}")
for name, (found, lines) in python.items():
    print(f"Python  {name:<17} arrived: {json.dumps(found[0]) if found else 'nothing'}  logged: {', '.join(lines) or 'nothing'}")
for name, found in node.items():
    print(f"Node    {name:<17} arrived: {json.dumps(found)}")
expected_python = {"price=29.9": ([{"$quantity": 1, "$price": 29.9}], []), "price=30": ([], ["ERROR"])}
expected_node = {
    "setRevenue(29.9)": {"$quantity": 1, "$price": 0, "$revenue": 29.9},
    "setPrice(30)": {"$quantity": 2, "$price": 30},
}
sys.exit("the behaviour has changed" if (python, node) != (expected_python, expected_node) else 0)
PYTHON
# Seen on 2026-11-29:
#   amplitude-analytics 1.3.0, analytics-node 1.5.73, Python 3.11.7
#   Python  price=29.9        arrived: {"$price": 29.9, "$quantity": 1}  logged: nothing
#   Python  price=30          arrived: nothing  logged: ERROR
#   Node    setRevenue(29.9)  arrived: {"$quantity": 1, "$price": 0, "$revenue": 29.9}
#   Node    setPrice(30)      arrived: {"$quantity": 2, "$price": 30}
