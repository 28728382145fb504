// A page of an origin as in a browser: its `fetch` applies CORS, SameSite and Partitioned, and hides headers that are
// not exposed. It loads the snippets of docs/frontend.md.

import { pathToFileURL } from "node:url";

const SAFELISTED = ["cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"];
const SIMPLE = ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"];
const network = globalThis.fetch;

export const HOME = "http://localhost:5173"; // the service's site, on another port
export const SHOP = "https://shop.example"; // another site
export const OTHER = "https://other.example"; // a third site

/** Load a snippet by its name without .ts; each `tab` loads its own instance. */
export const snippet = (name, tab = "") => import(`${pathToFileURL(process.env.SNIPPETS)}/${name}.js${tab && `?${tab}`}`);

const site = (url) => {
  const { protocol, hostname } = new URL(url);
  return `${protocol}//${hostname.split(".").slice(-2).join(".")}`;
};

export class Page {
  /** `calls` has method, path and status of each response; `jar` may be shared with pages of the same browser. */
  constructor(origin = HOME, jar = new Map()) {
    Object.assign(this, { origin, jar, calls: [], plans: [] });
  }

  /** Lose the response to the next call of a path. */
  lose(end) {
    this.plans.push({ end });
  }

  /** Respond to the next call of a path with this, without sending it. */
  respond(end, status, headers = {}) {
    this.plans.push({ end, status, headers });
  }

  /** Make this page's `fetch` the global one. */
  show() {
    globalThis.fetch = this.fetch;
    return this;
  }

  fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/dev/")) return network(request); // a request of the test itself
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
    const response = this.#say(request, await network(request.url, { method: request.method, headers, body, redirect: "manual" }));
    if (plan) throw new TypeError("lost");
    if (included) this.#keep(request.url, response.headers.getSetCookie());
    this.#allowed(response, included);
    return readable(response);
  };

  /** Return the Cookie header for `url`. */
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

  #say({ method, url }, response) {
    this.calls.push(`${method} ${new URL(url).pathname} ${response.status}`);
    return response;
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
    const response = await network(request.url, { method: "OPTIONS", headers });
    this.#allowed(response, included);
    const may = (name) => response.headers.get(`access-control-allow-${name}`)?.toLowerCase().split(",") ?? [];
    const refused = asked.filter((name) => !may("headers").includes(name));
    if (refused.length || !may("methods").includes(request.method.toLowerCase())) throw new TypeError(`not allowed: ${request.method} ${refused}`);
  }

  #allowed(response, included) {
    const origin = response.headers.get("access-control-allow-origin") === this.origin;
    const credentials = !included || response.headers.get("access-control-allow-credentials") === "true";
    if (!origin || !credentials) throw new TypeError(`${this.origin} may not read ${response.url}`);
  }
}

async function readable(response) {
  const exposed = (response.headers.get("access-control-expose-headers") ?? "").toLowerCase().split(",");
  const headers = [...response.headers].filter(([name]) => SAFELISTED.includes(name) || exposed.includes(name));
  const text = await response.text();
  return new Response(text || null, { status: response.status, headers });
}

/** Define what tabs of one origin share and Node lacks: localStorage, its events, and locks. */
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
