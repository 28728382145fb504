// Protocol §§8, 9, 12: changes of a signed-in user's own account.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { before, test } from "node:test";

import { account, get, linkIn, isValid, allMailsDelivered, mailsTo, milliseconds, newAddress, newSession, nextMail, password, post, send, session, signedIn, tokenIn } from "./support.mjs";

let ann;
before(async () => {
  ann = await newSession();
});
const userOf = async (one) => (await get("/get-session", one.bearer)).json.user;

// -- update-user ------------------------------------------------------------------

test("update-user responds with the status, not the user", async () => {
  assert.deepEqual((await post("/update-user", { name: "Anna" }, ann.bearer)).json, { status: true });
  assert.equal((await userOf(ann)).name, "Anna");
});

test("update-user with the client", async () => {
  const { client } = await signedIn();
  assert.deepEqual((await client.updateUser({ name: "Bea", image: "https://example.com/b.png" })).data, { status: true });
  const { user } = (await client.getSession()).data;
  assert.equal(user.name, "Bea");
  assert.equal(user.image, "https://example.com/b.png");
  assert.ok(user.updatedAt > user.createdAt);
});

test("a picture as UI kits send it is served as it was sent", async () => {
  const { client } = await signedIn();
  const png = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), randomBytes(65_700)]);
  assert.deepEqual((await client.updateUser({ image: `data:image/png;base64,${png.toString("base64")}` })).data, { status: true });
  const { image } = (await client.getSession()).data.user;
  const served = await fetch(image);
  assert.equal(served.headers.get("content-type"), "image/png");
  assert.deepEqual(Buffer.from(await served.arrayBuffer()), png);
  assert.equal((await fetch(image, { headers: { "if-none-match": served.headers.get("etag") } })).status, 304);
  assert.equal((await client.updateUser({ image: "" })).error, null);
  assert.equal((await fetch(image)).status, 404);
});

test("a null image removes it", async () => {
  await post("/update-user", { image: "https://example.com/b.png" }, ann.bearer);
  assert.equal((await post("/update-user", { image: null }, ann.bearer)).status, 200);
  assert.equal((await userOf(ann)).image, null);
});

test("unknown fields are ignored, and alone they are an empty change", async () => {
  assert.equal((await post("/update-user", { name: "Ann", emailVerified: false, role: "admin" }, ann.bearer)).status, 200);
  assert.equal((await userOf(ann)).emailVerified, true);
  const alone = await post("/update-user", { emailVerified: false }, ann.bearer);
  assert.equal(alone.json.message, "No fields to update");
});

test("an empty email is ignored", async () => {
  assert.equal((await post("/update-user", { name: "Ann", email: "" }, ann.bearer)).status, 200);
});

// -- change-password and verify-password ----------------------------------------------

const change = (one, more) =>
  post("/change-password", { currentPassword: password, newPassword: "another battery", ...more }, one.cookie);

test("change-password keeps this session, without a new token or cookie", async () => {
  const one = await newSession();
  const response = await change(one);
  assert.equal(response.json.token, null);
  assert.equal(response.json.user.email, one.email);
  assert.deepEqual(response.setCookies, []);
  assert.ok(await isValid(one));
  assert.equal((await post("/sign-in/email", { email: one.email, password })).status, 401);
  assert.ok(await session(one.email, { secret: "another battery" }));
});

test("change-password always ends the other sessions", async () => {
  const one = await newSession();
  const other = await session(one.email);
  await change(one);
  assert.deepEqual([await isValid(one), await isValid(other)], [true, false]);
});

test("change-password with revokeOtherSessions replaces this one, too", async () => {
  const one = await newSession();
  const other = await session(one.email);
  const response = await change(one, { revokeOtherSessions: true });
  assert.equal(response.setCookies.length, 1);
  assert.ok(response.headers["set-auth-token"].startsWith(response.json.token));
  assert.deepEqual([await isValid(one), await isValid(other), await isValid(response.json)], [false, false, true]);
});

test("change-password keeps dont_remember", async () => {
  const response = await change(await newSession({ rememberMe: false }), { revokeOtherSessions: true });
  assert.ok(!response.line("better-auth.session_token").includes("Max-Age"));
});

test("change-password with the client", async () => {
  const { client } = await signedIn();
  const changed = await client.changePassword({ currentPassword: password, newPassword: "another battery", revokeOtherSessions: true });
  assert.equal((await client.getSession()).data.session.token, changed.data.token);
});

for (const [name, more, code] of [
  ["a short new one, before the old one is looked at", { currentPassword: "wrong", newPassword: "short" }, "PASSWORD_TOO_SHORT"],
  ["a long new one", { newPassword: "x".repeat(129) }, "PASSWORD_TOO_LONG"],
  ["a long old one", { currentPassword: "x".repeat(129) }, "PASSWORD_TOO_LONG"],
  ["a wrong old one", { currentPassword: "not this one" }, "INVALID_PASSWORD"],
  ["revokeOtherSessions as text", { revokeOtherSessions: "true" }, "VALIDATION_ERROR"],
]) {
  test(`change-password with ${name} is ${code}`, async () => {
    const response = await change(ann, more);
    assert.equal(response.status, 400);
    assert.equal(response.code, code);
  });
}

test("verify-password checks the password", async () => {
  assert.deepEqual((await post("/verify-password", { password }, ann.bearer)).json, { status: true });
  assert.equal((await post("/verify-password", { password: "not this one" }, ann.bearer)).code, "INVALID_PASSWORD");
  assert.equal((await post("/verify-password", { password: "x".repeat(129) }, ann.bearer)).code, "PASSWORD_TOO_LONG");
});

// -- list-accounts ------------------------------------------------------------------

test("list-accounts lists the password as an account, with the protocol's fields", async () => {
  const [one, ...others] = (await get("/list-accounts", ann.bearer)).json;
  assert.deepEqual(others, []);
  assert.deepEqual(Object.keys(one).sort(), ["accountId", "createdAt", "id", "providerId", "scopes", "updatedAt", "userId"]);
  assert.equal(one.providerId, "credential");
  assert.equal(one.accountId, ann.user.id);
  assert.equal(one.userId, ann.user.id);
  assert.deepEqual(one.scopes, []);
  assert.match(one.createdAt, milliseconds);
});

test("list-accounts with the client", async () => {
  const { client } = await signedIn();
  assert.equal((await client.listAccounts()).data[0].providerId, "credential");
});

// -- change-email -------------------------------------------------------------------

test("change-email mails the new address, and the link changes it", async () => {
  const { client, user, email } = await signedIn();
  const newEmail = newAddress();
  assert.deepEqual((await client.changeEmail({ newEmail: newEmail.toUpperCase(), callbackURL: "/settings" })).data, { status: true });
  assert.equal((await client.getSession()).data.user.email, email);

  const moved = await client.verifyEmail({ query: { token: tokenIn(await nextMail(newEmail)) } });
  assert.equal(moved.data.status, true);
  assert.equal(moved.data.user.email, newEmail);
  assert.equal(moved.data.user.id, user.id);
  assert.equal((await client.getSession()).data.user.email, newEmail);
  assert.equal((await post("/sign-in/email", { email: newEmail, password })).status, 200);
  assert.equal((await post("/sign-in/email", { email, password })).status, 401);
  await nextMail(email, 1);
});

test("change-email's link redirects when a script opens it", async () => {
  const one = await newSession();
  const newEmail = newAddress();
  await post("/change-email", { newEmail, callbackURL: "/settings" }, one.bearer);
  const token = tokenIn(await nextMail(newEmail));
  assert.equal((await get(`/verify-email?token=${token}&callbackURL=/account`)).location, "/account?error=PASSWORD_REQUIRED");
  const response = await get(`/verify-email?token=${token}&callbackURL=/account`, one.bearer);
  assert.equal(response.status, 302);
  assert.equal(response.location, "/account");
  assert.deepEqual(response.setCookies, []);
});

test("change-email to a taken address gets the same response, and sends no mail", async () => {
  const taken = await account();
  const before = (await mailsTo(taken)).length;
  assert.deepEqual((await post("/change-email", { newEmail: taken }, ann.bearer)).json, { status: true });
  await allMailsDelivered();
  assert.equal((await mailsTo(taken)).length, before);
});

test("change-email to an invalid address is a VALIDATION_ERROR", async () => {
  assert.equal((await post("/change-email", { newEmail: "no address" }, ann.bearer)).code, "VALIDATION_ERROR");
});

// -- delete-user --------------------------------------------------------------------

const GONE = { success: true, message: "User deleted" };

test("delete-user with the password", async () => {
  const one = await newSession();
  assert.equal((await post("/delete-user", { password: "not this one" }, one.bearer)).code, "INVALID_PASSWORD");
  assert.deepEqual((await post("/delete-user", { password }, one.bearer)).json, GONE);
  assert.equal(await isValid(one), false);
  assert.equal((await post("/sign-in/email", { email: one.email, password })).status, 401);
});

test("delete-user from a fresh session needs no body", async () => {
  const one = await newSession();
  assert.deepEqual((await send("POST", "/delete-user", { headers: one.bearer })).json, GONE);
});

test("delete-user with the client", async () => {
  const { client, browser } = await signedIn();
  assert.deepEqual((await client.deleteUser({ password })).data, GONE);
  assert.equal(browser.cookies.size, 0);
  assert.equal((await client.getSession()).data, null);
});

test("delete-user with a token of another kind is 404 INVALID_TOKEN", async () => {
  for (const token of ["x".repeat(32), tokenIn(await nextMail(ann.email))]) {
    const response = await post("/delete-user", { token }, ann.bearer);
    assert.equal(response.status, 404);
    assert.equal(response.code, "INVALID_TOKEN");
  }
});

test("an address can be used again after its user is deleted", async () => {
  const one = await newSession();
  await post("/delete-user", { password }, one.bearer);
  await post("/sign-up/email", { email: one.email, password, name: "Another" });
  await post("/verify-email", { token: tokenIn(await nextMail(one.email, 1)) });
  const again = await session(one.email);
  assert.notEqual(again.user.id, one.user.id);
});

test("links in mails lead to the service that was called", async () => {
  assert.ok(linkIn(await nextMail(ann.email)).startsWith(process.env.GATEHOUSE_URL));
});
