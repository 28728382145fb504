// The page that sets a new password with a mailed token.

import { $, announce, ask, complain, dead, forgetToken, here, onSubmit, onward, say, stays, texts, withNext } from "./gatehouse.js"

const LED_ON = 3_000 // ms before a page without a token redirects to /forgot-password

function resetPage() {
  const form = $("[data-form=reset-password]")
  const token = here.searchParams.get("token") || ""
  const refused = here.searchParams.has("error")
  if (!token && !refused) setTimeout(onward, LED_ON, withNext("/forgot-password"))
  if (!/^[\w-]{20,}$/.test(token)) return dead(form, refused ? texts.errors.INVALID_TOKEN : texts.noToken)
  onSubmit(form, texts.saving, async ({ password, confirm }) => {
    if (password !== confirm) return complain(form, texts.different, form.elements.confirm)
    try {
      await ask("POST", "/api/auth/reset-password", { newPassword: password, token })
    } catch (error) {
      if (!["INVALID_TOKEN", "TOKEN_EXPIRED"].includes(error.code)) throw error
      forgetToken()
      return dead(form, error.message)
    }
    announce("signed-out")
    const { href } = $("[data-onward]")
    if (stays) return onward(href)
    forgetToken()
    form.hidden = true
    $("[data-set]").hidden = false
    say($("[data-done]"), texts.changed)
    leadOn(href)
  })
}
