// The user's passkeys on the account page.

import { $, ask, filled, onSubmit, tell, texts } from "./gatehouse.js"
import { HAS_PASSKEYS, ceremony } from "./passkeys.js"
import { asked, member, stillMe } from "./session.js"

const OPTIONS = "/api/auth/passkey/generate-register-options"
let loadPasskeys

function listPasskeys() {
  loadPasskeys = listing("passkeys", "/api/auth/passkey/list-user-passkeys", async (passkeys) => {
    const names = passkeys.length ? await authenticators() : {}
    return passkeys.map((one) => drawPasskey(one, names[one.aaguid]))
  })
}

// What works also before there is a second factor: a passkey is one.
function ownPasskeys() {
  const add = $("[data-add]")
  add.hidden = !HAS_PASSKEYS
  pressing(add, async () => {
    const options = await asked("GET", OPTIONS)
    const response = await ceremony("create", PublicKeyCredential.parseCreationOptionsFromJSON(options))
    await post("passkey/verify-registration", { response, name: deviceOf(navigator.userAgent) })
    await stillMe()
    await loadPasskeys?.()
    return texts.passkeyAdded
  })
  renaming()
  if (member.lacksFactor) askForPasskey()
}

// Ask whoever has a passkey already for that: nothing else can be set up before.
async function askForPasskey() {
  const { code } = await ask("GET", OPTIONS).catch((error) => error)
  if (code === "TWO_FACTOR_REQUIRED") await asked("GET", OPTIONS).catch((error) => tell(formOf("passkeys"), error.message))
}

// What makes passkeys, by the id that it gives; from the browser's cache, and not needed.
function authenticators() {
  return fetch(formOf("passkeys").dataset.authenticators).then((answer) => answer.json()).catch(() => ({}))
}

function drawPasskey({ id, name, createdAt, lastUsedAt }, authenticator) {
  const title = name || texts.passkey
  const used = lastUsedAt ? filled(texts.lastUsed, { when: dated(lastUsedAt, "short") }) : texts.neverUsed
  const words = { title, authenticator: authenticator ? `${authenticator} · ` : "", since: dated(createdAt), used }
  const line = lined("passkey", words, async () => {
    await post("passkey/delete-passkey", { id })
    line.parentNode?.focus()
    line.remove()
    await stillMe()
    return filled(texts.passkeyDeleted, { name: title })
  })
  const rename = $("[data-rename]", line)
  rename.ariaLabel = `${rename.textContent}: ${title}`
  rename.addEventListener("click", () => renamed(id, name))
  return line
}

function renaming() {
  const form = formOf("rename")
  onSubmit(form, texts.working, async ({ name }) => {
    await post("passkey/update-passkey", { id: form.dataset.passkey, name })
    $("#rename").close()
    await loadPasskeys()
  })
  $("[data-cancel]", form).addEventListener("click", () => $("#rename").close())
}

function renamed(id, name) {
  const form = formOf("rename")
  form.dataset.passkey = id
  form.elements.name.value = name || ""
  $("#rename").showModal()
  form.elements.name.select()
}
