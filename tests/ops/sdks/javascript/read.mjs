// Reads Kafka records, one JSON object a line, with the CloudEvents SDK's Kafka binding; writes the events.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Kafka } = createRequire(process.argv[2] + "/")("cloudevents");
const bytes = (text) => Buffer.from(text, "base64");

for await (const line of createInterface({ input: process.stdin })) {
  const one = JSON.parse(line);
  // Kafka clients hand headers over as buffers; this binding has to be given texts (findings/).
  const headers = Object.fromEntries(Object.entries(one.headers).map(([name, value]) => [name, bytes(value).toString()]));
  const event = Kafka.toEvent({ headers, key: bytes(one.key).toString(), value: bytes(one.value) });
  event.validate();
  const { id, source, type, subject, time, causationid: cause, datacontenttype: content, data } = event;
  console.log(JSON.stringify({ id, source, type, subject, time, cause, content, data }));
}
