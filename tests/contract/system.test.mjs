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
  test(`the error page shows ${code}`, async () => {
    const answer = await get(`/error?error=${code}&error_description=More`);
    assert.equal(answer.status, 200);
    assert.match(answer.headers["content-type"], /^text\/html/);
    assert.ok(answer.text.includes(code));
  });
}

for (const code of ["", "<script>alert(1)</script>", "a b", "%22onload%3D", "a".repeat(500)]) {
  test(`the error page shows UNKNOWN for ${JSON.stringify(code.slice(0, 30))}`, async () => {
    const answer = await get(`/error?error=${encodeURIComponent(code)}`);
    assert.equal(answer.status, 200);
    assert.ok(answer.text.includes("UNKNOWN"));
    assert.ok(!answer.text.includes("<script"));
  });
}

test("the error page needs no code", async () => {
  assert.ok((await get("/error")).text.includes("UNKNOWN"));
});

test("the error page runs no script", async () => {
  assert.match((await get("/error?error=X")).headers["content-security-policy"], /default-src 'none'/);
});
