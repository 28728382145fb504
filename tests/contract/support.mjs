// The official client as in a browser, with a cookie jar and an Origin, against GATEHOUSE_URL; and plain HTTP requests.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import http from "node:http";

import { createAuthClient } from "better-auth/client";
import { jwtClient } from "better-auth/client/plugins";

export const url = process.env.GATEHOUSE_URL;
export const origin = process.env.GATEHOUSE_ORIGIN ?? url;
export const password = "correct horse battery";
export const milliseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let people = 0;
export const newAddress = () => `person-${process.pid}-${(people += 1)}@example.com`;
export const seconds = (number) => new Promise((resolve) => setTimeout(resolve, 1000 * number));

/** Advance the service's clock. Files that do so run alone against their service. */
export function advanceClock(seconds) {
  const clock = process.env.SERVICE_CLOCK;
  writeFileSync(`${clock}.new`, String(Number(readFileSync(clock)) + seconds));
  renameSync(`${clock}.new`, clock);
}

/** The service's time, in milliseconds. */
export const clock = () => Date.now() + 1000 * Number(readFileSync(process.env.SERVICE_CLOCK));

/** Call `ask` until its result is truthy, and return that; up to a minute. */
export async function until(ask, pause = 0.025) {
  for (const end = Date.now() + 60_000; Date.now() < end; await seconds(pause)) {
    const response = await ask();
    if (response) return response;
  }
  throw new Error(`timed out: ${ask}`);
}

const navigation = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", accept: "text/html" };

/** A browser with a cookie jar. */
export class Browser {
  cookies = new Map();
  setCookies = [];
  visited = [];

  fetch = async (input, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("origin", origin);
    if (this.cookies.size) headers.set("cookie", this.cookie);
    const response = await fetch(input, { ...init, headers, redirect: "manual" });
    this.visited.push(new URL(input.url ?? input).pathname);
    this.keep(response.headers.getSetCookie());
    return response;
  };

  /** Navigate to a page of the service, as after a provider's redirect: no script, no Origin. */
  open = async (target) => {
    const { pathname, search } = new URL(target, url);
    const cookies = this.cookies.size ? { cookie: this.cookie } : {};
    const response = await send("GET", pathname + search, { headers: { ...navigation, ...cookies } });
    this.keep(response.setCookies);
    return response;
  };

  get cookie() {
    return [...this.cookies].map((pair) => pair.join("=")).join("; ");
  }

  keep(setCookies) {
    this.setCookies = setCookies;
    for (const line of setCookies) {
      const [pair, ...attributes] = line.split("; ");
      const name = pair.slice(0, pair.indexOf("="));
      if (attributes.includes("Max-Age=0")) this.cookies.delete(name);
      else this.cookies.set(name, pair.slice(name.length + 1));
    }
  }

  get client() {
    return createAuthClient({ baseURL: url, plugins: [jwtClient()], fetchOptions: { customFetchImpl: this.fetch } });
  }
}

/** Send a request without a browser. */
export const call = (method, path, { body, headers, browser } = {}) =>
  (browser?.fetch ?? fetch)(`${url}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    redirect: "manual",
  });

/** Send a request with only these headers: `body` as JSON, `text` unchanged. Paths are below /api/auth. */
export function send(method, path, { body, text, headers = {} } = {}) {
  const json = body === undefined ? {} : { "content-type": "application/json" };
  const sent = body === undefined ? text : JSON.stringify(body);
  const length = sent === undefined ? {} : { "content-length": Buffer.byteLength(sent) };
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    const request = http.request(
      { host: target.hostname, port: target.port, method, path: path.startsWith("/api/") ? path : `/api/auth${path}` },
      async (response) => {
        const parts = await response.toArray();
        resolve(new HttpResponse(response, Buffer.concat(parts).toString()));
      },
    );
    for (const [name, value] of Object.entries({ ...json, ...length, ...headers })) request.setHeader(name, value);
    request.on("error", reject).end(sent);
  });
}

/** A response. */
export class HttpResponse {
  constructor({ statusCode, headers }, text) {
    Object.assign(this, { status: statusCode, headers, text, setCookies: headers["set-cookie"] ?? [] });
  }

  get json() {
    return JSON.parse(this.text);
  }

  get code() {
    return this.text.match(/^<!doctype.*<code>([\w'-]+)<\/code>/s)?.[1] ?? this.json?.code; // people get a page
  }

  get location() {
    return this.headers.location;
  }

  /** Return the Set-Cookie line of a cookie, or undefined. */
  line(name) {
    return this.setCookies.find((line) => line.startsWith(`${name}=`));
  }

  /** The Cookie header that a browser would send. */
  get cookie() {
    const kept = this.setCookies.filter((line) => !line.includes("Max-Age=0"));
    return kept.map((line) => line.split("; ")[0]).join("; ");
  }
}

export const post = (path, body, headers) => send("POST", path, { body, headers });
export const get = (path, headers) => send("GET", path, { headers });

/** Return the mails to an address. */
export const mailsTo = async (to) => (await fetch(`${url}/dev/mailbox.json?to=${encodeURIComponent(to)}`)).json();

/** Wait for a mail to an address after the first `seen`, and return the newest. */
export const nextMail = (to, seen = 0) => until(async () => (await mailsTo(to)).slice(seen).at(-1));

/** Wait until all ordered mails are delivered: mails are in order, so it orders one and waits for it. */
export async function allMailsDelivered() {
  const email = newAddress();
  await post("/sign-up/email", { email, password, name: "Last" });
  await post("/request-password-reset", { email });
  await nextMail(email);
}

export const tokenIn = (mail) => mail.text.match(/(?:token=|reset-password\/)([\w-]{43,})/)[1];
export const linkIn = (mail) => mail.text.match(/http\S+/)[0];

/** Sign up, verify and sign in. */
export async function signedIn(browser = new Browser()) {
  const email = newAddress();
  await browser.client.signUp.email({ email, password, name: "Ann" });
  await browser.client.verifyEmail({ query: { token: tokenIn(await nextMail(email)) } });
  const { data } = await browser.client.signIn.email({ email, password });
  return { email, browser, client: browser.client, token: data.token, user: data.user };
}

/** Create an account, verified if required, and return the address. */
export async function account(name = "Ann") {
  const email = newAddress();
  const signUp = await post("/sign-up/email", { email, password, name });
  if (signUp.status !== 200) throw new Error(signUp.text);
  if (!signUp.json.token) await post("/verify-email", { token: tokenIn(await nextMail(email)) });
  return email;
}

/** Sign in, and return the session with the headers of its credentials. */
export async function session(email, { secret = password, ...more } = {}) {
  const response = await post("/sign-in/email", { email, password: secret, ...more });
  if (response.status !== 200) throw new Error(response.text);
  const { token, user } = response.json;
  const cookie = { cookie: response.cookie, origin };
  return { email, user, token, response, cookie, bearer: bearer(token), signed: response.headers["set-auth-token"] };
}

export const bearer = (token) => ({ authorization: `Bearer ${token}` });
export const newSession = async (options) => session(await account(), options);

/** Whether a session is valid. */
export const isValid = async ({ token }) => (await get("/get-session", bearer(token))).text !== "null";

// -- The fake Google: `sub` is its id of a user, `claims` are its claims about them ------------------------------------

export const HOME = `${url}/home`; // a path would be one of `origin`
export const SORRY = `${url}/sorry`;

/** Set the claims of a Google user. Google hosts the mail of the address's domain, as `hd` says: else it would not be believed. */
export async function setGoogleClaims(sub, claims) {
  const body = JSON.stringify({ email_verified: true, name: "Gus", hd: claims.email?.split("@")[1], ...claims });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/dev/google/users/${sub}`, { method: "PUT", headers, body });
  if (!response.ok) throw new Error(await response.text());
}

/** Create a Google user. */
export async function googleUser(claims = {}) {
  const email = claims.email ?? newAddress();
  const sub = `sub-${process.pid}-${(people += 1)}`;
  await setGoogleClaims(sub, { ...claims, email });
  return { sub, email };
}

/** Submit the form on the provider's page, and return the callback's URL. */
export async function consent(page, form) {
  const response = await fetch(page, { method: "POST", body: new URLSearchParams(form), redirect: "manual" });
  if (response.status !== 302) throw new Error(await response.text());
  return response.headers.get("location");
}

/** Start sign-in with Google and submit its form, and return the callback's URL. */
export async function startAndConsent(browser, form, asked = {}) {
  const wanted = { provider: "google", callbackURL: HOME, errorCallbackURL: SORRY, ...asked };
  const { data, error } = await browser.client.signIn.social(wanted);
  if (error) throw new Error(JSON.stringify(error));
  return consent(data.url, form);
}

/** Sign in with Google, and return the callback's response. */
export const signInByGoogle = async (browser, { sub }, asked) => browser.open(await startAndConsent(browser, { sub }, asked));

/** Sign in with Google in a new browser. */
export async function signedInByGoogle(someone = googleUser(), asked = {}) {
  const browser = new Browser();
  const { sub, email } = await someone;
  const response = await signInByGoogle(browser, { sub }, asked);
  const { data } = await browser.client.getSession();
  return { browser, client: browser.client, response, sub, email, user: data?.user, token: data?.session.token };
}
