// Protocol §6, A.2 and C: allowed targets of redirects.

import assert from "node:assert/strict";
import test from "node:test";

import { get, newAddress, password, post, url } from "./support.mjs";

const host = new URL(url).host;
const ours = [
  "/",
  "/dashboard",
  "/dashboard?tab=1&next=%2Fhome",
  "/dashboard#top",
  "/a/b-c_d.e~f",
  "/a%20b",
  `${url}/dashboard`,
  url,
  "http://localhost:5173/welcome",
  "https://app.example.com/welcome?a=1#b",
  "myapp://anything/at/all",
  "otherapp://cb",
  "otherapp://cb/deeper?x=1",
];
const hostile = [
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/%2fevil.example",
  "/%2Fevil.example",
  "/%5cevil.example",
  "/%5Cevil.example",
  "/\t/evil.example",
  "/\n/evil.example",
  "/a\r\nset-cookie: a=b",
  "/\u0000",
  "evil.example",
  "dashboard",
  "?next=/",
  "#top",
  "http:evil.example",
  "http:/evil.example",
  "https:///evil.example",
  "https://evil.example",
  "http://evil.example",
  `${url}.evil.example/`,
  `${url}@evil.example/`,
  `http://${host}@evil.example/`,
  "https://user:secret@app.example.com/",
  `https://${host}/`,
  "http://localhost:5174/",
  "https://example.com/",
  "https://evilexample.com/",
  "https://app.example.com.evil.example/",
  "https://evil.example/app.example.com",
  "https://evil.example?.example.com",
  "https://evil.example#.example.com",
  "https://evil.example\\.example.com/",
  "http://app.example.com/",
  "javascript:alert(1)",
  "JavaScript:alert(1)",
  " javascript:alert(1)",
  "java\tscript:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:x",
  "file:///etc/passwd",
  "blob:https://app.example.com/x",
  "otherapp://elsewhere",
  "otherapp://cbx",
  "unknownapp://cb",
];
const shown = (target) => JSON.stringify(target).replaceAll(host, "…");
const asked = (redirectTo) => post("/request-password-reset", { email: newAddress(), redirectTo });

for (const target of ours) {
  test(`a redirect is allowed to ${shown(target)}`, async () => {
    assert.equal((await asked(target)).status, 200);
  });
}
for (const target of hostile) {
  test(`a redirect is rejected to ${shown(target)}`, async () => {
    const response = await asked(target);
    assert.equal(response.status, 403);
    assert.equal(response.code, "INVALID_REDIRECT_URL");
  });
}

for (const [field, code] of [
  ["callbackURL", "INVALID_CALLBACK_URL"],
  ["redirectTo", "INVALID_REDIRECT_URL"],
  ["errorCallbackURL", "INVALID_ERROR_CALLBACK_URL"],
  ["newUserCallbackURL", "INVALID_NEW_USER_CALLBACK_URL"],
]) {
  test(`${field} is checked wherever it is sent`, async () => {
    for (const path of ["/sign-in/email", "/sign-up/email", "/send-verification-email", "/sign-out"])
      assert.equal((await post(path, { email: newAddress(), password, [field]: "https://evil.example" })).code, code, path);
  });

  test(`${field} that is not a string is an error with its name`, async () => {
    const response = await post("/sign-out", { [field]: { toString: "x" } });
    assert.equal(response.status, 400);
    assert.equal(response.json.message, `Invalid ${field}: expected a string`);
  });
}

test("callbackURL is checked in the query of a POST, too", async () => {
  assert.equal((await post("/sign-out?callbackURL=https://evil.example", {})).code, "INVALID_CALLBACK_URL");
});

test("a callback URL is checked before the rest of the body", async () => {
  assert.equal((await post("/sign-up/email", { callbackURL: "//evil.example" })).code, "INVALID_CALLBACK_URL");
});

test("an empty callback URL is ignored", async () => {
  assert.equal((await post("/sign-out", { callbackURL: "" })).status, 200);
});

for (const path of ["/verify-email?token=x", "/reset-password/x?", "/delete-user/callback?token=x"]) {
  test(`GET ${path} redirects to no other site`, async () => {
    for (const target of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]) {
      const response = await get(`${path}&callbackURL=${encodeURIComponent(target)}`);
      assert.equal(response.status, 403, target);
      assert.equal(response.code, "INVALID_CALLBACK_URL");
      assert.equal(response.location, undefined);
    }
  });
}
