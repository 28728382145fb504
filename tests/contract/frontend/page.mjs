// A page at some origin, as a browser would run it: its `fetch` keeps to CORS, SameSite and Partitioned, and hides what
// is not exposed. And the snippets of docs/frontend.md, for such a page to load.

import { pathToFileURL } from "node:url";

const SAFELISTED = ["cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"];
const SIMPLE = ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"];
const network = globalThis.fetch;

export const HOME = "http://localhost:5173"; // one site with the service, but for the port
export const SHOP = "https://shop.example"; // another site
export const OTHER = "https://other.example"; // a third one

/** A snippet, by its name without .ts; `tab` is another tab that has loaded it for itself. */
export const snippet = (name, tab = "") => import(`${pathToFileURL(process.env.SNIPPETS)}/${name}.js${tab && `?${tab}`}`);

const site = (url) => {
  const { protocol, hostname } = new URL(url);
  return `${protocol}//${hostname.split(".").slice(-2).join(".")}`;
};

export class Page {
  /** `calls` are the method, path and status of each answer; `jar` may be another page's, in the same browser. */
  constructor(origin = HOME, jar = new Map()) {
    Object.assign(this, { origin, jar, calls: [], plans: [] });
  }

  /** The answer to the next call of a path is lost on its way back. */
  lose(end) {
    this.plans.push({ end });
  }

  /** The next call of a path is answered like this, and reaches nobody. */
  answer(end, status, headers = {}) {
    this.plans.push({ end, status, headers });
  }

  /** Make the snippets' `fetch` this page's. */
  show() {
    globalThis.fetch = this.fetch;
    return this;
  }

  fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/dev/")) return network(request); // the test's own question
    const included = request.credentials === "include";
    await this.#preflight(request, included);
    const headers = new Headers(request.headers);
    headers.set("origin", this.origin);
    headers.set("sec-fetch-site", this.#isForeign(request.url) ? "cross-site" : "same-site");
    const cookie = included ? this.cookies(request.url) : "";
    if (cookie) headers.set("cookie", cookie);
    const body = request.body && (await request.text());
    const [plan] = this.#planned(pathname);
    if (plan?.status) return this.#say(request, new Response('{"message": "planned"}', plan));
    const answer = this.#say(request, await network(request.url, { method: request.method, headers, body, redirect: "manual" }));
    if (plan) throw new TypeError("lost");
    if (included) this.#keep(request.url, answer.headers.getSetCookie());
    this.#allowed(answer, included);
    return readable(answer);
  };

  /** What goes to `url` as the header Cookie. */
  cookies(url) {
    const kept = [...this.jar].filter(([, { line }]) => !this.#isForeign(url) || line.includes("SameSite=None"));
    return kept
      .filter(([, { partition }]) => partition === undefined || partition === site(this.origin))
      .map(([, { pair }]) => pair)
      .join("; ");
  }

  #planned(pathname) {
    const at = this.plans.findIndex(({ end }) => pathname.endsWith(end));
    return at < 0 ? [] : this.plans.splice(at, 1);
  }

  #say({ method, url }, answer) {
    this.calls.push(`${method} ${new URL(url).pathname} ${answer.status}`);
    return answer;
  }

  #isForeign(url) {
    return site(url) !== site(this.origin);
  }

  #keep(url, lines) {
    for (const line of lines) {
      if (this.#isForeign(url) && !line.includes("SameSite=None; Partitioned")) continue;
      const [pair] = line.split("; ");
      const partition = line.includes("Partitioned") ? site(this.origin) : undefined;
      const key = `${pair.split("=")[0]} ${partition}`;
      if (line.includes("Max-Age=0")) this.jar.delete(key);
      else this.jar.set(key, { line, pair, partition });
    }
  }

  async #preflight(request, included) {
    const asked = [...request.headers.keys()].filter((name) => !SAFELISTED.includes(name) && name !== "accept");
    const type = request.headers.get("content-type");
    if (type && !SIMPLE.includes(type.split(";")[0])) asked.push("content-type");
    if (!asked.length && ["GET", "HEAD", "POST"].includes(request.method)) return;
    const headers = { origin: this.origin, "access-control-request-method": request.method, "access-control-request-headers": asked.join(",") };
    const answer = await network(request.url, { method: "OPTIONS", headers });
    this.#allowed(answer, included);
    const may = (name) => answer.headers.get(`access-control-allow-${name}`)?.toLowerCase().split(",") ?? [];
    const refused = asked.filter((name) => !may("headers").includes(name));
    if (refused.length || !may("methods").includes(request.method.toLowerCase())) throw new TypeError(`not allowed: ${request.method} ${refused}`);
  }

  #allowed(answer, included) {
    const origin = answer.headers.get("access-control-allow-origin") === this.origin;
    const credentials = !included || answer.headers.get("access-control-allow-credentials") === "true";
    if (!origin || !credentials) throw new TypeError(`${this.origin} may not read ${answer.url}`);
  }
}

async function readable(answer) {
  const exposed = (answer.headers.get("access-control-expose-headers") ?? "").toLowerCase().split(",");
  const headers = [...answer.headers].filter(([name]) => SAFELISTED.includes(name) || exposed.includes(name));
  const text = await answer.text();
  return new Response(text || null, { status: answer.status, headers });
}

/** What pages of one origin share, and Node has not: localStorage, locks among tabs, and word of what other tabs stored. */
export function openTabs() {
  const stored = new Map();
  const listening = [];
  const tell = (key, newValue) => listening.forEach((listener) => listener({ key, newValue }));
  let last = Promise.resolve();
  Object.assign(globalThis, {
    addEventListener: (type, listener) => type === "storage" && listening.push(listener),
    localStorage: {
      getItem: (key) => stored.get(key) ?? null,
      setItem: (key, value) => (stored.set(key, value), tell(key, value)),
      removeItem: (key) => (stored.delete(key), tell(key, null)),
    },
  });
  const locks = { request: (_, work) => (last = last.then(work, work)) };
  Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
  return stored;
}
