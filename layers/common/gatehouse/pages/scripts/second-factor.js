// The second factor on the account page: turned on by an app or by mailed codes, changed, and turned off.

import { $, $$, coolDown, once, onSubmit, say, texts } from "./gatehouse.js"
import { member, saveFile, stillMe } from "./session.js"

const SEND_AGAIN = 30 // seconds before another code can be sent

function secondFactor() {
  const [turnOn, setUp, change] = ["turn-on", "set-up", "change-factor"].map(formOf)
  let backupCodes

  // Show an app what it needs. It counts once it has given a code.
  async function begin(form) {
    const setup = await enable(form, { qrCode: true })
    if (!setup) return
    backupCodes = setup.backupCodes
    $("[data-qr]").src = setup.qrCode
    $("[data-open-app]").href = setup.totpURI
    $("[data-secret]").textContent = new URL(setup.totpURI).searchParams.get("secret").match(/.{1,4}/g).join(" ")
    settingUp(true)
  }

  function settingUp(now) {
    for (const form of [turnOn, change]) form.hidden = now
    for (const form of [turnOn, change, setUp]) form.reset()
    setUp.hidden = !now
    if (now) setUp.elements.code.focus()
  }

  onSubmit(turnOn, texts.working, () => begin(turnOn))
  clicking("[data-mail]", async (form) => {
    if (await enable(form, { method: "otp" })) await factorChanged(texts.mailOn)
  })
  onSubmit(setUp, texts.working, async ({ code }) => {
    await post("two-factor/verify-totp", { code })
    settingUp(false)
    await factorChanged(texts.appOn)
    showCodes(backupCodes)
  })
  $("[data-cancel]", setUp).addEventListener("click", () => settingUp(false))
  onSubmit(change, texts.working, async () => {
    if (member.user.twoFactorMethod === "otp") return begin(change)
    showCodes((await post("two-factor/generate-backup-codes", ownerIn(change))).backupCodes)
    change.reset()
  })
  clicking("[data-other-app]", begin)
  clicking("[data-turn-off]", async (form) => {
    await post("two-factor/disable", ownerIn(form))
    await factorChanged(texts.factorOff)
  })
  clicking("[data-send]", async (form, button) => {
    await post("two-factor/send-otp")
    say($("[data-factor-said]"), texts.codeSent)
    setTimeout(coolDown, 0, button, SEND_AGAIN)
  })
  backupCodeButtons($("[data-codes]"))
  showFactor()
  addEventListener("member", showFactor)
}

function clicking(name, work) {
  const button = $(`#second-factor ${name}`)
  button.addEventListener("click", () => once(button.form, button, texts.working, () => work(button.form, button)))
}

// Users who must set it up are not asked for the password until the service says that they have one.
async function enable(form, body) {
  try {
    return await post("two-factor/enable", { ...ownerIn(form), ...body })
  } catch (error) {
    if (error.code !== "VALIDATION_ERROR" || !member.lacksFactor) throw error
    document.body.dataset.password = "true"
    showFactor()
    $("[type=password]", form).focus()
  }
}

// What shows that the user asks: the password, or a code of those who have none.
function ownerIn(form) {
  const { password, code } = Object.fromEntries(new FormData(form))
  return { password, code }
}

// Show what belongs to the state of the second factor. `data-password` says whether the user has one.
function showFactor() {
  const { dataset } = document.body
  const { twoFactorEnabled, twoFactorMethod = "" } = member.user
  dataset.factor = twoFactorEnabled ? "on" : "off"
  dataset.method = twoFactorMethod
  document.body.toggleAttribute("data-lacks-factor", member.lacksFactor)
  const mayHavePassword = dataset.password ? dataset.password === "true" : !member.lacksFactor
  const asks = mayHavePassword ? "password" : twoFactorEnabled && "code"
  for (const part of $$("[data-owner]")) part.hidden = part.disabled = part.dataset.owner !== asks
}

async function factorChanged(sentence) {
  $$("#second-factor form").forEach((form) => form.reset())
  $("[data-codes]").hidden = true
  await stillMe()
  say($("[data-factor-said]"), sentence)
  $("#second-factor h3").focus()
}

function showCodes(codes) {
  const place = $("[data-codes]")
  const lines = codes.map((code) => Object.assign(document.createElement("li"), { textContent: code }))
  $("ul", place).replaceChildren(...lines)
  place.hidden = false
  $("h4", place).focus()
}

function backupCodeButtons(place) {
  const [copy, print, save, done] = ["copy", "print", "save", "kept"].map((name) => $(`[data-${name}]`, place))
  const text = () => $$("li", place).map((line) => `${line.textContent}\n`).join("")
  copy.hidden = !navigator.clipboard
  copy.onclick = async () => {
    await navigator.clipboard.writeText(text())
    say($("[data-factor-said]"), texts.copied)
  }
  print.onclick = () => window.print()
  save.onclick = () => saveFile([text()], "backup-codes.txt")
  done.onclick = () => {
    place.hidden = true
    $("ul", place).replaceChildren()
    $("#second-factor h3").focus()
  }
}
