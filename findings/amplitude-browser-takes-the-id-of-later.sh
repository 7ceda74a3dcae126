#!/bin/sh
# An event in the browser has the user id of the moment at which its queue is worked on, not that of the call (@amplitude/analytics-browser
# 2.48.1, run in jsdom 24.1.3): what is tracked right before `reset()` is sent without a user, what is tracked right before
# `setUserId()` with the user who comes after it.
#
# A guess would be that `track` takes the id along that is set when it is called, as the time of the event. The last click of each session, such
# as the one that asks to be logged out or that cancels, is a visitor's. If the caller waits for `track(…).promise` first, it is the user's.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --no-save @amplitude/analytics-browser@2.48.1 jsdom@24.1.3
node - <<'JAVASCRIPT'
const { JSDOM } = require("jsdom");
const arrived = [];
const { window } = new JSDOM("<!doctype html>", { url: "https://shop.example/", pretendToBeVisual: true });
const fetch = async (_, options) => {
  arrived.push(...JSON.parse(options.body).events);
  return { ok: true, status: 200, json: async () => ({ code: 200 }), text: async () => '{"code": 200}', headers: { get: () => null } };
};
const names = ["document", "navigator", "location", "localStorage", "sessionStorage", "XMLHttpRequest", "screen", "history"];
for (const name of names) Object.defineProperty(globalThis, name, { value: window[name], configurable: true, writable: true });
Object.assign(globalThis, { window, self: window, fetch });
window.fetch = fetch;
(async () => {
  const amplitude = require("@amplitude/analytics-browser");
  const options = { serverUrl: "https://events.example", flushIntervalMillis: 10, autocapture: false, fetchRemoteConfig: false, logLevel: 0 };
  await amplitude.init("key", options).promise;
  amplitude.track("visitor looks");
  amplitude.setUserId("c-0213");
  await amplitude.flush().promise;
  amplitude.track("last click");
  amplitude.reset();
  await amplitude.flush().promise;
  amplitude.setUserId("c-0213");
  await amplitude.track("last click, waited for").promise;
  amplitude.reset();
  for (let i = 0; i < 100 && arrived.length < 3; i++) await new Promise((wake) => setTimeout(wake, 50));
  const found = Object.fromEntries(arrived.map((event) => [event.event_type, event.user_id ?? "none"]));
  const expected = { "visitor looks": "c-0213", "last click": "none", "last click, waited for": "c-0213" };
  for (const [name, user] of Object.entries(found)) console.log(`${name.padEnd(23)} user_id: ${user}`);
  const changed = JSON.stringify(found) !== JSON.stringify(expected);
  if (changed) console.log("the behaviour has changed");
  process.exit(changed ? 1 : 0);
})();
JAVASCRIPT
# Seen on 2026-11-29:
#   visitor looks           user_id: c-0213
#   last click              user_id: none
#   last click, waited for  user_id: c-0213
