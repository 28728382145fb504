// The session on pages that need one; when it ends while a page is open, a dialog asks the user to sign in again.

import { $, $$, Trouble, announce, ask, byProvider, channel, complain, onSubmit, onward, page, required, tell, texts, unavailable, withNext } from "./gatehouse.js"
import { offerPasskey } from "./passkeys.js"
import { secondStep } from "./second-step.js"

// What another sign-in helps against: SESSION_EXPIRED is the response to delete-user without a password, and
// TWO_FACTOR_REQUIRED that to a session which is older than the second factor.
const STALE = ["SESSION_NOT_FRESH", "SESSION_EXPIRED", "TWO_FACTOR_REQUIRED"]
const WRONG = ["INVALID_PASSWORD", "INVALID_EMAIL_OR_PASSWORD", "TOO_MANY_WRONG_PASSWORDS", "INVALID_CODE", "INVALID_BACKUP_CODE"] // not to be repeated
const member = {} // user and session, of the signed-in user

// Run `begin` when a user is signed in; otherwise redirect to sign-in, which leads back here.
async function guarded(begin) {
  $$("[data-sign-out]").forEach((button) => (button.onclick = signOut))
  let there
  try {
    there = await ask("GET", "/api/auth/get-session")
  } catch (error) {
    return unavailable(error, () => guarded(begin))
  }
  const callbackUrl = location.pathname + location.search + location.hash
  if (!there) return onward(withNext("/sign-in", callbackUrl))
  Object.assign(member, there, { lacksFactor: await lacksFactor(there.user) })
  if (member.lacksFactor && page !== "account") return onward(withNext("/account", callbackUrl))
  channel.onmessage = ({ data }) => (data === "signed-out" ? leave() : data.member && cameBack(data.member))
  announce({ member: member.user.id })
  document.addEventListener("visibilitychange", () => document.hidden || stillMe())
  addEventListener("pageshow", ({ persisted }) => persisted && stillMe(true))
  document.body.dataset.ready = ""
  return begin()
}

// Whether a second factor is required before anything else. A passkey is one, too, so only the service knows.
async function lacksFactor({ twoFactorEnabled }) {
  if (!required || twoFactorEnabled) return false
  const unknown = Boolean(member.lacksFactor)
  return ask("GET", "/api/auth/list-accounts").then(() => false, ({ code }) => code === "TWO_FACTOR_REQUIRED" || unknown)
}

function leave() {
  onward("/sign-in?out=1")
}

async function signOut() {
  try {
    await ask("POST", "/api/auth/sign-out", {})
  } catch (error) {
    if (error.status !== 401) return unavailable(error, signOut)
  }
  announce("signed-out")
  leave()
}

// Check that the user is still the same: another tab may have signed in as another user, also while this page was cached.
async function stillMe(back) {
  const there = await ask("GET", "/api/auth/get-session").catch(() => member)
  if (there ? there.user.id !== member.user.id : back) {
    location.reload()
    return new Promise(() => {}) // input of one user must not be sent as another
  }
  if (there) Object.assign(member, there, { lacksFactor: await lacksFactor(there.user) })
  dispatchEvent(new Event("member"))
}

// Call the API as the signed-in user. When the session has ended or is not fresh, ask for the password, keep the page's
// content, and repeat the call. Throws Trouble when the user cancels.
async function asked(method, path, body, options) {
  try {
    return await ask(method, path, body, options)
  } catch (error) {
    if (error.status !== 401 && !STALE.includes(error.code)) throw error
    if (WRONG.includes(error.code)) throw error
    await again(error)
    return ask(method, path, body, options)
  }
}

function saveFile(parts, download) {
  const href = URL.createObjectURL(new Blob(parts))
  Object.assign(document.createElement("a"), { href, download }).click()
  setTimeout(URL.revokeObjectURL, 60_000, href)
}

let asking = null // one dialog for all waiting calls

// A user signed in in another tab: perhaps this user, as this tab asked, perhaps another one.
async function cameBack(id) {
  if (id !== member.user.id) return location.reload()
  if (!asking) return
  await stillMe()
  again.settle("in")
}

function again(error) {
  asking ||= new Promise((resolve, reject) => {
    const dialog = $("#again")
    const form = $("[data-form=again]")
    const fresh = STALE.includes(error.code)
    $("h2", dialog).textContent = fresh ? texts.freshTitle : texts.expiredTitle
    $("[data-why]", dialog).textContent = fresh ? texts.freshWhy : texts.expiredWhy
    showStep(form)
    form.reset()
    form.elements.email.value = member.user.email
    tell(form, "")
    again.settle = (outcome) => {
      dialog.close()
      outcome === "in" ? resolve() : reject(fresh ? error : new Trouble("MISSING_TOKEN", { status: 401 }))
    }
    dialog.showModal()
    form.elements["again-password"].focus()
  }).finally(() => (asking = null))
  return asking
}

// Show the first or the second step of the dialog.
function showStep(step) {
  for (const one of $("#again").children) one.hidden = one !== step
}

function askingAgain() {
  const form = $("[data-form=again]")
  if (!form) return
  const place = $("#again [data-step]")
  const signedIn = async () => {
    ask("POST", "/api/auth/revoke-session", { token: member.session.token }).catch(() => {}) // end the old session
    await stillMe()
    again.settle("in")
  }
  const askSecondStep = secondStep($("[data-second-step]", place), signedIn, (sentence) => {
    showStep(form)
    complain(form, sentence, form.elements["again-password"])
  })
  onSubmit(form, texts.working, async (typed) => {
    const made = await ask("POST", "/api/auth/sign-in/email", { email: member.user.email, password: typed["again-password"] })
    if (!made.twoFactorRedirect) return signedIn()
    showStep(place)
    askSecondStep(made.twoFactorMethods, true)
  })
  offerPasskey(form, async () => {
    await stillMe()
    again.settle("in")
  })
  for (const button of $$("#again [data-cancel]")) button.addEventListener("click", () => again.settle("out"))
  $("#again").addEventListener("cancel", (event) => {
    event.preventDefault()
    again.settle("out")
  })
  for (const button of $$("[data-provider]", form)) {
    button.addEventListener("click", () => {
      const tab = open() // a new tab, so that this one keeps its input
      if (!tab) return // the browser blocked it and says so
      tab.opener = null
      byProvider(button.dataset.provider, "/account", { tab }).catch((error) => {
        tab.close()
        complain(form, error.message)
      })
    })
  }
}

askingAgain()

export { asked, guarded, member, saveFile, stillMe }
