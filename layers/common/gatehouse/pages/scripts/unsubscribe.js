// The page of a mailed link that ends reminders, and the start of all pages of mailed links.

import { $, ask, page, say, sending, texts } from "./gatehouse.js"

function unsubscribePage() {
  const form = $("[data-form=unsubscribe]")
  const send = (token) => ask("POST", `/api/auth/unsubscribe?${new URLSearchParams({ token })}`, {})
  sending(form, send, () => {
    form.hidden = true
    say($("[data-done]"), texts.unsubscribed)
  })
}

const mailedPages = {
  "verify-email": verifyPage,
  "reset-password": resetPage,
  "undo-email-change": undoPage,
  unsubscribe: unsubscribePage,
}

mailedPages[page]?.()
