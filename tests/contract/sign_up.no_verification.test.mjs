// Protocol §8: sign-up without verification creates a session.

import assert from "node:assert/strict";
import test from "node:test";

import { Browser, get, allMailsDelivered, mailsTo, newAddress, password, post } from "./support.mjs";

const signUp = (more) => post("/sign-up/email", { email: newAddress(), password, name: "Ann", ...more });

test("the response has a valid token and cookies", async () => {
  const { json, setCookies, headers } = await signUp();
  assert.deepEqual(Object.keys(json).sort(), ["token", "user"]);
  assert.ok(setCookies[0].startsWith("better-auth.session_token="));
  assert.ok(headers["set-auth-token"].startsWith(json.token));
  const found = (await get("/get-session", { authorization: `Bearer ${json.token}` })).json;
  assert.deepEqual(found.user, json.user);
});

test("the client is signed in", async () => {
  const { client } = new Browser();
  const { data, error } = await client.signUp.email({ email: newAddress(), password, name: "Ann" });
  assert.equal(error, null);
  assert.equal((await client.getSession()).data.user.id, data.user.id);
});

test("a taken address is an error", async () => {
  const email = newAddress();
  await signUp({ email });
  const again = await signUp({ email: email.toUpperCase() });
  assert.equal(again.status, 422);
  assert.equal(again.code, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
  assert.equal(again.json.message, "User already exists. Use another email.");
  assert.deepEqual(again.setCookies, []);
});

test("of many concurrent sign-ups with one address, one succeeds", async () => {
  const email = newAddress();
  const responses = await Promise.all(Array.from({ length: 4 }, () => signUp({ email })));
  assert.deepEqual(responses.map(({ status }) => status).sort(), [200, 422, 422, 422]);
});

test("rememberMe is accepted", async () => {
  const { setCookies } = await signUp({ rememberMe: false });
  assert.ok(!setCookies.join().includes("Max-Age"));
  assert.ok(setCookies.some((line) => line.startsWith("better-auth.dont_remember=true.")));
});

test("no mail is sent", async () => {
  const email = newAddress();
  await signUp({ email });
  await allMailsDelivered();
  assert.deepEqual(await mailsTo(email), []);
});

test("an unverified user signs in", async () => {
  const email = newAddress();
  await signUp({ email });
  const { json } = await post("/sign-in/email", { email, password });
  assert.equal(json.user.emailVerified, false);
});

test("an unverified user may request a verification mail", async () => {
  const { json } = await signUp();
  const asked = await post("/send-verification-email", { email: json.user.email }, { authorization: `Bearer ${json.token}` });
  assert.deepEqual(asked.json, { status: true });
});
