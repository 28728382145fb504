// docs/frontend.md: the official client for Expo, without a browser's headers.

import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";

import { createAuthClient } from "better-auth/client";

import { advanceClock, account, googleUser, newAddress, nextMail, password, tokenIn } from "../support.mjs";
import * as device from "./device.mjs";
import { snippet } from "./page.mjs";

const SESSION = "better-auth.session_token";
let expo, client, url;
before(async () => {
  expo = await snippet("expo");
  ({ appClient: client } = expo);
  ({ GATEHOUSE: url } = await snippet("auth"));
});
beforeEach(() => {
  device.stored.clear();
  device.opened.length = 0;
  device.user.sub = null;
  device.browser.cookies.clear();
});

/** Sign in with a password; the address. */
async function signedIn() {
  const email = await account();
  assert.equal((await client.signIn.email({ email, password })).error, null);
  return email;
}

/** A client of another app. */
async function clientOf(scheme) {
  const { expoClient } = await import("@better-auth/expo/client");
  return createAuthClient({ baseURL: url, plugins: [expoClient({ scheme, storagePrefix: scheme, storage: device })] });
}

const cookies = () => JSON.parse(device.stored.get("myapp_cookie") ?? "{}");
const isSignedIn = async () => (await client.getSession()).data !== null;

test("a user signs up, verifies in the app and signs in", async () => {
  const email = newAddress();
  assert.equal((await client.signUp.email({ email, password, name: "Ann" })).data.token, null);
  assert.equal((await client.verifyEmail({ query: { token: tokenIn(await nextMail(email)) } })).error, null);
  assert.equal((await client.signIn.email({ email, password })).error, null);
  assert.equal((await client.getSession()).data.user.email, email);
  assert.ok(new Date(cookies()[SESSION].expires) > new Date());
});

test("every call of a signed-in user works", async () => {
  await signedIn();
  assert.equal((await client.updateUser({ name: "Bea" })).error, null);
  assert.equal((await client.getSession()).data.user.name, "Bea");
  assert.equal((await client.listSessions()).data.length, 1);
  assert.equal((await client.listAccounts()).data.length, 1);
  assert.equal((await client.revokeOtherSessions()).error, null);
  const changed = { currentPassword: password, newPassword: "another battery" };
  assert.equal((await client.changePassword(changed)).error, null);
  assert.equal((await client.changeEmail({ newEmail: newAddress() })).error, null);
  advanceClock(25); // deletions are limited, and another file may have had one
  assert.equal((await client.deleteUser({ password: "another battery" })).error, null);
  assert.equal(await isSignedIn(), false);
});

test("the session survives the app's restart, and tasks accept it", async () => {
  const email = await signedIn();
  const again = await clientOf("myapp"); // reads the same storage
  assert.equal((await again.getSession()).data.user.email, email);
  const body = JSON.stringify({ title: "Buy milk" });
  const headers = { "content-type": "application/json" };
  assert.equal((await expo.withSession("/api/tasks", { method: "POST", body, headers })).status, 201);
  assert.equal((await expo.withSession("/api/tasks")).status, 200);
});

test("sign-out ends the session and empties the storage", async () => {
  await signedIn();
  const cookie = await client.getCookie();
  assert.equal((await client.signOut()).data.success, true);
  assert.deepEqual(cookies(), {});
  const response = await fetch(`${url}/api/auth/get-session`, { headers: { cookie } });
  assert.equal(await response.json(), null);
});

test("the provider's page leads back to the app, signed in; the browser is not", async () => {
  const { sub, email } = await googleUser();
  device.user.sub = sub;
  assert.equal(await expo.byProvider("google"), true);
  assert.equal((await client.getSession()).data.user.email, email);
  assert.deepEqual(device.opened.map(({ link, status }) => [link, status]), [["myapp://home", 302]]);
  assert.equal(device.browser.cookies.has(SESSION), false);
  assert.equal((await client.updateUser({ name: "Gus" })).error, null);
  assert.equal((await client.signOut()).error, null);
  assert.equal(await isSignedIn(), false);
});

test("signing in twice in one browser works", async () => {
  const { sub } = await googleUser();
  device.user.sub = sub;
  for (const _ of [1, 2]) {
    assert.equal(await expo.byProvider("google"), true);
    await client.signOut();
  }
});

test("whoever refuses at the provider is not signed in", async () => {
  assert.equal(await expo.byProvider("google"), false);
  assert.deepEqual(device.opened.map(({ status }) => status), [302]);
});

test("an account is linked by its user", async () => {
  const email = await signedIn();
  const { sub } = await googleUser({ email });
  device.user.sub = sub;
  assert.equal((await expo.link("google")).error, null);
  const accounts = (await client.listAccounts()).data;
  assert.deepEqual(accounts.map(({ providerId }) => providerId), ["credential", "google"]);
  assert.equal((await client.getSession()).data.user.email, email);
});

test("an ID token of the provider's SDK needs no browser and no origin", async () => {
  const { error } = await client.signIn.social({ provider: "google", idToken: { token: "garbage" } });
  assert.equal(error.code, "INVALID_TOKEN");
  assert.deepEqual(device.opened, []);
});

test("an app that is not trusted is refused", async () => {
  const evil = await clientOf("evilapp");
  const email = await account();
  assert.equal((await evil.signIn.email({ email, password })).error.code, "INVALID_ORIGIN");
  const social = await evil.signIn.social({ provider: "google", callbackURL: "evilapp://home" });
  assert.deepEqual([social.error.status, social.error.code], [403, "INVALID_ORIGIN"]);
  await signedIn();
  device.stored.set("evilapp_cookie", device.stored.get("myapp_cookie")); // as if it had the session
  assert.equal((await evil.updateUser({ name: "Eve" })).error.code, "INVALID_ORIGIN");
  assert.equal(await isSignedIn(), true);
});
