// Protocol §8: sign-up with verification. A taken address gets the same response as a new one.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { account, allMailsDelivered, mailsTo, milliseconds, newAddress, nextMail, origin, password, post, tokenIn } from "./support.mjs";

let taken;
before(async () => {
  taken = await account();
});
const signUp = (more) => post("/sign-up/email", { email: newAddress(), password, name: "Ann", ...more });

test("the response has a user and no token", async () => {
  const email = newAddress();
  const { json } = await signUp({ email: email.toUpperCase(), image: "https://example.com/ann.png" });
  assert.deepEqual(Object.keys(json).sort(), ["token", "user"]);
  assert.equal(json.token, null);
  assert.deepEqual(Object.keys(json.user).sort(), ["createdAt", "email", "emailVerified", "id", "image", "name", "twoFactorEnabled", "updatedAt"]);
  assert.equal(json.user.email, email);
  assert.equal(json.user.image, "https://example.com/ann.png");
  assert.equal(json.user.emailVerified, false);
  assert.match(json.user.createdAt, milliseconds);
});

test("a taken address gets the same response as a new one", async () => {
  const fresh = await signUp({ name: "Eve" });
  const known = await signUp({ email: taken.toUpperCase(), name: "Eve" });
  assert.equal(known.status, 200);
  assert.deepEqual(known.setCookies.map((line) => line.split("=")[0]), ["gatehouse.sign_up"]);
  assert.deepEqual(Object.keys(known.json.user), Object.keys(fresh.json.user));
  assert.equal(known.json.token, null);
  assert.equal(known.json.user.email, taken);
  assert.equal(known.json.user.name, "Eve");
  assert.equal(known.json.user.emailVerified, false);
  assert.ok(Math.abs(new Date(known.json.user.createdAt) - new Date()) < 10_000);
});

test("its id is random each time", async () => {
  const ids = [await signUp({ email: taken }), await signUp({ email: taken })].map(({ json }) => json.user.id);
  const real = (await post("/sign-in/email", { email: taken, password })).json.user.id;
  assert.equal(new Set([...ids, real]).size, 3);
});

test("its owner keeps name and password, and gets a mail", async () => {
  const email = await account("Owner");
  await signUp({ email, name: "Eve", password: "eve's own battery" });
  assert.match((await nextMail(email, 1)).subject, /account/i);
  assert.equal((await post("/sign-in/email", { email, password })).json.user.name, "Owner");
  assert.equal((await post("/sign-in/email", { email, password: "eve's own battery" })).status, 401);
});

test("a second sign-up before verification replaces the first, and mails the same link", async () => {
  const email = newAddress();
  const again = await signUp({ email }).then(({ cookie }) => ({ cookie, origin }));
  const first = tokenIn(await nextMail(email));
  const { cookie } = await post("/sign-up/email", { email, password: "another battery", name: "Ann" }, again);
  const second = tokenIn(await nextMail(email, 1));
  assert.equal(second, first);
  assert.equal((await post("/verify-email", { token: second }, { cookie, origin })).status, 200);
  assert.equal((await post("/sign-in/email", { email, password })).status, 401);
  assert.equal((await post("/sign-in/email", { email, password: "another battery" })).status, 200);
});

test("after sign-ups from several browsers the link lets in nobody's password, and one is chosen by mail", async () => {
  const email = newAddress();
  await signUp({ email });
  await nextMail(email); // a second order of a mail that waits is one with it
  await signUp({ email, password: "another battery" });
  assert.equal((await post("/verify-email", { token: tokenIn(await nextMail(email, 1)) })).status, 200);
  for (const tried of [password, "another battery"])
    assert.equal((await post("/sign-in/email", { email, password: tried })).status, 401);
  const token = tokenIn(await nextMail(email, 2));
  assert.equal((await post("/reset-password", { token, newPassword: "chosen by mail" })).status, 200);
  assert.equal((await post("/sign-in/email", { email, password: "chosen by mail" })).status, 200);
});

test("the id in the response is the later user's id", async () => {
  const email = newAddress();
  const { id } = (await signUp({ email })).json.user;
  await post("/verify-email", { token: tokenIn(await nextMail(email)) });
  assert.equal((await post("/sign-in/email", { email, password })).json.user.id, id);
});

test("id, emailVerified and createdAt cannot be set", async () => {
  const { user } = (await signUp({ id: "mine", emailVerified: true, createdAt: "2000-01-01T00:00:00.000Z", role: "admin" })).json;
  assert.notEqual(user.id, "mine");
  assert.equal(user.emailVerified, false);
  assert.ok(new Date(user.createdAt).getFullYear() > 2000);
  assert.equal(user.role, undefined);
});

test("a name may be empty, or missing", async () => {
  assert.equal((await signUp({ name: "" })).json.user.name, "");
  assert.equal((await signUp({ name: undefined })).json.user.name, "");
});

for (const [what, secret, code] of [
  ["seven characters", "sevench", "PASSWORD_TOO_SHORT"],
  ["eight characters", "eight ch", undefined],
  ["seven code units in four characters", "😀😀😀x", "PASSWORD_TOO_SHORT"],
  ["eight code units in four characters", "😀😀😀😀", undefined],
  ["128 code units in 64 characters", "😀".repeat(64), undefined],
  ["129 code units in 65 characters", `${"😀".repeat(64)}x`, "PASSWORD_TOO_LONG"],
  ["one of the most common", "password1", "WEAK_PASSWORD"],
]) {
  test(`a password of ${what} is ${code ?? "accepted"}`, async () => {
    const response = await signUp({ password: secret });
    assert.equal(response.status, code ? 400 : 200, response.text);
    if (code) assert.equal(response.code, code);
  });
}

test("a verification mail is sent with the callback URL", async () => {
  const email = newAddress();
  await signUp({ email, callbackURL: "/account?a=1" });
  const link = new URL((await nextMail(email)).text.match(/http\S+/)[0]);
  assert.equal(link.searchParams.get("callbackURL"), "/account?a=1");
});

test("a rejected sign-up sends no mail", async () => {
  const email = newAddress();
  await signUp({ email, password: "short" });
  await allMailsDelivered();
  assert.deepEqual(await mailsTo(email), []);
});
