// Passkeys: the ceremonies of the browser, and the sign-in with one.

import { $, $$, Trouble, ask, complain, next, onward, page, texts } from "./gatehouse.js"

const RENEWED = 240_000 // ms; the challenge of a sign-in works for five minutes
const HAS_PASSKEYS = "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential
let waiting // aborts the request that waits for autofill: a browser runs one at a time

// Sign in, or within a session show that its user is there. Throws Trouble.
async function usePasskey(options = {}) {
  const publicKey = await ask("GET", "/api/auth/passkey/generate-authenticate-options")
  const response = await ceremony("get", PublicKeyCredential.parseRequestOptionsFromJSON(publicKey), options)
  await ask("POST", "/api/auth/passkey/verify-authentication", { response })
}

// Run a ceremony and return its result as JSON.
async function ceremony(kind, publicKey, options = {}) {
  try {
    return (await navigator.credentials[kind]({ publicKey, ...options })).toJSON()
  } catch (error) {
    if (options.mediation) throw error
    const message = { InvalidStateError: texts.passkeyKnown, SecurityError: texts.passkeyElsewhere }[error.name]
    throw new Trouble("", { message: message || texts.passkeyUnused })
  }
}

// Show the buttons for passkeys within an element, and call `done` after one was used.
function offerPasskey(within, done) {
  if (!HAS_PASSKEYS) return
  for (const part of $$("[data-passkey]", within)) part.hidden = false
  const button = $("button[data-passkey]", within)
  button.addEventListener("click", async () => {
    button.disabled = true
    waiting?.abort()
    try {
      await usePasskey()
      await done()
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
      complain(button.form, error.message)
    } finally {
      button.disabled = false
    }
  })
}

// Offer passkeys in the suggestions of the address field, until one is chosen or the button is used.
async function offerInField(form) {
  if (!HAS_PASSKEYS || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
  waiting = new AbortController()
  while (!waiting.signal.aborted) {
    try {
      await usePasskey({ mediation: "conditional", signal: AbortSignal.any([waiting.signal, AbortSignal.timeout(RENEWED)]) })
      return onward(next)
    } catch (error) {
      if (error instanceof Trouble) return complain(form, error.message)
      if (error.name !== "TimeoutError") return
    }
  }
}

if (page === "sign-in") {
  const form = $("[data-form=sign-in]")
  offerPasskey(form, () => onward(next))
  offerInField(form)
}

export { HAS_PASSKEYS, ceremony, offerPasskey }
