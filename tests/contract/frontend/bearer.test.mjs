// docs/frontend.md: bearer, cross site.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { account, password } from "../support.mjs";
import { openTabs, Page, SHOP, snippet } from "./page.mjs";

let bearer, page, email, stored;
before(async () => {
  stored = openTabs();
  page = new Page(SHOP).show();
  bearer = await snippet("bearer");
  email = await account();
});

test("the header's token is stored and used", async () => {
  assert.equal((await bearer.bearerClient.getSession()).data, null);
  await bearer.bearerClient.signIn.email({ email, password });
  assert.match(bearer.token(), /^[\w-]+\..+=$/);
  assert.equal((await bearer.bearerClient.getSession()).data.user.email, email);
  assert.equal((await bearer.bearerClient.updateUser({ name: "Bea" })).error, null);
  assert.equal(page.jar.size, 0);
});

test("task routes accept it", async () => {
  const { byBearer } = await snippet("tokens");
  assert.equal((await byBearer.POST("/api/tasks", { body: { title: "Buy milk" } })).data.title, "Buy milk");
});

test("sign-out removes it and ends the session", async () => {
  const { byBearer } = await snippet("tokens");
  const token = bearer.token();
  await bearer.signOut();
  assert.equal(stored.size, 0);
  assert.equal((await byBearer.GET("/api/tasks", { headers: { authorization: `Bearer ${token}` } })).response.status, 401);
  assert.equal((await bearer.bearerClient.getSession()).data, null);
});

test("sign-out without a network removes it, too", async () => {
  await bearer.bearerClient.signIn.email({ email, password });
  page.lose("/sign-out");
  await bearer.signOut().catch(() => {});
  assert.equal(bearer.token(), "");
});
