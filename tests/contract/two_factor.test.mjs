// The second factor, through the official client's plugin.

import assert from "node:assert/strict";
import test from "node:test";

import { createAuthClient } from "better-auth/client";
import { jwtClient, twoFactorClient } from "better-auth/client/plugins";

import { codeOf } from "./app.mjs";
import { Browser, call, mailsTo, password, post, signedIn, until, url } from "./support.mjs";

/** A browser's client, and the methods that it was asked for. */
function withSecondFactor(browser) {
  const asked = [];
  const plugins = [jwtClient(), twoFactorClient({ onTwoFactorRedirect: (given) => asked.push(given) })];
  return { asked, client: createAuthClient({ baseURL: url, plugins, fetchOptions: { customFetchImpl: browser.fetch } }) };
}

/** Sign up, and set up an app. */
async function enrolled() {
  const user = await signedIn();
  const { asked, client } = withSecondFactor(user.browser);
  const enabled = await client.twoFactor.enable({ password });
  assert.equal(enabled.error, null);
  const verified = await client.twoFactor.verifyTotp({ code: codeOf(enabled.data.totpURI) });
  assert.equal(verified.error, null);
  return { ...user, ...enabled.data, asked, client, token: verified.data.token };
}

test("an app is set up, and the session shows it", async () => {
  const { client, totpURI, backupCodes, token } = await enrolled();

  assert.match(totpURI, /^otpauth:\/\/totp\/[^?]+\?secret=[A-Z2-7]{32}&issuer=\w+&digits=6&period=30$/);
  assert.equal(backupCodes.length, 10);
  const { data } = await client.getSession();
  assert.equal(data.user.twoFactorEnabled, true);
  assert.equal(data.session.token, token);
});

test("signing in asks for a code, and the code completes it", async () => {
  const { email, totpURI } = await enrolled();
  const browser = new Browser();
  const { asked, client } = withSecondFactor(browser);

  const { data } = await client.signIn.email({ email, password });
  assert.equal(data.twoFactorRedirect, true);
  assert.deepEqual(data.twoFactorMethods, ["totp", "otp"]);
  assert.deepEqual(asked, [{ twoFactorMethods: ["totp", "otp"] }]);
  assert.deepEqual([...browser.cookies.keys()], ["better-auth.two_factor"]);
  assert.equal((await client.getSession()).data, null);

  assert.equal((await client.twoFactor.verifyTotp({ code: "000000" })).error.code, "INVALID_CODE");
  const done = await client.twoFactor.verifyTotp({ code: codeOf(totpURI, 1), trustDevice: true });
  assert.equal(done.data.user.email, email);
  assert.ok(browser.cookies.has("better-auth.trust_device"));
  assert.ok(!browser.cookies.has("better-auth.two_factor"));
  assert.equal((await client.getSession()).data.session.token, done.data.token);

  await client.signOut();
  const again = await client.signIn.email({ email, password });
  assert.equal(again.data.twoFactorRedirect, undefined);
  assert.equal(again.data.user.email, email);
});

test("a mailed code and a backup code complete a sign-in", async () => {
  const { email, backupCodes } = await enrolled();
  const { client } = withSecondFactor(new Browser());
  await client.signIn.email({ email, password });
  assert.deepEqual((await client.twoFactor.sendOtp()).data, { status: true });
  const mail = await until(async () => (await mailsTo(email)).find(({ subject }) => subject.includes("is your code")));
  const done = await client.twoFactor.verifyOtp({ code: mail.subject.slice(0, 6) });
  assert.equal(done.data.user.email, email);

  const other = withSecondFactor(new Browser()).client;
  await other.signIn.email({ email, password });
  assert.equal((await other.twoFactor.verifyBackupCode({ code: "aaaaa-aaaaa" })).error.code, "INVALID_BACKUP_CODE");
  assert.equal((await other.twoFactor.verifyBackupCode({ code: backupCodes[0] })).data.user.email, email);
});

test("the secret is shown again, codes are renewed, and it is turned off", async () => {
  const { client, email, totpURI, backupCodes } = await enrolled();

  assert.equal((await client.twoFactor.getTotpUri({ password: "wrong" })).error.code, "INVALID_PASSWORD");
  const secret = (uri) => new URL(uri).searchParams.get("secret");
  assert.equal(secret((await client.twoFactor.getTotpUri({ password })).data.totpURI), secret(totpURI));
  const renewed = await client.twoFactor.generateBackupCodes({ password });
  assert.equal(renewed.data.status, true);
  assert.notDeepEqual(renewed.data.backupCodes, backupCodes);
  assert.equal((await client.twoFactor.enable({ password })).error.code, "TOTP_ALREADY_ENABLED");

  assert.deepEqual((await client.twoFactor.disable({ password })).data, { status: true });
  assert.equal((await client.getSession()).data.user.twoFactorEnabled, false);
  const { client: other, asked } = withSecondFactor(new Browser());
  assert.equal((await other.signIn.email({ email, password })).data.user.email, email);
  assert.deepEqual(asked, []);
});

test("mailed codes alone are a second factor", async () => {
  const user = await signedIn();
  const { client } = withSecondFactor(user.browser);
  assert.deepEqual((await client.twoFactor.enable({ password, method: "otp" })).data, { method: "otp" });

  const { data } = await withSecondFactor(new Browser()).client.signIn.email({ email: user.email, password });
  assert.deepEqual(data.twoFactorMethods, ["otp"]);
});

test("a client without cookies sends the token back", async () => {
  const { email, totpURI } = await enrolled();
  const login = await post("/login", { email, password });
  assert.equal(login.json.twoFactorRedirect, true);

  const done = await post("/two-factor/verify-totp", { code: codeOf(totpURI, 1), two_factor_token: login.json.two_factor_token });
  assert.equal(done.status, 200);
  assert.deepEqual(Object.keys(done.json).sort(), ["access_token", "expires_in", "refresh_token", "token_type", "user"]);
  const tasks = await call("GET", "/api/tasks", { headers: { authorization: `Bearer ${done.json.access_token}` } });
  assert.equal(tasks.status, 200);
});
