// Protocol §8: listing and revoking sessions.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { account, get, lives, milliseconds, newSession, post, send, session, signedIn } from "./support.mjs";

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

test("a listed session has the protocol's fields, with its id for a token", async () => {
  const [one] = (await get("/list-sessions", (await session(email)).bearer)).json;
  const fields = ["createdAt", "expiresAt", "id", "ipAddress", "token", "updatedAt", "userAgent", "userId"];
  assert.deepEqual(Object.keys(one).sort(), fields);
  assert.equal(one.token, one.id);
  assert.match(one.createdAt, milliseconds);
});

test("the list holds nobody's credential", async () => {
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
  assert.equal(await lives(other), false);
  assert.ok((await client.getSession()).data);
});

test("revoke-session takes the session's own token, too", async () => {
  const [one, other] = await several();
  assert.deepEqual((await post("/revoke-session", { token: other.token }, one.bearer)).json, { status: true });
  assert.equal(await lives(other), false);
  assert.equal(await lives(one), true);
});

test("revoking the current session clears the cookies", async () => {
  const one = await newSession();
  const answer = await post("/revoke-session", { token: one.token }, one.cookie);
  assert.equal(answer.setCookies.length, 3);
  assert.equal(await lives(one), false);
});

test("revoking another session clears no cookie", async () => {
  const [one, other] = await several();
  assert.deepEqual((await post("/revoke-session", { token: other.token }, one.cookie)).setCookies, []);
});

test("a stranger's token is answered alike, and left alone", async () => {
  const one = await newSession();
  const stranger = await newSession();
  for (const token of [stranger.token, await idOf(stranger), "unknown", ""]) {
    const answer = await post("/revoke-session", { token }, one.bearer);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json, { status: true });
  }
  assert.ok(await lives(stranger));
});

test("the marker of all sessions is no session", async () => {
  const one = await newSession();
  assert.equal((await post("/revoke-session", { token: "EPOCH" }, one.bearer)).status, 200);
  assert.ok(await lives(one));
});

test("revoke-other-sessions leaves this one", async () => {
  const [one, ...others] = await several();
  assert.deepEqual((await post("/revoke-other-sessions", {}, one.bearer)).json, { status: true });
  assert.deepEqual(await Promise.all([one, ...others].map(lives)), [true, false, false]);
});

test("revoke-other-sessions by the client keeps it signed in", async () => {
  const { client, email: address } = await signedIn();
  const other = await session(address);
  assert.deepEqual((await client.revokeOtherSessions()).data, { status: true });
  assert.equal(await lives(other), false);
  assert.ok((await client.getSession()).data);
});

test("revoke-sessions leaves none", async () => {
  const sessions = await several();
  assert.deepEqual((await post("/revoke-sessions", {}, sessions[0].bearer)).json, { status: true });
  assert.deepEqual(await Promise.all(sessions.map(lives)), [false, false, false]);
});

test("revoke-sessions by the client signs it out", async () => {
  const { client, browser } = await signedIn();
  assert.deepEqual((await client.revokeSessions()).data, { status: true });
  assert.equal(browser.cookies.size, 0);
  assert.deepEqual(await client.getSession(), { data: null, error: null });
});

test("sign-out ends this session alone", async () => {
  const [one, other] = await several();
  assert.deepEqual((await post("/sign-out", {}, one.bearer)).json, { success: true });
  assert.deepEqual([await lives(one), await lives(other)], [false, true]);
});

test("sign-out never fails", async () => {
  const one = await newSession();
  await post("/sign-out", {}, one.bearer);
  for (const headers of [{}, one.bearer, one.cookie, { authorization: "Bearer nonsense" }]) {
    const answer = await send("POST", "/sign-out", { headers });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.json, { success: true });
  }
});

test("sign-out takes no part in redirects", async () => {
  const answer = await post("/sign-out", { callbackURL: "/bye", disableRedirect: true, state: "x" });
  assert.deepEqual(answer.json, { success: true });
});
