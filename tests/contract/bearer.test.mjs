// Protocol §13: bearer tokens in place of cookies.

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

test("the raw token of the answer", async () => assert.equal(await who(as(ann.token)), email));
test("the signed token of the header", async () => assert.equal(await who(as(ann.signed)), email));
test("the signed token, percent-encoded", async () => assert.equal(await who(as(encodeURIComponent(ann.signed))), email));
for (const scheme of ["bearer", "BEARER", "bEaReR"])
  test(`the scheme as ${scheme}`, async () => assert.equal(await who(as(ann.token, scheme)), email));

test("the header's token is the cookie's value, decoded", () => {
  const cookie = ann.answer.line("better-auth.session_token").split("; ")[0].slice("better-auth.session_token=".length);
  assert.equal(ann.signed, decodeURIComponent(cookie));
  assert.equal(ann.signed.slice(0, ann.signed.lastIndexOf(".")), ann.token);
});

test("a bearer token goes before a cookie", async () => {
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
  test(`${name} is nobody`, async () => {
    const answer = await get("/get-session", headers());
    assert.equal(answer.status, 200);
    assert.equal(answer.text, "null");
  });
}
for (const [name, headers] of [
  ["a forged signature", () => as(forged())],
  ["another scheme", () => ({ authorization: `Basic ${bob.token}` })],
]) {
  test(`${name} leaves the cookie in force`, async () => {
    assert.equal(await who({ ...headers(), cookie: ann.cookie.cookie }), email);
  });
}

test("a raw token that is known no more takes the cookies back", async () => {
  const bye = await session(email);
  await post("/sign-out", {}, bye.bearer);
  const answer = await get("/get-session", bye.bearer);
  assert.equal(answer.text, "null");
  assert.equal(answer.setCookies.length, 3);
});

test("set-auth-token comes with every new session cookie", async () => {
  const changed = await post(
    "/change-password",
    { currentPassword: password, newPassword: "another battery", revokeOtherSessions: true },
    (await session(await account())).bearer,
  );
  for (const answer of [ann.answer, changed]) {
    assert.ok(answer.setCookies.length);
    assert.ok(answer.headers["set-auth-token"].startsWith(answer.json.token));
  }
});

test("set-auth-token comes with a cookie that is sent again", async () => {
  const answer = await post("/update-user", { name: "Ann" }, ann.cookie);
  assert.ok(answer.setCookies.length);
  assert.equal(answer.headers["set-auth-token"], ann.signed);
});

test("set-auth-token does not come without a cookie", async () => {
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

test("the client, with the token that it keeps itself", async () => {
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
