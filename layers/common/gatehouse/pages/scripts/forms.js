// Forms: they are submitted once at a time, show progress, and show errors at the fields.

const SLOW = 4_000 // ms
const cookieDays = 365

// At each submission call `work` with the values; meanwhile the button shows `busy` and is disabled.
function onSubmit(form, busy, work) {
  form.noValidate = true
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    once(form, $("button:not([type=button])", form), busy, () => work(Object.fromEntries(new FormData(form))))
  })
}

async function once(form, button, busy, work) {
  if (form.ariaBusy === "true") return
  tell(form, "")
  const wrong = firstWrong(form)
  if (wrong) return complain(form, ...wrong)
  const label = $("span", button) || button
  const had = document.activeElement // disabling it loses the focus
  const said = label.textContent
  form.ariaBusy = "true"
  button.disabled = true
  label.textContent = busy || texts.working
  const slow = setTimeout(() => (label.textContent = texts.slow), SLOW)
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    complain(form, error.message, fieldOf(form, error.code))
  } finally {
    clearTimeout(slow)
    form.ariaBusy = "false"
    button.disabled = false
    label.textContent = said
    if (document.activeElement === document.body) had.focus({ preventScroll: true })
  }
}

function firstWrong(form) {
  for (const field of form.elements) {
    if (!field.willValidate || field.validity.valid) continue
    const { valueMissing, tooShort, typeMismatch } = field.validity
    if (valueMissing) return [filled(texts.required, { field: nameOf(field) }), field]
    if (typeMismatch) return [texts.badEmail, field]
    if (tooShort) return [filled(texts.tooShort, { minimum: field.minLength }), field]
    return [texts.errors.VALIDATION_ERROR, field]
  }
}

function nameOf(field) {
  const label = field.labels?.[0]
  return ($("span", label || document.createElement("p")) || label)?.textContent.trim() || field.ariaLabel
}

function fieldOf(form, code) {
  if (code === "INVALID_PASSWORD") return $("[autocomplete=current-password]", form)
  if (["INVALID_CODE", "INVALID_BACKUP_CODE"].includes(code)) return $("[name=code]:enabled", form)
  const atPassword = ["PASSWORD_TOO_SHORT", "WEAK_PASSWORD", "PASSWORD_COMPROMISED"].includes(code)
  const name = atPassword ? "password" : { INVALID_EMAIL: "email" }[code]
  return form.elements[name]
}

// Show an error at the top of the form and mark the field.
function complain(form, sentence, field) {
  tell(form, sentence)
  if (!field) return $("[data-problem]", form)?.scrollIntoView({ block: "nearest" })
  field.ariaInvalid = "true"
  field.focus()
  field.addEventListener("input", () => (field.ariaInvalid = null), { once: true })
}

function tell(within, sentence) {
  const place = $("[data-problem]", within)
  place.hidden = !sentence
  place.textContent = sentence
}

// Show a notice that is not an error.
function say(place, sentence) {
  place.hidden = false
  place.textContent = sentence
}

// Disable a button for a while, and show how long.
function coolDown(button, seconds) {
  const label = $("span", button)
  const said = (label.dataset.said ||= label.textContent)
  const until = Date.now() + seconds * 1000
  button.disabled = true
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000)
    button.disabled = left > 0
    label.textContent = left > 0 ? filled(texts.wait, { seconds: left }) : said
    if (left > 0) setTimeout(tick, 250)
  }
  tick()
}

// Show an error of the whole page, with a button to try again.
function unavailable(error, retry) {
  $("main > .notice.bad")?.remove()
  const notice = document.createElement("p")
  const button = document.createElement("button")
  notice.className = "notice bad"
  notice.role = "alert"
  button.textContent = texts.tryAgain
  button.addEventListener("click", () => {
    notice.remove()
    retry()
  })
  notice.append(error.message, " ", button)
  $("main").prepend(notice)
}

// Remove a used token from the address bar and the history.
function forgetToken() {
  here.searchParams.delete("token")
  history.replaceState(null, "", here)
}

// A page of a mailed link that ends something: opening it changes nothing, it asks, and then sends the token.
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

// Show instead of a form why its link cannot be used.
function dead(form, sentence) {
  form.hidden = true
  $("[data-dead]").hidden = false
  $("[data-dead-why]").textContent = sentence
}

function onward(target) {
  location.replace(target)
}

function withNext(path, callbackUrl = next) {
  return `${path}?${new URLSearchParams({ callbackUrl })}`
}

// Estimate the strength of a password from its length and characters: a hint, not a rule.
function strength(password, minimum) {
  if (password.length < minimum) return 0
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length
  const different = new Set(password).size
  return Math.min(4, 1 + (different > 7) + (password.length > 11 || kinds > 2) + (password.length > 15 && different > 8))
}

function revealing(button) {
  const field = document.getElementById(button.dataset.reveal)
  const become = (type) => {
    field.type = type
    button.textContent = type === "text" ? texts.hide : texts.show
    button.ariaLabel = `${button.textContent}: ${nameOf(field)}`
  }
  become("password")
  button.addEventListener("click", () => {
    become(field.type === "text" ? "password" : "text")
    field.focus()
  })
}

function measuring(meter) {
  const field = document.getElementById(meter.dataset.strength)
  const hint = $(`[data-hint="${meter.dataset.strength}"]`)
  const rule = hint.textContent
  field.addEventListener("input", () => {
    meter.value = strength(field.value, field.minLength)
    hint.textContent = field.value ? texts.strengths[meter.value] : rule
  })
}

// Set up the controls that all pages share.
function furnish() {
  $$("[data-reveal]").forEach(revealing)
  $$("[data-strength]").forEach(measuring)
  $$("[data-language]").forEach((button) =>
    button.addEventListener("click", () => {
      document.cookie = `language=${button.dataset.language}; path=/; max-age=${cookieDays * 86_400}; samesite=lax`
      location.reload()
    }),
  )
}

export { complain, coolDown, dead, forgetToken, onSubmit, once, onward, say, sending, tell, unavailable, withNext }
