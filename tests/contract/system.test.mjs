// Protocol §8: ok and the error page; and the health of the service.

import assert from "node:assert/strict";
import test from "node:test";

import { call, get, milliseconds } from "./support.mjs";

test("ok says ok", async () => {
  const response = await get("/ok");
  assert.equal(response.status, 200);
  assert.deepEqual(response.json, { ok: true });
});

test("health checks the database, and returns no details", async () => {
  const response = await call("GET", "/health");
  const { status, database, timestamp, ...more } = await response.json();
  assert.equal(response.status, 200);
  assert.deepEqual([status, database, more], ["ok", "connected", {}]);
  assert.match(timestamp, milliseconds);
});

for (const code of ["INVALID_TOKEN", "state_mismatch", "email-not-found"]) {
  test(`an error redirects to the page about ${code}`, async () => {
    const response = await get(`/error?error=${code}&error_description=More`);
    assert.equal(response.status, 302);
    assert.equal(response.headers.location, `/error?error=${code}`);
  });
}

for (const code of ["", "<script>alert(1)</script>", "a b", "%22onload%3D", "a".repeat(500)]) {
  test(`an invalid code is UNKNOWN: ${JSON.stringify(code.slice(0, 30))}`, async () => {
    const response = await get(`/error?error=${encodeURIComponent(code)}`);
    assert.equal(response.headers.location, "/error?error=UNKNOWN");
  });
}

test("an error needs no code", async () => {
  assert.equal((await get("/error")).headers.location, "/error?error=UNKNOWN");
});

test("the error page runs no script", async () => {
  assert.match((await get("/error?error=X")).headers["content-security-policy"], /default-src 'none'/);
});
