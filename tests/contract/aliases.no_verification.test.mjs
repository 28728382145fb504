// The aliases where sign-up also signs in.

import assert from "node:assert/strict";
import test from "node:test";

import { bearer, get, isValid, newAddress, password, post } from "./support.mjs";

test("POST signup: 201 with user, session and token, and the cookie", async () => {
  const { status, json, setCookies } = await post("/signup", { email: newAddress(), password, name: "Ann" });
  assert.equal(status, 201);
  assert.deepEqual(Object.keys(json.session).sort(), ["expiresAt", "token"]);
  assert.equal(json.session.token, json.token);
  assert.ok(setCookies[0].startsWith("better-auth.session_token="));
  assert.ok(await isValid(json));
});

test("POST register: 201 with access and refresh token, and the cookie", async () => {
  const { status, json, setCookies } = await post("/register", { email: newAddress(), password, name: "Ann" });
  assert.equal(status, 201);
  assert.deepEqual(Object.keys(json).sort(), ["access_token", "expires_in", "refresh_token", "token_type", "user"]);
  assert.equal((await get("/api/tasks", bearer(json.access_token))).status, 200);
  assert.ok(setCookies[0].startsWith("better-auth.session_token="));
});

for (const path of ["/signup", "/register"]) {
  test(`POST ${path.slice(1)} of a taken address is 422`, async () => {
    const sent = { email: newAddress(), password };
    await post(path, sent);
    const again = await post(path, sent);
    assert.deepEqual([again.status, again.code], [422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"]);
  });
}
