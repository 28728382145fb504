// The pages of mailed links that end something. Opening them changes nothing: they ask, and then send the token.

const GONE = "/sign-in?deleted=1"

function deletionPage() {
  $("[data-email]").textContent = member.user.email
  const send = (token) => asked("POST", "/api/auth/delete-user", { token })
  sending($("[data-form=delete-account]"), send, () => {
    announce("signed-out")
    onward(stays ? GONE : next)
  })
}

function unsubscribePage() {
  const form = $("[data-form=unsubscribe]")
  const send = (token) => ask("POST", `/api/auth/unsubscribe?${new URLSearchParams({ token })}`, {})
  sending(form, send, () => {
    form.hidden = true
    say($("[data-done]"), texts.unsubscribed)
  })
}

function sending(form, send, done) {
  const token = here.searchParams.get("token")
  if (!token) return dead(form, texts.noToken)
  onSubmit(form, texts.working, async () => {
    try {
      await send(token)
    } catch (error) {
      if (error.code !== "INVALID_TOKEN") throw error
      forgetToken()
      return dead(form, texts.invalid)
    }
    forgetToken()
    done()
  })
}
