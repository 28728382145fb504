// Protocol §14: access tokens for other services, and their public keys.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";

import { Browser, account, bearer, get, isValid, milliseconds, newSession, post, session, signedIn, url } from "./support.mjs";

const remote = createRemoteJWKSet(new URL(`${url}/api/auth/jwks`));
const expected = { issuer: url, audience: url, algorithms: ["EdDSA"] };
let ann, jwt;
before(async () => {
  ann = await session(await account());
  jwt = (await get("/token", ann.bearer)).json.token;
});

test("the keys are public Ed25519 keys without private parts", async () => {
  const { status, json } = await get("/jwks");
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(json), ["keys"]);
  for (const key of json.keys) {
    assert.deepEqual(Object.keys(key).sort(), ["alg", "crv", "kid", "kty", "x"]);
    assert.deepEqual([key.alg, key.crv, key.kty], ["EdDSA", "Ed25519", "OKP"]);
  }
});

test("the client fetches the keys", async () => {
  const { data, error } = await new Browser().client.jwks();
  assert.equal(error, null);
  await jwtVerify(jwt, createLocalJWKSet(data), expected);
});

test("jose verifies the token with them", async () => {
  const { payload } = await jwtVerify(jwt, remote, expected);
  assert.equal(payload.sub, ann.user.id);
});

test("its header is alg and kid, and no typ", async () => {
  const header = decodeProtectedHeader(jwt);
  assert.deepEqual(Object.keys(header).sort(), ["alg", "kid"]);
  assert.ok((await get("/jwks")).json.keys.some((key) => key.kid === header.kid));
});

test("its claims are the user's fields, times, issuer and audience", () => {
  const { iat, exp, iss, aud, sub, sid, ...user } = decodeJwt(jwt);
  assert.deepEqual(user, ann.user);
  assert.match(user.createdAt, milliseconds);
  assert.equal(exp - iat, 900);
  assert.equal(iss, url);
  assert.equal(aud, url);
  assert.equal(sub, ann.user.id);
  assert.ok(sid);
});

test("the client requests one", async () => {
  const { client } = await signedIn();
  const { data } = await client.token();
  await jwtVerify(data.token, remote, expected);
});

test("get-session sends one in a header", async () => {
  const { headers, json } = await get("/get-session", ann.cookie);
  const { payload } = await jwtVerify(headers["set-auth-jwt"], remote, expected);
  assert.equal(payload.sub, json.user.id);
  assert.equal(payload.sid, json.session.id);
});

test("get-session without a session sends none", async () => {
  assert.equal((await get("/get-session")).headers["set-auth-jwt"], undefined);
});

test("it is a credential here, too, with the session's id as token", async () => {
  const { session: own, user } = (await get("/get-session", bearer(jwt))).json;
  assert.equal(user.id, ann.user.id);
  assert.equal(own.token, own.id);
  assert.equal((await get("/api/tasks", bearer(jwt))).status, 200);
});

test("it is invalid after its session", async () => {
  const one = await newSession();
  const token = (await get("/token", one.bearer)).json.token;
  assert.ok(await isValid({ token }));
  await post("/sign-out", {}, one.bearer);
  assert.equal(await isValid({ token }), false);
  assert.equal((await get("/api/tasks", bearer(token))).status, 401);
});

for (const [name, spoiled] of [
  ["another user in it", () => jwt.replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...decodeJwt(jwt), email: "x" })).toString("base64url")}.`)],
  ["no signature", () => jwt.replace(/[^.]+$/, "")],
  ["alg none", () => jwt.replace(/^[^.]+/, Buffer.from('{"alg":"none"}').toString("base64url")).replace(/[^.]+$/, "")],
  ["HS256 by the public key", () => jwt.replace(/^[^.]+/, Buffer.from('{"alg":"HS256"}').toString("base64url"))],
]) {
  test(`a token with ${name} is anonymous`, async () => {
    assert.equal((await get("/api/tasks", bearer(spoiled()))).status, 401);
    assert.equal((await get("/get-session", bearer(spoiled()))).text, "null");
  });
}
