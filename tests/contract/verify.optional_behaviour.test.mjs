// Protocol §9: verification that signs in.

import assert from "node:assert/strict";
import test from "node:test";

import { Browser, get, newAddress, nextMail, password, post, tokenIn } from "./support.mjs";

async function waiting() {
  const email = newAddress();
  await post("/sign-up/email", { email, password, name: "Ann" });
  return { email, token: tokenIn(await nextMail(email)) };
}

test("the first verification sets a session cookie, with the usual response", async () => {
  const { email, token } = await waiting();
  const response = await get(`/verify-email?token=${token}`);
  assert.deepEqual(response.json, { status: true, user: null });
  assert.match(response.setCookies[0], /^__Secure-better-auth\.session_token=.+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  assert.equal((await get("/get-session", { cookie: response.cookie })).json.user.email, email);
});

test("the second verification sets none", async () => {
  const { token } = await waiting();
  await get(`/verify-email?token=${token}`);
  const again = await get(`/verify-email?token=${token}`);
  assert.equal(again.status, 200);
  assert.deepEqual(again.setCookies, []);
});

test("a redirect sets the cookie, too", async () => {
  const { token } = await waiting();
  const response = await get(`/verify-email?token=${token}&callbackURL=/welcome`);
  assert.equal(response.status, 302);
  assert.equal(response.location, "/welcome");
  assert.equal(response.setCookies.length, 1);
});

test("the page's POST signs in, too", async () => {
  const { email, token } = await waiting();
  const response = await post("/verify-email", { token });
  assert.equal((await get("/get-session", { cookie: response.cookie })).json.user.email, email);
});

test("the client is signed in by its call", async () => {
  const { client } = new Browser();
  const { email, token } = await waiting();
  await client.verifyEmail({ query: { token } });
  assert.equal((await client.getSession()).data.user.email, email);
});
