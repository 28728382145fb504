// Requests to the API, and error messages.

const LONGEST_WAIT = 25_000 // ms; API Gateway itself gives up after 30 s
const { page, next, back, stays, required } = document.body.dataset
const here = new URL(location.href)
const { lang } = document.documentElement
const language = navigator.languages.find((one) => one.startsWith(lang)) || lang
const texts = JSON.parse(document.getElementById("texts").textContent)
Object.setPrototypeOf(texts.errors, null) // codes also come from the URL: `constructor` must not be found

const $ = (selector, within = document) => within.querySelector(selector)
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)]

// The browser's storage as objects; plain objects when access to it throws.
const [forTab, forLong] = ["sessionStorage", "localStorage"].map((name) => {
  try {
    return window[name] || {}
  } catch {
    return {}
  }
})

const channel = window.BroadcastChannel ? new BroadcastChannel("gatehouse") : new EventTarget() // the other tabs

function announce(what) {
  channel.postMessage?.(what)
}

// Return the URL of one of these pages, for the API: there a path names a page of the frontend.
function hosted(path) {
  return new URL(path, here).href
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole)
}

class Trouble extends Error {
  constructor(code, { status = 0, message = "", seconds = 0, details } = {}) {
    const [count, unit] = seconds > 90 ? [Math.ceil(seconds / 60), "minute"] : [seconds, "second"]
    const time = count.toLocaleString(lang, { style: "unit", unit, unitDisplay: "long" })
    super(filled(texts.errors[code] || message || texts.errors.INTERNAL_SERVER_ERROR, { time }))
    Object.assign(this, { code, status, seconds, details })
  }
}

// Call the API and return the response's JSON, with `whole` also its headers. Throws Trouble.
async function ask(method, path, body, { headers = {}, keepalive = false, whole = false } = {}) {
  const { answer, told } = await reach(path, {
    method,
    keepalive,
    cache: "no-store",
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(LONGEST_WAIT),
  })
  if (!answer.ok) throw refused(answer, told)
  return whole ? { body: told, headers: answer.headers } : told
}

// Return a response and its JSON; of a CSV its bytes, because text would lose the byte order mark. A truncated response
// is an error: it must not mean "nobody is signed in".
async function reach(path, options) {
  try {
    const answer = await fetch(path, options)
    const kind = answer.headers.get("content-type")?.startsWith("text/csv") ? "blob" : "json"
    const told = answer.status === 204 ? null : await answer[kind]().catch((error) => answer.ok && Promise.reject(error))
    return { answer, told }
  } catch (error) {
    if (error.name === "TimeoutError") throw new Trouble("TIMED_OUT")
    throw new Trouble(navigator.onLine ? "UNREACHABLE" : "OFFLINE")
  }
}

function refused(answer, told) {
  const { status, headers } = answer
  const byStatus = { 413: "PAYLOAD_TOO_LARGE", 429: "TOO_MANY_REQUESTS", 500: "INTERNAL_SERVER_ERROR" }
  const code = told?.code || byStatus[status] || (status > 500 ? "SERVICE_UNAVAILABLE" : "INTERNAL_SERVER_ERROR")
  const seconds = Number(headers.get("retry-after") || headers.get("x-retry-after")) || 10
  return new Trouble(code, { status, seconds, message: told?.message, details: told?.details })
}

export { $, $$, Trouble, announce, ask, channel, filled, forLong, forTab, here, hosted, language, next, page, required, stays, texts }
