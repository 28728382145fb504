// Protocol §§3, 5, 8: get-session and its response.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { Browser, account, bearer, get, isValid, milliseconds, password, post, send, session, signedIn, until } from "./support.mjs";

let email, ann;
before(async () => {
  email = await account();
  ann = await session(email);
});

test("without a session it is 200 and null, never 401 or an empty body", async () => {
  const response = await get("/get-session");
  assert.equal(response.status, 200);
  assert.equal(response.text, "null");
  assert.match(response.headers["content-type"], /^application\/json/);
});

test("the client has no session and no error", async () => {
  assert.deepEqual(await new Browser().client.getSession(), { data: null, error: null });
});

for (const [name, headers] of [["null", () => ({})], ["a session", () => ann.cookie]]) {
  test(`the response is not cacheable: ${name}`, async () => {
    const response = await get("/get-session", headers());
    assert.equal(response.headers["cache-control"], "no-store");
    assert.equal(response.headers.pragma, "no-cache");
  });
}

test("session and user have exactly the protocol's fields", async () => {
  const { session: own, user } = (await get("/get-session", ann.cookie)).json;
  const fields = ["createdAt", "expiresAt", "id", "ipAddress", "token", "updatedAt", "userAgent", "userId"];
  assert.deepEqual(Object.keys(own).sort(), fields);
  assert.deepEqual(Object.keys(user).sort(), ["createdAt", "email", "emailVerified", "id", "image", "name", "twoFactorEnabled", "updatedAt"]);
  assert.equal(own.userId, user.id);
  assert.equal(own.token, ann.token);
  assert.equal(user.image, null);
  assert.equal(user.emailVerified, true);
});

test("dates have three digits and a Z", async () => {
  const { session: own, user } = (await get("/get-session", ann.cookie)).json;
  for (const date of [own.createdAt, own.expiresAt, own.updatedAt, user.createdAt, user.updatedAt]) assert.match(date, milliseconds);
});

test("the client parses them as the same time", async () => {
  const { client } = await signedIn();
  const { data } = await client.getSession();
  assert.ok(Math.abs(data.session.createdAt - new Date()) < 30_000);
  assert.ok(data.user.updatedAt instanceof Date);
});

test("a session lasts seven days", async () => {
  const { session: own } = (await get("/get-session", ann.cookie)).json;
  assert.ok(Math.abs(new Date(own.expiresAt) - new Date(own.createdAt) - 7 * 86_400_000) < 2000);
});

test("an unknown user agent is an empty string", async () => {
  const { session: own } = (await get("/get-session", ann.cookie)).json;
  assert.equal(own.userAgent, "");
});

test("user agent and address are those of the sign-in", async () => {
  const response = await post("/sign-in/email", { email, password }, { "user-agent": "Contract/1" });
  const { session: own } = (await get("/get-session", { ...bearer(response.json.token), "user-agent": "Other/2" })).json;
  assert.equal(own.userAgent, "Contract/1");
  assert.equal(own.ipAddress, "127.0.0.1");
});

test("a header cannot set the caller's address", async () => {
  const response = await post("/sign-in/email", { email, password }, { "x-forwarded-for": "203.0.113.9" });
  const { session: own } = (await get("/get-session", bearer(response.json.token))).json;
  assert.equal(own.ipAddress, "127.0.0.1");
});

test("a session that needs no renewal is not updated", async () => {
  const first = (await get("/get-session", ann.cookie)).json.session;
  assert.deepEqual((await get("/get-session", ann.cookie)).json.session, first);
});

for (const query of ["disableRefresh=true", "disableCookieCache=true", "disableRefresh=false&disableCookieCache=false"]) {
  test(`it accepts ?${query}`, async () => {
    assert.equal((await get(`/get-session?${query}`, ann.cookie)).json.user.email, email);
  });
}

test("it accepts the client's query", async () => {
  const { client } = await signedIn();
  assert.ok((await client.getSession({ query: { disableCookieCache: true, disableRefresh: true } })).data);
});

test("POST is not routed", async () => {
  assert.equal((await send("POST", "/get-session", { body: {}, headers: ann.bearer })).status, 404);
});

test("each sign-in creates a session, and ends none", async () => {
  const other = await session(email);
  assert.notEqual(other.token, ann.token);
  assert.ok(await isValid(ann));
});

test("the client refetches the session after sign-out", async () => {
  const { client, browser } = await signedIn();
  const stop = client.useSession.subscribe(() => {});
  browser.visited = [];
  await client.signOut();
  await until(() => browser.visited.includes("/api/auth/get-session") && !client.useSession.get().isRefetching);
  stop();
  assert.equal(client.useSession.get().data, null);
  assert.equal(client.useSession.get().error, null);
});
