// The second step of a sign-in: a code of an app, a mailed code or a backup code. It has a page, and a place in the dialog
// that asks to sign in again.

import { $, $$, ask, coolDown, here, next, once, onSubmit, onward, page, passOn, say, tell, texts } from "./gatehouse.js"

const VERIFIERS = { totp: "verify-totp", otp: "verify-otp", backup: "verify-backup-code" }
const SEND_AGAIN = 30 // seconds before another code can be sent

// Set up the second step within an element. `done` is called after it, `ended` with a sentence when the sign-in must begin
// anew. Returns the function that asks for it by one of a sign-in's methods.
function secondStep(place, done, ended) {
  const [form, others] = $$("form", place)
  const sender = $("[data-send]", others)
  let way
  const codeField = () => $("[name=code]:enabled", form)

  function choose(chosen) {
    way = chosen
    tell(form, "")
    for (const part of $$("[data-way]", form)) part.hidden = part.disabled = !part.matches(`[data-way~=${way}]`)
    for (const button of $$("[data-to]", others)) button.hidden = button.dataset.to === way || !("offered" in button.dataset)
    codeField().value = ""
    codeField().focus()
  }

  async function attempt(path, body) {
    try {
      await ask("POST", `/api/auth/two-factor/${path}`, body)
      return true
    } catch (error) {
      const spent = error.code === "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE" && way !== "otp"
      if (!spent && error.code !== "INVALID_TWO_FACTOR_COOKIE") throw error
      ended(spent ? texts.attemptsEnded : error.message)
    }
  }

  function send() {
    return once(others, sender, texts.sending, async () => {
      choose("otp")
      if (!(await attempt("send-otp", {}))) return
      say($("[data-sent]", form), texts.codeSent)
      setTimeout(coolDown, 0, sender, SEND_AGAIN)
    })
  }

  onSubmit(form, texts.working, async ({ code, trustDevice }) => {
    const given = { code: code.replace(/\s/g, ""), trustDevice: Boolean(trustDevice) }
    if (await attempt(VERIFIERS[way], given)) await done()
  })
  sender.addEventListener("click", send)
  for (const button of $$("[data-to]", others)) button.addEventListener("click", () => choose(button.dataset.to))

  return (methods, mayMail) => {
    const hasApp = methods.includes("totp")
    form.reset()
    sender.hidden = !methods.includes("otp")
    for (const button of $$("[data-to]", others)) button.toggleAttribute("data-offered", hasApp)
    choose(hasApp ? "totp" : "otp")
    if (!hasApp && mayMail) send()
  }
}

function twoFactorPage() {
  const place = $("[data-second-step]")
  const methods = (here.searchParams.get("twoFactorMethods") ?? "totp").split(",")
  const arrived = here.searchParams.has("twoFactorRedirect")
  const ended = (sentence) => {
    place.hidden = true
    $("[data-dead]").hidden = false
    $("[data-dead-why]").textContent = sentence
  }
  here.searchParams.delete("twoFactorRedirect") // a code is mailed when the sign-in leads here, not at each reload
  history.replaceState(null, "", here)
  if (!methods.some((method) => method in VERIFIERS)) return ended(texts.noMethod)
  secondStep(place, () => onward(next), ended)(methods, arrived)
  passOn()
}

if (page === "two-factor") twoFactorPage()

export { secondStep }
