// The account page: profile, sign-in methods, devices, export and deletion.

import { $, $$, Trouble, announce, filled, hosted, once, onSubmit, onward, say, texts } from "./gatehouse.js"
import { GONE, asked, member, saveFile, stillMe } from "./session.js"

const SIDE = 128 // width and height of a picture in pixels
const PICTURE = /^data:.+|\/api\/auth\/picture\/[\w/-]+$/ // inline, or the path of one: the page may be at another host

function accountPage() {
  showMember()
  addEventListener("member", showMember)
  secondFactor()
  ownPasskeys()
  addEventListener("member", otherParts)
  otherParts()
}

// Everything but the second factor, which may be required before that.
function otherParts() {
  if (member.lacksFactor) return
  removeEventListener("member", otherParts)
  formOf("profile").elements.name.value = member.user.name
  keeping("profile", update)
  picture()
  reminding()
  keeping("change-email", moveTo)
  keeping("change-password", changePassword)
  keeping("set-password", async () => {
    await post("request-password-reset", { email: member.user.email })
    return filled(texts.passwordMailed, member.user)
  })
  listPasskeys()
  trustedDevices()
  devices()
  waysIn()
  keeping("export", download)
  keeping("delete", leaveForGood)
}

function formOf(name) {
  return $(`[data-form=${name}]`)
}

function post(verb, body = {}) {
  return asked("POST", `/api/auth/${verb}`, body)
}

// A form that shows the result of its submission.
function keeping(name, work) {
  const form = formOf(name)
  onSubmit(form, texts.working, (typed) => telling(form, () => work(typed, form)))
}

// The same for another button of a form.
function pressing(button, work) {
  button.addEventListener("click", () => pressed(button, work))
}

function pressed(button, work) {
  return once(button.form, button, texts.working, () => telling(button.form, work))
}

async function telling(form, work) {
  const done = $("[data-done]", form)
  done.hidden = true
  say(done, await work())
}

async function update(changes) {
  await post("update-user", changes)
  await stillMe()
  return texts.saved
}

// Only pictures that are stored here are loaded: another server would see the request.
function showMember() {
  const { name, email, image } = member.user
  const shown = $("[data-picture]")
  $("[data-name]").textContent = name
  $$("[data-email]").forEach((place) => (place.textContent = place.value = email))
  $("[data-initials]").textContent = (name || email).split(" ", 2).map(([letter]) => letter).join("")
  shown.onerror = () => (shown.hidden = true)
  const source = image?.match(PICTURE)?.[0]
  shown.hidden = !source
  if (source) shown.src = source
  $("[data-no-picture]").hidden = !image
}

function picture() {
  const file = $("[data-file]")
  const pick = $("[data-pick]")
  pick.addEventListener("click", () => file.click())
  file.addEventListener("change", async () => {
    await pressed(pick, async () => update({ image: await shrunk(file.files[0]) }))
    file.value = ""
  })
  pressing($("[data-no-picture]"), () => {
    pick.focus()
    return update({ image: null })
  })
}

// Crop a picture to its centre square and scale it down.
async function shrunk(file) {
  const whole = await createImageBitmap(file).catch(() => {
    throw new Trouble("", { message: texts.noPicture })
  })
  const { width, height } = whole
  const side = Math.min(width, height)
  const canvas = document.createElement("canvas")
  canvas.width = canvas.height = SIDE
  const context = canvas.getContext("2d")
  context.imageSmoothingQuality = "high"
  context.fillStyle = "white"
  context.fillRect(0, 0, SIDE, SIDE)
  context.drawImage(whole, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE)
  return canvas.toDataURL("image/jpeg", 0.9)
}

function reminding() {
  const { taskReminders, timeZone } = formOf("reminders").elements
  const { user } = member
  const chosen = user.timeZone || (user.taskReminders ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone)
  const zones = new Set([chosen, "UTC", ...Intl.supportedValuesOf("timeZone")])
  timeZone.append(...[...zones].map((zone) => new Option(zone)))
  taskReminders.checked = user.taskReminders
  keeping("reminders", (typed) => update({ ...typed, taskReminders: taskReminders.checked }))
}

async function moveTo({ email }, form) {
  await post("change-email", { newEmail: email, callbackURL: hosted("/account") })
  form.reset()
  const first = "first" in form.dataset && member.user.emailVerified
  return filled(first ? texts.allowMove : texts.proveMove, { email, old: member.user.email })
}

async function changePassword({ current, password }, form) {
  await post("change-password", { currentPassword: current, newPassword: password, revokeOtherSessions: true })
  form.reset()
  form.elements.password.dispatchEvent(new Event("input"))
  await stillMe()
  return texts.passwordChanged
}

// Download all pages of the export as one file.
async function download() {
  const path = "/api/auth/export"
  let { cursor, ...whole } = await asked("GET", path)
  while (cursor) {
    const more = await asked("GET", `${path}?${new URLSearchParams({ cursor })}`)
    whole.tasks.push(...more.tasks)
    cursor = more.cursor
  }
  saveFile([JSON.stringify(whole, null, 2)], "account.json")
  return texts.downloaded
}

async function leaveForGood({ erase }) {
  const { message } = await post("delete-user", { password: erase, callbackURL: hosted(GONE) })
  if (message !== "User deleted") return filled(texts.deletionMailed, member.user)
  announce("signed-out")
  onward(GONE)
}
