// Where people may know who has an account, and where signing in reminds of the verification that is due.

import assert from "node:assert/strict";
import test from "node:test";

import { account, mailsAreOut, mailsTo, newAddress, nextMail, password, post } from "./support.mjs";

test("a taken address is told although addresses must be verified", async () => {
  const answer = await post("/sign-up/email", { email: await account(), password, name: "Eve" });
  assert.equal(answer.status, 422);
  assert.equal(answer.code, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
});

test("an address that waits for verification is not taken", async () => {
  const sent = { email: newAddress(), password, name: "Ann" };
  await post("/sign-up/email", sent);
  assert.equal((await post("/sign-up/email", sent)).status, 200);
});

test("signing in mails the link again, to those who know the password alone", async () => {
  const email = newAddress();
  await post("/sign-up/email", { email, password, name: "Ann" });
  await nextMail(email);

  await post("/sign-in/email", { email, password: "not this one" });
  await mailsAreOut();
  assert.equal((await mailsTo(email)).length, 1);
  assert.equal((await post("/sign-in/email", { email, password })).code, "EMAIL_NOT_VERIFIED");
  await nextMail(email, 1);
});
