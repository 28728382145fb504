// Protocol §11: rejected sign-ins with Google, and their redirects.

import assert from "node:assert/strict";
import test from "node:test";

import {
  Browser, HOME, SORRY, googleUser, newAddress, nextMail, password, post, signedInByGoogle, tokenIn, url, startAndConsent,
} from "./support.mjs";

const ERROR = `${url}/api/auth/error`;
const SESSION = "better-auth.session_token";
const social = (more, browser = new Browser()) => browser.client.signIn.social({ provider: "google", ...more });

// -- Requests --------------------------------------------------------------------------

for (const name of ["state", "client_id", "redirect_uri", "response_type", "code_challenge", "code_challenge_method", "nonce", "scope"]) {
  test(`additionalParams must not contain ${name}`, async () => {
    const { error } = await social({ additionalParams: { [name]: "mine" } });
    assert.deepEqual([error.status, error.code], [400, "VALIDATION_ERROR"]);
  });
}

test("an unknown provider is 404 PROVIDER_NOT_FOUND", async () => {
  const { error } = await social({ provider: "github" });
  assert.deepEqual([error.status, error.code, error.message], [404, "PROVIDER_NOT_FOUND", "Provider not found"]);
});

for (const [name, code] of [
  ["callbackURL", "INVALID_CALLBACK_URL"],
  ["errorCallbackURL", "INVALID_ERROR_CALLBACK_URL"],
  ["newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL"],
]) {
  test(`${name} redirects only to trusted URLs`, async () => {
    const { error } = await social({ [name]: "https://evil.example/" });
    assert.deepEqual([error.status, error.code], [403, code]);
  });
}

// -- Callbacks ----------------------------------------------------------------------

test("a new user with an address unverified at the provider is rejected", async () => {
  const { response, user } = await signedInByGoogle(googleUser({ email_verified: false }));
  assert.equal(response.location, `${SORRY}?error=email_not_verified`);
  assert.deepEqual([response.line(SESSION), user], [undefined, undefined]);
});

test("an unverified sign-up with the same address gets no access to the account", async () => {
  const email = newAddress();
  await post("/sign-up/email", { email, password, name: "Eve" });
  const mailed = tokenIn(await nextMail(email));
  const { user } = await signedInByGoogle(googleUser({ email }));
  assert.equal(user.name, "Gus");
  assert.equal((await post("/verify-email", { token: mailed })).code, "INVALID_TOKEN");
  assert.equal((await post("/sign-in/email", { email, password })).code, "INVALID_EMAIL_OR_PASSWORD");
});

test("denied consent redirects to errorCallbackURL", async () => {
  const browser = new Browser();
  const { location, setCookies } = await browser.open(await startAndConsent(browser, { action: "deny" }));
  const told = new URL(location, url);
  assert.equal(told.origin + told.pathname, SORRY);
  assert.equal(told.searchParams.get("error"), "access_denied");
  assert.equal(setCookies.length, 1);
  assert.equal(browser.cookies.size, 0);
});

test("without errorCallbackURL errors redirect to the service's page", async () => {
  const browser = new Browser();
  const response = await browser.open(await startAndConsent(browser, { action: "deny" }, { errorCallbackURL: undefined }));
  assert.ok(response.location.startsWith(`${ERROR}?error=access_denied`));
  assert.equal((await browser.open(response.location)).location, `/error?error=access_denied&callbackURL=${encodeURIComponent(`${HOME}?error=access_denied`)}`);
});

test("the error is added to the URL's query, before its fragment", async () => {
  const browser = new Browser();
  const response = await browser.open(await startAndConsent(browser, { action: "deny" }, { errorCallbackURL: "https://app.example.com/in?a=1#b" }));
  assert.match(response.location, /^https:\/\/app\.example\.com\/in\?a=1&error=access_denied(&error_description=[^#]+)?#b$/);
});

test("an unknown code is invalid_code", async () => {
  const browser = new Browser();
  const back = (await startAndConsent(browser, await googleUser())).replace(/code=[^&]+/, "code=made-up");
  assert.equal((await browser.open(back)).location, `${SORRY}?error=invalid_code`);
});

test("a callback without a code is no_code", async () => {
  const browser = new Browser();
  const back = (await startAndConsent(browser, await googleUser())).replace(/code=[^&]+&?/, "");
  assert.equal((await browser.open(back)).location, `${SORRY}?error=no_code`);
});

// -- The state ----------------------------------------------------------------------

test("a callback works once: replayed it leads on, and the existing session stays", async () => {
  const browser = new Browser();
  const back = await startAndConsent(browser, await googleUser());
  await browser.open(back);
  assert.equal((await browser.open(back)).location, url);
  assert.equal((await browser.client.listSessions()).data.length, 1);
  await browser.client.signOut();
  assert.equal((await browser.open(back)).location, `${ERROR}?error=state_mismatch`);
});

test("in another browser the callback is state_mismatch, and creates no session", async () => {
  const back = await startAndConsent(new Browser(), await googleUser());
  const victim = new Browser();
  assert.equal((await victim.open(back)).location, `${SORRY}?error=state_mismatch&error_description=state_cookie_missing`);
  await social({}, victim); // with a state, but not with this one
  const next = await startAndConsent(new Browser(), await googleUser());
  assert.equal((await victim.open(next)).location, `${SORRY}?error=state_mismatch`);
  assert.equal((await victim.client.getSession()).data, null);
});

test("an unrequested callback redirects to the service's error page", async () => {
  const browser = new Browser();
  assert.equal((await browser.open("/api/auth/callback/google?code=x")).location, `${ERROR}?error=state_not_found`);
  assert.equal((await browser.open("/api/auth/callback/google?code=x&state=made-up")).location, `${ERROR}?error=state_mismatch`);
});

test("two concurrent callbacks with one code create one session", async () => {
  const browser = new Browser();
  const back = await startAndConsent(browser, await googleUser());
  const responses = await Promise.all([browser.open(back), browser.open(back)]);
  assert.deepEqual(responses.map(({ location }) => location).sort(), [`${ERROR}?error=state_mismatch`, HOME]);
  assert.equal((await browser.client.listSessions()).data.length, 1);
});

test("two tabs of a browser complete their sign-ins in any order", async () => {
  const browser = new Browser();
  const older = await startAndConsent(browser, await googleUser());
  const newer = await startAndConsent(browser, await googleUser());
  assert.equal((await browser.open(newer)).location, HOME);
  assert.equal((await browser.open(older)).location, HOME);
});

test("a callback without a state, which any site can open, affects no sign-in", async () => {
  const browser = new Browser();
  const back = await startAndConsent(browser, await googleUser());
  await browser.open("/api/auth/callback/google");
  assert.equal((await browser.open(back)).location, HOME);
});
