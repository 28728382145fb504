// Protocol §4.4: the session_data cookie, in its compact form.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { get, newAddress, nextMail, password, post, session, tokenIn } from "./support.mjs";

const DATA = "better-auth.session_data";
let email, ann;
before(async () => {
  email = newAddress();
  await post("/sign-up/email", { email, password, name: "Ann" });
  ann = await session(email);
});
const value = (response) => decodeURIComponent(response.line(DATA).split("; ")[0].slice(DATA.length + 1));
const content = (response) => JSON.parse(Buffer.from(value(response), "base64url"));
const edited = (response, change) => {
  const whole = content(response);
  change(whole);
  return Buffer.from(JSON.stringify(whole)).toString("base64url");
};
const token = (of) => of.cookie.cookie.split("; ").find((pair) => pair.startsWith("better-auth.session_token="));
const isFromCache = ({ setCookies }) => !setCookies.some((line) => line.startsWith(DATA) && !line.includes("Max-Age=0"));

test("sign-in sets it besides the session cookie", () => {
  const attributes = ann.response.line(DATA).split("; ").slice(1);
  assert.deepEqual(attributes, ["Max-Age=300", "Path=/", "HttpOnly", "SameSite=Lax"]);
  assert.ok(ann.response.setCookies[0].startsWith("better-auth.session_token="));
});

test("it is base64url without padding of session, expiresAt and signature", () => {
  assert.match(value(ann.response), /^[\w-]+$/);
  const whole = content(ann.response);
  assert.deepEqual(Object.keys(whole), ["session", "expiresAt", "signature"]);
  assert.deepEqual(Object.keys(whole.session), ["session", "user", "updatedAt", "version"]);
  assert.equal(whole.session.version, "1");
  assert.equal(whole.expiresAt - whole.session.updatedAt, 300_000);
  assert.match(whole.signature, /^[\w-]{43}$/);
});

test("it contains get-session's response", async () => {
  const { session: cached } = content(ann.response);
  assert.deepEqual({ session: cached.session, user: cached.user }, (await get("/get-session", ann.bearer)).json);
});

test("with dont_remember it lasts a minute, without Max-Age", async () => {
  const guest = await session(email, { rememberMe: false });
  assert.ok(!guest.response.line(DATA).includes("Max-Age"));
  const whole = content(guest.response);
  assert.equal(whole.expiresAt - whole.session.updatedAt, 60_000);
});

test("get-session responds from it", async () => {
  const response = await get("/get-session", ann.cookie);
  assert.equal(response.json.user.email, email);
  assert.deepEqual(response.setCookies, []);
  assert.ok(isFromCache(response));
});

test("get-session without it reads the database, and sets it", async () => {
  const response = await get("/get-session", { cookie: token(ann) });
  assert.ok(!isFromCache(response));
  assert.deepEqual(content(response).session.user, response.json.user);
  assert.equal(response.setCookies.length, 1);
});

for (const query of ["disableCookieCache=true", "disableCookieCache=false"]) {
  test(`get-session?${query} reads the database: any text is true`, async () => {
    assert.ok(!isFromCache(await get(`/get-session?${query}`, ann.cookie)));
  });
}

for (const [name, change] of [
  ["another user", (whole) => (whole.session.user.email = "eve@example.com")],
  ["a longer life", (whole) => (whole.expiresAt += 1)],
  ["another version", (whole) => (whole.session.version = "2")],
  ["no signature", (whole) => delete whole.signature],
]) {
  test(`with ${name} in it, it is ignored`, async () => {
    const response = await get("/get-session", { cookie: `${token(ann)}; ${DATA}=${edited(ann.response, change)}` });
    assert.equal(response.json.user.email, email);
    assert.ok(!isFromCache(response));
  });
}

for (const nonsense of ["nonsense", "%E0%A4%A", "e30", "W10", ""]) {
  test(`${JSON.stringify(nonsense)} instead of it is ignored`, async () => {
    const response = await get("/get-session", { cookie: `${token(ann)}; ${DATA}=${nonsense}` });
    assert.equal(response.json.user.email, email);
    assert.ok(!isFromCache(response));
  });
}

test("alone, or with another session's cookie, it is anonymous", async () => {
  const data = ann.cookie.cookie.split("; ").find((pair) => pair.startsWith(DATA));
  assert.equal((await get("/get-session", { cookie: data })).text, "null");
  const other = await session(email);
  assert.ok(!isFromCache(await get("/get-session", { cookie: `${token(other)}; ${data}` })));
});

test("other endpoints never use it", async () => {
  const bye = await session(email);
  await post("/revoke-session", { token: bye.token }, ann.bearer);
  assert.equal((await get("/get-session", bye.cookie)).json.user.email, email);
  assert.equal((await get("/list-sessions", bye.cookie)).status, 401);
  assert.equal((await get("/token", bye.cookie)).status, 401);
  assert.equal((await get("/get-session?disableCookieCache=1", bye.cookie)).text, "null");
});

test("after update-user get-session has the change", async () => {
  const one = await session(email);
  const response = await post("/update-user", { name: "Anna" }, one.cookie);
  assert.equal(response.line(DATA), `${DATA}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`);
  assert.equal((await get("/get-session", { cookie: token(one) })).json.user.name, "Anna");
});

test("after change-email get-session has the new address", async () => {
  const address = newAddress();
  await post("/sign-up/email", { email: address, password, name: "Bob" });
  const one = await session(address);
  const newEmail = newAddress();
  await post("/change-email", { newEmail }, one.cookie);
  const verified = await get(`/verify-email?token=${tokenIn(await nextMail(newEmail))}`, one.cookie);
  assert.equal(verified.json.user.email, newEmail);
  const line = verified.line(DATA);
  const data = line?.includes("Max-Age=0") ? "" : `; ${(line ?? one.response.line(DATA)).split("; ")[0]}`;
  assert.equal((await get("/get-session", { cookie: token(one) + data })).json.user.email, newEmail);
});

test("sign-out clears it", async () => {
  const bye = await session(email);
  const response = await post("/sign-out", {}, bye.cookie);
  assert.equal(response.line(DATA), `${DATA}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`);
});
