// docs/frontend.md: a page for verification links where the link alone lets no password in.

import assert from "node:assert/strict";
import { before, beforeEach, test } from "node:test";

import { newAddress, nextMail, password, tokenIn } from "../support.mjs";
import { Page, snippet } from "./page.mjs";

let auth, account, verification, page;
before(async () => {
  page = new Page().show();
  [auth, account, verification] = [await snippet("auth"), await snippet("account"), await snippet("verify")];
});
beforeEach(() => inAnotherBrowser());

/** From now on the page has none of the cookies of before. */
const inAnotherBrowser = () => page.jar.clear();

/** A sign-up in this browser; the token in its mail. */
async function waiting() {
  const email = newAddress();
  assert.equal(await account.signUp("Ann", email, password), false);
  return { email, token: tokenIn(await nextMail(email)) };
}

test("in the browser that signed up the link is enough", async () => {
  const { email, token } = await waiting();
  assert.equal(await verification.verify(token), "verified");
  assert.equal(await account.signIn(email, password), "in");
});

test("in another browser a new password is asked for", async () => {
  const { email, token } = await waiting();
  inAnotherBrowser();
  assert.equal(await verification.verify(token), "new");
  await assert.rejects(verification.verify(token, "short"), { message: "PASSWORD_TOO_SHORT" });
  assert.equal(await verification.verify(token, "chosen on the phone"), "verified");
  assert.equal(await account.signIn(email, password), "wrong");
  assert.equal(await account.signIn(email, "chosen on the phone"), "in");
});

test("a new address takes the session or the password of the account", async () => {
  const { email, token } = await waiting();
  await verification.verify(token);
  await account.signIn(email, password);
  const newEmail = newAddress();
  assert.equal((await auth.authClient.changeEmail({ newEmail })).error, null);
  assert.equal(await verification.verify(tokenIn(await nextMail(email, 1))), "verified"); // the old address confirms
  const change = tokenIn(await nextMail(newEmail));

  inAnotherBrowser();
  assert.equal(await verification.verify(change), "current");
  await assert.rejects(verification.verify(change, "not this one"), { message: "INVALID_PASSWORD" });
  assert.equal(await verification.verify(change, password), "verified");
  assert.equal(await account.signIn(newEmail, password), "in");
});

test("the client's own call is told that a password is required", async () => {
  const { token } = await waiting();
  inAnotherBrowser();
  assert.equal((await account.verify(token)).error.code, "PASSWORD_REQUIRED");
});
