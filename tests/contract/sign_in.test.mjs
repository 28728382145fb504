// Protocol §8: sign-in.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { Browser, account, call, milliseconds, newAddress, password, post, session, url } from "./support.mjs";

let email;
before(async () => {
  email = await account();
});
const signIn = (more) => post("/sign-in/email", { email, password, ...more });

test("the response has redirect, token and user, and no url", async () => {
  const { json } = await signIn();
  assert.deepEqual(Object.keys(json).sort(), ["redirect", "token", "user"]);
  assert.equal(json.redirect, false);
  assert.deepEqual(Object.keys(json.user).sort(), ["createdAt", "email", "emailVerified", "id", "image", "name", "twoFactorEnabled", "updatedAt"]);
  assert.match(json.user.createdAt, milliseconds);
});

for (const callbackURL of ["/dashboard?tab=1#top", `${url}/dashboard`, "https://app.example.com/x", "myapp://home"]) {
  test(`with callbackURL ${callbackURL.replace(url, "…")} the response is a 200 with redirect`, async () => {
    const response = await signIn({ callbackURL });
    assert.equal(response.status, 200);
    assert.equal(response.json.redirect, true);
    assert.equal(response.json.url, callbackURL);
    assert.equal(response.location, callbackURL);
  });
}

test("a non-ASCII URL is unchanged in the body, and percent-encoded in the header", async () => {
  const response = await signIn({ callbackURL: "/übersicht" });
  assert.equal(response.json.url, "/übersicht");
  assert.equal(response.location, "/%C3%BCbersicht");
});

test("the client passes the redirect on", async () => {
  const { data } = await new Browser().client.signIn.email({ email, password, callbackURL: "/next" });
  assert.equal(data.redirect, true);
  assert.equal(data.url, "/next");
});

test("wrong password and unknown address get the same response", async () => {
  const known = await signIn({ password: "not this one" });
  const unknown = await post("/sign-in/email", { email: newAddress(), password });
  const same = ({ status, json: { requestId, ...rest }, setCookies }) => ({ status, rest, setCookies });
  assert.deepEqual(same(known), same(unknown));
  assert.equal(known.status, 401);
});

for (const bad of ["", "ann", "ann@", "@example.com", "ann@example", "a b@example.com", "ann@exam_ple.com"]) {
  test(`${JSON.stringify(bad)} is INVALID_EMAIL, not a VALIDATION_ERROR`, async () => {
    const response = await post("/sign-in/email", { email: bad, password });
    assert.equal(response.status, 400);
    assert.equal(response.code, "INVALID_EMAIL");
  });
}

test("an overlong password is rejected before hashing", async () => {
  assert.equal((await signIn({ password: "x".repeat(129) })).code, "PASSWORD_TOO_LONG");
  assert.equal((await signIn({ password: "x".repeat(128) })).code, "INVALID_EMAIL_OR_PASSWORD");
});

test("addresses are case-insensitive", async () => {
  assert.equal((await signIn({ email: email.toUpperCase() })).json.user.email, email);
});

test("passwords are compared in Unicode normal form", async () => {
  const other = newAddress();
  await post("/sign-up/email", { email: other, password: "caf\u00e9 au lait", name: "A" });
  assert.equal((await post("/sign-in/email", { email: other, password: "cafe\u0301 au lait" })).code, "EMAIL_NOT_VERIFIED");
});

test("many concurrent sign-ins succeed", async () => {
  const all = await Promise.all(Array.from({ length: 4 }, () => session(email)));
  assert.equal(new Set(all.map(({ token }) => token)).size, 4);
});

test("a signed-in browser may sign in again", async () => {
  const browser = new Browser();
  const first = await browser.client.signIn.email({ email, password });
  const second = await browser.client.signIn.email({ email, password });
  assert.equal(second.error, null);
  assert.notEqual(second.data.token, first.data.token);
});

test("onSuccess has the bearer token in a header", async () => {
  const response = await call("POST", "/api/auth/sign-in/email", { body: { email, password }, browser: new Browser() });
  assert.ok(response.headers.get("set-auth-token").startsWith((await response.json()).token));
});
