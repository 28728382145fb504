// Protocol §4: cookies with every attribute: SameSite=None, Secure, Domain.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { get, newAddress, password, post } from "./support.mjs";

const ATTRIBUTES = ["Domain=localhost", "Path=/", "HttpOnly", "Secure", "SameSite=None", "Partitioned"];
const SESSION = "__Secure-better-auth.session_token";
let email, response;
before(async () => {
  email = newAddress();
  response = await post("/sign-up/email", { email, password, name: "Ann" });
});

test("the name has the prefix, and the attributes are in order", () => {
  const [, maxAge, ...attributes] = response.line(SESSION).split("; ");
  assert.match(maxAge, /^Max-Age=\d+$/);
  assert.deepEqual(attributes, ATTRIBUTES);
});

test("clearing uses the same names and attributes", async () => {
  const { setCookies } = await post("/sign-out", {});
  const names = ["session_token", "session_data", "dont_remember"];
  assert.deepEqual(setCookies, names.map((name) => `__Secure-better-auth.${name}=; Max-Age=0; ${ATTRIBUTES.join("; ")}`));
});

test("only the prefixed name is read", async () => {
  const pair = response.line(SESSION).split("; ")[0];
  assert.equal((await get("/get-session", { cookie: pair })).json.user.email, email);
  assert.equal((await get("/get-session", { cookie: pair.replace("__Secure-", "") })).text, "null");
});

test("sign-in sets a device cookie", () => {
  assert.ok(response.setCookies.some((line) => line.startsWith("__Secure-gatehouse.device=")));
});
