// Protocol §§5, 9, 10, 14: what happens as time goes by. The clock of the service is moved; lifetimes are thousands of seconds.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";

import { bearer, get, later, newAddress, nextMail, password, post, session, tokenIn } from "./support.mjs";

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

  test("a session in use is renewed: same token, later end, cookie and header again", async () => {
    const one = await joined();
    const first = (await current(one, "?disableRefresh=true")).json.session;
    later(2100);
    const answer = await current(one);
    const renewed = answer.json.session;
    assert.ok(renewed.expiresAt > first.expiresAt, `${renewed.expiresAt} after ${first.expiresAt}`);
    assert.ok(renewed.updatedAt > first.updatedAt);
    assert.equal(renewed.token, first.token);
    assert.equal(renewed.createdAt, first.createdAt);
    const [pair, maxAge] = answer.line(SESSION).split("; ");
    assert.ok(one.cookie.cookie.includes(pair));
    assert.match(maxAge, /^Max-Age=(4999|5000)$/);
    assert.ok(answer.headers["set-auth-token"].startsWith(one.token));
  });

  for (const query of ["?disableRefresh=true", "?disableRefresh=false", "?disableRefresh=0"]) {
    test(`${query} renews nothing, for any text is true`, async () => {
      const one = await joined();
      const first = (await current(one, "?disableRefresh=1")).json.session;
      later(2100);
      const answer = await current(one, query);
      assert.equal(answer.json.session.expiresAt, first.expiresAt);
      assert.deepEqual(answer.setCookies, []);
    });
  }

  test("a session that is not to be remembered is never renewed", async () => {
    const one = await joined({ rememberMe: false });
    const first = (await current(one)).json.session;
    later(2100);
    const answer = await current(one);
    assert.equal(answer.json.session.expiresAt, first.expiresAt);
    assert.deepEqual(answer.setCookies, []);
  });

  test("a session that nobody uses ends: null, and the cookies cleared", async () => {
    const one = await joined();
    later(5200);
    const answer = await current(one);
    assert.equal(answer.status, 200);
    assert.equal(answer.text, "null");
    assert.equal(answer.setCookies.length, 3);
    assert.ok(answer.setCookies.every((line) => line.includes("Max-Age=0")));
    assert.equal((await get("/list-accounts", one.bearer)).status, 401);
  });

  test("a session is fresh for a while only: list-sessions is 403 then", async () => {
    const one = await joined();
    assert.equal((await get("/list-sessions", one.bearer)).status, 200);
    later(2100);
    const answer = await get("/list-sessions", one.bearer);
    assert.equal(answer.status, 403);
    assert.equal(answer.code, "SESSION_NOT_FRESH");
  });

  test("using a session does not make it fresh, giving the password does", async () => {
    const one = await joined();
    later(2100);
    await current(one);
    assert.equal((await get("/list-sessions", one.bearer)).code, "SESSION_NOT_FRESH");
    assert.equal((await post("/verify-password", { password }, one.bearer)).status, 200);
    assert.equal((await get("/list-sessions", one.bearer)).status, 200);
  });

  test("deleting the user takes a password once the session is no longer fresh", async () => {
    const one = await joined();
    later(2100);
    const answer = await post("/delete-user", {}, one.bearer);
    assert.equal(answer.status, 400);
    assert.equal(answer.code, "SESSION_EXPIRED");
    assert.equal((await post("/delete-user", { password }, one.bearer)).status, 200);
  });

  test("the alias lists sessions however old the password is", async () => {
    const one = await joined();
    later(2100);
    assert.equal((await get("/sessions", one.bearer)).status, 200);
  });

  test("an access token ends, and its session goes on", async () => {
    const one = await joined();
    const { access_token, expires_in } = (await post("/login", { email: one.email, password })).json;
    assert.equal(expires_in, 2000);
    later(2100);
    const answer = await get("/api/tasks", bearer(access_token));
    assert.equal(answer.status, 401);
    assert.equal(answer.code, "TOKEN_EXPIRED");
    assert.match(answer.headers["www-authenticate"], /error="invalid_token"/);
    assert.equal((await get("/get-session", bearer(access_token))).text, "null");
  });

  test("a refresh token outlives its access token", async () => {
    const { refresh_token } = (await post("/login", { email: ann.email, password })).json;
    later(2100);
    const { status, json } = await post("/refresh", { refresh_token });
    assert.equal(status, 200);
    assert.equal((await get("/api/tasks", bearer(json.access_token))).status, 200);
  });

  test("a refresh token ends with its session", async () => {
    const { refresh_token } = (await post("/login", { email: ann.email, password })).json;
    later(5200);
    const answer = await post("/refresh", { refresh_token });
    assert.deepEqual([answer.status, answer.code], [401, "TOKEN_EXPIRED"]);
  });

  test("a verification link ends: 401 TOKEN_EXPIRED, or a redirect that says so", async () => {
    const one = await joined();
    await post("/send-verification-email", { email: one.email });
    const token = tokenIn(await nextMail(one.email));
    later(1100);
    const answer = await get(`/verify-email?token=${token}`);
    assert.deepEqual([answer.status, answer.code], [401, "TOKEN_EXPIRED"]);
    assert.equal((await get(`/verify-email?token=${token}&callbackURL=/w`)).location, "/w?error=TOKEN_EXPIRED");
    assert.deepEqual((await post("/verify-email", { token })).code, "TOKEN_EXPIRED");
  });

  test("a link that changes the address ends", async () => {
    const one = await joined();
    const newEmail = newAddress();
    await post("/change-email", { newEmail }, one.bearer);
    const token = tokenIn(await nextMail(newEmail));
    later(1100);
    assert.equal((await get(`/verify-email?token=${token}`)).code, "TOKEN_EXPIRED");
    assert.equal((await session(one.email)).user.email, one.email);
  });

  test("a reset link ends: a redirect with INVALID_TOKEN, and 400 TOKEN_EXPIRED", async () => {
    const one = await joined();
    await post("/request-password-reset", { email: one.email });
    const token = tokenIn(await nextMail(one.email));
    later(1100);
    assert.match((await get(`/reset-password/${token}?callbackURL=/r`)).location, /\/r\?error=INVALID_TOKEN$/);
    const answer = await post("/reset-password", { newPassword: "another battery", token });
    assert.equal(answer.status, 400);
    assert.equal(answer.code, "TOKEN_EXPIRED");
  });
});
