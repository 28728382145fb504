// docs/frontend.md: cookies, cross site, with the same client.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { account, password } from "../support.mjs";
import { HOME, OTHER, Page, SHOP, snippet } from "./page.mjs";

let authClient, api, page, email, url;
before(async () => {
  page = new Page(SHOP).show();
  ({ authClient, GATEHOUSE: url } = await snippet("auth"));
  ({ api } = await snippet("tasks"));
  email = await account();
  await authClient.signIn.email({ email, password });
});

test("a frontend on another site has a session with a partitioned cookie", async () => {
  assert.equal((await authClient.getSession()).data.user.email, email);
  assert.equal((await api.GET("/api/tasks")).response.status, 200);
});

test("a third site in the same browser has no session", () => {
  assert.match(page.cookies(url), /__Secure-better-auth\.session_token/);
  assert.equal(new Page(OTHER, page.jar).cookies(url), "");
  assert.equal(new Page(url, page.jar).cookies(url), "");
});

test("an unlisted origin can read nothing", async () => {
  await assert.rejects(new Page(HOME, page.jar).fetch(`${url}/api/auth/get-session`, { credentials: "include" }), TypeError);
});

test("sign-out clears the cookie", async () => {
  assert.equal((await authClient.signOut()).error, null);
  assert.doesNotMatch(page.cookies(url), /session_token/);
  assert.equal((await authClient.getSession()).data, null);
});
