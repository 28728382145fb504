// docs/frontend.md: server-side rendering. Every get-session renews here, so that there is a cookie to forward.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { account, advanceClock, newSession, session } from "../support.mjs";
import { HOME, snippet } from "./page.mjs";

let server, ann;
const asked = (headers = {}) => new Request(`${HOME}/`, { headers });
before(async () => {
  server = await snippet("server");
  ann = await newSession();
});

test("the browser's cookie is forwarded, and the renewed one returned", async () => {
  advanceClock(1); // an end is a whole second
  const response = await server.page(asked({ cookie: ann.cookie.cookie, host: "localhost:5173" }));
  assert.equal(await response.text(), `Hello, ${ann.user.name}.`);
  assert.ok(response.headers.getSetCookie().some((line) => line.startsWith("better-auth.session_token=")));
});

test("a request without a session is redirected to sign-in, and an invalid cookie cleared", async () => {
  const dead = await newSession();
  await server.clientFor(asked({ cookie: dead.cookie.cookie, origin: HOME })).client.signOut();
  const response = await server.page(asked({ cookie: dead.cookie.cookie }));
  assert.equal(response.status, 302);
  assert.ok(response.headers.getSetCookie().length);
  assert.ok(response.headers.getSetCookie().every((line) => line.includes("Max-Age=0")));
  assert.equal((await server.page(asked())).headers.get("location"), "/sign-in");
});

test("two concurrent requests have their own sessions", async () => {
  const bob = await session(await account("Bob"));
  const responses = await Promise.all([ann, bob, ann].map(({ cookie: { cookie } }) => server.page(asked({ cookie }))));
  assert.deepEqual(await Promise.all(responses.map((response) => response.text())), ["Hello, Ann.", "Hello, Bob.", "Hello, Ann."]);
});

test("without a way to set cookies, none is renewed", async () => {
  const { client, setCookies } = server.clientFor(asked({ cookie: ann.cookie.cookie }));
  assert.equal((await client.getSession({ query: { disableRefresh: true } })).data.user.email, ann.email);
  assert.deepEqual(setCookies, []);
});

test("the service checks a form's origin", async () => {
  const change = async (headers) =>
    (await server.clientFor(asked({ cookie: ann.cookie.cookie, ...headers })).client.updateUser({ name: "Ann" })).error?.code;
  assert.equal(await change({ origin: HOME }), undefined);
  assert.equal(await change({ origin: "https://evil.example" }), "INVALID_ORIGIN");
  assert.equal(await change({}), "MISSING_OR_NULL_ORIGIN");
});

test("an unavailable service does not sign out", async () => {
  globalThis.fetch = async () => Response.json({ code: "SERVICE_UNAVAILABLE" }, { status: 503 });
  assert.equal((await server.page(asked({ cookie: ann.cookie.cookie }))).status, 503);
});
