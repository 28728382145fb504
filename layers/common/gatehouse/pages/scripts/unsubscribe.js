// The page of a mailed link that ends reminders, and what all such pages do: opening them changes nothing, they ask, and
// then send the token.

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

export { sending }
