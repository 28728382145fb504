// The aliases of replaced systems: each row of the table of aliases, with address verification.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { createRemoteJWKSet, jwtVerify } from "jose";

import { account, bearer, get, isValid, allMailsDelivered, mailsTo, milliseconds, newAddress, newSession, nextMail, password, post, send, session, tokenIn, url } from "./support.mjs";

const keys = createRemoteJWKSet(new URL(`${url}/api/auth/jwks`));
const USER = ["createdAt", "email", "emailVerified", "id", "image", "name", "twoFactorEnabled", "updatedAt"];
const fields = (body) => Object.keys(body).sort();
let email, ann;
before(async () => {
  email = await account();
  ann = await session(email);
});

test("POST signup: 201 with user, and neither session nor token yet", async () => {
  const { status, json, setCookies } = await post("/signup", { email: newAddress(), password, name: "Ann" });
  assert.equal(status, 201);
  assert.deepEqual(fields(json), ["session", "token", "user"]);
  assert.deepEqual([json.session, json.token], [null, null]);
  assert.deepEqual(fields(json.user), USER);
  assert.deepEqual(setCookies.map((line) => line.split("=")[0]), ["gatehouse.sign_up"]);
});

test("POST register: 201 with the user alone", async () => {
  const { status, json } = await post("/register", { email: newAddress(), password, name: "Ann" });
  assert.equal(status, 201);
  assert.deepEqual(fields(json), ["user"]);
});

for (const path of ["/signup", "/register"]) {
  test(`POST ${path.slice(1)} of a taken address gets the same response`, async () => {
    const { status, json } = await post(path, { email, password, name: "Eve" });
    assert.equal(status, 201);
    assert.deepEqual([json.user.email, json.user.name, json.user.emailVerified], [email, "Eve", false]);
  });

  test(`POST ${path.slice(1)} fails with the protocol's error`, async () => {
    assert.equal((await post(path, { email: newAddress(), password: "short" })).code, "PASSWORD_TOO_SHORT");
  });
}

test("POST signin: user, session and token, and the cookie", async () => {
  const { status, json, setCookies, headers } = await post("/signin", { email, password });
  assert.equal(status, 200);
  assert.deepEqual(fields(json), ["session", "token", "user"]);
  assert.deepEqual(fields(json.session), ["expiresAt", "token"]);
  assert.equal(json.session.token, json.token);
  assert.match(json.session.expiresAt, milliseconds);
  assert.equal(setCookies.length, 1);
  assert.ok(headers["set-auth-token"].startsWith(json.token));
  assert.ok(await isValid(json));
});

test("POST login: an access token and a refresh token that work", async () => {
  const { status, json, setCookies } = await post("/login", { email, password });
  assert.equal(status, 200);
  assert.deepEqual(fields(json), ["access_token", "expires_in", "refresh_token", "token_type", "user"]);
  assert.equal(json.token_type.toLowerCase(), "bearer");
  assert.equal(json.expires_in, 900);
  await jwtVerify(json.access_token, keys, { issuer: url, audience: url });
  assert.equal((await get("/api/tasks", bearer(json.access_token))).status, 200);
  assert.equal(setCookies.length, 1);
});

for (const path of ["/signin", "/login"]) {
  test(`POST ${path.slice(1)} fails with the protocol's error`, async () => {
    const response = await post(path, { email, password: "not this one" });
    assert.equal(response.status, 401);
    assert.equal(response.code, "INVALID_EMAIL_OR_PASSWORD");
  });
}

for (const path of ["/signout", "/logout"]) {
  test(`POST ${path.slice(1)}: success, and the session has ended`, async () => {
    const one = await session(email);
    const response = await post(path, {}, one.cookie);
    assert.deepEqual(response.json, { success: true });
    assert.equal(response.setCookies.length, 3);
    assert.equal(await isValid(one), false);
    assert.deepEqual((await send("POST", path)).json, { success: true });
  });
}

test("GET session: user and session, both null without one", async () => {
  const { json } = await get("/session", ann.bearer);
  assert.deepEqual(fields(json), ["session", "user"]);
  assert.equal(json.user.email, email);
  assert.equal(json.session.token, ann.token);
  assert.deepEqual((await get("/session")).json, { session: null, user: null });
});

test("GET me: the user, 401 without a session", async () => {
  const { json } = await get("/me", ann.cookie);
  assert.deepEqual(fields(json), ["user"]);
  assert.deepEqual(fields(json.user), USER);
  assert.equal((await get("/me")).status, 401);
});

test("POST verify-email: success, status and user", async () => {
  const address = newAddress();
  await post("/signup", { email: address, password });
  const { json } = await post("/verify-email", { token: tokenIn(await nextMail(address)) });
  assert.deepEqual(fields(json), ["status", "success", "user"]);
  assert.deepEqual([json.status, json.success, json.user.emailVerified], [true, true, true]);
});

test("POST resend-verification: success and status, and a mail if the address is unverified", async () => {
  const address = newAddress();
  await post("/signup", { email: address, password });
  await nextMail(address);
  for (const to of [address, newAddress()])
    assert.deepEqual((await post("/resend-verification", { email: to })).json, { success: true, status: true });
  await nextMail(address, 1);
});

for (const path of ["/forgot-password", "/forget-password"]) {
  test(`POST ${path.slice(1)}: the canonical body, and a mail`, async () => {
    const address = await account();
    const canonical = await post("/request-password-reset", { email: newAddress() });
    assert.deepEqual((await post(path, { email: address })).json, canonical.json);
    await nextMail(address, 1);
    assert.equal((await post(path, { email: address, redirectTo: "//evil.example" })).code, "INVALID_REDIRECT_URL");
  });
}

test("POST reset-password takes password for newPassword", async () => {
  const address = await account();
  await post("/forgot-password", { email: address });
  const token = tokenIn(await nextMail(address, 1));
  assert.equal((await post("/reset-password", { token, password: "another battery" })).status, 200);
  assert.equal((await post("/signin", { email: address, password: "another battery" })).status, 200);
});

test("GET sessions: an object with a list, with the current session marked", async () => {
  const one = await newSession();
  await session(one.email);
  const { sessions } = (await get("/sessions", one.bearer)).json;
  assert.deepEqual(sessions.map(({ isCurrent }) => isCurrent), [true, false]);
  assert.ok(!JSON.stringify(sessions).includes(one.token));
});

test("DELETE sessions/{id}: 200, 400 for the current one, 404 for another user's or an unknown one", async () => {
  const one = await newSession();
  const other = await session(one.email);
  const id = async (of) => (await get("/get-session", of.bearer)).json.session.id;
  const [mine, another, annas] = [await id(one), await id(other), await id(ann)];
  const remove = (sessionId) => send("DELETE", `/sessions/${sessionId}`, { headers: one.bearer });

  assert.deepEqual((await remove(another)).json, { success: true });
  assert.equal(await isValid(other), false);
  const current = await remove(mine);
  assert.deepEqual([current.status, current.code], [400, "CANNOT_REVOKE_CURRENT_SESSION"]);
  const [foreign, missing] = [await remove(annas), await remove(another)];
  assert.deepEqual([foreign.status, foreign.code, missing.status, missing.code], [404, "NOT_FOUND", 404, "NOT_FOUND"]);
  assert.equal(foreign.json.message, missing.json.message);
  assert.ok(await isValid(ann));
});

// -- refresh ------------------------------------------------------------------------

const login = async () => (await post("/login", { email, password })).json;
const refresh = (refresh_token) => post("/refresh", { refresh_token });

test("POST refresh: the next pair of tokens, for the same session", async () => {
  const first = await login();
  const { status, json } = await refresh(first.refresh_token);
  assert.equal(status, 200);
  assert.deepEqual(fields(json), ["access_token", "expires_in", "refresh_token", "token_type", "user"]);
  assert.notEqual(json.refresh_token, first.refresh_token);
  const of = async (pair) => (await get("/get-session", bearer(pair.access_token))).json.session.id;
  assert.equal(await of(json), await of(first));
  assert.equal((await refresh(json.refresh_token)).status, 200);
});

test("two concurrent refreshes get the same response", async () => {
  const { refresh_token } = await login();
  const [one, other] = await Promise.all([refresh(refresh_token), refresh(refresh_token)]);
  assert.equal(one.json.refresh_token, other.json.refresh_token);
});

test("an old refresh token ends the session", async () => {
  const first = await login();
  const second = (await refresh(first.refresh_token)).json;
  const third = (await refresh(second.refresh_token)).json;
  const reused = await refresh(first.refresh_token);
  assert.deepEqual([reused.status, reused.code], [401, "INVALID_TOKEN"]);
  assert.equal((await refresh(third.refresh_token)).status, 401);
  assert.equal((await get("/api/tasks", bearer(third.access_token))).status, 401);
});

test("a refresh token is not a credential, and no other token refreshes", async () => {
  const { refresh_token, access_token } = await login();
  assert.equal((await get("/api/tasks", bearer(refresh_token))).status, 401);
  for (const token of [access_token, ann.token, "nonsense", ""]) assert.equal((await refresh(token)).status, 401);
});

test("a rejected alias call sends no mail", async () => {
  const address = newAddress();
  await post("/register", { email: address, password: "short" });
  await allMailsDelivered();
  assert.deepEqual(await mailsTo(address), []);
});
