// A phone with an app of the scheme `myapp`: what the packages of Expo and React Native do there, as far as the client uses
// them. Whoever imports this gets it for all of them.

import http from "node:http";
import { register } from "node:module";

import { Browser, consent } from "../support.mjs";

const STANDS_FOR = String.raw`^(expo-(constants|linking|network|secure-store|web-browser)|react-native)$`;
const hook = `export const resolve = (name, context, next) =>
  /${STANDS_FOR}/.test(name) ? { url: ${JSON.stringify(import.meta.url)}, shortCircuit: true } : next(name, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

// -- expo-secure-store: refuses what the real one refuses ------------------------------------------------

export const stored = new Map();
export const getItem = (key) => (checked(key), stored.get(key) ?? null);
export const setItem = (key, value) => void stored.set(checked(key), value);
export const getItemAsync = async (key) => getItem(key);
export const setItemAsync = async (key, value) => setItem(key, value);

function checked(key) {
  if (!/^[\w.-]+$/.test(key)) throw new Error(`invalid key: ${key}`);
  return key;
}

// -- expo-web-browser: one browser, whose user at the provider is `user`, or refuses ---------------------------

export const browser = new Browser();
export const user = { sub: null };
export const opened = [];
export const dismissAuthSession = () => {};

/** Opens a URL, follows it to the provider and back, and returns the link with which the app was called. */
export async function openAuthSessionAsync(url, link) {
  const proxy = await browser.open(url);
  opened.push({ url, link, status: proxy.status });
  if (proxy.status !== 302) return { type: "dismiss" };
  const { state, redirect_uri } = Object.fromEntries(new URL(proxy.location).searchParams);
  const refused = `${redirect_uri}?error=access_denied&state=${state}`;
  const response = await browser.open(user.sub ? await consent(proxy.location, user) : refused);
  return response.location.startsWith(link) ? { type: "success", url: response.location } : { type: "dismiss" };
}

// -- React Native's fetch: it sends no header of its own, and Node's would send one of a browser -----------------

globalThis.fetch = async (input, init) => {
  const sent = new Request(input, init);
  const body = Buffer.from(await sent.arrayBuffer());
  return new Promise((resolve, reject) => {
    const headers = { ...Object.fromEntries(sent.headers), "content-length": body.length };
    const request = http.request(sent.url, { method: sent.method, headers }, async (response) => {
      const { statusCode: status, rawHeaders } = response;
      const pairs = rawHeaders.flatMap((name, at) => (at % 2 ? [] : [[name, rawHeaders[at + 1]]]));
      const content = Buffer.concat(await response.toArray());
      resolve(new Response(content.length ? content : null, { status, headers: pairs }));
    });
    request.on("error", reject).end(body);
  });
};

// -- expo-linking, expo-constants, expo-network, react-native ------------------------------------------------

export const createURL = (path, { scheme = "myapp" } = {}) => `${scheme}://${path.replace(/^\//, "")}`;
export default { expoConfig: { scheme: "myapp" }, platform: {} };
export const addNetworkStateListener = () => ({ remove() {} });
export const Platform = { OS: "ios" };
export const AppState = { addEventListener: () => ({ remove() {} }) };
