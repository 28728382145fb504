// The tasks of the signed-in user.

import { $, $$, Trouble, announce, ask, channel, complain, filled, forLong, language, onSubmit, tell, texts } from "./gatehouse.js"
import { asked, guarded, saveFile } from "./session.js"

const [list, state, banner, moreButton, snack, conflict] = ["list", "state", "banner", "more", "snack", "conflict"].map((name) => $(`[data-${name}]`))
const [adding, edits, filters] = ["add", "edit", "filters"].map((name) => $(`[data-form=${name}]`))
const editor = $("#edit")
const timers = {}
// Ids of tasks that are deleted, or will be unless the user undoes it.
const gone = new Set()
let cursor
// Number of the newest list request; responses to older ones are ignored.
let round = 0
let pending = 0
let writes = Promise.resolve()
// The row that is being edited, and the form's values before any input.
let editing
let untouched
// The deletion that can be undone: its row, and the row before it.
let deleted
let retry

function tasksPage() {
  onSubmit(adding, texts.saving, addTask)
  onSubmit(edits, texts.saving, saveTask)
  listen()
  go()
  countTasks()
}

function soon(work, wait = 300) {
  clearTimeout(timers[work.name])
  timers[work.name] = setTimeout(work, wait)
}

function rowsOf(tasks) {
  const known = new Map([...list.children].map((row) => [row.task.id, row]))
  return tasks.map((task) => {
    const row = known.get(task.id) || $("[data-row]").content.firstElementChild.cloneNode(true)
    return row.drawn === drawing(task) ? row : draw(row, task)
  })
}

// -- Reading

// Load the list, its next page (`more`), or changes in the background (`quiet`). A page may be empty and not the last.
async function load({ more, quiet } = {}) {
  const shown = list.childElementCount
  if (quiet && (document.hidden || editor.open || pending || list.ariaBusy === "true" || shown > 100)) return
  const mine = more ? round : ++round
  const before = writes
  const query = chosen()
  const due = query.get("due")
  query.set("limit", quiet && shown > 50 ? 100 : 50)
  if (more) query.set("cursor", cursor)
  query.delete("due")
  // The API compares dates and times as text, so ask for slightly more and filter the result below.
  if (due) query.set("due_before", new Date(new Date().setHours(24, 0, 0, 0)).toISOString())
  if (due === "today") query.set("due_after", [dayOf(Date.now()), new Date().toISOString()].sort()[0])
  if (!quiet) settle(texts.loading, true)
  try {
    let page, tasks
    do {
      page = await (quiet ? ask : asked)("GET", `/api/tasks?${query}`)
      tasks = page.tasks.filter((task) => !gone.has(task.id) && (!due || urgency(task.due_date) === due))
      query.set("cursor", page.cursor)
    } while (page.cursor && !tasks.length && mine === round)
    if (mine !== round || (quiet && (editor.open || before !== writes))) return
    cursor = page.cursor
    lay(rowsOf(tasks), more)
    banner.hidden = true
    settle()
  } catch (error) {
    if (mine !== round || (quiet && error.status === 401)) return
    if (!more && !quiet) lay([])
    settle(more || quiet ? undefined : "")
    troubled(error, "", () => load({ more }))
  }
}

// Replace rows only if the list has changed: the user may be about to click one.
function lay(rows, more) {
  const had = document.activeElement
  if (more) list.append(...rows)
  else if (rows.length !== list.childElementCount || rows.some((row, at) => row !== list.children[at])) list.replaceChildren(...rows)
  ;((more && rows[0]) || had).focus({ preventScroll: true })
}

async function countTasks() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const counts = await ask("GET", `/api/tasks/summary?${new URLSearchParams({ zone })}`).catch(() => {})
  if (counts) for (const link of $$("[data-count]")) $("b", link).textContent = counts[link.dataset.count].toLocaleString(language)
}

function look() {
  soon(refresh)
  soon(countTasks)
}

function refresh() {
  load({ quiet: true })
}

function settle(sentence, busy = false) {
  const count = list.childElementCount
  list.ariaBusy = busy
  moreButton.hidden = !cursor
  moreButton.disabled = busy
  state.textContent = sentence ?? (count ? filled(texts.shown, { count }) : location.search ? texts.nothing : texts.none)
}

function troubled(error, sentence = "", again = load) {
  if (!(error instanceof Trouble)) throw error
  retry = again
  $("span", banner).textContent = `${sentence} ${error.code === "OFFLINE" ? texts.offline : error.message}`
  banner.hidden = false
}

// -- Writing

// Send writes one after the other.
async function write(...call) {
  const begin = () => asked(...call)
  pending++
  try {
    return await (writes = writes.then(begin, begin))
  } finally {
    pending--
    announce("tasks")
    soon(countTasks)
  }
}

// The same input has the same idempotency key, so that a retry has no second effect. New input resets the key.
function keyed(form) {
  return { "idempotency-key": (form.dataset.key ||= crypto.getRandomValues(new Uint32Array(4)).join("-")) }
}

async function create(form) {
  const headers = keyed(form)
  const task = await write("POST", "/api/tasks", typedIn(form), { headers })
  if (form.dataset.key === headers["idempotency-key"]) form.reset()
  form.dataset.key = ""
  list.prepend(...rowsOf([task]))
  settle()
  tellSoftly(texts.added)
}

async function addTask() {
  await create(adding)
  adding.elements.title.focus()
}

async function complete(row) {
  const { id, completed } = row.task
  draw(row, { ...row.task, completed: !completed })
  try {
    const task = await write("PATCH", `/api/tasks/${id}/complete`, { completed: !completed })
    draw(row, { ...task, completed: row.task.completed })
  } catch (error) {
    draw(row, { ...row.task, completed })
    troubled(error, filled(texts.notChanged, row.task))
  }
}

function edit(row) {
  editing = row
  fillIn(edits, row.task)
  untouched = JSON.stringify(typedIn(edits))
  edits.dataset.key = ""
  conflict.hidden = true
  tell(edits, "")
  editor.showModal()
}

async function saveTask() {
  const typed = typedIn(edits)
  const { id, version, due_date: due } = editing.task
  try {
    if (!id) await create(edits)
    else if (untouched !== JSON.stringify(typed)) {
      if (due && typed.due_date === dayOf(due)) typed.due_date = due
      draw(editing, await write("PATCH", `/api/tasks/${id}`, typed, { headers: { "if-match": `"${version}"`, ...keyed(edits) } }))
      tellSoftly(texts.saved)
    }
    editor.close()
  } catch (error) {
    if (error.status === 412) return compare(id)
    if (error.status !== 404) throw error
    editing.remove()
    editing.task = {}
    complain(edits, texts.deletedElsewhere)
  }
}

// The task was changed elsewhere: show its current state, and keep the input in the form.
async function compare(id) {
  draw(editing, await asked("GET", `/api/tasks/${id}`))
  untouched = ""
  $("div", conflict).replaceChildren(...$("div", editing).cloneNode(true).children)
  conflict.hidden = false
  conflict.focus()
}

function giveUp() {
  if (edits.ariaBusy === "true") return
  if (untouched === JSON.stringify(typedIn(edits)) || window.confirm(texts.discard)) editor.close()
}

// -- Deleting, which can be undone for a while

function remove(row) {
  commit()
  const before = row.previousElementSibling
  const near = row.nextElementSibling || before || adding.elements.title
  deleted = { row, before }
  gone.add(row.task.id)
  row.remove()
  near.focus()
  list.childElementCount || !cursor ? settle() : load({ more: true })
  tellSoftly(texts.deleted)
}

function undo() {
  const { row, before } = deleted
  deleted = null
  gone.delete(row.task.id)
  before?.isConnected ? before.after(row) : list.prepend(row)
  row.focus()
  settle()
  tellSoftly("")
}

async function commit(how = write) {
  const doomed = deleted
  if (!doomed) return
  deleted = null
  tellSoftly("")
  try {
    await how("DELETE", `/api/tasks/${doomed.row.task.id}`, undefined, { keepalive: true })
  } catch (error) {
    if (error.status === 404) return
    deleted = doomed
    undo()
    troubled(error, filled(texts.notDeleted, doomed.row.task))
  }
}

function tellSoftly(sentence) {
  if (deleted && sentence !== texts.deleted) return
  $("span", snack).textContent = sentence
  $("button", snack).hidden = !deleted
  soon(fade, 6000)
}

function fade() {
  if (snack.matches(":hover, :focus-within")) return soon(fade, 1000)
  commit()
  tellSoftly("")
}

// Download all tasks as one table, marked as UTF-8 for Excel.
async function exportAll() {
  const parts = []
  await commit()
  try {
    for (let path = "/api/tasks/export?format=csv&bom=1"; path; ) {
      const { body, headers } = await asked("GET", path, undefined, { whole: true })
      parts.push(body)
      path = headers.get("link")?.match(/<(.+)>/)[1]
    }
    saveFile(parts, "tasks.csv")
    tellSoftly(texts.exported)
  } catch (error) {
    troubled(error, "", exportAll)
  }
}

// -- Filters, stored in the URL

function chosen() {
  return new URLSearchParams([...new FormData(filters)].filter(([, value]) => value.trim()))
}

// Go to a URL and load its list; without one, load the list of the current URL.
function go(address, how = "pushState") {
  if (address) history[how](null, "", address)
  const query = new URLSearchParams(location.search)
  for (const field of $$("[name]", filters)) field.value = query.get(field.name) || ""
  for (const link of $$("[data-count]")) link.ariaCurrent = link.search === location.search || null
  $("[data-clear]").hidden = !location.search
  load()
}

function filter(how) {
  const query = chosen()
  if (`?${query}` !== (location.search || "?")) go(`/tasks?${query}`, how)
}

function searching() {
  filter("replaceState")
}

// -- Events

const acts = { remove, edit, undo, exportAll, cancel: giveUp, keep: () => edits.requestSubmit(), take: () => editor.close(), more: () => load({ more: true }), retry: tryAgain }

function tryAgain() {
  $("main").focus()
  banner.hidden = true
  retry()
  soon(countTasks)
}

// Handle links to filters without loading the page again. Send a pending deletion before sign-out.
function clicked(event) {
  const { target } = event
  const link = target.closest("main a")
  if (target.closest("[data-sign-out]")) commit()
  if (target.closest("li div") && !link && !getSelection().isCollapsed) return
  if (!link) return acts[target.closest("[data-do]")?.dataset.do]?.(target.closest("li"))
  if (event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  go(link.href)
  if (!link.checkVisibility()) filters.elements.search.focus()
}

function listen() {
  const keys = $("#keys input")
  keys.checked = !forLong.noKeys
  keys.onchange = () => (forLong.noKeys = keys.checked ? "" : "1")
  list.onchange = ({ target }) => complete(target.closest("li"))
  filters.onchange = ({ target }) => target.type === "search" || filter()
  filters.onsubmit = editor.oncancel = (event) => {
    event.preventDefault()
    event.type === "submit" ? filter() : giveUp()
  }
  editor.onclose = () => editing.focus()
  document.oninput = ({ target }) => {
    if (target.form) target.form.dataset.key = ""
    if (target.type === "search") soon(searching)
  }
  // In the capture phase, before the sign-out button handles the click.
  document.addEventListener("click", clicked, true)
  document.onkeydown = keyDown
  document.onvisibilitychange = window.onfocus = look
  window.onpopstate = () => go()
  window.onpagehide = () => commit(ask)
  window.onoffline = () => troubled(new Trouble("OFFLINE"))
  window.ononline = () => (list.childElementCount ? look() : load())
  channel.addEventListener("message", ({ data }) => data === "tasks" && look())
}

// Keyboard shortcuts: `data-key` names the key of an element, within a row or on the whole page.
function keyDown(event) {
  const { target } = event
  const row = target.closest("[data-list] li")
  const alike = { ...(row && { ArrowDown: "j", ArrowUp: "k" }), ...(row === target && { " ": "x", Enter: "e" }) }
  const key = alike[event.key] || event.key
  const typing = target.matches("input:not([type=checkbox]), select, textarea") || $("dialog[open]")
  if (event.ctrlKey || event.metaKey || event.altKey || typing || (event.key.length === 1 && forLong.noKeys)) return
  const hands = $$(`[data-key="${CSS.escape(key)}"]:not([hidden])`).filter((hand) => !hand.closest("li") || row?.contains(hand))
  const step = { j: "nextElementSibling", k: "previousElementSibling" }[key]
  const hand = step ? (row ? row[step] : list.firstElementChild) : hands[0]
  if (!hand) return
  event.preventDefault()
  hand.matches("li, [name]") ? hand.focus() : hand.click()
}

guarded(tasksPage)
