// The main job of a frontend for better-auth, with the official client.

import assert from "node:assert/strict";
import test from "node:test";

import { Browser, call, newAddress, nextMail, password, signedIn, tokenIn, url } from "./support.mjs";

test("a user signs up, verifies, signs in, has a session, and signs out", async () => {
  const browser = new Browser();
  const { client } = browser;
  const email = newAddress();

  const signUp = await client.signUp.email({ email: email.toUpperCase(), password, name: "Ann" });
  assert.equal(signUp.error, null);
  assert.equal(signUp.data.token, null);
  assert.equal(signUp.data.user.email, email);
  assert.equal(signUp.data.user.emailVerified, false);
  assert.deepEqual([...browser.cookies.keys()], ["gatehouse.sign_up"]);

  const early = await client.signIn.email({ email, password });
  assert.equal(early.error.status, 403);
  assert.equal(early.error.code, "EMAIL_NOT_VERIFIED");

  const verified = await client.verifyEmail({ query: { token: tokenIn(await nextMail(email)) } });
  assert.deepEqual(verified.data, { status: true, user: null });

  const signIn = await client.signIn.email({ email, password });
  assert.equal(signIn.data.redirect, false);
  assert.equal(signIn.data.user.emailVerified, true);
  assert.ok(signIn.data.user.createdAt instanceof Date);

  const session = await client.getSession();
  assert.equal(session.data.user.email, email);
  assert.equal(session.data.session.token, signIn.data.token);
  assert.ok(session.data.session.expiresAt > new Date());

  const signOut = await client.signOut();
  assert.deepEqual(signOut.data, { success: true });
  assert.equal(browser.cookies.size, 0);
  assert.deepEqual(await client.getSession(), { data: null, error: null });
  assert.equal((await call("GET", "/api/tasks", { headers: { authorization: `Bearer ${signIn.data.token}` } })).status, 401);
});

test("a password is reset with the mailed link, and all sessions end", async () => {
  const { client, email, token } = await signedIn();

  const asked = await client.requestPasswordReset({ email });
  assert.equal(asked.data.status, true);
  const reset = await client.resetPassword({ newPassword: "another battery", token: tokenIn(await nextMail(email, 1)) });
  assert.deepEqual(reset.data, { status: true });

  assert.equal((await client.signIn.email({ email, password })).error.code, "INVALID_EMAIL_OR_PASSWORD");
  assert.equal((await client.signIn.email({ email, password: "another battery" })).error, null);
  assert.equal((await call("GET", "/api/tasks", { headers: { authorization: `Bearer ${token}` } })).status, 401);
});

test("a reset link with a callback URL redirects there with the token", async () => {
  const { client, email } = await signedIn();
  await client.requestPasswordReset({ email, redirectTo: "/new-password" });
  const [link] = (await nextMail(email, 1)).text.match(/http\S+/);

  const response = await fetch(link, { redirect: "manual" });

  assert.equal(response.status, 302);
  const target = new URL(response.headers.get("location"));
  assert.equal(target.origin + target.pathname, `${url}/new-password`);
  assert.equal((await client.resetPassword({ newPassword: "another battery", token: target.searchParams.get("token") })).error, null);
});

for (const kind of ["bearer", "cookie"]) {
  test(`tasks with ${kind}`, async () => {
    const { token, browser, user } = await signedIn();
    const as = kind === "bearer" ? { headers: { authorization: `Bearer ${token}` } } : { browser };

    const created = await call("POST", "/api/tasks", { ...as, body: { title: "Buy milk", priority: "HIGH" } });
    assert.equal(created.status, 201);
    const task = await created.json();
    assert.equal(task.priority, "high");
    const path = `/api/tasks/${task.id}`;
    assert.deepEqual((await (await call("GET", "/api/tasks", as)).json()).tasks, [task]);
    assert.equal((await (await call("PATCH", path, { ...as, body: { title: "Buy oats" } })).json()).title, "Buy oats");
    assert.equal((await (await call("PATCH", `${path}/complete`, as)).json()).completed, true);
    assert.equal((await (await call("GET", `/api/${user.id}/tasks/${task.id}`, as)).json()).completed, true);
    assert.equal((await call("DELETE", path, as)).status, 204);
    assert.equal((await call("GET", path, as)).status, 404);
  });
}

test("the signed token in set-auth-token works as a bearer token, and a forged signature does not", async () => {
  const { email } = await signedIn();
  const response = await call("POST", "/api/auth/sign-in/email", { body: { email, password }, headers: { origin: url } });
  const signed = response.headers.get("set-auth-token");
  const me = (token) => call("GET", "/api/auth/me", { headers: { authorization: `Bearer ${token}` } });

  assert.equal((await me(signed)).status, 200);
  assert.equal((await me(signed.replace(/\.../, ".AA"))).status, 401);
});

test("another site cannot use the cookie", async () => {
  const { browser } = await signedIn();
  const cookie = [...browser.cookies].map((pair) => pair.join("=")).join("; ");
  const send = (headers) => call("POST", "/api/auth/sign-out", { headers: { cookie, ...headers } });

  assert.equal((await (await send({ origin: "https://evil.example" })).json()).code, "INVALID_ORIGIN");
  assert.equal((await (await send({})).json()).code, "MISSING_OR_NULL_ORIGIN");
});
