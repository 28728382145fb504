// Who is here: pages that need somebody ask the server, and ask people again when their session ends in the middle.

const channel = window.BroadcastChannel ? new BroadcastChannel("gatehouse") : new EventTarget() // the other tabs
const STALE = ["SESSION_NOT_FRESH", "SESSION_EXPIRED"] // the second is what deleting answers without a password
let member = null // {user, session} of whoever is signed in

// Run `page` for whoever is signed in; anybody else goes to sign in, and comes back here.
async function guarded(page) {
  $$("[data-sign-out]").forEach((button) => (button.onclick = signOut))
  try {
    member = await ask("GET", "/api/auth/get-session")
  } catch (error) {
    return unavailable(error, () => guarded(page))
  }
  if (!member) return onward(`/sign-in?${new URLSearchParams({ callbackUrl: location.pathname + location.search + location.hash })}`)
  channel.onmessage = ({ data }) => (data === "signed-out" ? leave() : data.member && cameBack(data.member))
  announce({ member: member.user.id })
  document.addEventListener("visibilitychange", () => document.hidden || stillMe())
  addEventListener("pageshow", ({ persisted }) => persisted && stillMe(true))
  document.body.dataset.ready = ""
  return page(member)
}

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

function announce(what) {
  channel.postMessage?.(what)
}

function leave() {
  onward("/sign-in?out=1")
}

async function signOut() {
  try {
    await ask("POST", "/api/auth/sign-out", {})
  } catch (error) {
    if (error.status !== 401) return unavailable(error, signOut)
  }
  announce("signed-out")
  leave()
}

// Another tab, or the page of yesterday that the back button brings, may be somebody else's by now.
async function stillMe(back) {
  const there = await ask("GET", "/api/auth/get-session").catch(() => member)
  if (there ? there.user.id !== member.user.id : back) {
    location.reload()
    return new Promise(() => {}) // what one person typed is not sent as another
  }
  member = there || member
  dispatchEvent(new Event("member"))
}

// Ask the API for somebody signed in. When the session has ended, or is too old for this, they are asked for the
// password, nothing on the page is lost, and the question is put again. Cancelled is Trouble, too.
async function asked(method, path, body, options) {
  try {
    return await ask(method, path, body, options)
  } catch (error) {
    if (error.status !== 401 && !STALE.includes(error.code)) throw error
    if (error.code === "INVALID_PASSWORD" || error.code === "INVALID_EMAIL_OR_PASSWORD") throw error
    await again(error)
    return ask(method, path, body, options)
  }
}

let asking = null // one dialog for all who wait

// In another tab; maybe because this one asked for it, maybe somebody else.
async function cameBack(id) {
  if (id !== member.user.id) return location.reload()
  if (!asking) return
  await stillMe()
  again.settle("in")
}

function again(error) {
  asking ||= new Promise((resolve, reject) => {
    const dialog = $("#again")
    const form = $("[data-form=again]")
    const fresh = STALE.includes(error.code)
    $("h2", dialog).textContent = fresh ? texts.freshTitle : texts.expiredTitle
    $("[data-why]", dialog).textContent = fresh ? texts.freshWhy : texts.expiredWhy
    form.reset()
    form.elements.email.value = member.user.email
    tell(form, "")
    again.settle = (outcome) => {
      dialog.close()
      outcome === "in" ? resolve() : reject(fresh ? error : new Trouble("MISSING_TOKEN", { status: 401 }))
    }
    dialog.showModal()
    form.elements["again-password"].focus()
  }).finally(() => (asking = null))
  return asking
}

function askingAgain() {
  const form = $("[data-form=again]")
  if (!form) return
  onSubmit(form, texts.working, async (typed) => {
    const before = member.session.token
    await ask("POST", "/api/auth/sign-in/email", { email: member.user.email, password: typed["again-password"] })
    ask("POST", "/api/auth/revoke-session", { token: before }).catch(() => {}) // the stale one is not left behind
    await stillMe()
    again.settle("in")
  })
  $("[data-cancel]", form).addEventListener("click", () => again.settle("out"))
  $("#again").addEventListener("cancel", (event) => {
    event.preventDefault()
    again.settle("out")
  })
  for (const button of $$("[data-provider]", form)) {
    button.addEventListener("click", () => {
      const tab = open() // this one has what was typed
      if (!tab) return // the browser says that it opens none
      tab.opener = null
      byProvider(button.dataset.provider, "/account", { tab }).catch((error) => {
        tab.close()
        complain(form, error.message)
      })
    })
  }
}
