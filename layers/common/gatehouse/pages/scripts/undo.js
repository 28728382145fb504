// Undo a change of address with the token that was mailed to the old one. Opening the page changes nothing.

import { $, announce, ask, dead, forgetToken, here, onSubmit, say, texts } from "./gatehouse.js"

function undoPage() {
  const token = here.searchParams.get("token")
  const form = $("[data-form=undo]")
  if (!token) return dead(form, texts.noToken)
  onSubmit(form, texts.undoing, async () => {
    try {
      await ask("POST", "/api/auth/verify-email", { token })
    } catch (error) {
      if (!["INVALID_TOKEN", "TOKEN_EXPIRED"].includes(error.code)) throw error
      forgetToken()
      return dead(form, error.message)
    }
    forgetToken()
    announce("signed-out")
    form.hidden = true
    say($("[data-done]"), texts.undone)
  })
}
