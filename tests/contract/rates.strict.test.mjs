// Protocol §7: too many calls. Sign-in is allowed ten times in ten minutes here; the counters are each function's own.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { Browser, get, later, newAddress, password, post, url } from "./support.mjs";

const WINDOW = 600;
const bad = { email: "no address", password };

let ann, bob;
const signUp = () => post("/sign-up/email", { email: newAddress(), password, name: "Ann" });
before(async () => {
  [ann, bob] = [await signUp(), await signUp()];
});

/** Calls until one is refused; the refusal. */
async function exhaust(ask, limit = 20) {
  for (let calls = 0; calls < limit; calls += 1) {
    const answer = await ask();
    if (answer.status === 429) return Object.assign(answer, { calls });
  }
  throw new Error(`${limit} calls, and none refused`);
}

test("after ten sign-ins the eleventh is refused, with the seconds to wait", async () => {
  const answer = await exhaust(() => post("/sign-in/email", bad));
  assert.equal(answer.calls, 10);
  assert.equal(answer.json.message, "Too many requests. Please try again later.");
  assert.match(answer.headers["content-type"], /^application\/json/);
  assert.match(answer.headers["x-retry-after"], /^\d+$/);
  assert.ok(Number(answer.headers["x-retry-after"]) >= 1 && Number(answer.headers["x-retry-after"]) <= WINDOW);
  assert.equal(answer.headers["retry-after"], answer.headers["x-retry-after"]);
});

test("aliases share the counter, other functions do not", async () => {
  for (const path of ["/signin", "/login"]) assert.equal((await post(path, bad)).status, 429);
  assert.notEqual((await post("/sign-up/email", bad)).status, 429);
});

test("the client shows the refusal", async () => {
  const { data, error } = await new Browser().client.signIn.email({ email: newAddress(), password });
  assert.equal(data, null);
  assert.equal(error.status, 429);
  assert.equal(error.message, "Too many requests. Please try again later.");
});

test("a header of the caller's does not make them somebody else", async () => {
  assert.equal((await post("/sign-in/email", bad, { "true-client-ip": "203.0.113.1" })).status, 429);
});

test("the window ends, whatever was refused in it", async () => {
  later(WINDOW);
  assert.equal((await post("/sign-in/email", bad)).status, 400);
});

test("after too many failures an account opens to devices that it knows", async () => {
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

test("on a device that it knows a wrong password is a wrong password", async () => {
  const { email } = ann.json.user;
  const cookie = ann.setCookies.find((line) => line.includes("gatehouse.device=")).split("; ")[0];
  const answer = await post("/sign-in/email", { email, password: "not this one" }, { origin: url, cookie });
  assert.deepEqual([answer.status, answer.code], [401, "INVALID_EMAIL_OR_PASSWORD"]);
});

test("sign-up, change-password and change-email are counted, too", async () => {
  const headers = { authorization: `Bearer ${bob.json.token}` };
  for (const path of ["/sign-up/email", "/change-password", "/change-email"]) {
    const answer = await exhaust(() => post(path, {}, headers));
    assert.ok(answer.calls <= 10, path);
    assert.equal(answer.json.message, "Too many requests. Please try again later.");
  }
});

for (const path of ["/request-password-reset", "/send-verification-email"]) {
  test(`${path} is allowed three times in a minute`, async () => {
    const answer = await exhaust(() => post(path, { email: newAddress() }));
    assert.equal(answer.calls, 3);
    assert.ok(Number(answer.headers["x-retry-after"]) > 40);
  });
}

test("what costs nothing is not counted", async () => {
  for (let calls = 0; calls < 30; calls += 1) assert.equal((await get("/get-session")).status, 200);
});

test("success tells nothing about limits", async () => {
  const { headers } = await get("/get-session");
  assert.deepEqual(Object.keys(headers).filter((name) => name.includes("retry") || name.includes("ratelimit")), []);
});

test("an address that nobody has is locked alike", async () => {
  const sent = { email: newAddress(), password };
  const statuses = [];
  for (let calls = 0; calls < 3; calls += 1) statuses.push((await post("/sign-in/email", sent)).status);
  assert.deepEqual(statuses, [401, 401, 429]);
});
