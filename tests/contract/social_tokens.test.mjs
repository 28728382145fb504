// Protocol §§8, 11: a provider's tokens: stored ones, and ID tokens from clients.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { decodeJwt } from "jose";

import { Browser, setGoogleClaims, bearer, get, googleUser, milliseconds, newAddress, post, signedIn, signedInByGoogle, url } from "./support.mjs";

const refusal = ({ data, error }) => (assert.equal(data, null), [error.status, error.code]);
const fields = (body) => Object.keys(body).sort();
let gus, accountId, ann, annas;
before(async () => {
  [gus, ann] = [await signedInByGoogle(googleUser({ picture: "https://example.com/gus.png" })), await signedIn()];
  accountId = (await gus.client.listAccounts()).data[0].id;
  annas = (await ann.client.listAccounts()).data[0].id;
});

/** Return an ID token of the fake Google about `someone`. */
async function idTokenOf(someone) {
  const { client } = await signedInByGoogle(someone);
  const [{ id }] = (await client.listAccounts()).data.filter(({ providerId }) => providerId === "google");
  return (await client.getAccessToken({ accountId: id })).data.idToken;
}
const withToken = (idToken, browser = new Browser()) => browser.client.signIn.social({ provider: "google", idToken });

// -- Stored tokens ------------------------------------------------------------------

test("get-access-token returns a token that the provider accepts", async () => {
  const { json } = await post("/get-access-token", { accountId }, bearer(gus.token));
  assert.deepEqual(fields(json), ["accessToken", "accessTokenExpiresAt", "idToken", "scopes"]);
  assert.match(json.accessTokenExpiresAt, milliseconds);
  assert.deepEqual(json.scopes, ["email", "profile", "openid"]);
  assert.equal(decodeJwt(json.idToken).sub, gus.sub);
  const info = await fetch(`${url}/dev/google/userinfo`, { headers: bearer(json.accessToken) });
  assert.equal((await info.json()).email, gus.email);
});

test("get-access-token with the client returns the same token until it is about to expire", async () => {
  const [one, again] = [await gus.client.getAccessToken({ accountId }), await gus.client.getAccessToken({ accountId })];
  assert.ok(one.data.accessTokenExpiresAt > new Date());
  assert.equal(again.data.accessToken, one.data.accessToken);
});

test("refresh-token returns new tokens, and get-access-token returns them then", async () => {
  const one = await signedInByGoogle();
  const [{ id }] = (await one.client.listAccounts()).data;
  const before = (await one.client.getAccessToken({ accountId: id })).data;
  const { json } = await post("/refresh-token", { accountId: id }, bearer(one.token));
  const expected = ["accessToken", "accessTokenExpiresAt", "accountId", "idToken", "providerId", "refreshToken", "scope"];
  assert.deepEqual(fields(json), expected);
  assert.deepEqual([json.providerId, json.accountId, json.scope], ["google", id, "email,profile,openid"]);
  assert.notEqual(json.accessToken, before.accessToken);
  assert.equal((await one.client.getAccessToken({ accountId: id })).data.accessToken, json.accessToken);
  assert.equal((await one.client.refreshToken({ accountId: id })).error, null);
});

test("a provider that revoked tokens is FAILED_TO_REFRESH_ACCESS_TOKEN", async () => {
  const one = await signedInByGoogle();
  const [{ id }] = (await one.client.listAccounts()).data;
  await fetch(`${url}/dev/google/users/${one.sub}/revoke-tokens`, { method: "POST" });
  assert.deepEqual(refusal(await one.client.refreshToken({ accountId: id })), [400, "FAILED_TO_REFRESH_ACCESS_TOKEN"]);
});

test("account-info returns the provider's claims", async () => {
  const { data } = await gus.client.accountInfo({ query: { accountId } });
  assert.deepEqual(fields(data), ["account", "data", "user"]);
  const { name, email, image, emailVerified } = data.user;
  assert.deepEqual({ name, email, image, emailVerified }, { name: "Gus", email: gus.email, image: "https://example.com/gus.png", emailVerified: true });
  assert.deepEqual(data.account, { id: accountId, providerId: "google", accountId: gus.sub });
  assert.equal(data.data.sub, gus.sub);
  assert.equal(data.data.email, gus.email);
});

const asking = {
  "get-access-token": (client, body) => client.getAccessToken(body),
  "refresh-token": (client, body) => client.refreshToken(body),
  "account-info": (client, query) => client.accountInfo({ query }),
};
for (const [name, ask] of Object.entries(asking)) {
  test(`${name} finds only the caller's accounts`, async () => {
    for (const id of [accountId, "another"])
      assert.deepEqual(refusal(await ask(ann.client, { accountId: id })), [400, "ACCOUNT_NOT_FOUND"]);
  });

  test(`${name} takes the provider and its id, as clients before 1.7 send them`, async () => {
    for (const selection of [{ accountId: gus.sub }, { providerId: "google", accountId: gus.sub }, { providerId: "google" }])
      assert.equal((await ask(gus.client, selection)).error, null);
    assert.deepEqual(refusal(await ask(ann.client, { providerId: "google", accountId: gus.sub })), [400, "ACCOUNT_NOT_FOUND"]);
  });

  test(`${name} needs a session`, async () => {
    assert.equal((await ask(new Browser().client, { accountId })).error.status, 401);
  });
}

test("a password account has no provider tokens", async () => {
  for (const name of ["get-access-token", "refresh-token"])
    assert.deepEqual(refusal(await asking[name](ann.client, { accountId: annas })), [400, "PROVIDER_NOT_SUPPORTED"]);
  assert.equal((await ann.client.accountInfo({ query: { accountId: annas } })).error.status, 400);
});

test("accountId must match exactly, and userId is ignored", async () => {
  assert.deepEqual(refusal(await gus.client.getAccessToken({ accountId, providerId: "another" })), [400, "ACCOUNT_NOT_FOUND"]);
  assert.deepEqual(refusal(await gus.client.getAccessToken({ useAccountCookie: true })), [400, "ACCOUNT_NOT_FOUND"]);
  assert.equal((await gus.client.getAccessToken({ accountId, userId: ann.user.id })).error, null);
  assert.deepEqual(refusal(await ann.client.getAccessToken({ accountId, userId: gus.user.id })), [400, "ACCOUNT_NOT_FOUND"]);
});

// -- ID tokens from clients ---------------------------------------------------------

test("an ID token signs in", async () => {
  const token = await idTokenOf(gus);
  const browser = new Browser();
  const { data } = await withToken({ token }, browser);
  assert.deepEqual(Object.keys(data), ["redirect", "token", "user"]);
  assert.equal(data.redirect, false);
  assert.equal(data.user.id, gus.user.id);
  assert.equal((await browser.client.getSession()).data.session.token, data.token);
  assert.equal((await get("/api/tasks", bearer(data.token))).status, 200);
});

test("an ID token of a user with a password links the account", async () => {
  const one = await signedIn();
  const token = await idTokenOf(googleUser({ email: one.email }));
  assert.equal((await withToken({ token })).data.user.id, one.user.id);
});

test("an ID token is accepted only with its nonce", async () => {
  const token = await idTokenOf(gus);
  assert.equal((await withToken({ token, nonce: decodeJwt(token).nonce })).error, null);
  assert.deepEqual(refusal(await withToken({ token, nonce: "another" })), [401, "INVALID_TOKEN"]);
});

test("an invalid ID token is 401 INVALID_TOKEN", async () => {
  const jwt = (await gus.client.token()).data.token;
  const token = await idTokenOf(gus);
  const [header, , signature] = token.split(".");
  const claims = Buffer.from(JSON.stringify({ ...decodeJwt(token), sub: "another" })).toString("base64url");
  const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${claims}.`;
  for (const forged of ["garbage", "a.b.c", jwt, `${header}.${claims}.${signature}`, unsigned]) {
    const browser = new Browser();
    assert.deepEqual(refusal(await withToken({ token: forged }, browser)), [401, "INVALID_TOKEN"]);
    assert.equal(browser.cookies.size, 0);
  }
});

test("an ID token links an account to the signed-in user", async () => {
  const one = await signedIn();
  const someone = await googleUser({ email: one.email });
  const stand = await idTokenOf(someone);
  const [, { id }] = (await one.client.listAccounts()).data;
  await one.client.unlinkAccount({ accountId: id });
  const linked = await one.client.linkSocial({ provider: "google", idToken: { token: stand } });
  assert.deepEqual(linked.data, { url: "", status: true, redirect: false });
  assert.equal((await one.client.listAccounts()).data[1].accountId, someone.sub);
  const again = await one.client.linkSocial({ provider: "google", idToken: { token: stand } });
  assert.deepEqual(again.data, linked.data);
});

test("linking by ID token is rejected with the protocol's errors", async () => {
  const linkTo = async (client, token) => refusal(await client.linkSocial({ provider: "google", idToken: { token } }));
  const token = await idTokenOf(gus);
  assert.deepEqual(await linkTo(ann.client, "garbage"), [401, "INVALID_TOKEN"]);
  assert.deepEqual(await linkTo(ann.client, token), [409, "SOCIAL_ACCOUNT_ALREADY_LINKED"]);

  const other = await signedInByGoogle();
  const free = await idTokenOf(other);
  await other.client.deleteUser();
  assert.deepEqual(await linkTo(ann.client, free), [401, "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED"]);
});

test("sign-in by ID token is rejected in JSON instead of by redirect", async () => {
  const gone = await signedInByGoogle();
  await setGoogleClaims(gone.sub, { email: newAddress(), email_verified: false });
  const token = await idTokenOf(gone); // the account is still theirs, whatever the provider says of the address
  await gone.client.deleteUser();
  assert.deepEqual(refusal(await withToken({ token })), [403, "EMAIL_NOT_VERIFIED"]);

  const { email } = await signedIn();
  await setGoogleClaims(gone.sub, { email });
  const back = await signedInByGoogle(gone);
  await setGoogleClaims(gone.sub, { email, email_verified: false });
  const unproven = await idTokenOf(gone);
  const [, { id }] = (await back.client.listAccounts()).data;
  await back.client.unlinkAccount({ accountId: id });
  const { error } = await withToken({ token: unproven });
  assert.deepEqual([error.status, error.code, error.message], [401, "OAUTH_LINK_ERROR", "account not linked"]);
});
