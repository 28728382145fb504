// The user's devices and sign-in methods on the account page.

import { $, $$, Trouble, ask, byProvider, filled, here, language, once, say, tell, texts } from "./gatehouse.js"
import { asked, member } from "./session.js"

// Parts of a user agent, and the name that is shown, if it differs; the first match counts.
const BROWSERS = "Edg=Edge OPR=Opera SamsungBrowser Firefox FxiOS=Firefox Chrome CriOS=Chrome Safari"
const SYSTEMS = "Android iPhone iPad Windows CrOS=ChromeOS Mac=macOS Linux"
const LONGEST_AGENT = 60 // characters of an unknown user agent that are shown

function deviceOf(agent) {
  const [browser, system] = [BROWSERS, SYSTEMS].map((all) => all.split(" ").find((one) => agent.includes(one.split("=")[0]))?.split("=").pop())
  if (browser && system) return filled(texts.browserOn, { browser, system })
  return agent.slice(0, LONGEST_AGENT) || texts.unknownDevice
}

function dated(text, timeStyle) {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle }).format(new Date(text))
}

// A list from the API, with a button to load it if it is not loaded at once. Returns the function that loads it.
function listing(name, path, drawn, now = true) {
  const form = formOf(name)
  const button = $("[data-load]", form)
  const list = $("[data-list]", form)
  const load = async (way = asked) => {
    list.replaceChildren(...(await drawn(await way("GET", path))))
    list.dataset.loaded = ""
    button.hidden = true
    if (way === asked) list.focus()
  }
  button.addEventListener("click", () => once(form, button, texts.working, load))
  button.hidden = now
  if (now)
    load(ask).catch((error) => {
      button.hidden = false
      if (error.code !== "SESSION_NOT_FRESH") tell(form, error.message)
    })
  return load
}

// A line of a list, with the given texts, and a button that calls `work`, if given.
function lined(name, words, work) {
  const line = $(`#${name}`).content.firstElementChild.cloneNode(true)
  const button = $("button", line)
  for (const place in words) $(`[data-${place}]`, line).textContent = words[place]
  button.ariaLabel = `${button.textContent}: ${words.title}`
  work ? pressing(button, work) : button.remove()
  return line
}

// Whether the session is probably fresh: the service knows also of later proofs.
function isFresh() {
  const { fresh } = formOf("devices").dataset
  return (Date.now() - new Date(member.session.createdAt)) / 1000 < fresh
}

function devices() {
  const load = listing("devices", "/api/auth/list-sessions", drawDevices, isFresh())
  let lacked
  addEventListener("member", () => {
    const shown = $("[data-here]")?.dataset.here
    if (shown && (shown !== member.session.id || (lacked && !member.lacksFactor))) load(ask).catch(() => {})
    lacked = member.lacksFactor
  })
  pressing($("[data-others]"), async () => {
    await post("revoke-other-sessions")
    $("[data-here]").parentNode.focus()
    $$("[data-here] ~ li").forEach((line) => line.remove())
    return texts.othersEnded
  })
}

function drawDevices(sessions) {
  const isHere = ({ id }) => id === member.session.id
  sessions.sort((a, b) => isHere(b) - isHere(a) || b.createdAt.localeCompare(a.createdAt))
  return sessions.map((session) => drawDevice(session, isHere(session)))
}

function drawDevice({ id, userAgent, ipAddress, createdAt }, isHere) {
  const title = deviceOf(userAgent)
  const words = { title, address: ipAddress, since: dated(createdAt, "short") }
  const revoke = async () => {
    await post("revoke-session", { token: id })
    line.parentNode.focus()
    line.remove()
    return filled(texts.sessionEnded, { device: title })
  }
  const line = lined("device", words, !isHere && revoke)
  if (isHere) line.dataset.here = id
  return line
}

function waysIn() {
  const form = formOf("ways")
  const error = here.searchParams.get("error")
  const load = listing("ways", "/api/auth/list-accounts", (accounts) => drawWays(accounts, load))
  for (const button of $$("[data-connect]"))
    pressing(button, async () => {
      const { connect } = button.dataset
      await byProvider(connect, "/account?connected", { path: "/api/auth/link-social", way: asked })
      return texts.working
    })
  if (here.searchParams.has("connected")) say($("[data-done]", form), texts.connected)
  if (error) tell(form, new Trouble(error).message)
  if (error || here.searchParams.has("connected")) form.scrollIntoView()
  for (const name of ["connected", "error"]) here.searchParams.delete(name)
  history.replaceState(null, "", here)
}

function drawWays(accounts, load) {
  const known = accounts.map(({ providerId }) => providerId)
  document.body.dataset.password = known.includes("credential")
  $("[data-erase]").disabled = !known.includes("credential")
  showFactor()
  $$("[data-connect]").forEach((button) => (button.hidden = known.includes(button.dataset.connect)))
  return accounts.map(({ id, providerId, createdAt }) => {
    const title = { credential: texts.password, google: "Google" }[providerId] || providerId
    const unlink = async () => {
      await post("unlink-account", { accountId: id })
      await load()
      return filled(texts.disconnected, { provider: title })
    }
    return lined("way", { title, since: dated(createdAt) }, accounts.length > 1 && title !== texts.password && unlink)
  })
}
