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
const value = (response, name) => response.line(name).split("; ")[0].slice(name.length + 1);

test("a session cookie has these attributes in this order", () => {
  const [, maxAge, ...attributes] = ann.response.line(SESSION).split("; ");
  assert.match(maxAge, /^Max-Age=(604800|604799)$/); // the seconds that are left, which may just have become fewer
  assert.deepEqual(attributes, ["Path=/", "HttpOnly", "SameSite=Lax"]);
});

test("it is token and signature in padded base64, percent-encoded", () => {
  const sent = value(ann.response, SESSION);
  assert.match(sent, SIGNED);
  const plain = decodeURIComponent(sent);
  assert.equal(plain.slice(0, plain.lastIndexOf(".")), ann.token);
  assert.equal(plain.slice(plain.lastIndexOf(".") + 1).length, 44);
  assert.equal(encodeURIComponent(plain), sent);
});

test("a remembered sign-in sets no other cookie", () => {
  assert.equal(ann.response.setCookies.length, 1);
});

test("with dont_remember the cookie has no Max-Age, and there is a signed dont_remember cookie", () => {
  assert.deepEqual(guest.response.line(SESSION).split("; ").slice(1), ["Path=/", "HttpOnly", "SameSite=Lax"]);
  assert.deepEqual(guest.response.line(DONT_REMEMBER).split("; ").slice(1), ["Path=/", "HttpOnly", "SameSite=Lax"]);
  assert.match(decodeURIComponent(value(guest.response, DONT_REMEMBER)), /^true\.[A-Za-z0-9+/]{43}=$/);
  assert.equal(guest.response.setCookies.length, 2);
});

test("with dont_remember a session ends after a day", async () => {
  const { session: own } = (await get("/get-session", guest.bearer)).json;
  assert.ok(Math.abs(new Date(own.expiresAt) - new Date(own.createdAt) - 86_400_000) < 2000);
});

test("a remembered sign-in clears an old dont_remember cookie", async () => {
  const response = await post("/sign-in/email", { email, password }, guest.cookie);
  assert.equal(response.line(DONT_REMEMBER), CLEARED[2]);
});

test("sign-out clears three cookies with the same attributes", async () => {
  const bye = await session(email);
  assert.deepEqual((await post("/sign-out", {}, bye.cookie)).setCookies, CLEARED);
});

test("sign-out clears them even if the browser has none", async () => {
  assert.deepEqual((await post("/sign-out", {})).setCookies, CLEARED);
});

test("get-session clears them for an ended session", async () => {
  const bye = await session(email);
  await post("/sign-out", {}, bye.bearer);
  const response = await get("/get-session", bye.cookie);
  assert.equal(response.text, "null");
  assert.deepEqual(response.setCookies, CLEARED);
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
    const response = await get("/get-session", sent ? { cookie: sent } : {});
    assert.equal(response.status, 200);
    assert.equal(response.text, "null");
    assert.deepEqual(response.setCookies, []);
  });
}

for (const [name, cookie] of [
  ["percent-decoded", () => decodeURIComponent(ann.cookie.cookie)],
  ["in double quotes", () => ann.cookie.cookie.replace("=", '="') + '"'],
  ["among others", () => `theme=dark; ${ann.cookie.cookie}; a=b`],
  ["the first of two with its name", () => `${ann.cookie.cookie}; ${SESSION}=other`],
]) {
  test(`the session cookie is read ${name}`, async () => {
    const response = await get("/get-session", { cookie: cookie() });
    assert.equal(response.json?.user.email, email);
  });
}

test("of two cookies with its name, the one with a good signature counts", async () => {
  const { text } = await get("/get-session", { cookie: `${SESSION}=other; ${ann.cookie.cookie}` });
  assert.equal(JSON.parse(text).session.token, ann.token);
});

test("an ordinary get-session sets no cookie", async () => {
  assert.deepEqual((await get("/get-session", ann.cookie)).setCookies, []);
});

test("update-user sends the same session cookie again", async () => {
  const response = await post("/update-user", { name: "Ann" }, ann.cookie);
  assert.equal(value(response, SESSION), value(ann.response, SESSION));
  const [maxAge, ...attributes] = response.line(SESSION).split("; ").slice(1);
  const age = Number(maxAge.match(/^Max-Age=(\d+)$/)[1]);
  assert.ok(age > 604_700 && age <= 604_800, maxAge);
  assert.deepEqual(attributes, ["Path=/", "HttpOnly", "SameSite=Lax"]);
});

test("update-user sends it without Max-Age with dont_remember", async () => {
  const response = await post("/update-user", { name: "Ann" }, guest.cookie);
  assert.ok(!response.line(SESSION).includes("Max-Age"));
});

test("sign-up with verification sets the cookie of the sign-up alone", async () => {
  const { setCookies } = await post("/sign-up/email", { email: newAddress(), password, name: "A" });
  assert.equal(setCookies.length, 1);
  assert.match(setCookies[0], /^gatehouse\.sign_up=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/);
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

test("a browser signs in and out with only its cookies", async () => {
  const { client, browser } = await signedIn(new Browser());
  assert.deepEqual([...browser.cookies.keys()], [SESSION]);
  assert.ok((await client.getSession()).data);
  await client.signOut();
  assert.equal(browser.cookies.size, 0);
});
