// docs/frontend.md: passkeys.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { Authenticator } from "../authenticator.mjs";
import { newAddress, nextMail, password, tokenIn } from "../support.mjs";
import { HOME, Page, snippet } from "./page.mjs";

let auth, account, passkeys;
before(async () => {
  new Page().show();
  new Authenticator(HOME).plugIn();
  [auth, account, passkeys] = [await snippet("auth"), await snippet("account"), await snippet("passkeys")];
});

test("a passkey is added, signs in, confirms and is deleted", async () => {
  const email = newAddress();
  await account.signUp("Ann", email, password);
  await account.verify(tokenIn(await nextMail(email)));
  assert.equal(await account.signIn(email, password), "in");
  assert.equal(await passkeys.addPasskey("Phone"), undefined);
  const [{ id, name }] = await passkeys.passkeys();
  assert.equal(name, "Phone");
  await auth.authClient.signOut();
  assert.equal(await passkeys.signInByPasskey(), true);
  assert.equal((await auth.authClient.getSession()).data.user.email, email);
  assert.equal(await passkeys.confirmByPasskey(), true);
  assert.equal((await passkeys.deletePasskey(id)).error, null);
  assert.equal(await passkeys.signInByPasskey(), false);
});

test("who is not signed in adds none", async () => {
  await auth.authClient.signOut();
  assert.equal(await passkeys.addPasskey("Phone"), "Unauthorized");
});
