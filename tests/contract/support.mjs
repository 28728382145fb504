// The official client as a browser would run it: with a cookie jar and an Origin, against GATEHOUSE_URL.

import { createAuthClient } from "better-auth/client";

export const url = process.env.GATEHOUSE_URL;
export const origin = process.env.GATEHOUSE_ORIGIN ?? url;
export const password = "correct horse battery";

let people = 0;
export const newAddress = () => `person-${process.pid}-${(people += 1)}@example.com`;

/** A browser: cookies are kept, cleared when the server says so, and sent back. */
export class Browser {
  cookies = new Map();
  setCookies = [];

  fetch = async (input, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("origin", origin);
    if (this.cookies.size) headers.set("cookie", [...this.cookies].map((pair) => pair.join("=")).join("; "));
    const answer = await fetch(input, { ...init, headers, redirect: "manual" });
    this.setCookies = answer.headers.getSetCookie();
    for (const line of this.setCookies) {
      const [pair, ...attributes] = line.split("; ");
      const name = pair.slice(0, pair.indexOf("="));
      if (attributes.includes("Max-Age=0")) this.cookies.delete(name);
      else this.cookies.set(name, pair.slice(name.length + 1));
    }
    return answer;
  };

  get client() {
    return createAuthClient({ baseURL: url, fetchOptions: { customFetchImpl: this.fetch } });
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

/** The newest mail for an address that came after the first `seen`, as soon as it is there. */
export async function nextMail(to, seen = 0) {
  for (let tries = 0; tries < 100; tries += 1) {
    const mails = await (await fetch(`${url}/dev/mailbox.json?to=${encodeURIComponent(to)}`)).json();
    if (mails.length > seen) return mails.at(-1);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no mail for ${to}`);
}

export const tokenIn = (mail) => mail.text.match(/(?:token=|reset-password\/)([\w-]{43,})/)[1];

/** Somebody who signed up, verified and signed in. */
export async function signedIn(browser = new Browser()) {
  const email = newAddress();
  await browser.client.signUp.email({ email, password, name: "Ann" });
  await browser.client.verifyEmail({ query: { token: tokenIn(await nextMail(email)) } });
  const { data } = await browser.client.signIn.email({ email, password });
  return { email, browser, client: browser.client, token: data.token, user: data.user };
}
