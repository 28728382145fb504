// Protocol §11: sign-in with Google, the fake of `make dev`, with the official client.

import assert from "node:assert/strict";
import http from "node:http";
import { before, test } from "node:test";

import {
  Browser, HOME, setGoogleClaims, bearer, consent, get, googleUser, isValid, newAddress, nextMail, password, post, send, session,
  signedInByGoogle, tokenIn, until, url, startAndConsent,
} from "./support.mjs";

const STATE = "better-auth.state";
const SESSION = "better-auth.session_token";
const social = (more, browser = new Browser()) => browser.client.signIn.social({ provider: "google", ...more });

// -- To the provider ----------------------------------------------------------------

test("sign-in/social returns the provider's URL, and sets a state cookie", async () => {
  const response = await post("/sign-in/social", { provider: "google", callbackURL: HOME });
  assert.equal(response.status, 200);
  assert.deepEqual(Object.keys(response.json), ["url", "redirect"]);
  assert.equal(response.json.redirect, true);
  assert.equal(response.location, response.json.url);
  assert.match(response.line(STATE), /^better-auth\.state=[\w-]{32}\.[\w%]+%3D; Max-Age=300; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.equal(response.setCookies.length, 1);
});

test("the provider's URL has the OAuth parameters", async () => {
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

test("extra scopes, login hint and other parameters are passed on", async () => {
  const { data } = await social({ scopes: ["address"], loginHint: "ann@example.com", additionalParams: { hd: "example.com" } });
  const asked = new URL(data.url).searchParams;
  assert.equal(asked.get("scope"), "email profile openid address");
  assert.equal(asked.get("login_hint"), "ann@example.com");
  assert.equal(asked.get("hd"), "example.com");
});

test("disableRedirect leaves the redirect to the caller", async () => {
  const response = await post("/sign-in/social", { provider: "google", disableRedirect: true });
  assert.equal(response.json.redirect, false);
  assert.equal(response.location, undefined);
  assert.ok(response.json.url && response.line(STATE));
});

test("the fake provider's page states that it is not Google", async () => {
  const { data } = await social();
  const page = await fetch(data.url);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /This is not Google/);
});

test("the fake provider keeps the connection open", async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { "content-type": "application/json", "content-length": 2 };
  const put = () =>
    new Promise((resolve, reject) => {
      const request = http.request(`${url}/dev/google/users/sub-nobody`, { method: "PUT", agent, headers }, (response) =>
        response.resume().on("end", () => resolve({ status: response.statusCode, reused: request.reusedSocket })).on("error", reject),
      );
      request.on("error", reject).end("{}");
    });
  await put();
  await until(() => Object.keys(agent.freeSockets).length);
  assert.deepEqual(await put(), { status: 204, reused: true });
  agent.destroy();
});

// -- The callback -----------------------------------------------------------------

test("a new user is redirected to newUserCallbackURL with a session, verified as at the provider", async () => {
  const email = newAddress();
  const someone = googleUser({ email: email.toUpperCase(), name: "Gus Gray", picture: "https://example.com/gus.png" });
  const { response, user, token } = await signedInByGoogle(someone, { newUserCallbackURL: "/welcome" });

  assert.equal(response.status, 302);
  assert.equal(response.location, `${url}/welcome`); // a page of the site that asked
  assert.match(response.line(SESSION), /; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
  assert.match(response.line(STATE), /^better-auth\.state=; Max-Age=0; /);
  assert.ok(response.headers["set-auth-token"].startsWith(token));
  const { name, image, emailVerified } = user;
  assert.deepEqual({ email: user.email, name, image, emailVerified }, { email, name: "Gus Gray", image: "https://example.com/gus.png", emailVerified: true });
});

test("a new user without newUserCallbackURL is redirected to callbackURL", async () => {
  assert.equal((await signedInByGoogle()).response.location, HOME);
});

test("a returning user is redirected to callbackURL, and has one more session", async () => {
  const first = await signedInByGoogle();
  const again = await signedInByGoogle(first, { newUserCallbackURL: "/welcome" });
  assert.equal(again.response.location, HOME);
  assert.equal(again.user.id, first.user.id);
  assert.notEqual(again.token, first.token);
  assert.ok(await isValid(first));
});

test("with another address at the provider it is the same user, with the old address", async () => {
  const first = await signedInByGoogle();
  await setGoogleClaims(first.sub, { email: newAddress(), name: "Another" });
  const again = await signedInByGoogle(first);
  assert.deepEqual(again.user, first.user);
});

test("a POST of the provider is redirected to GET, which has the browser's cookies", async () => {
  const browser = new Browser();
  const back = new URL(await startAndConsent(browser, await googleUser()));
  const headers = { "content-type": "application/x-www-form-urlencoded", origin: "https://accounts.google.com" };
  const posted = await send("POST", back.pathname, { text: back.search.slice(1), headers });
  assert.equal(posted.status, 302);
  assert.equal((await browser.open(posted.location)).location, HOME);
});

// -- The session ---------------------------------------------------------------------

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
  assert.equal(await isValid(one), false);
});

test("a Google user can set a password by reset, and sign in with it", async () => {
  const one = await signedInByGoogle();
  assert.equal((await post("/sign-in/email", { email: one.email, password })).code, "INVALID_EMAIL_OR_PASSWORD");
  await one.client.requestPasswordReset({ email: one.email });
  const reset = await one.client.resetPassword({ newPassword: password, token: tokenIn(await nextMail(one.email)) });
  assert.deepEqual(reset.data, { status: true });
  assert.equal((await session(one.email)).user.id, one.user.id);
  assert.equal((await signedInByGoogle(one)).user.id, one.user.id);
});

// -- The alias ----------------------------------------------------------------------

test("GET oauth/google redirects to the provider, and back to redirect_uri", async () => {
  const browser = new Browser();
  const begun = await browser.open("/api/auth/oauth/google?redirect_uri=/account");
  assert.equal(begun.status, 302);
  const back = await consent(begun.location, await googleUser());
  assert.ok(back.startsWith(`${url}/api/auth/oauth/google/callback?`));
  assert.equal((await browser.open(back)).location, "/account");
  assert.ok((await browser.client.getSession()).data);
  assert.equal((await browser.open(back)).location, url);
  await browser.client.signOut();
  const replayed = await browser.open(back);
  assert.deepEqual([replayed.status, replayed.code], [400, "STATE_MISMATCH"]);
});

test("GET oauth/google redirects only to trusted URLs", async () => {
  const response = await get("/oauth/google?redirect_uri=https://evil.example/");
  assert.deepEqual([response.status, response.code], [403, "INVALID_REDIRECT_URL"]);
});
