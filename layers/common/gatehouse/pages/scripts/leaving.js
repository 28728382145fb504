// The page of a mailed link that deletes the account.

import { $, announce, next, onward, page, sending, stays } from "./gatehouse.js"

const GONE = "/sign-in?deleted=1"

function deletionPage() {
  $("[data-email]").textContent = member.user.email
  const send = (token) => asked("POST", "/api/auth/delete-user", { token })
  sending($("[data-form=delete-account]"), send, () => {
    announce("signed-out")
    onward(stays ? GONE : next)
  })
}

if (page === "delete-account") guarded(deletionPage)

export { GONE }
