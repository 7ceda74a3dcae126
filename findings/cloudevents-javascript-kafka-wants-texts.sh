#!/bin/sh
# cloudevents 10.0.0 (JavaScript), Kafka.toEvent: Kafka clients hand headers and keys over as buffers, for they are bytes. The binding for Kafka
# reads them as texts: with buffers it ends in "startsWith is not a function", no error of its own. If only `content-type` is made a text, there
# is no error: id, source and type of the event are buffers, so no two ids are equal, and a set of ids that were seen drops nothing.
#
# A guess would be that the binding takes what kafkajs gives, or refuses it by name. The value may be a buffer.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund cloudevents@10.0.0 kafkajs@2.2.4
cat >read.js <<'JAVASCRIPT'
const { Kafka } = require("cloudevents");
const Decoder = require("kafkajs/src/protocol/decoder");
const Encoder = require("kafkajs/src/protocol/encoder");
const encodeHeader = require("kafkajs/src/protocol/recordBatch/header/v0");
const decodeHeader = require("kafkajs/src/protocol/recordBatch/header/v0/decoder");

const said = {
  ce_specversion: "1.0",
  ce_id: "o-17",
  ce_source: "/shop",
  ce_type: "purchase.completed",
  "content-type": "application/json",
};
// Headers as kafkajs reads them from a broker's bytes.
const asRead = Object.fromEntries(
  Object.entries(said).map(([key, value]) => {
    const { key: name, value: bytes } = decodeHeader(new Decoder(encodeHeader({ key, value }).buffer));
    return [name, bytes];
  }),
);
const read = (headers) => {
  try {
    return Kafka.toEvent({ headers, key: Buffer.from("c-1"), value: Buffer.from('{"amount":"29.90"}') });
  } catch (error) {
    return { id: `${error.constructor.name}: ${error.message}` };
  }
};
const half = { ...asRead, "content-type": "application/json" };
const found = {
  "as kafkajs reads them": read(asRead).id,
  "content-type as text": Buffer.isBuffer(read(half).id) ? "a buffer" : read(half).id,
  "two reads are one id": new Set([read(half).id, read({ ...half, ce_id: Buffer.from(half.ce_id) }).id]).size === 1,
  "all as texts": read(said).id,
};
console.log(`cloudevents 10.0.0, kafkajs 2.2.4, Node ${process.versions.node}`);
for (const [name, result] of Object.entries(found)) console.log(name.padEnd(24), result);
const expected = ["TypeError: contentType.startsWith is not a function", "a buffer", false, "o-17"];
process.exit(JSON.stringify(Object.values(found)) === JSON.stringify(expected) ? 0 : 1);
JAVASCRIPT
node read.js
# Seen on 2026-11-29:
#   cloudevents 10.0.0, kafkajs 2.2.4, Node 20.20.2
#   as kafkajs reads them    TypeError: contentType.startsWith is not a function
#   content-type as text     a buffer
#   two reads are one id     false
#   all as texts             o-17
