// Protocol §11: signing in by Google, for which the stand-in of `make dev` stands, by the official client.

import assert from "node:assert/strict";
import http from "node:http";
import { before, test } from "node:test";

import {
  Browser, HOME, atGoogle, bearer, consent, get, googler, lives, newAddress, nextMail, password, post, send, session,
  signedInByGoogle, tokenIn, until, url, wayBack,
} from "./support.mjs";

const STATE = "better-auth.state";
const SESSION = "better-auth.session_token";
const social = (more, browser = new Browser()) => browser.client.signIn.social({ provider: "google", ...more });

// -- To the provider ----------------------------------------------------------------

test("sign-in/social names the provider's page, and lets the browser prove later that it was sent there", async () => {
  const answer = await post("/sign-in/social", { provider: "google", callbackURL: HOME });
  assert.equal(answer.status, 200);
  assert.deepEqual(Object.keys(answer.json), ["url", "redirect"]);
  assert.equal(answer.json.redirect, true);
  assert.equal(answer.location, answer.json.url);
  assert.match(answer.line(STATE), /^better-auth\.state=[\w-]{32}\.[\w%]+%3D; Max-Age=300; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.equal(answer.setCookies.length, 1);
});

test("the address of the provider's page carries what OAuth asks for", async () => {
  const { data } = await social();
  const page = new URL(data.url);
  assert.equal(page.origin + page.pathname, `${url}/dev/google/oauth2/authorize`);
  const { state, client_id, code_challenge, nonce, ...rest } = Object.fromEntries(page.searchParams);
  assert.match(state, /^[\w-]{32}$/);
  assert.match(code_challenge, /^[\w-]{43}$/);
  assert.ok(client_id && nonce);
  assert.deepEqual(rest, {
    response_type: "code",
    scope: "email profile openid",
    redirect_uri: `${url}/api/auth/callback/google`,
    code_challenge_method: "S256",
    include_granted_scopes: "true",
  });
});

test("extra scopes, a login hint and other parameters go along", async () => {
  const { data } = await social({ scopes: ["address"], loginHint: "ann@example.com", additionalParams: { hd: "example.com" } });
  const asked = new URL(data.url).searchParams;
  assert.equal(asked.get("scope"), "email profile openid address");
  assert.equal(asked.get("login_hint"), "ann@example.com");
  assert.equal(asked.get("hd"), "example.com");
});

test("disableRedirect leaves it to the caller to go on", async () => {
  const answer = await post("/sign-in/social", { provider: "google", disableRedirect: true });
  assert.equal(answer.json.redirect, false);
  assert.equal(answer.location, undefined);
  assert.ok(answer.json.url && answer.line(STATE));
});

test("the stand-in's page says that it is not Google", async () => {
  const { data } = await social();
  const page = await fetch(data.url);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /This is not Google/);
});

test("the stand-in keeps the connection by which it is told of somebody", async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { "content-type": "application/json", "content-length": 2 };
  const put = () =>
    new Promise((resolve, reject) => {
      const request = http.request(`${url}/dev/google/users/sub-nobody`, { method: "PUT", agent, headers }, (answer) =>
        answer.resume().on("end", () => resolve({ status: answer.statusCode, reused: request.reusedSocket })).on("error", reject),
      );
      request.on("error", reject).end("{}");
    });
  await put();
  await until(() => Object.keys(agent.freeSockets).length);
  assert.deepEqual(await put(), { status: 204, reused: true });
  agent.destroy();
});

// -- And back ---------------------------------------------------------------------

test("a new person is led to newUserCallbackURL with a session, verified as the provider says", async () => {
  const email = newAddress();
  const someone = googler({ email: email.toUpperCase(), name: "Gus Gray", picture: "https://example.com/gus.png" });
  const { answer, user, token } = await signedInByGoogle(someone, { newUserCallbackURL: "/welcome" });

  assert.equal(answer.status, 302);
  assert.equal(answer.location, "/welcome");
  assert.match(answer.line(SESSION), /; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.match(answer.line(STATE), /^better-auth\.state=; Max-Age=0; /);
  assert.ok(answer.headers["set-auth-token"].startsWith(token));
  const { name, image, emailVerified } = user;
  assert.deepEqual({ email: user.email, name, image, emailVerified }, { email, name: "Gus Gray", image: "https://example.com/gus.png", emailVerified: true });
});

test("a new person without newUserCallbackURL is led to callbackURL", async () => {
  assert.equal((await signedInByGoogle()).answer.location, HOME);
});

test("a returning person is led to callbackURL, and is the same user in one more session", async () => {
  const first = await signedInByGoogle();
  const again = await signedInByGoogle(first, { newUserCallbackURL: "/welcome" });
  assert.equal(again.answer.location, HOME);
  assert.equal(again.user.id, first.user.id);
  assert.notEqual(again.token, first.token);
  assert.ok(await lives(first));
});

test("who has another address at the provider is the same user, with the address they had", async () => {
  const first = await signedInByGoogle();
  await atGoogle(first.sub, { email: newAddress(), name: "Another" });
  const again = await signedInByGoogle(first);
  assert.deepEqual(again.user, first.user);
});

test("a provider that posts is led to the same by GET, where the browser's cookies come along", async () => {
  const browser = new Browser();
  const back = new URL(await wayBack(browser, await googler()));
  const headers = { "content-type": "application/x-www-form-urlencoded", origin: "https://accounts.google.com" };
  const posted = await send("POST", back.pathname, { text: back.search.slice(1), headers });
  assert.equal(posted.status, 302);
  assert.equal((await browser.open(posted.location)).location, HOME);
});

// -- What the session is good for ----------------------------------------------------

let gus;
before(async () => {
  gus = await signedInByGoogle();
});

test("the session's token and its JWT are credentials like any other", async () => {
  const jwt = (await gus.client.token()).data.token;
  for (const token of [gus.token, jwt]) assert.equal((await get("/api/tasks", bearer(token))).status, 200);
});

test("signing out ends it", async () => {
  const one = await signedInByGoogle();
  assert.deepEqual((await one.client.signOut()).data, { success: true });
  assert.equal(await lives(one), false);
});

test("who came by Google sets a password by reset, and signs in with it", async () => {
  const one = await signedInByGoogle();
  assert.equal((await post("/sign-in/email", { email: one.email, password })).code, "INVALID_EMAIL_OR_PASSWORD");
  await one.client.requestPasswordReset({ email: one.email });
  const reset = await one.client.resetPassword({ newPassword: password, token: tokenIn(await nextMail(one.email)) });
  assert.deepEqual(reset.data, { status: true });
  assert.equal((await session(one.email)).user.id, one.user.id);
  assert.equal((await signedInByGoogle(one)).user.id, one.user.id);
});

// -- The alias ----------------------------------------------------------------------

test("GET oauth/google leads to the provider, and back to redirect_uri", async () => {
  const browser = new Browser();
  const begun = await browser.open("/api/auth/oauth/google?redirect_uri=/home");
  assert.equal(begun.status, 302);
  const back = await consent(begun.location, await googler());
  assert.ok(back.startsWith(`${url}/api/auth/oauth/google/callback?`));
  assert.equal((await browser.open(back)).location, HOME);
  assert.ok((await browser.client.getSession()).data);
  const replayed = await browser.open(back);
  assert.deepEqual([replayed.status, replayed.code], [400, "STATE_MISMATCH"]);
});

test("GET oauth/google leads to places of ours only", async () => {
  const answer = await get("/oauth/google?redirect_uri=https://evil.example/");
  assert.deepEqual([answer.status, answer.code], [403, "INVALID_REDIRECT_URL"]);
});
