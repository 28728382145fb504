// Protocol §2: the shape of errors, their codes and messages, and how the client shows them.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { Browser, get, newAddress, newSession, password, post } from "./support.mjs";

let ann;
before(async () => {
  ann = await newSession();
});

const cases = [
  ["UNAUTHORIZED", 401, "Unauthorized", () => get("/list-sessions")],
  ["INVALID_EMAIL", 400, "Invalid email", () => post("/sign-in/email", { email: "no address", password })],
  ["INVALID_EMAIL_OR_PASSWORD", 401, "Invalid email or password", () => post("/sign-in/email", { email: newAddress(), password })],
  ["PASSWORD_TOO_SHORT", 400, "Password too short", () => post("/sign-up/email", { email: newAddress(), password: "short", name: "A" })],
  ["PASSWORD_TOO_LONG", 400, "Password too long", () => post("/sign-up/email", { email: newAddress(), password: "x".repeat(129), name: "A" })],
  ["INVALID_PASSWORD", 400, "Invalid password", () => post("/verify-password", { password: "not this one" }, ann.bearer)],
  ["INVALID_TOKEN", 400, "Invalid token", () => post("/reset-password", { newPassword: "another battery", token: "x".repeat(24) })],
  ["INVALID_TOKEN", 401, "Invalid token", () => get(`/verify-email?token=${"x".repeat(24)}`)],
  ["EMAIL_CAN_NOT_BE_UPDATED", 400, "Email can not be updated", () => post("/update-user", { email: "b@example.com" }, ann.bearer)],
  ["EMAIL_MISMATCH", 400, "Email mismatch", () => post("/send-verification-email", { email: newAddress() }, ann.bearer)],
  ["EMAIL_ALREADY_VERIFIED", 400, "Email is already verified", () => post("/send-verification-email", { email: ann.email }, ann.bearer)],
  ["INVALID_ORIGIN", 403, "Invalid origin", () => post("/sign-out", {}, { ...ann.cookie, origin: "https://evil.example" })],
  ["MISSING_OR_NULL_ORIGIN", 403, "Missing or null Origin", () => post("/sign-out", {}, { cookie: "a=b" })],
  ["INVALID_CALLBACK_URL", 403, "Invalid callbackURL", () => post("/sign-in/email", { email: newAddress(), password, callbackURL: "//evil.example" })],
  ["INVALID_REDIRECT_URL", 403, "Invalid redirectURL", () => post("/request-password-reset", { email: newAddress(), redirectTo: "//evil.example" })],
  ["INVALID_ERROR_CALLBACK_URL", 403, "Invalid errorCallbackURL", () => post("/sign-out", { errorCallbackURL: "//evil.example" })],
  ["INVALID_NEW_USER_CALLBACK_URL", 403, "Invalid newUserCallbackURL", () => post("/sign-out", { newUserCallbackURL: "//evil.example" })],
  ["FAILED_TO_GET_USER_INFO", 404, "Failed to get user info", () => get(`/delete-user/callback?token=${"x".repeat(32)}`)],
];
for (const [code, status, message, ask] of cases) {
  test(`${code} is ${status} “${message}”`, async () => {
    const response = await ask();
    assert.equal(response.status, status, response.text);
    assert.equal(response.code, code);
    assert.equal(response.json.message, message);
    assert.match(response.headers["content-type"], /^application\/json/);
  });
}

for (const [name, message, ask] of [
  ["update-user without a field", "No fields to update", () => post("/update-user", {}, ann.bearer)],
  ["update-session, which has no fields", "No fields to update", () => post("/update-session", { theme: "dark" }, ann.bearer)],
  ["change-email to the same one", "Email is the same", () => post("/change-email", { newEmail: ann.email.toUpperCase() }, ann.bearer)],
]) {
  test(`${name} is 400 “${message}”`, async () => {
    const response = await ask();
    assert.equal(response.status, 400);
    assert.equal(response.json.message, message);
  });
}

test("EMAIL_NOT_VERIFIED needs the right password", async () => {
  const email = newAddress();
  await post("/sign-up/email", { email, password, name: "Ann" });

  const right = await post("/sign-in/email", { email, password });
  assert.equal(right.status, 403);
  assert.equal(right.code, "EMAIL_NOT_VERIFIED");
  assert.equal(right.json.message, "Email not verified");
  assert.equal((await post("/sign-in/email", { email, password: "not this one" })).code, "INVALID_EMAIL_OR_PASSWORD");
});

for (const [name, prefix, ask] of [
  ["a bad address", "[body.email]", () => post("/sign-up/email", { email: "no address", password, name: "A" })],
  ["a missing password", "[body.password]", () => post("/sign-in/email", { email: "a@example.com" })],
  ["a password that is a number", "[body.password]", () => post("/sign-in/email", { email: "a@example.com", password: 12345678 })],
  ["rememberMe as text", "[body.rememberMe]", () => post("/sign-in/email", { email: "a@example.com", password, rememberMe: "true" })],
  ["a missing new password", "[body.newPassword]", () => post("/reset-password", { token: "x" })],
  ["a missing current password", "[body.currentPassword]", () => post("/change-password", { newPassword: password }, ann.bearer)],
  ["a missing new address", "[body.newEmail]", () => post("/change-email", {}, ann.bearer)],
  ["a missing session token", "[body.token]", () => post("/revoke-session", {}, ann.bearer)],
  ["a missing token in a link", "[query.token]", () => get("/verify-email")],
  ["a missing callbackURL in a link", "[query.callbackURL]", () => get("/reset-password/some-token")],
  ["a list for a body", "[body]", () => post("/update-user", [], ann.bearer)],
]) {
  test(`${name} is a VALIDATION_ERROR that starts with ${prefix}`, async () => {
    const response = await ask();
    assert.equal(response.status, 400);
    assert.equal(response.code, "VALIDATION_ERROR");
    assert.ok(response.json.message.startsWith(`${prefix} `), response.json.message);
  });
}

test("all errors are in the message, joined by semicolons", async () => {
  const { message } = (await post("/sign-up/email", { email: "no address", password: 1, name: "A" })).json;
  assert.deepEqual(message.match(/\[[\w.]+\]/g), ["[body.email]", "[body.password]"]);
  assert.match(message, /; \[body\.password\]/);
});

test("input is not repeated in errors", async () => {
  const { text } = await post("/sign-up/email", { email: "<secret>", password: ["<secret>"], name: "A" });
  assert.ok(!text.includes("<secret>"));
});

test("an error has message, code and requestId, and optional details", async () => {
  const { json, headers } = await get("/token");
  assert.deepEqual(Object.keys(json).sort(), ["code", "details", "message", "requestId"]);
  assert.equal(json.requestId, headers["x-correlation-id"]);
  assert.match(headers["www-authenticate"], /^Bearer/);
});

test("authentication precedes validation", async () => {
  assert.equal((await post("/change-password", {})).status, 401);
});

test("the origin is checked first", async () => {
  const response = await post("/change-password", {}, { cookie: "a=b", origin: "https://evil.example" });
  assert.equal(response.code, "INVALID_ORIGIN");
});

test("the client shows message, code and status", async () => {
  const { data, error } = await new Browser().client.signIn.email({ email: newAddress(), password });
  assert.equal(data, null);
  assert.equal(error.code, "INVALID_EMAIL_OR_PASSWORD");
  assert.equal(error.message, "Invalid email or password");
  assert.equal(error.status, 401);
});

for (const [name, path] of [
  ["change-password", "/change-password"],
  ["change-email", "/change-email"],
  ["update-user", "/update-user"],
  ["update-session", "/update-session"],
  ["verify-password", "/verify-password"],
  ["revoke-session", "/revoke-session"],
  ["revoke-sessions", "/revoke-sessions"],
  ["revoke-other-sessions", "/revoke-other-sessions"],
  ["delete-user", "/delete-user"],
]) {
  test(`${name} is 401 UNAUTHORIZED for anonymous callers`, async () => {
    const response = await post(path, {});
    assert.equal(response.status, 401);
    assert.equal(response.code, "UNAUTHORIZED");
    assert.deepEqual(response.setCookies, []);
  });
}
for (const path of ["/list-sessions", "/list-accounts", "/token", "/me", "/sessions"]) {
  test(`${path.slice(1)} is 401 UNAUTHORIZED for anonymous callers`, async () => {
    const response = await get(path);
    assert.equal(response.status, 401);
    assert.equal(response.code, "UNAUTHORIZED");
  });
}

