// Protocol §§8, 11: linking and unlinking accounts, with the official client and the fake Google.

import assert from "node:assert/strict";
import test from "node:test";

import {
  Browser, HOME, SORRY, setGoogleClaims, signInByGoogle, consent, get, googleUser, milliseconds, newAddress, password, post, session, signedIn,
  signedInByGoogle,
} from "./support.mjs";

const ACCOUNT = ["accountId", "createdAt", "id", "providerId", "scopes", "updatedAt", "userId"];
const refusal = ({ data, error }) => (assert.equal(data, null), [error.status, error.code]);
const providers = async ({ client }) => (await client.listAccounts()).data.map(({ providerId }) => providerId);
const accountAt = async ({ client }, provider) => (await client.listAccounts()).data.find(({ providerId }) => providerId === provider);

/** Link the Google account `sub`, with consent and callback. */
async function link({ client, browser }, { sub }, asked = {}) {
  const { data } = await client.linkSocial({ provider: "google", callbackURL: HOME, errorCallbackURL: SORRY, ...asked });
  return browser.open(await consent(data.url, { sub }));
}

// -- Implicitly ---------------------------------------------------------------------

test("a verified user with a password is the same user at Google", async () => {
  const ann = await signedIn();
  const { response, user, client } = await signedInByGoogle(googleUser({ email: ann.email, name: "Another" }), { newUserCallbackURL: "/welcome" });
  assert.equal(response.location, HOME);
  assert.deepEqual(user, (await ann.client.getSession()).data.user);
  assert.deepEqual(await providers({ client }), ["credential", "google"]);
  assert.equal((await session(ann.email)).user.id, user.id);
});

test("an address that the provider has not verified links nothing", async () => {
  const ann = await signedIn();
  const { response, user } = await signedInByGoogle(googleUser({ email: ann.email, email_verified: false }));
  assert.equal(response.location, `${SORRY}?error=account_not_linked`);
  assert.equal(user, undefined);
  assert.deepEqual(await providers(ann), ["credential"]);
});

test("the text “true” does not verify an address", async () => {
  const ann = await signedIn();
  const { response } = await signedInByGoogle(googleUser({ email: ann.email, email_verified: "true" }));
  assert.equal(response.location, `${SORRY}?error=account_not_linked`);
});

// -- Explicitly ---------------------------------------------------------------------

test("link-social returns the provider's URL with redirect", async () => {
  const { client, browser } = await signedIn();
  const { data } = await client.linkSocial({ provider: "google", callbackURL: HOME, scopes: ["address"], loginHint: "ann@example.com" });
  assert.deepEqual(Object.keys(data), ["url", "redirect"]);
  assert.equal(data.redirect, true);
  const asked = new URL(data.url).searchParams;
  assert.equal(asked.get("scope"), "email profile openid address");
  assert.equal(asked.get("login_hint"), "ann@example.com");
  assert.ok(browser.cookies.has("better-auth.state"));
  assert.equal((await client.linkSocial({ provider: "google", disableRedirect: true })).data.redirect, false);
});

test("link-social rejects what sign-in/social rejects, and anonymous callers", async () => {
  const { client } = await signedIn();
  assert.deepEqual(refusal(await client.linkSocial({ provider: "github" })), [404, "PROVIDER_NOT_FOUND"]);
  assert.deepEqual(refusal(await client.linkSocial({ provider: "google", additionalParams: { state: "x" } })), [400, "VALIDATION_ERROR"]);
  const { client: stranger } = new Browser();
  assert.deepEqual(refusal(await stranger.linkSocial({ provider: "google" })), [401, "UNAUTHORIZED"]);
});

test("a linked account can sign in, and the linking session stays the same", async () => {
  const ann = await signedIn();
  const gus = await googleUser({ email: ann.email.toUpperCase() });
  const linked = await link(ann, gus);
  assert.deepEqual([linked.status, linked.location, linked.line("better-auth.session_token")], [302, HOME, undefined]);
  assert.equal((await ann.client.getSession()).data.session.token, ann.token);
  assert.deepEqual(await providers(ann), ["credential", "google"]);
  await setGoogleClaims(gus.sub, { email: newAddress() });
  assert.equal((await signedInByGoogle(gus)).user.id, ann.user.id);
});

test("linking again adds scopes and no account", async () => {
  const ann = await signedIn();
  const gus = await googleUser({ email: ann.email });
  await link(ann, gus);
  assert.equal((await link(ann, gus, { scopes: ["address"] })).location, HOME);
  assert.deepEqual(await providers(ann), ["credential", "google"]);
  assert.deepEqual((await accountAt(ann, "google")).scopes, ["email", "profile", "openid", "address"]);
});

test("another user's account is not linked", async () => {
  const gus = await signedInByGoogle();
  const ann = await signedIn();
  await setGoogleClaims(gus.sub, { email: ann.email });
  assert.equal((await link(ann, gus)).location, `${SORRY}?error=account_already_linked_to_different_user`);
  assert.deepEqual(await providers(ann), ["credential"]);
});

test("an account with another address is not linked", async () => {
  const ann = await signedIn();
  assert.equal((await link(ann, await googleUser())).location, `${SORRY}?error=email_does_not_match`);
  assert.deepEqual(await providers(ann), ["credential"]);
});

test("an account whose address is not verified is not linked", async () => {
  const ann = await signedIn();
  const gus = await googleUser({ email: ann.email, email_verified: false });
  assert.equal((await link(ann, gus)).location, `${SORRY}?error=unable_to_link_account`);
  assert.deepEqual(await providers(ann), ["credential"]);
});

test("nothing is linked after the requesting session signed out", async () => {
  const ann = await signedIn();
  const gus = await googleUser({ email: ann.email });
  const { data } = await ann.client.linkSocial({ provider: "google", callbackURL: HOME, errorCallbackURL: SORRY });
  const back = await consent(data.url, { sub: gus.sub });
  await ann.client.signOut();
  assert.equal((await ann.browser.open(back)).location, `${SORRY}?error=unable_to_link_account`);
  await ann.client.signIn.email({ email: ann.email, password });
  assert.deepEqual(await providers(ann), ["credential"]);
});

test("linking cannot finish in another browser", async () => {
  const ann = await signedIn();
  const eve = await signedIn();
  const { data } = await eve.client.linkSocial({ provider: "google", callbackURL: HOME, errorCallbackURL: SORRY });
  const back = await consent(data.url, { sub: (await googleUser({ email: eve.email })).sub });
  assert.equal((await ann.browser.open(back)).location, `${SORRY}?error=state_mismatch&error_description=state_cookie_missing`);
  assert.deepEqual([await providers(ann), await providers(eve)], [["credential"], ["credential"]]);
});

// -- Listing and unlinking ----------------------------------------------------------

test("list-accounts shows the provider's account id, without tokens", async () => {
  const gus = await signedInByGoogle();
  const [one, ...others] = (await get("/list-accounts", { authorization: `Bearer ${gus.token}` })).json;
  assert.deepEqual(others, []);
  assert.deepEqual(Object.keys(one).sort(), ACCOUNT);
  assert.equal(one.providerId, "google");
  assert.equal(one.accountId, gus.sub);
  assert.equal(one.userId, gus.user.id);
  assert.deepEqual(one.scopes, ["email", "profile", "openid"]);
  for (const date of [one.createdAt, one.updatedAt]) assert.match(date, milliseconds);
});

test("an unlinked account cannot sign in, but can be linked again", async () => {
  const ann = await signedIn();
  const gus = await googleUser({ email: ann.email });
  await link(ann, gus);
  const { id } = await accountAt(ann, "google");
  assert.deepEqual((await ann.client.unlinkAccount({ accountId: id })).data, { status: true });
  assert.deepEqual(await providers(ann), ["credential"]);
  await setGoogleClaims(gus.sub, { email: ann.email, email_verified: false });
  assert.equal((await signInByGoogle(new Browser(), gus)).location, `${SORRY}?error=account_not_linked`);
  await setGoogleClaims(gus.sub, { email: ann.email });
  assert.equal((await link(ann, gus)).location, HOME);
});

test("the password can be unlinked if another account is linked", async () => {
  const ann = await signedIn();
  await link(ann, await googleUser({ email: ann.email }));
  const { id } = await accountAt(ann, "credential");
  assert.deepEqual((await ann.client.unlinkAccount({ accountId: id })).data, { status: true });
  assert.deepEqual(await providers(ann), ["google"]);
  assert.equal((await post("/sign-in/email", { email: ann.email, password })).code, "INVALID_EMAIL_OR_PASSWORD");
});

for (const [kind, someone] of [["password", signedIn], ["Google", signedInByGoogle]]) {
  test(`the last account cannot be unlinked: ${kind}`, async () => {
    const one = await someone();
    const [{ id }] = (await one.client.listAccounts()).data;
    assert.deepEqual(refusal(await one.client.unlinkAccount({ accountId: id })), [400, "FAILED_TO_UNLINK_LAST_ACCOUNT"]);
    assert.deepEqual(refusal(await one.client.unlinkAccount({ accountId: "another" })), [400, "FAILED_TO_UNLINK_LAST_ACCOUNT"]);
    assert.equal((await one.client.listAccounts()).data.length, 1);
  });
}

test("of two concurrent unlinks of the last two accounts, one is rejected", async () => {
  const ann = await signedIn();
  await link(ann, await googleUser({ email: ann.email }));
  const accounts = (await ann.client.listAccounts()).data;
  const responses = await Promise.all(accounts.map(({ id }) => ann.client.unlinkAccount({ accountId: id })));
  assert.equal(responses.filter(({ error }) => error?.code === "FAILED_TO_UNLINK_LAST_ACCOUNT").length, 1);
  assert.equal((await ann.client.listAccounts()).data.length, 1);
});

test("another user's and an unknown account are ACCOUNT_NOT_FOUND", async () => {
  const [ann, gus] = [await signedIn(), await signedInByGoogle()];
  await link(ann, await googleUser({ email: ann.email }));
  const { id } = await accountAt(gus, "google");
  for (const accountId of [id, "another", ""])
    assert.deepEqual(refusal(await ann.client.unlinkAccount({ accountId })), [400, "ACCOUNT_NOT_FOUND"]);
  assert.equal((await gus.client.listAccounts()).data.length, 1);
});

for (const [form, selected] of [
  ["provider and its id", ({ sub }) => ({ providerId: "google", accountId: sub })],
  ["provider", () => ({ providerId: "google" })],
  ["provider's id", ({ sub }) => ({ accountId: sub })],
  ["password's provider and user", ({ user }) => ({ providerId: "credential", accountId: user.id })],
])
  test(`an account is unlinked as clients before 1.7 do it: ${form}`, async () => {
    const ann = await signedIn();
    const { sub } = await googleUser({ email: ann.email });
    await link(ann, { sub });
    const selection = selected({ sub, user: ann.user });
    const wrong = { ...selection, providerId: selection.providerId === "credential" ? "google" : "credential" };
    if (selection.accountId) assert.deepEqual(refusal(await ann.client.unlinkAccount(wrong)), [400, "ACCOUNT_NOT_FOUND"]);
    assert.deepEqual((await ann.client.unlinkAccount(selection)).data, { status: true });
    assert.deepEqual(await providers(ann), [selection.providerId === "credential" ? "google" : "credential"]);
  });

test("unlink-account needs an account, and rejects anonymous callers", async () => {
  const { client } = await signedIn();
  assert.deepEqual(refusal(await client.unlinkAccount({ providerId: "" })), [400, "VALIDATION_ERROR"]);
  assert.equal((await post("/unlink-account", { accountId: "any" })).status, 401);
});
