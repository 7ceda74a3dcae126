#!/bin/sh
# @shopify/shopify-app-remix 6.0.1 (with @shopify/shopify-api 15.0.0) reads the body of a webhook by JSON.parse: `payload.id` is rounded beyond
# 2^53, and two orders have one number. Ids in the examples of Shopify's own payload reference have 18 digits. The text beside it,
# `admin_graphql_api_id`, is as it was sent. The topic has another name, too: "orders/paid" is ORDERS_PAID.
#
# A guess would be that the vendor's package hands over its own ids as they are. A relay that puts `payload` on a topic joins two customers.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-fund --no-audit --no-save --legacy-peer-deps \
    @shopify/shopify-app-remix@6.0.1 @shopify/shopify-api@15.0.0 @remix-run/node@2.17.5 @remix-run/react@2.17.5 react@18.3.1 react-dom@18.3.1
cat > read.mjs <<'JAVASCRIPT'
import { createHmac } from "node:crypto";
import "@shopify/shopify-app-remix/adapters/node";
import { shopifyApp } from "@shopify/shopify-app-remix/server";

const nothing = {
  storeSession: async () => true,
  loadSession: async () => undefined,
  deleteSession: async () => true,
  deleteSessions: async () => true,
  findSessionsByShop: async () => [],
};
const app = shopifyApp({
  apiKey: "key",
  apiSecretKey: "secret",
  appUrl: "https://app.example",
  scopes: [],
  sessionStorage: nothing,
  apiVersion: "2026-07",
  logger: { log: () => {} },
});

async function received(id) {
  const body = `{"id": ${id}, "admin_graphql_api_id": "gid://shopify/Order/${id}"}`;
  const headers = {
    "X-Shopify-Topic": "orders/paid",
    "X-Shopify-Shop-Domain": "tea.myshopify.com",
    "X-Shopify-API-Version": "2026-07",
    "X-Shopify-Webhook-Id": `delivery-${id}`,
    "X-Shopify-Hmac-Sha256": createHmac("sha256", "secret").update(body).digest("base64"),
  };
  const request = new Request("https://app.example/webhooks", { method: "POST", body, headers });
  const { payload, topic } = await app.authenticate.webhook(request);
  console.log(`sent ${id}: id ${payload.id}, text ${payload.admin_graphql_api_id}, topic ${topic}`);
  return [String(payload.id), payload.admin_graphql_api_id, topic];
}

const [one, two] = [await received("9007199254740992"), await received("9007199254740993")];
const expected = one[0] === two[0] && one[1] !== two[1] && one[2] === "ORDERS_PAID";
console.log(expected ? "two orders have one number" : "the behaviour has changed");
process.exit(expected ? 0 : 1);
JAVASCRIPT
node read.mjs
# Seen on 2026-11-29:
#   sent 9007199254740992: id 9007199254740992, text gid://shopify/Order/9007199254740992, topic ORDERS_PAID
#   sent 9007199254740993: id 9007199254740992, text gid://shopify/Order/9007199254740993, topic ORDERS_PAID
#   two orders have one number
