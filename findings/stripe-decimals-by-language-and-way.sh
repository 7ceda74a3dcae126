#!/bin/sh
# The same price of a Stripe webhook is another type by language and by way. stripe 16.1.0 (Python): `unit_amount_decimal` is a Decimal, and
# json.dumps(event.to_dict()) raises TypeError. stripe 23.1.0 (Node): a string in a webhook's event, a Decimal object when the price is
# retrieved from the API; its types say Decimal for both.
#
# A guess would be that a webhook holds what the API holds, and that what was parsed from JSON can be written as JSON. A relay that puts Python
# events on a topic works for customers and fails for every subscription. In Node `+` appends digits for either kind: a price plus 1 is
# "0.1251". In Python str(event) is JSON, with the price as text again.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check stripe==16.1.0
(cd "$folder" && npm install --silent --no-fund --no-audit --no-save stripe@23.1.0)
cat > "$folder/body.json" <<'JSON'
{"id": "evt_1", "object": "event", "api_version": "2026-10-28.endive", "created": 1772317800, "livemode": false,
 "type": "customer.subscription.updated",
 "data": {"object": {"id": "sub_1", "object": "subscription", "items": {"object": "list", "has_more": false, "data": [
   {"id": "si_1", "object": "subscription_item", "quantity": 3,
    "price": {"id": "price_1", "object": "price", "currency": "usd", "unit_amount": null, "unit_amount_decimal": "0.125"}}]}}}}
JSON
cat > "$folder/read.js" <<'JAVASCRIPT'
const fs = require("fs");
const http = require("http");
const module_ = require("stripe");
const Stripe = module_.default || module_;
const body = fs.readFileSync("body.json", "utf8");
const kind = (value) => (typeof value === "string" ? "text" : value.constructor.name.replace("Impl", ""));
const server = http.createServer((_, response) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(JSON.parse(body).data.object.items.data[0].price));
});
server.listen(0, "127.0.0.1", async () => {
  const client = new Stripe("sk_test_1", { host: "127.0.0.1", port: server.address().port, protocol: "http", telemetry: false });
  const header = client.webhooks.generateTestHeaderString({ payload: body, secret: "whsec_test" });
  const hook = client.webhooks.constructEvent(body, header, "whsec_test").data.object.items.data[0].price.unit_amount_decimal;
  const api = (await client.prices.retrieve("price_1")).unit_amount_decimal;
  console.log(JSON.stringify([kind(hook), kind(api), String(hook + 1), String(api + 1)]));
  process.exit(0);
});
JAVASCRIPT
cd "$folder"
venv/bin/python - <<'PYTHON'
import hashlib
import hmac
import json
import subprocess
import sys
import time
from pathlib import Path

import stripe

body = Path("body.json").read_bytes()
now = int(time.time())
signature = hmac.new(b"whsec_test", f"{now}.".encode() + body, hashlib.sha256).hexdigest()
event = stripe.Webhook.construct_event(body, f"t={now},v1={signature}", "whsec_test")
price = event.data.object["items"]["data"][0]["price"]["unit_amount_decimal"]
try:
    written = json.dumps(event.to_dict())
except TypeError as refusal:
    written = f"TypeError: {refusal}"
python = [type(price).__name__, written, json.loads(str(event)) == json.loads(body)]
node = json.loads(subprocess.run(["node", "read.js"], check=True, capture_output=True, timeout=60).stdout)
print(f"stripe {stripe.VERSION} (Python {sys.version.split()[0]}), stripe 23.1.0 (Node)")
print(f"Python: webhook {python[0]}; json.dumps(to_dict()): {python[1]}; str(event) is the body again: {python[2]}")
print(f"Node:   webhook {node[0]}, API {node[1]}; plus 1: {node[2]!r}, {node[3]!r}")
expected_python = ["Decimal", "TypeError: Object of type Decimal is not JSON serializable", True]
expected_node = ["text", "Decimal", "0.1251", "0.1251"]
sys.exit("the behaviour has changed" if (python, node) != (expected_python, expected_node) else 0)
PYTHON
# Seen on 2026-11-29:
#   stripe 16.1.0 (Python 3.11.7), stripe 23.1.0 (Node)
#   Python: webhook Decimal; json.dumps(to_dict()): TypeError: Object of type Decimal is not JSON serializable; str(event) is the body again: True
#   Node:   webhook text, API Decimal; plus 1: '0.1251', '0.1251'
