// The pages that confirm an address: one opened by the mailed link, one that asks the user to check the mailbox.

import { $, $$, AWAITED, ask, coolDown, filled, forTab, forgetToken, here, next, onSubmit, onward, resend, say, tell, texts } from "./gatehouse.js"

const COOL_DOWN = 60 // seconds before a mail can be sent again
const COUNT_DOWN = 5 // seconds before the redirect

function verifyPage() {
  const token = here.searchParams.get("token")
  show(token ? "confirm" : "check")
  onSubmit($("[data-form=verify-email]"), texts.confirming, () => confirm(token))
  onSubmit($("[data-form=choose]"), texts.confirming, ({ password }) => confirm(token, password))
  onSubmit($("[data-form=prove]"), texts.confirming, ({ current }) => confirm(token, current))
  const form = $("[data-form=resend]")
  const again = $("button", form)
  form.elements.email.value = forTab[AWAITED] || ""
  if (!token && form.elements.email.value) coolDown(again, COOL_DOWN)
  onSubmit(form, texts.sending, async ({ email }) => {
    try {
      await resend(email)
    } catch (error) {
      if (error.code === "TOO_MANY_REQUESTS") setTimeout(coolDown, 0, again, error.seconds)
      throw error
    }
    say($("[data-sent]"), texts.sentAgain)
    setTimeout(coolDown, 0, again, COOL_DOWN)
  })
}

// A link may be opened by somebody else than who set the password: the service says when it must be asked for.
async function confirm(token, password) {
  try {
    await ask("POST", "/api/auth/verify-email", { token, password, proof: "required" })
  } catch (error) {
    if (error.code === "PASSWORD_REQUIRED") return show(error.details?.password === "new" ? "choose" : "prove")
    const sentence = { TOKEN_EXPIRED: texts.expired, INVALID_TOKEN: texts.used }[error.code]
    if (!sentence) throw error
    forgetToken()
    show("check")
    $("[data-sent-to]").hidden = true
    $("[data-step=check] h1").textContent = texts.newLink
    return tell($("[data-form=resend]"), sentence)
  }
  delete forTab[AWAITED]
  forgetToken()
  show("done")
  say($("[data-done]"), texts.confirmed)
  const there = await ask("GET", "/api/auth/get-session").catch(() => null)
  leadOn(there ? next : $("[data-onward]").href)
}

function leadOn(target) {
  $("[data-onward]").href = target
  const until = Date.now() + COUNT_DOWN * 1000
  const tick = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000)
    if (seconds <= 0) return onward(target)
    $("[data-left]").textContent = filled(texts.onward, { seconds })
    setTimeout(tick, 250)
  }
  tick()
}

function show(step) {
  for (const section of $$("[data-step]")) section.hidden = section.dataset.step !== step
  $(`[data-step=${step}] h1`).focus()
}
