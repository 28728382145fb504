// docs/frontend.md: the refresh loop. Tokens live 55 seconds here, so each is due as soon as it is there, unless said otherwise.

import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";

import { account, later, password } from "../support.mjs";
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

test("a token with time left is used as it is", async () => {
  lasting();
  assert.equal(await ask(), 200);
  assert.deepEqual(page.calls, ["GET /api/tasks 200"]);
  assert.equal(page.jar.size, 0);
});

test("one that is about to end is replaced before the call", async () => {
  assert.equal(await ask(), 200);
  assert.deepEqual(page.calls, ["POST /api/auth/refresh 200", "GET /api/tasks 200"]);
});

test("one that ended all the same is replaced, and the call made again, whole", async () => {
  lasting();
  later(55);
  const body = JSON.stringify({ title: "Twice sent" });
  const answer = await tab.authorized(url + TASKS, { method: "POST", headers: { "content-type": "application/json" }, body });
  assert.equal((await answer.json()).title, "Twice sent");
  assert.deepEqual(page.calls, ["POST /api/tasks 401", "POST /api/auth/refresh 200", "POST /api/tasks 201"]);
});

test("it is made again once and no more", async () => {
  lasting();
  page.answer(TASKS, 401);
  page.answer(TASKS, 401);
  assert.equal(await ask(), 401);
  assert.deepEqual(page.calls, ["GET /api/tasks 401", "POST /api/auth/refresh 200", "GET /api/tasks 401"]);
});

test("many calls in two tabs make one refresh", async () => {
  lasting();
  for (let call = 0; call < 6; call += 1) page.answer(TASKS, 401);
  assert.deepEqual(await Promise.all([tab, tab, tab, other, other, other].map(ask)), [200, 200, 200, 200, 200, 200]);
  assert.equal(refreshes().length, 1);
});

test("an answer that is lost is asked for again, and is the same", async () => {
  page.lose("/refresh");
  assert.equal(await ask(), 200);
  assert.deepEqual(refreshes(), ["POST /api/auth/refresh 200", "POST /api/auth/refresh 200"]);
});

test("a service that is away signs nobody out", async () => {
  page.answer("/refresh", 503);
  assert.equal(await ask(), 200);
  assert.deepEqual(ended, []);
});

test("a session that ended elsewhere leads to the way in, in every tab", async () => {
  const headers = { authorization: `Bearer ${kept().access}` };
  await page.fetch(`${url}/api/auth/sign-out`, { method: "POST", headers });
  lasting();
  await assert.rejects(ask(), tab.SignedOut);
  assert.deepEqual(new Set(ended), new Set(["tab", "other"]));
  assert.equal(stored.size, 0);
  await assert.rejects(ask(), tab.SignedOut);
});

test("a refresh token that was used long ago ends the session", async () => {
  const { refresh } = kept();
  await ask();
  await ask();
  pretend({ refresh });
  await assert.rejects(ask(), tab.SignedOut);
  assert.equal(stored.size, 0);
});

test("signing out clears everything, and the tokens are dead", async () => {
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

test("signing out clears everything even without a network", async () => {
  page.lose("/sign-out");
  await assert.rejects(tab.signOut(), TypeError);
  assert.equal(stored.size, 0);
});

test("a call on its way while somebody signs out brings no token back", async () => {
  const calls = Promise.allSettled([ask(), tab.signOut(), ask(other)]);
  await calls;
  assert.equal(stored.size, 0);
});

test("a wrong password is an error with its code", async () => {
  await assert.rejects(tab.signIn(email, "something else"), /INVALID_EMAIL_OR_PASSWORD/);
});

test("tasks by JWT have types, too", async () => {
  const { byJwt } = await snippet("tokens");
  assert.equal((await byJwt.POST("/api/tasks", { body: { title: "Buy oats" } })).data.title, "Buy oats");
});
