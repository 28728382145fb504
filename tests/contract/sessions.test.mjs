// Protocol §8: listing and revoking sessions.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { account, get, isValid, milliseconds, newSession, post, send, session, signedIn } from "./support.mjs";

let email;
before(async () => {
  email = await account();
});
const several = async () => {
  const address = await account();
  return [await session(address), await session(address), await session(address)];
};
const idOf = async (one) => (await get("/get-session", one.bearer)).json.session.id;

test("the list is a bare array of the user's sessions, oldest first", async () => {
  const sessions = await several();
  const { json } = await get("/list-sessions", sessions[0].bearer);
  assert.ok(Array.isArray(json));
  assert.deepEqual(json.map((one) => one.id), [await idOf(sessions[0]), await idOf(sessions[1]), await idOf(sessions[2])]);
});

test("a listed session has the protocol's fields, with its id as token", async () => {
  const [one] = (await get("/list-sessions", (await session(email)).bearer)).json;
  const fields = ["createdAt", "expiresAt", "id", "ipAddress", "token", "updatedAt", "userAgent", "userId"];
  assert.deepEqual(Object.keys(one).sort(), fields);
  assert.equal(one.token, one.id);
  assert.match(one.createdAt, milliseconds);
});

test("the list contains no credentials", async () => {
  const sessions = await several();
  const { text } = await get("/list-sessions", sessions[0].bearer);
  for (const { token } of sessions) assert.ok(!text.includes(token));
});

test("the client lists sessions with dates", async () => {
  const { client } = await signedIn();
  const { data } = await client.listSessions();
  assert.equal(data.length, 1);
  assert.ok(data[0].expiresAt instanceof Date);
});

test("the client revokes what it listed", async () => {
  const { client, email: address } = await signedIn();
  const other = await session(address);
  const listed = (await client.listSessions()).data;
  const { token } = listed.find((one) => one.createdAt >= listed[0].createdAt && one !== listed[0]);
  assert.deepEqual((await client.revokeSession({ token })).data, { status: true });
  assert.equal(await isValid(other), false);
  assert.ok((await client.getSession()).data);
});

test("revoke-session accepts the session's token, too", async () => {
  const [one, other] = await several();
  assert.deepEqual((await post("/revoke-session", { token: other.token }, one.bearer)).json, { status: true });
  assert.equal(await isValid(other), false);
  assert.equal(await isValid(one), true);
});

test("revoking the current session clears the cookies", async () => {
  const one = await newSession();
  const response = await post("/revoke-session", { token: one.token }, one.cookie);
  assert.equal(response.setCookies.length, 3);
  assert.equal(await isValid(one), false);
});

test("revoking another session clears no cookies", async () => {
  const [one, other] = await several();
  assert.deepEqual((await post("/revoke-session", { token: other.token }, one.cookie)).setCookies, []);
});

test("another user's token gets the same response, and its session stays", async () => {
  const one = await newSession();
  const stranger = await newSession();
  for (const token of [stranger.token, await idOf(stranger), "unknown", ""]) {
    const response = await post("/revoke-session", { token }, one.bearer);
    assert.equal(response.status, 200, response.text);
    assert.deepEqual(response.json, { status: true });
  }
  assert.ok(await isValid(stranger));
});

test("the epoch row is not a session", async () => {
  const one = await newSession();
  assert.equal((await post("/revoke-session", { token: "EPOCH" }, one.bearer)).status, 200);
  assert.ok(await isValid(one));
});

test("revoke-other-sessions keeps this session", async () => {
  const [one, ...others] = await several();
  assert.deepEqual((await post("/revoke-other-sessions", {}, one.bearer)).json, { status: true });
  assert.deepEqual(await Promise.all([one, ...others].map(isValid)), [true, false, false]);
});

test("revoke-other-sessions with the client keeps it signed in", async () => {
  const { client, email: address } = await signedIn();
  const other = await session(address);
  assert.deepEqual((await client.revokeOtherSessions()).data, { status: true });
  assert.equal(await isValid(other), false);
  assert.ok((await client.getSession()).data);
});

test("revoke-sessions ends all sessions", async () => {
  const sessions = await several();
  assert.deepEqual((await post("/revoke-sessions", {}, sessions[0].bearer)).json, { status: true });
  assert.deepEqual(await Promise.all(sessions.map(isValid)), [false, false, false]);
});

test("revoke-sessions with the client signs it out", async () => {
  const { client, browser } = await signedIn();
  assert.deepEqual((await client.revokeSessions()).data, { status: true });
  assert.equal(browser.cookies.size, 0);
  assert.deepEqual(await client.getSession(), { data: null, error: null });
});

test("sign-out ends only this session", async () => {
  const [one, other] = await several();
  assert.deepEqual((await post("/sign-out", {}, one.bearer)).json, { success: true });
  assert.deepEqual([await isValid(one), await isValid(other)], [false, true]);
});

test("sign-out never fails", async () => {
  const one = await newSession();
  await post("/sign-out", {}, one.bearer);
  for (const headers of [{}, one.bearer, one.cookie, { authorization: "Bearer nonsense" }]) {
    const response = await send("POST", "/sign-out", { headers });
    assert.equal(response.status, 200);
    assert.deepEqual(response.json, { success: true });
  }
});

test("sign-out does not redirect", async () => {
  const response = await post("/sign-out", { callbackURL: "/bye", disableRedirect: true, state: "x" });
  assert.deepEqual(response.json, { success: true });
});
