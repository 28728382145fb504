// docs/frontend.md: when something is refused. Mails are limited to one in 25 seconds here; whoever waits, moves the service's clock.

import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";

import { later, newAddress } from "../support.mjs";
import { Page, snippet } from "./page.mjs";

const { setTimeout } = globalThis;
globalThis.setTimeout = (wake, milliseconds, ...rest) => {
  const isPatience = milliseconds >= 1000 && milliseconds <= 30_000;
  if (isPatience) later(milliseconds / 1000);
  return setTimeout(wake, isPatience ? 0 : milliseconds, ...rest);
};

let page, errors, auth;
before(async () => {
  page = new Page().show();
  [errors, auth] = [await snippet("errors"), await snippet("auth")];
});
beforeEach(() => (page.calls.length = 0));
const statuses = () => page.calls.map((call) => Number(call.split(" ").at(-1)));
const mail = (send) => {
  const body = JSON.stringify({ email: newAddress() });
  return send(`${auth.GATEHOUSE}/api/auth/request-password-reset`, { method: "POST", headers: { "content-type": "application/json" }, body });
};

test("429 is waited for as long as it says", async () => {
  await mail(errors.patient);
  const refused = await mail(page.fetch);
  assert.equal(refused.status, 429);
  assert.match(refused.headers.get("retry-after"), /^(1?\d|2[0-5])$/);
  assert.equal((await mail(errors.patient)).status, 200);
});

test("503 is asked again", async () => {
  page.answer("/ok", 503);
  assert.equal((await errors.patient(`${auth.GATEHOUSE}/api/auth/ok`)).status, 200);
  assert.deepEqual(statuses(), [503, 200]);
});

test("who is to wait for long is told so instead", async () => {
  page.answer("/ok", 429, { "retry-after": "300" });
  assert.equal((await errors.patient(`${auth.GATEHOUSE}/api/auth/ok`)).status, 429);
});

test("better-auth's errors are put in words", async () => {
  const { error } = await auth.authClient.signIn.email({ email: newAddress(), password: "something else" });
  assert.equal(error.status, 401);
  assert.equal(errors.inWords(error), "The email address or the password is wrong.");
});

test("an error that nobody foresaw comes with its number", async () => {
  const { api } = await snippet("tasks");
  const { error, response } = await api.GET("/api/tasks");
  assert.deepEqual([response.status, error.code], [401, "MISSING_TOKEN"]);
  assert.equal(errors.inWords(error), `${error.message} (${error.requestId})`);
  assert.equal(response.headers.get("x-correlation-id"), error.requestId);
  assert.equal(errors.inWords({ message: "Not Found" }), "Not Found (no number)");
});

test("the fields that are wrong are told", async () => {
  const { error } = await auth.authClient.signUp.email({ email: "nobody", password: "something else", name: "" });
  assert.equal(error.status, 400);
});
