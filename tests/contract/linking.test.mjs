// Protocol §§8, 11: one more way in, and one fewer, by the official client and the stand-in for Google.

import assert from "node:assert/strict";
import test from "node:test";

import {
  Browser, HOME, SORRY, atGoogle, byGoogle, consent, get, googler, milliseconds, newAddress, password, post, session, signedIn,
  signedInByGoogle,
} from "./support.mjs";

const ACCOUNT = ["accountId", "createdAt", "id", "providerId", "scopes", "updatedAt", "userId"];
const refusal = ({ data, error }) => (assert.equal(data, null), [error.status, error.code]);
const providers = async ({ client }) => (await client.listAccounts()).data.map(({ providerId }) => providerId);
const accountAt = async ({ client }, provider) => (await client.listAccounts()).data.find(({ providerId }) => providerId === provider);

/** Ask to link what Google knows under `sub`, and come back from there. */
async function link({ client, browser }, { sub }, asked = {}) {
  const { data } = await client.linkSocial({ provider: "google", callbackURL: HOME, errorCallbackURL: SORRY, ...asked });
  return browser.open(await consent(data.url, { sub }));
}

// -- Implicitly ---------------------------------------------------------------------

test("who signed up by password and verified is the same user by Google", async () => {
  const ann = await signedIn();
  const { answer, user, client } = await signedInByGoogle(googler({ email: ann.email, name: "Another" }), { newUserCallbackURL: "/welcome" });
  assert.equal(answer.location, HOME);
  assert.deepEqual(user, (await ann.client.getSession()).data.user);
  assert.deepEqual(await providers({ client }), ["credential", "google"]);
  assert.equal((await session(ann.email)).user.id, user.id);
});

test("an address that the provider has not verified links nothing", async () => {
  const ann = await signedIn();
  const { answer, user } = await signedInByGoogle(googler({ email: ann.email, email_verified: false }));
  assert.equal(answer.location, `${SORRY}?error=account_not_linked`);
  assert.equal(user, undefined);
  assert.deepEqual(await providers(ann), ["credential"]);
});

test("“true” as text does not verify an address", async () => {
  const ann = await signedIn();
  const { answer } = await signedInByGoogle(googler({ email: ann.email, email_verified: "true" }));
  assert.equal(answer.location, `${SORRY}?error=account_not_linked`);
});

// -- Explicitly ---------------------------------------------------------------------

test("link-social names the provider's page, and asks the browser to go there", async () => {
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

test("link-social refuses as sign-in/social does, and strangers", async () => {
  const { client } = await signedIn();
  assert.deepEqual(refusal(await client.linkSocial({ provider: "github" })), [404, "PROVIDER_NOT_FOUND"]);
  assert.deepEqual(refusal(await client.linkSocial({ provider: "google", additionalParams: { state: "x" } })), [400, "VALIDATION_ERROR"]);
  const { client: stranger } = new Browser();
  assert.deepEqual(refusal(await stranger.linkSocial({ provider: "google" })), [401, "UNAUTHORIZED"]);
});

test("who links an account comes in by it, and the session in which they did is the same", async () => {
  const ann = await signedIn();
  const gus = await googler({ email: ann.email.toUpperCase() });
  const linked = await link(ann, gus);
  assert.deepEqual([linked.status, linked.location, linked.line("better-auth.session_token")], [302, HOME, undefined]);
  assert.equal((await ann.client.getSession()).data.session.token, ann.token);
  assert.deepEqual(await providers(ann), ["credential", "google"]);
  await atGoogle(gus.sub, { email: newAddress() });
  assert.equal((await signedInByGoogle(gus)).user.id, ann.user.id);
});

test("linking again asks for more, and adds no account", async () => {
  const ann = await signedIn();
  const gus = await googler({ email: ann.email });
  await link(ann, gus);
  assert.equal((await link(ann, gus, { scopes: ["address"] })).location, HOME);
  assert.deepEqual(await providers(ann), ["credential", "google"]);
  assert.deepEqual((await accountAt(ann, "google")).scopes, ["email", "profile", "openid", "address"]);
});

test("an account that is somebody else's is not linked", async () => {
  const gus = await signedInByGoogle();
  const ann = await signedIn();
  await atGoogle(gus.sub, { email: ann.email });
  assert.equal((await link(ann, gus)).location, `${SORRY}?error=account_already_linked_to_different_user`);
  assert.deepEqual(await providers(ann), ["credential"]);
});

test("an account with another address is not linked", async () => {
  const ann = await signedIn();
  assert.equal((await link(ann, await googler())).location, `${SORRY}?error=email_does_not_match`);
  assert.deepEqual(await providers(ann), ["credential"]);
});

test("an account whose address is not verified is not linked", async () => {
  const ann = await signedIn();
  const gus = await googler({ email: ann.email, email_verified: false });
  assert.equal((await link(ann, gus)).location, `${SORRY}?error=unable_to_link_account`);
  assert.deepEqual(await providers(ann), ["credential"]);
});

test("nothing is linked after the session that asked for it was signed out", async () => {
  const ann = await signedIn();
  const gus = await googler({ email: ann.email });
  const { data } = await ann.client.linkSocial({ provider: "google", callbackURL: HOME, errorCallbackURL: SORRY });
  const back = await consent(data.url, { sub: gus.sub });
  await ann.client.signOut();
  assert.equal((await ann.browser.open(back)).location, `${SORRY}?error=unable_to_link_account`);
  await ann.client.signIn.email({ email: ann.email, password });
  assert.deepEqual(await providers(ann), ["credential"]);
});

test("a link begun in one browser does not end in another", async () => {
  const ann = await signedIn();
  const eve = await signedIn();
  const { data } = await eve.client.linkSocial({ provider: "google", callbackURL: HOME, errorCallbackURL: SORRY });
  const back = await consent(data.url, { sub: (await googler({ email: eve.email })).sub });
  assert.equal((await ann.browser.open(back)).location, `${SORRY}?error=state_mismatch`);
  assert.deepEqual([await providers(ann), await providers(eve)], [["credential"], ["credential"]]);
});

// -- What there is, and one fewer ---------------------------------------------------

test("list-accounts shows an account at a provider by what it is called there, without its tokens", async () => {
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

test("an account that is unlinked lets nobody in, but may be linked anew", async () => {
  const ann = await signedIn();
  const gus = await googler({ email: ann.email });
  await link(ann, gus);
  const { id } = await accountAt(ann, "google");
  assert.deepEqual((await ann.client.unlinkAccount({ accountId: id })).data, { status: true });
  assert.deepEqual(await providers(ann), ["credential"]);
  await atGoogle(gus.sub, { email: ann.email, email_verified: false });
  assert.equal((await byGoogle(new Browser(), gus)).location, `${SORRY}?error=account_not_linked`);
  await atGoogle(gus.sub, { email: ann.email });
  assert.equal((await link(ann, gus)).location, HOME);
});

test("the password can be given up where there is another way in", async () => {
  const ann = await signedIn();
  await link(ann, await googler({ email: ann.email }));
  const { id } = await accountAt(ann, "credential");
  assert.deepEqual((await ann.client.unlinkAccount({ accountId: id })).data, { status: true });
  assert.deepEqual(await providers(ann), ["google"]);
  assert.equal((await post("/sign-in/email", { email: ann.email, password })).code, "INVALID_EMAIL_OR_PASSWORD");
});

for (const [kind, someone] of [["password", signedIn], ["Google", signedInByGoogle]]) {
  test(`the last way in stays: ${kind}`, async () => {
    const one = await someone();
    const [{ id }] = (await one.client.listAccounts()).data;
    assert.deepEqual(refusal(await one.client.unlinkAccount({ accountId: id })), [400, "FAILED_TO_UNLINK_LAST_ACCOUNT"]);
    assert.deepEqual(refusal(await one.client.unlinkAccount({ accountId: "another" })), [400, "FAILED_TO_UNLINK_LAST_ACCOUNT"]);
    assert.equal((await one.client.listAccounts()).data.length, 1);
  });
}

test("of two who unlink the last two ways in at once, one is refused", async () => {
  const ann = await signedIn();
  await link(ann, await googler({ email: ann.email }));
  const accounts = (await ann.client.listAccounts()).data;
  const answers = await Promise.all(accounts.map(({ id }) => ann.client.unlinkAccount({ accountId: id })));
  assert.equal(answers.filter(({ error }) => error?.code === "FAILED_TO_UNLINK_LAST_ACCOUNT").length, 1);
  assert.equal((await ann.client.listAccounts()).data.length, 1);
});

test("a stranger's account and one that there is not are ACCOUNT_NOT_FOUND", async () => {
  const [ann, gus] = [await signedIn(), await signedInByGoogle()];
  await link(ann, await googler({ email: ann.email }));
  const { id } = await accountAt(gus, "google");
  for (const accountId of [id, "another", ""])
    assert.deepEqual(refusal(await ann.client.unlinkAccount({ accountId })), [400, "ACCOUNT_NOT_FOUND"]);
  assert.equal((await gus.client.listAccounts()).data.length, 1);
});

test("unlink-account goes by accountId alone, and refuses strangers", async () => {
  const { client } = await signedIn();
  assert.deepEqual(refusal(await client.unlinkAccount({ providerId: "google" })), [400, "VALIDATION_ERROR"]);
  assert.equal((await post("/unlink-account", { accountId: "any" })).status, 401);
});
