// Protocol §9: address verification, by a script's GET or the page's POST.

import assert from "node:assert/strict";
import test from "node:test";

import { account, Browser, get, allMailsDelivered, mailsTo, newAddress, nextMail, password, post, tokenIn, url } from "./support.mjs";

/** Sign up, and return the mailed token. */
async function waiting() {
  const email = newAddress();
  await post("/sign-up/email", { email, password, name: "Ann" });
  return { email, token: tokenIn(await nextMail(email)) };
}
const html = { accept: "text/html,application/xhtml+xml" };

test("a script's GET verifies, and responds with status and no user", async () => {
  const { email, token } = await waiting();
  const response = await get(`/verify-email?token=${token}`);
  assert.equal(response.status, 200);
  assert.deepEqual(response.json, { status: true, user: null });
  assert.deepEqual(response.setCookies.map((line) => line.split("=")[0]), ["gatehouse.verified"]);
  assert.equal((await post("/sign-in/email", { email, password })).json.user.emailVerified, true);
});

test("verifying again gets the same response", async () => {
  const { token } = await waiting();
  const responses = [await get(`/verify-email?token=${token}`), await get(`/verify-email?token=${token}`)];
  assert.deepEqual(responses[0].json, responses[1].json);
});

for (const [callbackURL, location] of [
  ["/account", "/account"],
  ["/account?a=1#top", "/account?a=1#top"],
  [`${url}/welcome`, `${url}/welcome`],
  ["https://app.example.com/welcome", "https://app.example.com/welcome"],
]) {
  test(`with callbackURL ${callbackURL.replace(url, "…")} it redirects to the unchanged URL`, async () => {
    const { token } = await waiting();
    const response = await get(`/verify-email?token=${token}&callbackURL=${encodeURIComponent(callbackURL)}`);
    assert.equal(response.status, 302);
    assert.equal(response.location, location);
    assert.equal(response.text, "");
  });
}

for (const [callbackURL, location] of [
  ["/account", "/account?error=INVALID_TOKEN"],
  ["/account?a=1", "/account?a=1&error=INVALID_TOKEN"],
  ["/account?a=1#top", "/account?a=1&error=INVALID_TOKEN#top"],
]) {
  test(`an invalid token redirects to ${location}`, async () => {
    const response = await get(`/verify-email?token=bad&callbackURL=${encodeURIComponent(callbackURL)}`);
    assert.equal(response.status, 302);
    assert.equal(response.location, location);
  });
}

test("an invalid token without a callback URL is 401", async () => {
  const response = await get("/verify-email?token=bad");
  assert.equal(response.status, 401);
  assert.equal(response.code, "INVALID_TOKEN");
});

test("a token for another purpose is invalid", async () => {
  const email = await account();
  await post("/request-password-reset", { email });
  assert.equal((await get(`/verify-email?token=${tokenIn(await nextMail(email, 1))}`)).code, "INVALID_TOKEN");
});

test("a navigation to the link redirects to the page, and does not consume the token", async () => {
  const { email, token } = await waiting();
  const response = await get(`/verify-email?token=${token}&callbackURL=/account`, html);
  assert.equal(response.status, 302);
  assert.equal(response.location, `${url}/verify-email?token=${token}&callbackURL=%2Faccount`);
  assert.equal((await post("/sign-in/email", { email, password })).code, "EMAIL_NOT_VERIFIED");
});

test("a browser's navigation is recognized with any Accept header", async () => {
  const { email, token } = await waiting();
  const response = await get(`/verify-email?token=${token}`, { "sec-fetch-mode": "navigate", accept: "*/*" });
  assert.equal(response.status, 302);
  assert.equal((await post("/sign-in/email", { email, password })).code, "EMAIL_NOT_VERIFIED");
});

for (const mode of ["cors", "same-origin"]) {
  test(`a script's request in a browser is recognized: Sec-Fetch-Mode ${mode}`, async () => {
    const { token } = await waiting();
    const response = await get(`/verify-email?token=${token}`, { "sec-fetch-mode": mode, ...html });
    assert.deepEqual(response.json, { status: true, user: null });
  });
}

test("the page's POST responds with the user", async () => {
  const { email, token } = await waiting();
  const { status, json } = await post("/verify-email", { token });
  assert.equal(status, 200);
  assert.equal(json.user.email, email);
});

test("the page's POST of an invalid token is 400", async () => {
  const response = await post("/verify-email", { token: "bad" });
  assert.equal(response.status, 400);
  assert.equal(response.code, "INVALID_TOKEN");
});

test("the mailed link has the token and the callback URL", async () => {
  const email = newAddress();
  await new Browser().client.signUp.email({ email, password, name: "Ann", callbackURL: "/welcome" });
  const link = new URL((await nextMail(email)).text.match(/http\S+/)[0]);
  assert.equal(link.origin + link.pathname, `${url}/verify-email`);
  assert.ok(link.searchParams.get("token"));
  assert.equal(link.searchParams.get("callbackURL"), `${url}/welcome`); // a page of the site that asked
});

// -- send-verification-email ------------------------------------------------------------

test("the client requests the link again", async () => {
  const { email } = await waiting();
  assert.deepEqual((await new Browser().client.sendVerificationEmail({ email, callbackURL: "/" })).data, { status: true });
  const token = tokenIn(await nextMail(email, 1));
  assert.equal((await get(`/verify-email?token=${token}`)).status, 200);
});

test("unknown and verified addresses get the same response, and no mail", async () => {
  const verified = await account();
  const stranger = newAddress();
  for (const email of [verified, stranger]) {
    const response = await post("/send-verification-email", { email });
    assert.equal(response.status, 200);
    assert.deepEqual(response.json, { status: true });
  }
  await allMailsDelivered();
  assert.equal((await mailsTo(verified)).length, 1);
  assert.deepEqual(await mailsTo(stranger), []);
});
