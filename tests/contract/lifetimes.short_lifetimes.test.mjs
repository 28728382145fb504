// Protocol §§5, 9, 10, 14: lifetimes. The tests advance the service's clock; lifetimes are thousands of seconds.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import { bearer, get, advanceClock, newAddress, nextMail, password, post, session, tokenIn } from "./support.mjs";

const SESSION = "better-auth.session_token";
const joined = async (more) => {
  const email = newAddress();
  const { json, cookie } = await post("/sign-up/email", { email, password, name: "Ann", ...more });
  return { email, token: json.token, bearer: bearer(json.token), cookie: { cookie, origin: process.env.GATEHOUSE_URL } };
};
const current = async (one, query = "") => get(`/get-session${query}`, one.cookie);

describe("as time goes by", () => {
  let ann;
  before(async () => {
    ann = await joined();
  });

  test("a used session is renewed: same token, advanceClock expiry, cookie and header again", async () => {
    const one = await joined();
    const first = (await current(one, "?disableRefresh=true")).json.session;
    advanceClock(2100);
    const response = await current(one);
    const renewed = response.json.session;
    assert.ok(renewed.expiresAt > first.expiresAt, `${renewed.expiresAt} after ${first.expiresAt}`);
    assert.ok(renewed.updatedAt > first.updatedAt);
    assert.equal(renewed.token, first.token);
    assert.equal(renewed.createdAt, first.createdAt);
    const [pair, maxAge] = response.line(SESSION).split("; ");
    assert.ok(one.cookie.cookie.includes(pair));
    assert.match(maxAge, /^Max-Age=(4999|5000)$/);
    assert.ok(response.headers["set-auth-token"].startsWith(one.token));
  });

  for (const query of ["?disableRefresh=true", "?disableRefresh=false", "?disableRefresh=0"]) {
    test(`${query} renews nothing, for any text is true`, async () => {
      const one = await joined();
      const first = (await current(one, "?disableRefresh=1")).json.session;
      advanceClock(2100);
      const response = await current(one, query);
      assert.equal(response.json.session.expiresAt, first.expiresAt);
      assert.deepEqual(response.setCookies, []);
    });
  }

  test("with dont_remember a session is never renewed", async () => {
    const one = await joined({ rememberMe: false });
    const first = (await current(one)).json.session;
    advanceClock(2100);
    const response = await current(one);
    assert.equal(response.json.session.expiresAt, first.expiresAt);
    assert.deepEqual(response.setCookies, []);
  });

  test("an unused session expires: null, and the cookies are cleared", async () => {
    const one = await joined();
    advanceClock(5200);
    const response = await current(one);
    assert.equal(response.status, 200);
    assert.equal(response.text, "null");
    assert.equal(response.setCookies.length, 3);
    assert.ok(response.setCookies.every((line) => line.includes("Max-Age=0")));
    assert.equal((await get("/list-accounts", one.bearer)).status, 401);
  });

  test("when a session is no longer fresh, list-sessions is 403", async () => {
    const one = await joined();
    assert.equal((await get("/list-sessions", one.bearer)).status, 200);
    advanceClock(2100);
    const response = await get("/list-sessions", one.bearer);
    assert.equal(response.status, 403);
    assert.equal(response.code, "SESSION_NOT_FRESH");
  });

  test("using a session does not make it fresh, verify-password does", async () => {
    const one = await joined();
    advanceClock(2100);
    await current(one);
    assert.equal((await get("/list-sessions", one.bearer)).code, "SESSION_NOT_FRESH");
    assert.equal((await post("/verify-password", { password }, one.bearer)).status, 200);
    assert.equal((await get("/list-sessions", one.bearer)).status, 200);
  });

  test("delete-user needs the password when the session is not fresh", async () => {
    const one = await joined();
    advanceClock(2100);
    const response = await post("/delete-user", {}, one.bearer);
    assert.equal(response.status, 400);
    assert.equal(response.code, "SESSION_EXPIRED");
    assert.equal((await post("/delete-user", { password }, one.bearer)).status, 200);
  });

  test("the alias lists sessions without freshness", async () => {
    const one = await joined();
    advanceClock(2100);
    assert.equal((await get("/sessions", one.bearer)).status, 200);
  });

  test("an access token expires before its session", async () => {
    const one = await joined();
    const { access_token, expires_in } = (await post("/login", { email: one.email, password })).json;
    assert.equal(expires_in, 2000);
    advanceClock(2100);
    const response = await get("/api/tasks", bearer(access_token));
    assert.equal(response.status, 401);
    assert.equal(response.code, "TOKEN_EXPIRED");
    assert.match(response.headers["www-authenticate"], /error="invalid_token"/);
    assert.equal((await get("/get-session", bearer(access_token))).text, "null");
  });

  test("a refresh token is valid after its access token", async () => {
    const { refresh_token } = (await post("/login", { email: ann.email, password })).json;
    advanceClock(2100);
    const { status, json } = await post("/refresh", { refresh_token });
    assert.equal(status, 200);
    assert.equal((await get("/api/tasks", bearer(json.access_token))).status, 200);
  });

  test("a refresh token expires with its session", async () => {
    const { refresh_token } = (await post("/login", { email: ann.email, password })).json;
    advanceClock(5200);
    const response = await post("/refresh", { refresh_token });
    assert.deepEqual([response.status, response.code], [401, "TOKEN_EXPIRED"]);
  });

  test("a verification link expires: 401 TOKEN_EXPIRED, or a redirect with it", async () => {
    const one = await joined();
    await post("/send-verification-email", { email: one.email });
    const token = tokenIn(await nextMail(one.email));
    advanceClock(1100);
    const response = await get(`/verify-email?token=${token}`);
    assert.deepEqual([response.status, response.code], [401, "TOKEN_EXPIRED"]);
    assert.equal((await get(`/verify-email?token=${token}&callbackURL=/tasks`)).location, "/tasks?error=TOKEN_EXPIRED");
    assert.deepEqual((await post("/verify-email", { token })).code, "TOKEN_EXPIRED");
  });

  test("a link that changes the address expires", async () => {
    const one = await joined();
    const newEmail = newAddress();
    await post("/change-email", { newEmail }, one.bearer);
    const token = tokenIn(await nextMail(newEmail));
    advanceClock(1100);
    assert.equal((await get(`/verify-email?token=${token}`)).code, "TOKEN_EXPIRED");
    assert.equal((await session(one.email)).user.email, one.email);
  });

  test("a reset link expires: a redirect with INVALID_TOKEN, and 400 TOKEN_EXPIRED", async () => {
    const one = await joined();
    await post("/request-password-reset", { email: one.email });
    const token = tokenIn(await nextMail(one.email));
    advanceClock(1100);
    assert.match((await get(`/reset-password/${token}?callbackURL=/tasks`)).location, /\/tasks\?error=INVALID_TOKEN$/);
    const response = await post("/reset-password", { newPassword: "another battery", token });
    assert.equal(response.status, 400);
    assert.equal(response.code, "TOKEN_EXPIRED");
  });
});
