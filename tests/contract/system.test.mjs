// Protocol §8: ok and the error page; and the health of the service.

import assert from "node:assert/strict";
import test from "node:test";

import { call, get, milliseconds } from "./support.mjs";

test("ok says ok", async () => {
  const answer = await get("/ok");
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json, { ok: true });
});

test("health says that the database answers, and no more", async () => {
  const answer = await call("GET", "/health");
  const { status, database, timestamp, ...more } = await answer.json();
  assert.equal(answer.status, 200);
  assert.deepEqual([status, database, more], ["ok", "connected", {}]);
  assert.match(timestamp, milliseconds);
});

for (const code of ["INVALID_TOKEN", "state_mismatch", "email-not-found"]) {
  test(`an error leads to the page that explains ${code}`, async () => {
    const answer = await get(`/error?error=${code}&error_description=More`);
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.location, `/error?error=${code}`);
  });
}

for (const code of ["", "<script>alert(1)</script>", "a b", "%22onload%3D", "a".repeat(500)]) {
  test(`what is no code is UNKNOWN: ${JSON.stringify(code.slice(0, 30))}`, async () => {
    const answer = await get(`/error?error=${encodeURIComponent(code)}`);
    assert.equal(answer.headers.location, "/error?error=UNKNOWN");
  });
}

test("an error needs no code", async () => {
  assert.equal((await get("/error")).headers.location, "/error?error=UNKNOWN");
});

test("the error page runs no script", async () => {
  assert.match((await get("/error?error=X")).headers["content-security-policy"], /default-src 'none'/);
});
