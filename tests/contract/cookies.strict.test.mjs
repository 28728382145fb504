// Protocol §4: cookies with every attribute: for frontends on other sites, by https alone, for a whole domain.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { get, newAddress, password, post } from "./support.mjs";

const ATTRIBUTES = ["Domain=localhost", "Path=/", "HttpOnly", "Secure", "SameSite=None", "Partitioned"];
const SESSION = "__Secure-better-auth.session_token";
let email, answer;
before(async () => {
  email = newAddress();
  answer = await post("/sign-up/email", { email, password, name: "Ann" });
});

test("the whole name has the prefix, and the attributes their order", () => {
  const [, maxAge, ...attributes] = answer.line(SESSION).split("; ");
  assert.match(maxAge, /^Max-Age=\d+$/);
  assert.deepEqual(attributes, ATTRIBUTES);
});

test("clearing takes the same names and attributes", async () => {
  const { setCookies } = await post("/sign-out", {});
  const names = ["session_token", "session_data", "dont_remember"];
  assert.deepEqual(setCookies, names.map((name) => `__Secure-better-auth.${name}=; Max-Age=0; ${ATTRIBUTES.join("; ")}`));
});

test("the prefixed name alone is read", async () => {
  const pair = answer.line(SESSION).split("; ")[0];
  assert.equal((await get("/get-session", { cookie: pair })).json.user.email, email);
  assert.equal((await get("/get-session", { cookie: pair.replace("__Secure-", "") })).text, "null");
});

test("signing in marks the device, with a cookie of its own", () => {
  assert.ok(answer.setCookies.some((line) => line.startsWith("__Secure-gatehouse.device=")));
});
