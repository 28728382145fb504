// How tasks are shown in rows and forms.

import { $, $$, filled, language, texts } from "./gatehouse.js"

const fromNow = new Intl.RelativeTimeFormat(language, { numeric: "auto" })

// Return the local day, as 2026-11-21, of a time or of a due date, which may be a day already.
function dayOf(when) {
  return when.length === 10 ? when : new Date(when).toLocaleDateString("sv")
}

function daysAhead(due) {
  return (Date.parse(dayOf(due)) - Date.parse(dayOf(Date.now()))) / 86_400_000
}

function urgency(due) {
  const days = daysAhead(due)
  if (days < 0 || (due.length > 10 && Date.parse(due) < Date.now())) return "overdue"
  return days ? "later" : "today"
}

// Return a text such as "due tomorrow, 14:30" or "3 days overdue", in the browser's time zone.
function dueWords(due, over) {
  const count = daysAhead(due)
  const days = (-count).toLocaleString(language, { style: "unit", unit: "day", unitDisplay: "long" })
  if (over && count) return filled(texts.overdue, { days })
  const moment = new Date(due.length > 10 ? due : `${due}T12:00`)
  const day = Math.abs(count) < 7 ? fromNow.format(count, "day") : moment.toLocaleDateString(language, { dateStyle: "medium" })
  const time = due.length > 10 ? `, ${moment.toLocaleTimeString(language, { timeStyle: "short" })}` : ""
  return filled(over ? texts.since : texts.due, { when: day + time })
}

// Show a task in a row, and store it there as `task`.
function draw(row, task) {
  const { title, description, completed, priority, due_date: due, tags } = task
  const state = due && !completed ? urgency(due) : ""
  const said = {
    strong: title,
    ".about": description,
    time: due ? dueWords(due, state === "overdue") : "",
    ".weight": priority === "medium" ? "" : texts.priorities[priority],
  }
  for (const part in said) $(part, row).textContent = said[part]
  $("time", row).className = state
  $(".tags", row).replaceChildren(...tags.map(tagLink))
  $("input", row).checked = completed
  for (const hand of $$("[data-named]", row)) hand.ariaLabel = filled(hand.dataset.named, { title })
  row.className = `${priority} ${completed ? "done" : ""}`
  return Object.assign(row, { task, drawn: drawing(task) })
}

function drawing({ version }) {
  return `${version} ${dayOf(Date.now())}`
}

function tagLink(tag) {
  const link = document.createElement("a")
  link.href = `/tasks?${new URLSearchParams({ tag })}`
  link.textContent = `#${tag}`
  return link
}

function fillIn(form, { due_date: due, tags, ...task }) {
  const said = { ...task, due_date: due ? dayOf(due) : "", tags: tags.join(" ") }
  for (const name in said) if (form.elements[name]) form.elements[name].value = said[name]
}

function typedIn(form) {
  const { due_date: due, tags, ...typed } = Object.fromEntries(new FormData(form))
  return { ...typed, due_date: due || null, tags: tags.split(/[\s,]+/).filter(Boolean) }
}
