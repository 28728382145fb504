// Protocol §11: whom signing in by Google refuses, and where they are told.

import assert from "node:assert/strict";
import test from "node:test";

import {
  Browser, HOME, SORRY, googler, newAddress, nextMail, password, post, signedInByGoogle, tokenIn, url, wayBack,
} from "./support.mjs";

const ERROR = `${url}/api/auth/error`;
const SESSION = "better-auth.session_token";
const social = (more, browser = new Browser()) => browser.client.signIn.social({ provider: "google", ...more });

// -- What is asked for ---------------------------------------------------------------

for (const name of ["state", "client_id", "redirect_uri", "response_type", "code_challenge", "code_challenge_method", "nonce", "scope"]) {
  test(`additionalParams must leave ${name} alone`, async () => {
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
  test(`${name} leads to places of ours only`, async () => {
    const { error } = await social({ [name]: "https://evil.example/" });
    assert.deepEqual([error.status, error.code], [403, code]);
  });
}

// -- Who comes back -----------------------------------------------------------------

test("a new person whose address the provider has not verified is refused", async () => {
  const { answer, user } = await signedInByGoogle(googler({ email_verified: false }));
  assert.equal(answer.location, `${SORRY}?error=email_not_verified`);
  assert.deepEqual([answer.line(SESSION), user], [undefined, undefined]);
});

test("who signed up for an address and never proved it has no part in the account of its owner", async () => {
  const email = newAddress();
  await post("/sign-up/email", { email, password, name: "Eve" });
  const mailed = tokenIn(await nextMail(email));
  const { user } = await signedInByGoogle(googler({ email }));
  assert.equal(user.name, "Gus");
  assert.equal((await post("/verify-email", { token: mailed })).code, "INVALID_TOKEN");
  assert.equal((await post("/sign-in/email", { email, password })).code, "INVALID_EMAIL_OR_PASSWORD");
});

test("denied consent is told at errorCallbackURL", async () => {
  const browser = new Browser();
  const { location, setCookies } = await browser.open(await wayBack(browser, { action: "deny" }));
  const told = new URL(location, url);
  assert.equal(told.pathname, SORRY);
  assert.equal(told.searchParams.get("error"), "access_denied");
  assert.equal(setCookies.length, 1);
  assert.equal(browser.cookies.size, 0);
});

test("without errorCallbackURL errors are told on a page of the service", async () => {
  const browser = new Browser();
  const answer = await browser.open(await wayBack(browser, { action: "deny" }, { errorCallbackURL: undefined }));
  assert.ok(answer.location.startsWith(`${ERROR}?error=access_denied`));
  assert.equal((await browser.open(answer.location)).location, "/error?error=access_denied");
});

test("an error is told beside what the place had in its query, before its fragment", async () => {
  const browser = new Browser();
  const answer = await browser.open(await wayBack(browser, { action: "deny" }, { errorCallbackURL: "https://app.example.com/in?a=1#b" }));
  assert.match(answer.location, /^https:\/\/app\.example\.com\/in\?a=1&error=access_denied(&error_description=[^#]+)?#b$/);
});

test("a code that the provider did not give is invalid_code", async () => {
  const browser = new Browser();
  const back = (await wayBack(browser, await googler())).replace(/code=[^&]+/, "code=made-up");
  assert.equal((await browser.open(back)).location, `${SORRY}?error=invalid_code`);
});

test("a provider that comes back without a code is no_code", async () => {
  const browser = new Browser();
  const back = (await wayBack(browser, await googler())).replace(/code=[^&]+&?/, "");
  assert.equal((await browser.open(back)).location, `${SORRY}?error=no_code`);
});

// -- With which state ---------------------------------------------------------------

test("a callback works once: replayed it is state_mismatch, and the session that there is goes on", async () => {
  const browser = new Browser();
  const back = await wayBack(browser, await googler());
  await browser.open(back);
  assert.equal((await browser.open(back)).location, `${ERROR}?error=state_mismatch`);
  assert.ok((await browser.client.getSession()).data);
});

test("another browser is told state_mismatch at errorCallbackURL, and gets no session", async () => {
  const back = await wayBack(new Browser(), await googler());
  const victim = new Browser();
  assert.equal((await victim.open(back)).location, `${SORRY}?error=state_mismatch`);
  await social({}, victim); // with a state, but not with this one
  const next = await wayBack(new Browser(), await googler());
  assert.equal((await victim.open(next)).location, `${SORRY}?error=state_mismatch`);
  assert.equal((await victim.client.getSession()).data, null);
});

test("a callback that nobody asked for says so on a page of the service", async () => {
  const browser = new Browser();
  assert.equal((await browser.open("/api/auth/callback/google?code=x")).location, `${ERROR}?error=state_not_found`);
  assert.equal((await browser.open("/api/auth/callback/google?code=x&state=made-up")).location, `${ERROR}?error=state_mismatch`);
});

test("two callbacks at once with one code make one session", async () => {
  const browser = new Browser();
  const back = await wayBack(browser, await googler());
  const answers = await Promise.all([browser.open(back), browser.open(back)]);
  assert.deepEqual(answers.map(({ location }) => location).sort(), [HOME, `${ERROR}?error=state_mismatch`]);
  assert.equal((await browser.client.listSessions()).data.length, 1);
});

test("an older sign-in that comes back late spoils nothing of a newer one", async () => {
  const browser = new Browser();
  const older = await wayBack(browser, await googler());
  const newer = await wayBack(browser, await googler());
  assert.equal((await browser.open(older)).location, `${SORRY}?error=state_mismatch`);
  assert.equal((await browser.open(newer)).location, HOME);
});

test("a callback without a state, which any site can open, spoils no sign-in", async () => {
  const browser = new Browser();
  const back = await wayBack(browser, await googler());
  await browser.open("/api/auth/callback/google");
  assert.equal((await browser.open(back)).location, HOME);
});
