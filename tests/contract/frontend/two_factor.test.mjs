// docs/frontend.md: a second factor.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { codeOf } from "../app.mjs";
import { mailsTo, newAddress, nextMail, password, tokenIn, until } from "../support.mjs";
import { Page, snippet } from "./page.mjs";

let auth, account, twoFactor;
before(async () => {
  new Page().show();
  [auth, account, twoFactor] = [await snippet("auth"), await snippet("account"), await snippet("twoFactor")];
});

test("it is set up, asked for, and turned off", async () => {
  const email = newAddress();
  await account.signUp("Ann", email, password);
  await account.verify(tokenIn(await nextMail(email)));
  assert.equal(await twoFactor.signIn(email, password), undefined);
  const { totpURI, backupCodes } = await twoFactor.setUp(password);
  assert.equal(await twoFactor.giveCode("totp", "000000"), "Invalid code");
  assert.equal(await twoFactor.giveCode("totp", codeOf(totpURI)), undefined);

  await auth.authClient.signOut();
  assert.deepEqual(await twoFactor.signIn(email, password), ["totp", "otp"]);
  await twoFactor.sendCode();
  const mail = await until(async () => (await mailsTo(email)).find(({ subject }) => subject.includes("is your code")));
  assert.equal(await twoFactor.giveCode("otp", mail.subject.slice(0, 6)), undefined);

  await auth.authClient.signOut();
  await twoFactor.signIn(email, password);
  assert.equal(await twoFactor.giveCode("backup", backupCodes[0], true), undefined);
  await auth.authClient.signOut();
  assert.equal(await twoFactor.signIn(email, password), undefined); // the device is trusted
  await twoFactor.turnOff(password);
  assert.equal((await auth.authClient.getSession()).data.user.email, email);
});
