// Protocol §10: password reset with a mailed link.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import {
  Browser, account, get, linkIn, isValid, mailsTo, newAddress, newSession, nextMail, password, post, tokenIn, url,
} from "./support.mjs";

const NEW = "another battery";
const ASKED = { status: true, message: "If this email exists in our system, check your email for the reset link" };
const signIn = (email, secret) => post("/sign-in/email", { email, password: secret });

/** Request a reset for a new account, and return the mailed token. */
async function forgetful(redirectTo) {
  const email = await account();
  await post("/request-password-reset", { email, redirectTo });
  const mail = await nextMail(email, 1);
  return { email, token: tokenIn(mail), link: linkIn(mail) };
}
let ann;
before(async () => {
  ann = await forgetful();
});
const follow = (token, callbackURL) => get(`/reset-password/${token}?callbackURL=${encodeURIComponent(callbackURL)}`);

test("known and unknown addresses get the same response", async () => {
  const stranger = newAddress();
  for (const email of [ann.email, stranger]) {
    const response = await post("/request-password-reset", { email });
    assert.equal(response.status, 200);
    assert.deepEqual(response.json, ASKED);
  }
  ann.token = tokenIn(await nextMail(ann.email, 2));
  assert.deepEqual(await mailsTo(stranger), []);
});

test("the client requests and resets", async () => {
  const { client } = new Browser();
  const email = await account();
  assert.deepEqual((await client.requestPasswordReset({ email, redirectTo: "/new-password" })).data, ASKED);
  const token = tokenIn(await nextMail(email, 1));
  assert.deepEqual((await client.resetPassword({ newPassword: NEW, token })).data, { status: true });
  assert.equal((await signIn(email, NEW)).status, 200);
});

test("the mailed link redirects to the requested URL", async () => {
  const { link } = await forgetful("/account?a=1");
  const { origin, pathname, search } = new URL(link);
  assert.equal(origin, url);
  assert.match(pathname, /^\/api\/auth\/reset-password\/[\w-]+$/);
  assert.equal(search, "?callbackURL=%2Faccount%3Fa%3D1");
});

for (const [callbackURL, start] of [
  ["/account", `${url}/account?token=`],
  ["/account?a=1", `${url}/account?a=1&token=`],
  [`${url}/new-password`, `${url}/new-password?token=`],
  ["https://app.example.com/new", "https://app.example.com/new?token="],
]) {
  test(`a valid link redirects to ${callbackURL.replace(url, "…")}, with an absolute Location`, async () => {
    const response = await follow(ann.token, callbackURL);
    assert.equal(response.status, 302);
    assert.equal(response.location, start + ann.token);
  });
}

for (const [callbackURL, location] of [
  ["/account", `${url}/account?error=INVALID_TOKEN`],
  ["/account?a=1", `${url}/account?a=1&error=INVALID_TOKEN`],
  ["https://app.example.com/new", "https://app.example.com/new?error=INVALID_TOKEN"],
]) {
  test(`an invalid link redirects to ${callbackURL} with an error`, async () => {
    const response = await follow("x".repeat(24), callbackURL);
    assert.equal(response.status, 302);
    assert.equal(response.location, location);
  });
}

test("following the link does not consume the token", async () => {
  const { email, token } = await forgetful("/account");
  await follow(token, "/account");
  await follow(token, "/account");
  assert.deepEqual((await post("/reset-password", { newPassword: NEW, token })).json, { status: true });
  assert.equal((await follow(token, "/tasks")).location, `${url}/tasks?error=INVALID_TOKEN`);
  assert.equal((await signIn(email, NEW)).status, 200);
});

test("a reset creates no session, and ends all sessions", async () => {
  const one = await newSession();
  await post("/request-password-reset", { email: one.email });
  const response = await post("/reset-password", { newPassword: NEW, token: tokenIn(await nextMail(one.email, 1)) });
  assert.deepEqual(response.setCookies, []);
  assert.equal(await isValid(one), false);
  assert.equal((await signIn(one.email, password)).status, 401);
});

test("the token may be in the query", async () => {
  const { email, token } = await forgetful();
  assert.deepEqual((await post(`/reset-password?token=${token}`, { newPassword: NEW })).json, { status: true });
  assert.equal((await signIn(email, NEW)).status, 200);
});

test("a token works once", async () => {
  const { token } = await forgetful();
  await post("/reset-password", { newPassword: NEW, token });
  const again = await post("/reset-password", { newPassword: "a third battery", token });
  assert.equal(again.status, 400);
  assert.equal(again.code, "INVALID_TOKEN");
});

test("of two concurrent uses, one succeeds", async () => {
  const { token } = await forgetful();
  const responses = await Promise.all([NEW, "a third battery"].map((newPassword) => post("/reset-password", { newPassword, token })));
  assert.deepEqual(responses.map(({ status }) => status).sort(), [200, 400]);
});

for (const [newPassword, code] of [["short", "PASSWORD_TOO_SHORT"], ["x".repeat(129), "PASSWORD_TOO_LONG"]]) {
  test(`${code} comes first, and does not consume the token`, async () => {
    assert.equal((await post("/reset-password", { newPassword, token: "bad" })).code, code);
    assert.equal((await post("/reset-password", { newPassword, token: ann.token })).code, code);
    assert.match((await follow(ann.token, "/n")).location, /\?token=/);
  });
}

for (const [name, more] of [["no token", {}], ["an empty one", { token: "" }], ["an unknown one", { token: "x".repeat(24) }]]) {
  test(`${name} is INVALID_TOKEN`, async () => {
    const response = await post("/reset-password", { newPassword: NEW, ...more });
    assert.equal(response.status, 400);
    assert.equal(response.code, "INVALID_TOKEN");
  });
}

test("a newer link invalidates the older one", async () => {
  const { email, token } = await forgetful();
  await post("/request-password-reset", { email });
  await nextMail(email, 2);
  assert.equal((await post("/reset-password", { newPassword: NEW, token })).code, "INVALID_TOKEN");
});

test("an invalid address is a VALIDATION_ERROR", async () => {
  assert.equal((await post("/request-password-reset", { email: "no address" })).code, "VALIDATION_ERROR");
});

test("a reset completes a pending sign-up", async () => {
  const email = newAddress();
  await post("/sign-up/email", { email, password, name: "Ann" });
  await nextMail(email);
  await post("/request-password-reset", { email });
  await post("/reset-password", { newPassword: NEW, token: tokenIn(await nextMail(email, 1)) });
  assert.equal((await signIn(email, NEW)).json.user.emailVerified, true);
  assert.equal((await signIn(email, password)).status, 401);
});

test("the owner gets a mail", async () => {
  const { email, token } = await forgetful();
  await post("/reset-password", { newPassword: NEW, token });
  assert.match((await nextMail(email, 2)).subject, /password/i);
});
