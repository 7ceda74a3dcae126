#!/bin/sh
# A batch that is sent again after an error says when it was *first* sent in RudderStack's and PostHog's SDKs for Node
# (@rudderstack/rudder-sdk-node 3.0.13, posthog-node 5.70.0), and when it is sent in Segment's (@segment/analytics-node 3.1.0).
#
# A guess would be that `sentAt` is the moment of sending: the documented correction of wrong clocks, event time + (received - sent), rests
# on it. With the first moment the time spent on retries is taken for a wrong clock, and moves each event of the batch by as much. Ids stay
# the same in all three, so duplicates are still known.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --no-save \
    @rudderstack/rudder-sdk-node@3.0.13 posthog-node@5.70.0 @segment/analytics-node@3.1.0
node - <<'JAVASCRIPT'
const http = require("http");
const zlib = require("zlib");
const { once } = require("events");
const arrived = [];
let failures = 0;
const server = http.createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const bytes = Buffer.concat(parts);
  const body = JSON.parse(request.headers["content-encoding"] === "gzip" ? zlib.gunzipSync(bytes) : bytes);
  arrived.push({ at: Date.now(), sent: Date.parse(body.sentAt || body.sent_at), id: body.batch[0].messageId || body.batch[0].uuid });
  response.writeHead(failures-- > 0 ? 500 : 200, { "content-type": "application/json" });
  response.end("{}");
});
const until = async (count) => {
  for (let i = 0; i < 200 && arrived.length < count; i++) await new Promise((wake) => setTimeout(wake, 50));
};
console.error = console.warn = () => {};
(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}`;
  const sdks = {
    "@segment/analytics-node": async () => {
      const { Analytics } = require("@segment/analytics-node");
      const client = new Analytics({ writeKey: "key", host: url, flushAt: 1 });
      client.track({ userId: "c-0213", event: "login" });
      await until(3);
    },
    "@rudderstack/rudder-sdk-node": async () => {
      const Analytics = require("@rudderstack/rudder-sdk-node");
      const client = new (Analytics.default || Analytics)("key", { dataPlaneUrl: url, flushAt: 20, gzip: false, logLevel: "none" });
      client.track({ userId: "c-0213", event: "login" });
      client.flush(() => {});
      await until(3);
    },
    "posthog-node": async () => {
      const { PostHog } = require("posthog-node");
      const client = new PostHog("key", { host: url, flushAt: 1, fetchRetryDelay: 500 });
      client.capture({ distinctId: "c-0213", event: "login" });
      await until(3);
    },
  };
  const renews = { "@segment/analytics-node": true, "@rudderstack/rudder-sdk-node": false, "posthog-node": false };
  let changed = false;
  for (const [name, send] of Object.entries(sdks)) {
    arrived.length = 0;
    failures = 2;
    await send();
    const late = arrived.map(({ at, sent }) => (at - sent < 250 ? "now" : "earlier"));
    const moments = new Set(arrived.map(({ sent }) => sent)).size;
    const ids = new Set(arrived.map(({ id }) => id)).size;
    console.log(`${name.padEnd(29)} tries: ${arrived.length}  different sent times: ${moments}  last one says: ${late[2]}  ids: ${ids}`);
    changed ||= arrived.length !== 3 || ids !== 1 || moments !== (renews[name] ? 3 : 1) || (late[2] === "now") !== renews[name];
  }
  if (changed) console.log("the behaviour has changed");
  process.exit(changed ? 1 : 0);
})();
JAVASCRIPT
# Seen on 2026-11-29:
#   @segment/analytics-node       tries: 3  different sent times: 3  last one says: now  ids: 1
#   @rudderstack/rudder-sdk-node  tries: 3  different sent times: 1  last one says: earlier  ids: 1
#   posthog-node                  tries: 3  different sent times: 1  last one says: earlier  ids: 1
