// Protocol §13: bearer tokens instead of cookies.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { createAuthClient } from "better-auth/client";

import { account, get, newAddress, password, post, session, url } from "./support.mjs";

let email, ann, bob;
before(async () => {
  email = await account();
  ann = await session(email);
  bob = await session(await account("Bob"));
});
const who = async (headers) => (await get("/get-session", headers)).json?.user.email;
const as = (token, scheme = "Bearer") => ({ authorization: `${scheme} ${token}` });
const forged = () => `${ann.token}.${"A".repeat(43)}=`;

test("the raw token of the response", async () => assert.equal(await who(as(ann.token)), email));
test("the signed token of the header", async () => assert.equal(await who(as(ann.signed)), email));
test("the signed token, percent-encoded", async () => assert.equal(await who(as(encodeURIComponent(ann.signed))), email));
for (const scheme of ["bearer", "BEARER", "bEaReR"])
  test(`the scheme as ${scheme}`, async () => assert.equal(await who(as(ann.token, scheme)), email));

test("the header's token is the cookie's value, decoded", () => {
  const cookie = ann.response.line("better-auth.session_token").split("; ")[0].slice("better-auth.session_token=".length);
  assert.equal(ann.signed, decodeURIComponent(cookie));
  assert.equal(ann.signed.slice(0, ann.signed.lastIndexOf(".")), ann.token);
});

test("a bearer token takes precedence over a cookie", async () => {
  assert.equal(await who({ ...as(bob.token), cookie: ann.cookie.cookie }), bob.email);
  assert.equal(await who({ ...as(bob.signed), cookie: ann.cookie.cookie }), bob.email);
});

for (const [name, headers] of [
  ["a forged signature", () => as(forged())],
  ["a short signature", () => as(`${ann.token}.AAAA`)],
  ["nothing", () => ({ authorization: "Bearer" })],
  ["another scheme", () => ({ authorization: `Basic ${ann.token}` })],
  ["nonsense", () => as("nonsense")],
]) {
  test(`${name} is anonymous`, async () => {
    const response = await get("/get-session", headers());
    assert.equal(response.status, 200);
    assert.equal(response.text, "null");
  });
}
for (const [name, headers] of [
  ["a forged signature", () => as(forged())],
  ["another scheme", () => ({ authorization: `Basic ${bob.token}` })],
]) {
  test(`${name} does not override the cookie`, async () => {
    assert.equal(await who({ ...headers(), cookie: ann.cookie.cookie }), email);
  });
}

test("an unknown raw token clears the cookies", async () => {
  const bye = await session(email);
  await post("/sign-out", {}, bye.bearer);
  const response = await get("/get-session", bye.bearer);
  assert.equal(response.text, "null");
  assert.equal(response.setCookies.length, 3);
});

test("every new session cookie comes with set-auth-token", async () => {
  const changed = await post(
    "/change-password",
    { currentPassword: password, newPassword: "another battery", revokeOtherSessions: true },
    (await session(await account())).bearer,
  );
  for (const response of [ann.response, changed]) {
    assert.ok(response.setCookies.length);
    assert.ok(response.headers["set-auth-token"].startsWith(response.json.token));
  }
});

test("a renewed cookie comes with set-auth-token", async () => {
  const response = await post("/update-user", { name: "Ann" }, ann.cookie);
  assert.ok(response.setCookies.length);
  assert.equal(response.headers["set-auth-token"], ann.signed);
});

test("there is no set-auth-token without a session cookie", async () => {
  assert.equal((await get("/get-session", ann.bearer)).headers["set-auth-token"], undefined);
  assert.equal((await post("/sign-up/email", { email: newAddress(), password, name: "A" })).headers["set-auth-token"], undefined);
});

for (const [method, ask] of [
  ["list-sessions", () => get("/list-sessions", as(ann.signed))],
  ["list-accounts", () => get("/list-accounts", as(ann.signed))],
  ["update-user", () => post("/update-user", { name: "Ann" }, as(ann.signed))],
  ["tasks", () => get("/api/tasks", as(ann.signed))],
]) {
  test(`the signed token works at ${method}`, async () => assert.equal((await ask()).status, 200));
}

test("the client with a token that it stores itself", async () => {
  let kept;
  const client = createAuthClient({
    baseURL: url,
    fetchOptions: {
      headers: { origin: url },
      auth: { type: "Bearer", token: () => kept },
      onSuccess: ({ response }) => {
        kept = response.headers.get("set-auth-token") ?? kept;
      },
    },
  });
  await client.signIn.email({ email, password });
  assert.ok(kept.includes("."));
  assert.equal((await client.getSession()).data.user.email, email);
  assert.deepEqual((await client.updateUser({ name: "Ann" })).data, { status: true });
  assert.deepEqual((await client.signOut()).data, { success: true });
  assert.equal((await client.getSession()).data, null);
});
