// docs/frontend.md: rendering on a server. Every get-session renews here, so that there is a cookie to hand back.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { account, later, newSession, session } from "../support.mjs";
import { HOME, snippet } from "./page.mjs";

let server, ann;
const asked = (headers = {}) => new Request(`${HOME}/`, { headers });
before(async () => {
  server = await snippet("server");
  ann = await newSession();
});

test("a visitor's cookie is passed on, and the renewed one handed back", async () => {
  later(1); // an end is a whole second
  const answer = await server.page(asked({ cookie: ann.cookie.cookie, host: "localhost:5173" }));
  assert.equal(await answer.text(), `Hello, ${ann.user.name}.`);
  assert.ok(answer.headers.getSetCookie().some((line) => line.startsWith("better-auth.session_token=")));
});

test("somebody without a session is sent to the door, and a dead cookie taken back", async () => {
  const dead = await newSession();
  await server.clientFor(asked({ cookie: dead.cookie.cookie, origin: HOME })).client.signOut();
  const answer = await server.page(asked({ cookie: dead.cookie.cookie }));
  assert.equal(answer.status, 302);
  assert.ok(answer.headers.getSetCookie().length);
  assert.ok(answer.headers.getSetCookie().every((line) => line.includes("Max-Age=0")));
  assert.equal((await server.page(asked())).headers.get("location"), "/sign-in");
});

test("two visitors at once are two people", async () => {
  const bob = await session(await account("Bob"));
  const answers = await Promise.all([ann, bob, ann].map(({ cookie: { cookie } }) => server.page(asked({ cookie }))));
  assert.deepEqual(await Promise.all(answers.map((answer) => answer.text())), ["Hello, Ann.", "Hello, Bob.", "Hello, Ann."]);
});

test("where no cookie can be set, none is renewed", async () => {
  const { client, setCookies } = server.clientFor(asked({ cookie: ann.cookie.cookie }));
  assert.equal((await client.getSession({ query: { disableRefresh: true } })).data.user.email, ann.email);
  assert.deepEqual(setCookies, []);
});

test("the origin that a form came from is judged by the service", async () => {
  const change = async (headers) =>
    (await server.clientFor(asked({ cookie: ann.cookie.cookie, ...headers })).client.updateUser({ name: "Ann" })).error?.code;
  assert.equal(await change({ origin: HOME }), undefined);
  assert.equal(await change({ origin: "https://evil.example" }), "INVALID_ORIGIN");
  assert.equal(await change({}), "MISSING_OR_NULL_ORIGIN");
});

test("a service that is away signs nobody out", async () => {
  globalThis.fetch = async () => Response.json({ code: "SERVICE_UNAVAILABLE" }, { status: 503 });
  assert.equal((await server.page(asked({ cookie: ann.cookie.cookie }))).status, 503);
});
