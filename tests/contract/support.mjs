// The official client as a browser would run it: with a cookie jar and an Origin, against GATEHOUSE_URL. And requests
// without any of that, byte for byte.

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

/** Let time pass for the service; files that move its clock have it for themselves. */
export function later(seconds) {
  const clock = process.env.SERVICE_CLOCK;
  writeFileSync(`${clock}.new`, String(Number(readFileSync(clock)) + seconds));
  renameSync(`${clock}.new`, clock);
}

/** What `ask` answers, as soon as that is anything true; a busy machine may take long. */
export async function until(ask, pause = 0.025) {
  for (const end = Date.now() + 60_000; Date.now() < end; await seconds(pause)) {
    const answer = await ask();
    if (answer) return answer;
  }
  throw new Error(`in vain: ${ask}`);
}

const navigation = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", accept: "text/html" };

/** A browser: cookies are kept, cleared when the server says so, and sent back. */
export class Browser {
  cookies = new Map();
  setCookies = [];
  visited = [];

  fetch = async (input, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("origin", origin);
    if (this.cookies.size) headers.set("cookie", this.cookie);
    const answer = await fetch(input, { ...init, headers, redirect: "manual" });
    this.visited.push(new URL(input.url ?? input).pathname);
    this.keep(answer.headers.getSetCookie());
    return answer;
  };

  /** Open a page of the service, as when a provider leads here: no script, no Origin. */
  open = async (target) => {
    const { pathname, search } = new URL(target, url);
    const cookies = this.cookies.size ? { cookie: this.cookie } : {};
    const answer = await send("GET", pathname + search, { headers: { ...navigation, ...cookies } });
    this.keep(answer.setCookies);
    return answer;
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

/** A request without a browser around it. */
export const call = (method, path, { body, headers, browser } = {}) =>
  (browser?.fetch ?? fetch)(`${url}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    redirect: "manual",
  });

/** A request with these headers and no others: `body` goes as JSON, `text` as it is. Paths begin below /api/auth. */
export function send(method, path, { body, text, headers = {} } = {}) {
  const json = body === undefined ? {} : { "content-type": "application/json" };
  const sent = body === undefined ? text : JSON.stringify(body);
  const length = sent === undefined ? {} : { "content-length": Buffer.byteLength(sent) };
  return new Promise((resolve, reject) => {
    const target = new URL(url);
    const request = http.request(
      { host: target.hostname, port: target.port, method, path: path.startsWith("/api/") ? path : `/api/auth${path}` },
      async (answer) => {
        const parts = await answer.toArray();
        resolve(new Answer(answer, Buffer.concat(parts).toString()));
      },
    );
    for (const [name, value] of Object.entries({ ...json, ...length, ...headers })) request.setHeader(name, value);
    request.on("error", reject).end(sent);
  });
}

/** What came back. */
export class Answer {
  constructor({ statusCode, headers }, text) {
    Object.assign(this, { status: statusCode, headers, text, setCookies: headers["set-cookie"] ?? [] });
  }

  get json() {
    return JSON.parse(this.text);
  }

  get code() {
    return this.json?.code;
  }

  get location() {
    return this.headers.location;
  }

  /** The Set-Cookie line of a cookie, or undefined. */
  line(name) {
    return this.setCookies.find((line) => line.startsWith(`${name}=`));
  }

  /** What a browser would send back. */
  get cookie() {
    const kept = this.setCookies.filter((line) => !line.includes("Max-Age=0"));
    return kept.map((line) => line.split("; ")[0]).join("; ");
  }
}

export const post = (path, body, headers) => send("POST", path, { body, headers });
export const get = (path, headers) => send("GET", path, { headers });

/** The mails for an address so far. */
export const mailsTo = async (to) => (await fetch(`${url}/dev/mailbox.json?to=${encodeURIComponent(to)}`)).json();

/** The newest mail for an address that came after the first `seen`, as soon as it is there. */
export const nextMail = (to, seen = 0) => until(async () => (await mailsTo(to)).slice(seen).at(-1));

/** Whatever was to be mailed has come: mails come in the order of their requests, and one for somebody else is there. */
export async function mailsAreOut() {
  const email = newAddress();
  await post("/sign-up/email", { email, password, name: "Last" });
  await post("/request-password-reset", { email });
  await nextMail(email);
}

export const tokenIn = (mail) => mail.text.match(/(?:token=|reset-password\/)([\w-]{43,})/)[1];
export const linkIn = (mail) => mail.text.match(/http\S+/)[0];

/** Somebody who signed up, verified and signed in. */
export async function signedIn(browser = new Browser()) {
  const email = newAddress();
  await browser.client.signUp.email({ email, password, name: "Ann" });
  await browser.client.verifyEmail({ query: { token: tokenIn(await nextMail(email)) } });
  const { data } = await browser.client.signIn.email({ email, password });
  return { email, browser, client: browser.client, token: data.token, user: data.user };
}

/** An address with an account, verified where that is asked for. */
export async function account(name = "Ann") {
  const email = newAddress();
  const signUp = await post("/sign-up/email", { email, password, name });
  if (signUp.status !== 200) throw new Error(signUp.text);
  if (!signUp.json.token) await post("/verify-email", { token: tokenIn(await nextMail(email)) });
  return email;
}

/** One more session of an account, and the headers that stand for it. */
export async function session(email, { secret = password, ...more } = {}) {
  const answer = await post("/sign-in/email", { email, password: secret, ...more });
  if (answer.status !== 200) throw new Error(answer.text);
  const { token, user } = answer.json;
  const cookie = { cookie: answer.cookie, origin };
  return { email, user, token, answer, cookie, bearer: bearer(token), signed: answer.headers["set-auth-token"] };
}

export const bearer = (token) => ({ authorization: `Bearer ${token}` });
export const newSession = async (options) => session(await account(), options);

/** Whether a session still lives. */
export const lives = async ({ token }) => (await get("/get-session", bearer(token))).text !== "null";

// -- The stand-in for Google: `sub` is what it calls somebody, `claims` is what it says of them ------------------------

export const HOME = "/home";
export const SORRY = "/sorry";

/** What Google is to say of somebody from now on. */
export async function atGoogle(sub, claims) {
  const body = JSON.stringify({ email_verified: true, name: "Gus", ...claims });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/dev/google/users/${sub}`, { method: "PUT", headers, body });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Somebody whom Google knows. */
export async function googler(claims = {}) {
  const email = claims.email ?? newAddress();
  const sub = `sub-${process.pid}-${(people += 1)}`;
  await atGoogle(sub, { ...claims, email });
  return { sub, email };
}

/** Send the form on the provider's page: where it leads back to. */
export async function consent(page, form) {
  const answer = await fetch(page, { method: "POST", body: new URLSearchParams(form), redirect: "manual" });
  if (answer.status !== 302) throw new Error(await answer.text());
  return answer.headers.get("location");
}

/** Begin to sign in by Google, and send the form there: where the browser is to go back to. */
export async function wayBack(browser, form, asked = {}) {
  const wanted = { provider: "google", callbackURL: HOME, errorCallbackURL: SORRY, ...asked };
  const { data, error } = await browser.client.signIn.social(wanted);
  if (error) throw new Error(JSON.stringify(error));
  return consent(data.url, form);
}

/** Sign in by Google: what the callback answers. */
export const byGoogle = async (browser, { sub }, asked) => browser.open(await wayBack(browser, { sub }, asked));

/** Somebody who came in by Google, in a browser of theirs. */
export async function signedInByGoogle(someone = googler(), asked = {}) {
  const browser = new Browser();
  const { sub, email } = await someone;
  const answer = await byGoogle(browser, { sub }, asked);
  const { data } = await browser.client.getSession();
  return { browser, client: browser.client, answer, sub, email, user: data?.user, token: data?.session.token };
}
