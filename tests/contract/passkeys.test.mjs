// Passkeys, with the official plugin and a software authenticator in place of the browser's.

import assert from "node:assert/strict";
import test from "node:test";

import { passkeyClient } from "@better-auth/passkey/client";
import { createAuthClient } from "better-auth/client";

import { Authenticator } from "./authenticator.mjs";
import { bearer, Browser, get, isValid, mailsTo, nextMail, post, signedIn, until, url } from "./support.mjs";

const ROW = [
  "aaguid", "backedUp", "counter", "createdAt", "credentialID", "deviceType", "id", "lastUsedAt", "name", "publicKey", "transports", "userId",
];
const refusal = ({ data, error }) => (assert.equal(data, null), [error.status, error.code]);
const clientOf = (browser) => createAuthClient({ baseURL: url, plugins: [passkeyClient()], fetchOptions: { customFetchImpl: browser.fetch } });

/** A signed-in user with an authenticator. */
async function person() {
  const { browser, email, user, token } = await signedIn();
  return { browser, email, user, token, client: clientOf(browser), authenticator: new Authenticator().plugIn() };
}

test("a passkey is added, listed, renamed and deleted", async () => {
  const { client, user, email } = await person();
  const { data, error } = await client.passkey.addPasskey({ name: "Phone" });
  assert.equal(error, null);
  assert.deepEqual(Object.keys(data).sort(), ROW);
  assert.deepEqual([data.name, data.userId, data.transports, data.deviceType, data.backedUp], ["Phone", user.id, "hybrid,internal", "multiDevice", true]);
  assert.ok(data.createdAt instanceof Date); // as the client parses it
  assert.deepEqual((await client.passkey.listUserPasskeys()).data, [data]);
  assert.deepEqual((await client.passkey.updatePasskey({ id: data.id, name: "Key" })).data, { passkey: { ...data, name: "Key" } });
  assert.deepEqual((await client.passkey.deletePasskey({ id: data.id })).data, { status: true });
  assert.deepEqual((await client.passkey.listUserPasskeys()).data, []);
  assert.deepEqual(refusal(await client.passkey.deletePasskey({ id: data.id })), [404, "PASSKEY_NOT_FOUND"]);
  const removed = await until(async () => (await mailsTo(email)).find(({ subject }) => subject.includes("removed")));
  assert.match(removed.text, /passkey/);
});

test("a passkey signs in without an address", async () => {
  const { client, user, authenticator } = await person();
  await client.passkey.addPasskey({});
  const browser = new Browser();
  const other = clientOf(browser);
  const { data, error } = await other.signIn.passkey();
  assert.equal(error, null);
  assert.deepEqual(Object.keys(data).sort(), ["session", "user"]);
  assert.deepEqual([data.user.id, data.session.userId], [user.id, user.id]);
  assert.equal((await other.getSession()).data.session.id, data.session.id);
  assert.deepEqual(authenticator.asked.at(-1).allowCredentials ?? [], []);
  assert.equal((await other.passkey.listUserPasskeys()).data[0].counter, 1);
});

test("the response of the browser is returned where it is asked for", async () => {
  const { client } = await person();
  assert.equal((await client.passkey.addPasskey({ returnWebAuthnResponse: true })).webauthn.response.type, "public-key");
  assert.equal((await clientOf(new Browser()).signIn.passkey({ returnWebAuthnResponse: true })).webauthn.response.type, "public-key");
});

test("an authenticator that has a passkey makes no second one", async () => {
  const { client } = await person();
  await client.passkey.addPasskey({});
  assert.deepEqual(refusal(await client.passkey.addPasskey({})), [400, "ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED"]);
});

test("a user who cancels is told by the client", async () => {
  const { client, authenticator } = await person();
  authenticator.create = authenticator.get = async () => { throw new DOMException("no", "NotAllowedError"); };
  assert.equal((await client.passkey.addPasskey({})).error.status, 400);
  assert.equal((await clientOf(new Browser()).signIn.passkey()).error.status, 400);
  assert.deepEqual((await client.passkey.listUserPasskeys()).data, []);
});

test("a session is opened along with a passkey", async () => {
  const { client, token } = await person();
  const { data } = await client.passkey.addPasskey({ createSession: true });
  assert.ok(await isValid({ token: data.session.token }));
  assert.ok(await isValid({ token }));
  assert.equal((await client.getSession()).data.session.id, data.session.id);
});

test("a signed-in user shows one of their own passkeys, and gets no other session", async () => {
  const { client, token, authenticator } = await person();
  await client.passkey.addPasskey({});
  const { data } = await client.signIn.passkey();
  assert.equal(data.session.token, token);
  assert.equal(authenticator.asked.at(-1).allowCredentials.length, 1);
});

test("the last way to sign in stays", async () => {
  const { client } = await person();
  const { data } = await client.passkey.addPasskey({});
  assert.deepEqual((await client.unlinkAccount({ providerId: "credential" })).data, { status: true });
  assert.deepEqual(refusal(await client.passkey.deletePasskey({ id: data.id })), [400, "FAILED_TO_UNLINK_LAST_ACCOUNT"]);
});

test("an answer counts once, and for bearer clients without a cookie", async () => {
  const { client, authenticator } = await person();
  await client.passkey.addPasskey({});
  const options = (await get("/passkey/generate-authenticate-options")).json;
  const credential = await authenticator.get({ publicKey: { ...options, challenge: Buffer.from(options.challenge, "base64url") } });
  const parts = Object.entries(credential.response).map(([name, part]) => [name, Buffer.from(part).toString("base64url")]);
  const response = { id: credential.id, rawId: credential.id, type: "public-key", response: Object.fromEntries(parts) };
  const first = await post("/passkey/verify-authentication", { response });
  assert.equal(first.status, 200);
  const again = await post("/passkey/verify-authentication", { response });
  assert.deepEqual([again.status, again.code], [400, "CHALLENGE_NOT_FOUND"]);
  assert.equal((await get("/get-session", bearer(first.json.session.token))).json.user.id, first.json.user.id);
});

test("who is not signed in has no passkeys", async () => {
  for (const path of ["generate-register-options", "list-user-passkeys"]) assert.equal((await get(`/passkey/${path}`)).status, 401);
  for (const path of ["verify-registration", "delete-passkey", "update-passkey"]) assert.equal((await post(`/passkey/${path}`, {})).status, 401);
});

test("the owner is told of a new passkey", async () => {
  const { client, email } = await person();
  const seen = (await mailsTo(email)).length;
  await client.passkey.addPasskey({});
  assert.match((await nextMail(email, seen)).subject, /sign-in method was added/);
});
