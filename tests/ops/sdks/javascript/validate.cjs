// Reads an AsyncAPI document with the official parser; writes what it has to say, and what it has found.
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");

const { Parser } = createRequire(process.argv[2] + "/")("@asyncapi/parser");

(async () => {
  const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[3], "utf8"));
  const said = diagnostics.map((one) => ({ severity: one.severity, code: one.code, message: one.message, path: one.path }));
  const channels = document ? document.channels().all().map((one) => one.address()) : [];
  const examples = document ? document.messages().all().flatMap((one) => one.examples().all()).length : 0;
  console.log(JSON.stringify({ said, channels, examples }));
})();
