// Protocol §9: verification that signs in.

import assert from "node:assert/strict";
import test from "node:test";

import { Browser, get, newAddress, nextMail, origin, password, post, tokenIn } from "./support.mjs";

/** A sign-up, the token in its mail, and the cookie of its browser: no other is signed in. */
async function waiting() {
  const email = newAddress();
  const { cookie } = await post("/sign-up/email", { email, password, name: "Ann" });
  return { email, token: tokenIn(await nextMail(email)), same: { cookie, origin } };
}

test("the first verification sets a session cookie, with the usual response", async () => {
  const { email, token, same } = await waiting();
  const response = await get(`/verify-email?token=${token}`, same);
  assert.deepEqual(response.json, { status: true, user: null });
  assert.match(response.setCookies[0], /^__Secure-better-auth\.session_token=.+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  assert.equal((await get("/get-session", { cookie: response.cookie })).json.user.email, email);
});

test("the second verification sets none", async () => {
  const { token, same } = await waiting();
  await get(`/verify-email?token=${token}`, same);
  const again = await get(`/verify-email?token=${token}`, same);
  assert.equal(again.status, 200);
  assert.deepEqual(again.setCookies, []);
});

test("a redirect sets the cookie, too", async () => {
  const { token, same } = await waiting();
  const response = await get(`/verify-email?token=${token}&callbackURL=/account`, same);
  assert.equal(response.status, 302);
  assert.equal(response.location, "/account");
  assert.ok(response.line("__Secure-better-auth.session_token"));
});

test("the page's POST signs in, too", async () => {
  const { email, token, same } = await waiting();
  const response = await post("/verify-email", { token }, same);
  assert.equal((await get("/get-session", { cookie: response.cookie })).json.user.email, email);
});

test("the client is signed in by its call", async () => {
  const { client } = new Browser();
  const email = newAddress();
  await client.signUp.email({ email, password, name: "Ann" });
  await client.verifyEmail({ query: { token: tokenIn(await nextMail(email)) } });
  assert.equal((await client.getSession()).data.user.email, email);
});

test("another browser is not signed in", async () => {
  const { token } = await waiting();
  const response = await get(`/verify-email?token=${token}`);
  assert.equal(response.status, 200);
  assert.equal(response.line("__Secure-better-auth.session_token"), undefined);
});
