// Protocol §6, A and B: origins that may call with a cookie, and from which sign-in is allowed.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { account, get, newAddress, password, post, send, session, url } from "./support.mjs";

let email, cookie;
before(async () => {
  email = await account();
  cookie = (await session(email)).cookie.cookie;
});
const update = (headers) => post("/update-user", { name: "Ann" }, { cookie, ...headers });
const forgets = (headers) => post("/request-password-reset", { email: newAddress() }, headers);
const signIn = (headers) => post("/sign-in/email", { email, password }, headers);
const signUp = (headers) => post("/sign-up/email", { email: newAddress(), password, name: "A" }, headers);

// -- A: every writing request with a cookie ------------------------------------------

const allowed = [
  ["our own origin", { origin: url }],
  ["a frontend's origin", { origin: "http://localhost:5173" }],
  ["a host that a pattern allows", { origin: "https://app.example.com" }],
  ["a host below it", { origin: "https://a.b.example.com" }],
  ["a page of ours as the referer", { referer: `${url}/settings?a=1` }],
  ["a trusted scheme", { origin: "myapp://home" }],
  ["a null origin that the browser says is ours", { origin: "null", "sec-fetch-site": "same-origin" }],
];
for (const [name, headers] of allowed) {
  test(`with a cookie, ${name} may call`, async () => {
    assert.equal((await update(headers)).status, 200);
  });
}

const refused = [
  ["no origin", {}, "MISSING_OR_NULL_ORIGIN"],
  ["a null origin", { origin: "null" }, "MISSING_OR_NULL_ORIGIN"],
  ["a null origin of another site", { origin: "null", "sec-fetch-site": "cross-site" }, "MISSING_OR_NULL_ORIGIN"],
  ["another site", { origin: "https://evil.example" }, "INVALID_ORIGIN"],
  ["another site's page as the referer", { referer: "https://evil.example/page" }, "INVALID_ORIGIN"],
  ["another site with our page as the referer", { origin: "https://evil.example", referer: `${url}/` }, "INVALID_ORIGIN"],
  ["another port", { origin: "http://localhost:1" }, "INVALID_ORIGIN"],
  ["another scheme", { origin: "https://localhost:5173" }, "INVALID_ORIGIN"],
  ["a host that begins like ours", { origin: `${url}.evil.example` }, "INVALID_ORIGIN"],
  ["a user part that looks like us", { origin: `${url}@evil.example` }, "INVALID_ORIGIN"],
  ["the bare domain of a pattern", { origin: "https://example.com" }, "INVALID_ORIGIN"],
  ["a host that ends like a pattern", { origin: "https://evilexample.com" }, "INVALID_ORIGIN"],
  ["a pattern's host by http", { origin: "http://app.example.com" }, "INVALID_ORIGIN"],
];
for (const [name, headers, code] of refused) {
  test(`with a cookie, ${name} is ${code}`, async () => {
    const response = await update(headers);
    assert.equal(response.status, 403);
    assert.equal(response.code, code);
  });
}

test("any cookie triggers the check, not only ours", async () => {
  assert.equal((await forgets({ cookie: "theme=dark" })).code, "MISSING_OR_NULL_ORIGIN");
  assert.equal((await forgets({ cookie: "theme=dark", origin: "https://evil.example" })).code, "INVALID_ORIGIN");
  assert.equal((await forgets({ cookie: "theme=dark", origin: url })).status, 200);
});

test("beside a bearer token a cookie needs no origin, and does nothing", async () => {
  const { token } = await session(email);
  assert.equal((await update({ authorization: `Bearer ${token}` })).status, 200);
  assert.equal((await update({ authorization: "Bearer x" })).status, 401);
  assert.equal((await update({ authorization: "Basic x" })).code, "MISSING_OR_NULL_ORIGIN");
});

test("without a cookie no origin is needed", async () => {
  assert.equal((await forgets({})).status, 200);
  assert.equal((await forgets({ origin: "https://evil.example" })).status, 200);
});

test("a bearer call needs no origin", async () => {
  const { bearer } = await session(email);
  assert.equal((await post("/update-user", { name: "Ann" }, bearer)).status, 200);
  assert.equal((await post("/update-user", { name: "Ann" }, { ...bearer, origin: "https://evil.example" })).status, 200);
});

test("a GET is never rejected for its origin", async () => {
  assert.equal((await get("/get-session", { cookie, origin: "https://evil.example" })).json.user.email, email);
});

test("DELETE and PATCH are checked, too", async () => {
  const headers = { cookie, origin: "https://evil.example" };
  assert.equal((await send("DELETE", "/sessions/x", { headers })).code, "INVALID_ORIGIN");
  assert.equal((await send("PATCH", "/api/tasks/x", { body: {}, headers })).code, "INVALID_ORIGIN");
});

// -- B: sign-in and sign-up from another site ------------------------------------------

for (const [name, ask] of [["sign-in", signIn], ["sign-up", signUp]]) {
  test(`${name} from a server needs no origin`, async () => {
    assert.equal((await ask({})).status, 200);
  });

  test(`${name} from another site is rejected, even without a cookie`, async () => {
    assert.equal((await ask({ origin: "https://evil.example" })).code, "INVALID_ORIGIN");
    assert.equal((await ask({ referer: "https://evil.example/" })).code, "INVALID_ORIGIN");
  });

  test(`${name} by navigation from another site is rejected with any origin`, async () => {
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", origin: url };
    const response = await ask(headers);
    assert.equal(response.status, 403);
    assert.equal(response.code, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED");
  });

  for (const header of ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"]) {
    test(`${name} by a browser, as ${header} tells, needs a trusted origin`, async () => {
      const headers = { [header]: "cors" };
      assert.equal((await ask(headers)).code, "MISSING_OR_NULL_ORIGIN");
      assert.equal((await ask({ ...headers, origin: "https://evil.example" })).code, "INVALID_ORIGIN");
      assert.equal((await ask({ ...headers, origin: url })).status, 200);
    });
  }
}

for (const path of ["/signin", "/login", "/signup", "/register"]) {
  test(`${path} is checked like its canonical path`, async () => {
    assert.equal((await post(path, { email, password }, { origin: "https://evil.example" })).code, "INVALID_ORIGIN");
    assert.equal((await post(path, { email, password }, { "sec-fetch-mode": "cors" })).code, "MISSING_OR_NULL_ORIGIN");
  });
}
