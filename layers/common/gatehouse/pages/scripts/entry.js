// Sign-in and sign-up, with a password or a provider, and the request for a new password.

const AWAITED = "gatehouse.address" // the address that this tab requested a link for

async function home() {
  const status = $("[data-status]")
  status.hidden = false
  try {
    onward((await ask("GET", "/api/auth/get-session")) ? next : "/sign-in")
  } catch (error) {
    status.hidden = true
    unavailable(error, home)
  }
}

// Redirect a user who is already signed in. If the request fails, the form stays.
async function passOn() {
  const there = await ask("GET", "/api/auth/get-session").catch(() => null)
  if (there) onward(next)
}

function signInPage() {
  const form = $("[data-form=sign-in]")
  const banner = { reset: texts.resetDone, verified: texts.verified, deleted: texts.deleted, out: texts.signedOut }
  const reason = ["reset", "verified", "deleted", "out"].find((name) => here.searchParams.has(name))
  if (reason) say($("[data-banner]"), banner[reason])
  if (!navigator.cookieEnabled) tell(form, texts.noCookies)
  const error = here.searchParams.get("error")
  if (error) tell(form, new Trouble(error).message)
  form.elements.email.value ||= forTab[AWAITED] || ""
  onSubmit(form, texts.signingIn, async ({ email, password, rememberMe }) => {
    $("[data-unverified]").hidden = true
    let made
    try {
      made = await ask("POST", "/api/auth/sign-in/email", { email, password, rememberMe: Boolean(rememberMe) })
    } catch (error) {
      if (error.details?.mail === "undeliverable") return complain(form, texts.undeliverable)
      $("[data-unverified]").hidden = error.code !== "EMAIL_NOT_VERIFIED"
      throw error
    }
    delete forTab[AWAITED]
    onward(made.twoFactorRedirect ? secondStepOf(made) : next)
  })
  $("[data-resend]").addEventListener("click", (event) =>
    once(form, event.target, texts.sending, async () => {
      await resend(form.elements.email.value)
      onward(withNext("/verify-email"))
    }),
  )
  providers()
  passOn()
}

// Return the URL of the page that asks for the second factor.
function secondStepOf({ twoFactorMethods }) {
  return `/two-factor?${new URLSearchParams({ twoFactorRedirect: true, twoFactorMethods, callbackUrl: next })}`
}

function signUpPage() {
  const form = $("[data-form=sign-up]")
  if (!form) return
  onSubmit(form, texts.creating, async ({ name, email, password }) => {
    const made = await ask("POST", "/api/auth/sign-up/email", { name, email, password, callbackURL: hosted(back) })
    forTab[AWAITED] = email
    onward(made.token ? next : withNext("/verify-email"))
  })
  providers()
  passOn()
}

function forgotPage() {
  const form = $("[data-form=forgot-password]")
  onSubmit(form, texts.sending, async ({ email }) => {
    const redirectTo = here.searchParams.has("callbackUrl") ? hosted(withNext("/reset-password", back)) : undefined
    await ask("POST", "/api/auth/request-password-reset", { email, redirectTo })
    $("[data-done]").hidden = false
    $("[data-done]").focus()
    form.hidden = true
  })
}

async function resend(email) {
  forTab[AWAITED] = email
  await ask("POST", "/api/auth/send-verification-email", { email, callbackURL: hosted(back) })
}

// Go to a provider's page, which returns to `home`; after an error to this page, or in a new tab to /error.
async function byProvider(provider, home, { path = "/api/auth/sign-in/social", way = ask, tab = window } = {}) {
  const back = new URL(tab === window ? here : "/error", here)
  back.searchParams.delete("error")
  const places = { callbackURL: hosted(home), errorCallbackURL: back.href }
  tab.location.assign((await way("POST", path, { provider, ...places })).url)
}

function providers() {
  for (const button of $$("[data-provider]")) {
    const form = button.closest("form")
    button.addEventListener("click", async () => {
      button.disabled = true
      try {
        await byProvider(button.dataset.provider, next)
      } catch (error) {
        complain(form, error.message)
      } finally {
        button.disabled = false
      }
    })
  }
}

function errorPage() {
  const code = here.searchParams.get("error") || ""
  if (/^[\w'-]{1,64}$/.test(code)) $("[data-code]").textContent = code
  if (texts.errors[code]) $("[data-why]").textContent = new Trouble(code).message
}

export { AWAITED, byProvider, passOn, resend }
