// Protocol §7: rate limits. Sign-in is limited to ten in ten minutes here; each function has its own counters.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { Browser, get, advanceClock, newAddress, password, post, url } from "./support.mjs";

const WINDOW = 600;
const bad = { email: "no address", password };

let ann, bob;
const signUp = () => post("/sign-up/email", { email: newAddress(), password, name: "Ann" });
before(async () => {
  [ann, bob] = [await signUp(), await signUp()];
});

/** Call until one is rejected, and return that response. */
async function exhaust(ask, limit = 20) {
  for (let calls = 0; calls < limit; calls += 1) {
    const response = await ask();
    if (response.status === 429) return Object.assign(response, { calls });
  }
  throw new Error(`${limit} calls, and none refused`);
}

test("after ten sign-ins the eleventh is rejected with retry-after", async () => {
  const response = await exhaust(() => post("/sign-in/email", bad));
  assert.equal(response.calls, 10);
  assert.equal(response.json.message, "Too many requests. Please try again later.");
  assert.match(response.headers["content-type"], /^application\/json/);
  assert.match(response.headers["x-retry-after"], /^\d+$/);
  assert.ok(Number(response.headers["x-retry-after"]) >= 1 && Number(response.headers["x-retry-after"]) <= WINDOW);
  assert.equal(response.headers["retry-after"], response.headers["x-retry-after"]);
});

test("aliases share the counter, other functions have their own", async () => {
  for (const path of ["/signin", "/login"]) assert.equal((await post(path, bad)).status, 429);
  assert.notEqual((await post("/sign-up/email", bad)).status, 429);
});

test("the client shows the error", async () => {
  const { data, error } = await new Browser().client.signIn.email({ email: newAddress(), password });
  assert.equal(data, null);
  assert.equal(error.status, 429);
  assert.equal(error.message, "Too many requests. Please try again later.");
});

test("a header cannot change the caller's address", async () => {
  assert.equal((await post("/sign-in/email", bad, { "true-client-ip": "203.0.113.1" })).status, 429);
});

test("the window ends, also after rejected calls", async () => {
  advanceClock(WINDOW);
  assert.equal((await post("/sign-in/email", bad)).status, 400);
});

test("after too many failures an account accepts only known devices", async () => {
  const { email } = ann.json.user;
  const device = ann.setCookies.find((line) => line.includes("gatehouse.device=")).split("; ")[0];
  const known = { origin: url, cookie: device };
  for (let calls = 0; calls < 2; calls += 1)
    assert.equal((await post("/sign-in/email", { email, password: "not this one" })).status, 401);

  const stranger = await post("/sign-in/email", { email, password });
  assert.equal(stranger.status, 429);
  assert.ok(Number(stranger.headers["x-retry-after"]) > 800);
  assert.equal((await post("/sign-in/email", { email, password }, known)).status, 200);
});

test("on a known device a wrong password is an ordinary error", async () => {
  const { email } = ann.json.user;
  const cookie = ann.setCookies.find((line) => line.includes("gatehouse.device=")).split("; ")[0];
  const response = await post("/sign-in/email", { email, password: "not this one" }, { origin: url, cookie });
  assert.deepEqual([response.status, response.code], [401, "INVALID_EMAIL_OR_PASSWORD"]);
});

test("sign-up, change-password and change-email have limits, too", async () => {
  const headers = { authorization: `Bearer ${bob.json.token}` };
  for (const path of ["/sign-up/email", "/change-password", "/change-email"]) {
    const response = await exhaust(() => post(path, {}, headers));
    assert.ok(response.calls <= 10, path);
    assert.equal(response.json.message, "Too many requests. Please try again later.");
  }
});

for (const path of ["/request-password-reset", "/send-verification-email"]) {
  test(`${path} is limited to three in a minute`, async () => {
    const response = await exhaust(() => post(path, { email: newAddress() }));
    assert.equal(response.calls, 3);
    assert.ok(Number(response.headers["x-retry-after"]) > 40);
  });
}

test("cheap endpoints have no limit", async () => {
  for (let calls = 0; calls < 30; calls += 1) assert.equal((await get("/get-session")).status, 200);
});

test("successful responses have no rate limit headers", async () => {
  const { headers } = await get("/get-session");
  assert.deepEqual(Object.keys(headers).filter((name) => name.includes("retry") || name.includes("ratelimit")), []);
});

test("an unknown address is locked in the same way", async () => {
  const sent = { email: newAddress(), password };
  const statuses = [];
  for (let calls = 0; calls < 3; calls += 1) statuses.push((await post("/sign-in/email", sent)).status);
  assert.deepEqual(statuses, [401, 401, 429]);
});
