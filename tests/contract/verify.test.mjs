// Protocol §9: verifying an address, by a script's GET or by the page's POST.

import assert from "node:assert/strict";
import test from "node:test";

import { account, Browser, get, mailsAreOut, mailsTo, newAddress, nextMail, password, post, tokenIn, url } from "./support.mjs";

/** A sign-up that waits, and the token in its mail. */
async function waiting() {
  const email = newAddress();
  await post("/sign-up/email", { email, password, name: "Ann" });
  return { email, token: tokenIn(await nextMail(email)) };
}
const html = { accept: "text/html,application/xhtml+xml" };

test("a script's GET verifies, and answers status and no user", async () => {
  const { email, token } = await waiting();
  const answer = await get(`/verify-email?token=${token}`);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json, { status: true, user: null });
  assert.deepEqual(answer.setCookies, []);
  assert.equal((await post("/sign-in/email", { email, password })).json.user.emailVerified, true);
});

test("verifying again gives the same answer", async () => {
  const { token } = await waiting();
  const answers = [await get(`/verify-email?token=${token}`), await get(`/verify-email?token=${token}`)];
  assert.deepEqual(answers[0].json, answers[1].json);
});

for (const [callbackURL, location] of [
  ["/welcome", "/welcome"],
  ["/welcome?a=1#top", "/welcome?a=1#top"],
  [`${url}/welcome`, `${url}/welcome`],
  ["https://app.example.com/welcome", "https://app.example.com/welcome"],
]) {
  test(`with callbackURL ${callbackURL.replace(url, "…")} it leads there, as it was given`, async () => {
    const { token } = await waiting();
    const answer = await get(`/verify-email?token=${token}&callbackURL=${encodeURIComponent(callbackURL)}`);
    assert.equal(answer.status, 302);
    assert.equal(answer.location, location);
    assert.equal(answer.text, "");
  });
}

for (const [callbackURL, location] of [
  ["/welcome", "/welcome?error=INVALID_TOKEN"],
  ["/welcome?a=1", "/welcome?a=1&error=INVALID_TOKEN"],
  ["/welcome?a=1#top", "/welcome?a=1&error=INVALID_TOKEN#top"],
]) {
  test(`a bad token leads to ${location}`, async () => {
    const answer = await get(`/verify-email?token=bad&callbackURL=${encodeURIComponent(callbackURL)}`);
    assert.equal(answer.status, 302);
    assert.equal(answer.location, location);
  });
}

test("a bad token without a place to go on to is 401", async () => {
  const answer = await get("/verify-email?token=bad");
  assert.equal(answer.status, 401);
  assert.equal(answer.code, "INVALID_TOKEN");
});

test("a token for another purpose is a bad one", async () => {
  const email = await account();
  await post("/request-password-reset", { email });
  assert.equal((await get(`/verify-email?token=${tokenIn(await nextMail(email, 1))}`)).code, "INVALID_TOKEN");
});

test("a person who opens the link is led to the page, and consumes nothing", async () => {
  const { email, token } = await waiting();
  const answer = await get(`/verify-email?token=${token}&callbackURL=/welcome`, html);
  assert.equal(answer.status, 302);
  assert.equal(answer.location, `${url}/verify-email?token=${token}&callbackURL=%2Fwelcome`);
  assert.equal((await post("/sign-in/email", { email, password })).code, "EMAIL_NOT_VERIFIED");
});

test("a browser that navigates is a person, whatever it accepts", async () => {
  const { email, token } = await waiting();
  const answer = await get(`/verify-email?token=${token}`, { "sec-fetch-mode": "navigate", accept: "*/*" });
  assert.equal(answer.status, 302);
  assert.equal((await post("/sign-in/email", { email, password })).code, "EMAIL_NOT_VERIFIED");
});

for (const mode of ["cors", "same-origin"]) {
  test(`a script in a browser is a script: Sec-Fetch-Mode ${mode}`, async () => {
    const { token } = await waiting();
    const answer = await get(`/verify-email?token=${token}`, { "sec-fetch-mode": mode, ...html });
    assert.deepEqual(answer.json, { status: true, user: null });
  });
}

test("the page's POST answers the user", async () => {
  const { email, token } = await waiting();
  const { status, json } = await post("/verify-email", { token });
  assert.equal(status, 200);
  assert.equal(json.user.email, email);
});

test("the page's POST of a bad token is 400", async () => {
  const answer = await post("/verify-email", { token: "bad" });
  assert.equal(answer.status, 400);
  assert.equal(answer.code, "INVALID_TOKEN");
});

test("the link of the mail carries the token and the place to go on to", async () => {
  const email = newAddress();
  await new Browser().client.signUp.email({ email, password, name: "Ann", callbackURL: "/welcome" });
  const link = new URL((await nextMail(email)).text.match(/http\S+/)[0]);
  assert.equal(link.origin + link.pathname, `${url}/verify-email`);
  assert.ok(link.searchParams.get("token"));
  assert.equal(link.searchParams.get("callbackURL"), "/welcome");
});

// -- send-verification-email ------------------------------------------------------------

test("the link is mailed again, by the client", async () => {
  const { email } = await waiting();
  assert.deepEqual((await new Browser().client.sendVerificationEmail({ email, callbackURL: "/" })).data, { status: true });
  const token = tokenIn(await nextMail(email, 1));
  assert.equal((await get(`/verify-email?token=${token}`)).status, 200);
});

test("strangers and verified people get the same answer, and no mail", async () => {
  const verified = await account();
  const stranger = newAddress();
  for (const email of [verified, stranger]) {
    const answer = await post("/send-verification-email", { email });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json, { status: true });
  }
  await mailsAreOut();
  assert.equal((await mailsTo(verified)).length, 1);
  assert.deepEqual(await mailsTo(stranger), []);
});
