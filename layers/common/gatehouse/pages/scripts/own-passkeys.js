// The user's passkeys on the account page.

import { $, filled, onSubmit, texts } from "./gatehouse.js"
import { HAS_PASSKEYS, ceremony } from "./passkeys.js"
import { asked } from "./session.js"

function ownPasskeys() {
  const load = listing("passkeys", "/api/auth/passkey/list-user-passkeys", async (passkeys) => {
    const names = passkeys.length ? await authenticators() : {}
    return passkeys.map((one) => drawPasskey(one, names[one.aaguid], load))
  })
  const add = $("[data-add]")
  add.hidden = !HAS_PASSKEYS
  pressing(add, async () => {
    const options = await asked("GET", "/api/auth/passkey/generate-register-options")
    const response = await ceremony("create", PublicKeyCredential.parseCreationOptionsFromJSON(options))
    await post("passkey/verify-registration", { response, name: deviceOf(navigator.userAgent) })
    await load()
    return texts.passkeyAdded
  })
  renaming(load)
}

// What makes passkeys, by the id that it gives; from the browser's cache, and not needed.
function authenticators() {
  return fetch(formOf("passkeys").dataset.authenticators).then((answer) => answer.json()).catch(() => ({}))
}

function drawPasskey({ id, name, createdAt, lastUsedAt }, authenticator, load) {
  const title = name || texts.passkey
  const used = lastUsedAt ? filled(texts.lastUsed, { when: dated(lastUsedAt, "short") }) : texts.neverUsed
  const words = { title, authenticator: authenticator ? `${authenticator} · ` : "", since: dated(createdAt), used }
  const line = lined("passkey", words, async () => {
    await post("passkey/delete-passkey", { id })
    await load()
    return filled(texts.passkeyDeleted, { name: title })
  })
  const rename = $("[data-rename]", line)
  rename.ariaLabel = `${rename.textContent}: ${title}`
  rename.addEventListener("click", () => renamed(id, name))
  return line
}

function renaming(load) {
  const form = formOf("rename")
  onSubmit(form, texts.working, async ({ name }) => {
    await post("passkey/update-passkey", { id: form.dataset.passkey, name })
    $("#rename").close()
    await load()
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
