// Protocol §§9, 12: changing the address with confirmation by the old one, and deletion by a mailed link.

import assert from "node:assert/strict";
import test from "node:test";

import { get, linkIn, isValid, newAddress, newSession, nextMail, password, post, tokenIn, url } from "./support.mjs";

const MAILED = { success: true, message: "Verification email sent" };
const GONE = { success: true, message: "User deleted" };
const verify = async (mail, headers) => get(`/verify-email?token=${tokenIn(mail)}`, headers);

test("the old address confirms first, then the new one", async () => {
  const one = await newSession();
  const newEmail = newAddress();
  await post("/change-email", { newEmail }, one.bearer);

  const allowed = await verify(await nextMail(one.email, 1));
  assert.equal(allowed.status, 200);
  assert.equal(allowed.json.status, true);
  assert.equal((await get("/get-session", one.bearer)).json.user.email, one.email);
  const moved = await verify(await nextMail(newEmail), one.bearer);
  assert.equal(moved.json.user.email, newEmail);
  assert.deepEqual(moved.setCookies, []);
});

test("a link redirects to its callback URL", async () => {
  const one = await newSession();
  await post("/change-email", { newEmail: newAddress() }, one.bearer);
  const response = await get(`/verify-email?token=${tokenIn(await nextMail(one.email, 1))}&callbackURL=/account`);
  assert.equal(response.location, "/account");
});

test("delete-user mails a link that works only in the user's session", async () => {
  const one = await newSession();
  const stranger = await newSession();
  assert.deepEqual((await post("/delete-user", { callbackURL: `${url}/bye` }, one.cookie)).json, MAILED);
  assert.ok(await isValid(one));
  const path = new URL(linkIn(await nextMail(one.email, 1)));
  const link = path.pathname + path.search;
  assert.equal(path.searchParams.get("callbackURL"), `${url}/bye`);

  assert.equal((await get(link)).code, "FAILED_TO_GET_USER_INFO");
  const stolen = await get(link, stranger.cookie);
  assert.equal(stolen.status, 404);
  assert.equal(stolen.code, "INVALID_TOKEN");
  const gone = await get(link, one.cookie);
  assert.equal(gone.status, 302);
  assert.equal(gone.location, `${url}/bye`);
  assert.equal(gone.setCookies.length, 3);
  assert.equal(await isValid(one), false);
  assert.ok(await isValid(stranger));
});

test("the link without a callback URL responds with JSON", async () => {
  const one = await newSession();
  await post("/delete-user", {}, one.bearer);
  const token = tokenIn(await nextMail(one.email, 1));
  assert.deepEqual((await get(`/delete-user/callback?token=${token}`, one.cookie)).json, GONE);
});

test("the mailed token works in the body, once", async () => {
  const one = await newSession();
  await post("/delete-user", { password }, one.bearer);
  const token = tokenIn(await nextMail(one.email, 1));
  const response = await post("/delete-user", { token }, one.cookie);
  assert.deepEqual(response.json, GONE);
  assert.equal(response.setCookies.length, 3);
  assert.equal((await post("/delete-user", { token }, one.bearer)).status, 401);
});

test("a wrong password sends no mail", async () => {
  const one = await newSession();
  assert.equal((await post("/delete-user", { password: "not this one" }, one.bearer)).code, "INVALID_PASSWORD");
});
