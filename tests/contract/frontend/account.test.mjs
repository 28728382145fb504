// docs/frontend.md: the client and the account.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { consent, get, googleUser, advanceClock, newAddress, nextMail, password, send, tokenIn } from "../support.mjs";
import { HOME, Page, SHOP, snippet } from "./page.mjs";

let auth, account, ends, page;
before(async () => {
  page = new Page().show();
  [auth, account] = [await snippet("auth"), await snippet("account")];
  ends = await snippet("ends");
});

test("a user signs up, gets a mail, verifies and is signed in", async () => {
  const email = newAddress();
  assert.equal(await account.signUp("Ann", email, password), false);
  await nextMail(email);
  assert.equal(await account.signIn(email, password), "mailed");
  assert.equal((await account.verify(tokenIn(await nextMail(email, 1)))).error, null);
  assert.equal(await account.signIn(email, "something else"), "wrong");
  assert.equal(await account.signIn(email, password), "in");
  assert.equal((await auth.authClient.getSession()).data.user.email, email);
});

test("both ways return the JWT for other services", async () => {
  assert.equal((await auth.authClient.token()).data.token.split(".").length, 3);
  const { headers } = await page.fetch(`${auth.GATEHOUSE}/api/auth/get-session`, { credentials: "include" });
  assert.equal(headers.get("set-auth-jwt").split(".").length, 3);
});

test("a password is reset on the frontend's own page", async () => {
  const email = newAddress();
  await account.signUp("Ann", email, password);
  await account.verify(tokenIn(await nextMail(email)));
  const asked = () => auth.authClient.requestPasswordReset({ email, redirectTo: `${HOME}/reset-password` });
  advanceClock(25); // mails are limited, and another file may have had one
  assert.equal((await asked()).error, null);
  assert.equal((await account.resetPassword(tokenIn(await nextMail(email, 1)), "another battery")).error, null);
  assert.equal(await account.signIn(email, "another battery"), "in");
});

test("a sensitive change asks for the password and is repeated", async () => {
  const email = newAddress();
  await account.signUp("Ann", email, password);
  await account.verify(tokenIn(await nextMail(email)));
  await account.signIn(email, password);
  const refused = { data: null, error: { code: "SESSION_NOT_FRESH" } };
  const results = [refused, { data: { status: true }, error: null }, refused];
  const change = async () => results.shift();
  assert.equal((await account.sensitive(change, async () => password)).error, null);
  assert.equal(await account.sensitive(change, async () => "something else"), refused);
  assert.deepEqual(results, []);
});

test("the old address undoes a change of address", async () => {
  const [email, changed] = [newAddress(), newAddress()];
  await account.signUp("Ann", email, password);
  await account.verify(tokenIn(await nextMail(email)));
  await account.signIn(email, password);
  assert.equal((await auth.authClient.changeEmail({ newEmail: changed })).error, null);
  await account.verify(tokenIn(await nextMail(email, 1)));
  await account.verify(tokenIn(await nextMail(changed)));
  assert.equal((await auth.authClient.getSession()).data.user.email, changed);
  const { data } = await account.undoEmailChange(tokenIn(await nextMail(email, 2)));
  assert.equal(data.user.email, email);
  assert.equal((await auth.authClient.getSession()).data, null);
});

test("Google redirects back to the frontend, signed in", async () => {
  const { sub, email } = await googleUser();
  const { data } = await account.byGoogle(`${HOME}/tasks`);
  const { pathname, search } = new URL(await consent(data.url, { sub }));
  const response = await send("GET", pathname + search, { headers: { cookie: page.cookies(auth.GATEHOUSE) } });
  assert.equal(response.location, `${HOME}/tasks`);
  assert.equal((await get("/get-session", { cookie: response.cookie })).json.user.email, email);
});

test("Lax cookies do not work for another site", async () => {
  const shop = new Page(SHOP, page.jar);
  assert.equal(page.jar.size > 0, true);
  assert.equal(shop.cookies(auth.GATEHOUSE), "");
});

test("the pages behind mailed links send their tokens, which must be valid", async () => {
  const email = newAddress();
  await account.signUp("Ann", email, password);
  await account.verify(tokenIn(await nextMail(email)));
  assert.equal(await account.signIn(email, password), "in");
  assert.equal((await ends.deleteAccount("no token")).error.code, "INVALID_TOKEN");
  assert.equal((await ends.unsubscribe("no token")).error.code, "INVALID_TOKEN");
});
