// Sign-up that reveals taken addresses, and sign-in that mails the verification link.

import assert from "node:assert/strict";
import test from "node:test";

import { account, allMailsDelivered, mailsTo, newAddress, nextMail, password, post } from "./support.mjs";

test("a taken address is an error although addresses must be verified", async () => {
  const response = await post("/sign-up/email", { email: await account(), password, name: "Eve" });
  assert.equal(response.status, 422);
  assert.equal(response.code, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
});

test("an unverified address is not taken", async () => {
  const sent = { email: newAddress(), password, name: "Ann" };
  await post("/sign-up/email", sent);
  assert.equal((await post("/sign-up/email", sent)).status, 200);
});

test("sign-in mails the link again, but only with the right password", async () => {
  const email = newAddress();
  await post("/sign-up/email", { email, password, name: "Ann" });
  await nextMail(email);

  await post("/sign-in/email", { email, password: "not this one" });
  await allMailsDelivered();
  assert.equal((await mailsTo(email)).length, 1);
  assert.equal((await post("/sign-in/email", { email, password })).code, "EMAIL_NOT_VERIFIED");
  await nextMail(email, 1);
});
