// Protocol §4: cookies, byte for byte.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { Browser, account, get, newAddress, password, post, session, signedIn } from "./support.mjs";

const SESSION = "better-auth.session_token";
const DONT_REMEMBER = "better-auth.dont_remember";
const CLEARED = ["session_token", "session_data", "dont_remember"].map(
  (name) => `better-auth.${name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`,
);
const SIGNED = /^[\w-]+(\.|%2E)(?:[A-Za-z0-9]|%2B|%2F){43}%3D$/;

let email, ann, guest;
before(async () => {
  email = await account();
  ann = await session(email);
  guest = await session(email, { rememberMe: false });
});
const value = (answer, name) => answer.line(name).split("; ")[0].slice(name.length + 1);

test("a session cookie has these attributes in this order", () => {
  const [, maxAge, ...attributes] = ann.answer.line(SESSION).split("; ");
  assert.match(maxAge, /^Max-Age=(604800|604799)$/); // the seconds that are left, which may just have become fewer
  assert.deepEqual(attributes, ["Path=/", "HttpOnly", "SameSite=Lax"]);
});

test("it is the token and its signature in padded base64, percent-encoded", () => {
  const sent = value(ann.answer, SESSION);
  assert.match(sent, SIGNED);
  const plain = decodeURIComponent(sent);
  assert.equal(plain.slice(0, plain.lastIndexOf(".")), ann.token);
  assert.equal(plain.slice(plain.lastIndexOf(".") + 1).length, 44);
  assert.equal(encodeURIComponent(plain), sent);
});

test("a remembered sign-in sets no other cookie", () => {
  assert.equal(ann.answer.setCookies.length, 1);
});

test("a session that is not to be remembered has no Max-Age, and says so in a signed cookie", () => {
  assert.deepEqual(guest.answer.line(SESSION).split("; ").slice(1), ["Path=/", "HttpOnly", "SameSite=Lax"]);
  assert.deepEqual(guest.answer.line(DONT_REMEMBER).split("; ").slice(1), ["Path=/", "HttpOnly", "SameSite=Lax"]);
  assert.match(decodeURIComponent(value(guest.answer, DONT_REMEMBER)), /^true\.[A-Za-z0-9+/]{43}=$/);
  assert.equal(guest.answer.setCookies.length, 2);
});

test("a session that is not to be remembered ends after a day", async () => {
  const { session: own } = (await get("/get-session", guest.bearer)).json;
  assert.ok(Math.abs(new Date(own.expiresAt) - new Date(own.createdAt) - 86_400_000) < 2000);
});

test("a remembered sign-in takes a left-over dont_remember back", async () => {
  const answer = await post("/sign-in/email", { email, password }, guest.cookie);
  assert.equal(answer.line(DONT_REMEMBER), CLEARED[2]);
});

test("signing out clears three cookies by the same attributes", async () => {
  const bye = await session(email);
  assert.deepEqual((await post("/sign-out", {}, bye.cookie)).setCookies, CLEARED);
});

test("signing out clears them even if the browser never had them", async () => {
  assert.deepEqual((await post("/sign-out", {})).setCookies, CLEARED);
});

test("get-session clears them for a session that was ended", async () => {
  const bye = await session(email);
  await post("/sign-out", {}, bye.bearer);
  const answer = await get("/get-session", bye.cookie);
  assert.equal(answer.text, "null");
  assert.deepEqual(answer.setCookies, CLEARED);
});

for (const [name, cookie] of [
  ["no cookie", ""],
  ["an unsigned cookie", () => `${SESSION}=${ann.token}`],
  ["a forged signature", () => `${SESSION}=${ann.token}.${encodeURIComponent(`${"A".repeat(43)}=`)}`],
  ["a short signature", () => `${SESSION}=${ann.token}.AAAA`],
  ["another token under the signature", () => ann.cookie.cookie.replace(/=./, (was) => (was === "=f" ? "=e" : "=f"))],
  ["percent signs that decode to nothing", () => `${SESSION}=%E0%A4%A`],
  ["the __Secure- name, which is not in use", () => `__Secure-${ann.cookie.cookie}`],
]) {
  test(`get-session sets no cookie for ${name}`, async () => {
    const sent = typeof cookie === "function" ? cookie() : cookie;
    const answer = await get("/get-session", sent ? { cookie: sent } : {});
    assert.equal(answer.status, 200);
    assert.equal(answer.text, "null");
    assert.deepEqual(answer.setCookies, []);
  });
}

for (const [name, cookie] of [
  ["percent-decoded", () => decodeURIComponent(ann.cookie.cookie)],
  ["in double quotes", () => ann.cookie.cookie.replace("=", '="') + '"'],
  ["among others", () => `theme=dark; ${ann.cookie.cookie}; a=b`],
  ["the first of two with its name", () => `${ann.cookie.cookie}; ${SESSION}=other`],
]) {
  test(`the session cookie is read ${name}`, async () => {
    const answer = await get("/get-session", { cookie: cookie() });
    assert.equal(answer.json?.user.email, email);
  });
}

test("the second of two with its name is not read", async () => {
  assert.equal((await get("/get-session", { cookie: `${SESSION}=other; ${ann.cookie.cookie}` })).text, "null");
});

test("an ordinary get-session sets no cookie", async () => {
  assert.deepEqual((await get("/get-session", ann.cookie)).setCookies, []);
});

test("update-user sends the session cookie again, as it was", async () => {
  const answer = await post("/update-user", { name: "Ann" }, ann.cookie);
  assert.equal(value(answer, SESSION), value(ann.answer, SESSION));
  const [maxAge, ...attributes] = answer.line(SESSION).split("; ").slice(1);
  const age = Number(maxAge.match(/^Max-Age=(\d+)$/)[1]);
  assert.ok(age > 604_700 && age <= 604_800, maxAge);
  assert.deepEqual(attributes, ["Path=/", "HttpOnly", "SameSite=Lax"]);
});

test("update-user sends it without Max-Age when the session is not to be remembered", async () => {
  const answer = await post("/update-user", { name: "Ann" }, guest.cookie);
  assert.ok(!answer.line(SESSION).includes("Max-Age"));
});

test("signing up sets no cookie while the address must be verified", async () => {
  assert.deepEqual((await post("/sign-up/email", { email: newAddress(), password, name: "A" })).setCookies, []);
});

test("a failed sign-in sets no cookie", async () => {
  assert.deepEqual((await post("/sign-in/email", { email, password: "not this one" })).setCookies, []);
});

test("deleting the user clears the cookies", async () => {
  const bye = await session(await account());
  assert.deepEqual((await post("/delete-user", { password }, bye.cookie)).setCookies, CLEARED);
});

test("revoking all sessions clears the cookies", async () => {
  const bye = await session(await account());
  assert.deepEqual((await post("/revoke-sessions", {}, bye.cookie)).setCookies, CLEARED);
});

test("a browser comes and goes by its cookies alone", async () => {
  const { client, browser } = await signedIn(new Browser());
  assert.deepEqual([...browser.cookies.keys()], [SESSION]);
  assert.ok((await client.getSession()).data);
  await client.signOut();
  assert.equal(browser.cookies.size, 0);
});
