// docs/frontend.md: errors. Mails are limited to one in 25 seconds here; waiting advances the service's clock.

import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";

import { advanceClock, newAddress } from "../support.mjs";
import { Page, snippet } from "./page.mjs";

const { setTimeout } = globalThis;
globalThis.setTimeout = (wake, milliseconds, ...rest) => {
  const isPatience = milliseconds >= 1000 && milliseconds <= 30_000;
  if (isPatience) advanceClock(milliseconds / 1000);
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

test("429 is retried after retry-after", async () => {
  await mail(errors.patient);
  const refused = await mail(page.fetch);
  assert.equal(refused.status, 429);
  assert.match(refused.headers.get("retry-after"), /^(1?\d|2[0-5])$/);
  assert.equal((await mail(errors.patient)).status, 200);
});

test("503 is retried", async () => {
  page.respond("/ok", 503);
  assert.equal((await errors.patient(`${auth.GATEHOUSE}/api/auth/ok`)).status, 200);
  assert.deepEqual(statuses(), [503, 200]);
});

test("a long retry-after is shown instead", async () => {
  page.respond("/ok", 429, { "retry-after": "300" });
  assert.equal((await errors.patient(`${auth.GATEHOUSE}/api/auth/ok`)).status, 429);
});

test("better-auth's errors become messages", async () => {
  const { error } = await auth.authClient.signIn.email({ email: newAddress(), password: "something else" });
  assert.equal(error.status, 401);
  assert.equal(errors.inWords(error), "The email address or the password is wrong.");
});

test("an unexpected error is shown with its request id", async () => {
  const { api } = await snippet("tasks");
  const { error, response } = await api.GET("/api/tasks");
  assert.deepEqual([response.status, error.code], [401, "MISSING_TOKEN"]);
  assert.equal(errors.inWords(error), `${error.message} (${error.requestId})`);
  assert.equal(response.headers.get("x-correlation-id"), error.requestId);
  assert.equal(errors.inWords({ message: "Not Found" }), "Not Found (no number)");
});

test("invalid fields are named", async () => {
  const { error } = await auth.authClient.signUp.email({ email: "nobody", password: "something else", name: "" });
  assert.equal(error.status, 400);
});
