// docs/frontend.md: the refresh loop. Tokens expire after 55 seconds here, so each is immediately due for refresh by default.

import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";

import { account, advanceClock, password } from "../support.mjs";
import { HOME, openTabs, Page, snippet } from "./page.mjs";

const TASKS = "/api/tasks";
let stored, page, tab, other, url, email;
const ended = [];
const kept = () => JSON.parse(stored.get("gatehouse.tokens"));
const pretend = (change) => stored.set("gatehouse.tokens", JSON.stringify({ ...kept(), ...change }));
const lasting = () => pretend({ until: Date.now() + 900_000 });
const ask = async (from = tab) => (await from.authorized(url + TASKS)).status;
const refreshes = () => page.calls.filter((call) => call.startsWith("POST /api/auth/refresh"));

before(async () => {
  stored = openTabs();
  page = new Page(HOME).show();
  ({ GATEHOUSE: url } = await snippet("auth"));
  [tab, other] = [await snippet("jwt"), await snippet("jwt", "other")];
  tab.onSignedOut(() => ended.push("tab"));
  other.onSignedOut(() => ended.push("other"));
  email = await account();
});
beforeEach(async () => {
  await tab.signIn(email, password);
  Object.assign(page, { calls: [], plans: [] });
  ended.length = 0;
});

test("a valid token is used unchanged", async () => {
  lasting();
  assert.equal(await ask(), 200);
  assert.deepEqual(page.calls, ["GET /api/tasks 200"]);
  assert.equal(page.jar.size, 0);
});

test("a token about to expire is refreshed before the call", async () => {
  assert.equal(await ask(), 200);
  assert.deepEqual(page.calls, ["POST /api/auth/refresh 200", "GET /api/tasks 200"]);
});

test("an expired token is refreshed, and the call is repeated with its body", async () => {
  lasting();
  advanceClock(55);
  const body = JSON.stringify({ title: "Twice sent" });
  const response = await tab.authorized(url + TASKS, { method: "POST", headers: { "content-type": "application/json" }, body });
  assert.equal((await response.json()).title, "Twice sent");
  assert.deepEqual(page.calls, ["POST /api/tasks 401", "POST /api/auth/refresh 200", "POST /api/tasks 201"]);
});

test("a call is repeated only once", async () => {
  lasting();
  page.respond(TASKS, 401);
  page.respond(TASKS, 401);
  assert.equal(await ask(), 401);
  assert.deepEqual(page.calls, ["GET /api/tasks 401", "POST /api/auth/refresh 200", "GET /api/tasks 401"]);
});

test("many calls in two tabs cause one refresh", async () => {
  lasting();
  for (let call = 0; call < 6; call += 1) page.respond(TASKS, 401);
  assert.deepEqual(await Promise.all([tab, tab, tab, other, other, other].map(ask)), [200, 200, 200, 200, 200, 200]);
  assert.equal(refreshes().length, 1);
});

test("a lost response is requested again, and is the same", async () => {
  page.lose("/refresh");
  assert.equal(await ask(), 200);
  assert.deepEqual(refreshes(), ["POST /api/auth/refresh 200", "POST /api/auth/refresh 200"]);
});

test("an unavailable service does not sign out", async () => {
  page.respond("/refresh", 503);
  assert.equal(await ask(), 200);
  assert.deepEqual(ended, []);
});

test("an ended session leads to sign-in in every tab", async () => {
  const headers = { authorization: `Bearer ${kept().access}` };
  await page.fetch(`${url}/api/auth/sign-out`, { method: "POST", headers });
  lasting();
  await assert.rejects(ask(), tab.SignedOut);
  assert.deepEqual(new Set(ended), new Set(["tab", "other"]));
  assert.equal(stored.size, 0);
  await assert.rejects(ask(), tab.SignedOut);
});

test("an old used refresh token ends the session", async () => {
  const { refresh } = kept();
  await ask();
  await ask();
  pretend({ refresh });
  await assert.rejects(ask(), tab.SignedOut);
  assert.equal(stored.size, 0);
});

test("sign-out removes all tokens, and they are invalid", async () => {
  const { access, refresh } = kept();
  await tab.signOut();
  assert.equal(stored.size, 0);
  assert.ok(ended.includes("other"));
  const again = await page.fetch(url + TASKS, { headers: { authorization: `Bearer ${access}` } });
  assert.equal(again.status, 401);
  const headers = { "content-type": "application/json" };
  const more = await page.fetch(`${url}/api/auth/refresh`, { method: "POST", headers, body: JSON.stringify({ refresh_token: refresh }) });
  assert.equal(more.status, 401);
});

test("sign-out removes all tokens even without a network", async () => {
  page.lose("/sign-out");
  await assert.rejects(tab.signOut(), TypeError);
  assert.equal(stored.size, 0);
});

test("a call during sign-out stores no token", async () => {
  const calls = Promise.allSettled([ask(), tab.signOut(), ask(other)]);
  await calls;
  assert.equal(stored.size, 0);
});

test("a wrong password is an error with its code", async () => {
  await assert.rejects(tab.signIn(email, "something else"), /INVALID_EMAIL_OR_PASSWORD/);
});

test("tasks with a JWT have types, too", async () => {
  const { byJwt } = await snippet("tokens");
  assert.equal((await byJwt.POST("/api/tasks", { body: { title: "Buy oats" } })).data.title, "Buy oats");
});
