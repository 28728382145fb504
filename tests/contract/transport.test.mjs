// Protocol §1: paths, methods, media types, bodies, queries; and what CORS lets a frontend read.

import assert from "node:assert/strict";
import test from "node:test";

import { get, newAddress, password, post, send, url } from "./support.mjs";

const credentials = () => ({ email: newAddress(), password });

for (const [name, method, path] of [
  ["an unknown path", "GET", "/api/auth/nothing-here"],
  ["another method", "GET", "/api/auth/sign-in/email"],
  ["a trailing slash", "GET", "/api/auth/ok/"],
  ["a repeated slash", "GET", "/api/auth//ok"],
  ["HEAD of a call about a session", "HEAD", "/api/auth/get-session"],
  ["set-password, which only servers may call", "POST", "/api/auth/set-password"],
]) {
  test(`${name} is a 404, never a 405`, async () => {
    assert.equal((await send(method, path)).status, 404);
  });
}

test("HEAD of what monitors ask for is answered as GET, without the body", async () => {
  const response = await fetch(`${url}/api/auth/ok`, { method: "HEAD" });
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "");
});

for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/vnd.api+json"]) {
  test(`a body as ${type} is rejected`, async () => {
    const response = await send("POST", "/request-password-reset", { text: "email=a@example.com", headers: { "content-type": type } });
    assert.equal(response.status, 415);
    assert.equal(response.code, "UNSUPPORTED_MEDIA_TYPE");
  });
}

test("a body without a content type is rejected", async () => {
  const response = await send("POST", "/request-password-reset", { text: '{"email":"a@example.com"}' });
  assert.equal(response.status, 415);
});

for (const path of ["/sign-in/email", "/sign-up/email"]) {
  test(`${path} rejects forms, which any page could send`, async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const response = await send("POST", path, { text: `email=a%40example.com&password=${password}`, headers });
    assert.equal(response.status, 415);
  });
}

test("parameters of the media type are ignored", async () => {
  const headers = { "content-type": "Application/JSON; charset=UTF-8" };
  assert.equal((await send("POST", "/sign-out", { text: "{}", headers })).status, 200);
});

for (const text of ["{", "{'a': 1}", "undefined", '{"email": "\u0001"}', '"\\ud800"']) {
  test(`${JSON.stringify(text)} is invalid JSON`, async () => {
    const response = await send("POST", "/request-password-reset", { text, headers: { "content-type": "application/json" } });
    assert.equal(response.status, 400);
    assert.equal(response.code, "BAD_REQUEST");
    assert.equal(response.json.message, "Invalid JSON in request body");
  });
}

for (const body of [[], ["email"], "text", 1, null, true]) {
  test(`a body that is ${JSON.stringify(body)} is an error without fields`, async () => {
    const response = await post("/sign-up/email", body);
    assert.equal(response.status, 400);
    assert.equal(response.code, "VALIDATION_ERROR");
    assert.match(response.json.message, /^\[body\]/);
  });
}

test("a missing body is an error without fields", async () => {
  const response = await send("POST", "/sign-up/email");
  assert.equal(response.status, 400);
  assert.match(response.json.message, /^\[body\]/);
});

test("the body of a GET is ignored", async () => {
  const response = await send("GET", "/get-session", { text: "{", headers: { "content-type": "text/plain" } });
  assert.equal(response.status, 200);
});

test("a repeated parameter is rejected", async () => {
  const response = await get("/verify-email?token=a&token=b");
  assert.equal(response.status, 400);
  assert.equal(response.code, "VALIDATION_ERROR");
});

test("success is 200 with JSON", async () => {
  const response = await post("/sign-up/email", credentials());
  assert.equal(response.status, 200);
  assert.match(response.headers["content-type"], /^application\/json/);
});

test("unknown fields of a body are ignored", async () => {
  assert.equal((await post("/sign-up/email", { ...credentials(), favouriteColour: "blue" })).status, 200);
});

test("every response has a correlation id and no-store", async () => {
  const { headers } = await get("/ok");
  assert.ok(headers["x-correlation-id"]);
  assert.equal(headers["cache-control"], "no-store");
  assert.equal(headers["x-content-type-options"], "nosniff");
});

test("the caller's correlation id is used", async () => {
  const { headers } = await get("/ok", { "x-correlation-id": "frontend-7" });
  assert.equal(headers["x-correlation-id"], "frontend-7");
});

test("a configured origin may read responses and errors, with the protocol's headers", async () => {
  for (const path of ["/get-session", "/me"]) {
    const { headers } = await get(path, { origin: "http://localhost:5173" });
    assert.equal(headers["access-control-allow-origin"], "http://localhost:5173");
    assert.equal(headers["access-control-allow-credentials"], "true");
    const exposed = headers["access-control-expose-headers"].split(",").map((name) => name.trim());
    for (const name of ["set-auth-token", "set-auth-jwt", "etag", "retry-after", "x-retry-after", "x-correlation-id"])
      assert.ok(exposed.includes(name), name);
  }
});

test("another origin may read nothing", async () => {
  const { headers } = await get("/get-session", { origin: "https://evil.example" });
  assert.equal(headers["access-control-allow-origin"], undefined);
});

test("the preflight of a sign-in succeeds", async () => {
  const headers = {
    origin: "http://localhost:5173",
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,authorization",
  };
  const response = await send("OPTIONS", "/sign-in/email", { headers });
  assert.equal(response.headers["access-control-allow-origin"], "http://localhost:5173");
  assert.match(response.headers["access-control-allow-methods"], /POST/);
  assert.match(response.headers["access-control-allow-headers"], /authorization/i);
});
