// <gatehouse-auth-button>: shows who is signed in, on any page of a trusted origin. The server replaces SITE with the
// page's relation to this site: only on the same site does the browser send our cookies.

customElements.get("gatehouse-auth-button") || (() => {
  // Read from the prototype: an image named `currentScript` in the page would hide the document's property.
  const { src } = Object.getOwnPropertyDescriptor(Document.prototype, "currentScript").get.call(document)
  const base = new URL("..", src)
  const far = "SITE" === "cross-site"
  const way = far ? "account" : "sign-in"
  const words = { account: ["Account", "Konto"], "sign-in": ["Log in", "Anmelden"], "sign-out": ["Log out", "Abmelden"] }
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(
    ":host(:not([hidden])){display:inline-flex;gap:.75em;align-items:center}" +
      "a,button{padding:.4em .9em;border:1px solid;border-radius:.4em;background:none;color:inherit;font:inherit;text-decoration:none}" +
      "span{overflow-wrap:anywhere}",
  )
  const buttons = new Set()
  let user // undefined: not known yet; null: nobody
  let asking

  const leading = (path) => `${base}${path}?callbackUrl=${encodeURIComponent(location.href)}`

  async function call(path, method) {
    const answer = await fetch(base + "api/auth/" + path, { method, credentials: "include" })
    if (!answer.ok && answer.status !== 401) throw answer
    return answer.ok && answer.json()
  }

  // One request for all buttons. A failed request does not change who is signed in.
  function ask() {
    asking ||= far || call("get-session").then((told) => know(told?.user), () => know(user)).finally(() => (asking = 0))
  }

  // Update all buttons and notify the page. False when the page prevents the default action.
  function know(now = null) {
    const same = user?.id === now?.id && user !== undefined
    user = now
    buttons.forEach(show)
    return same || document.dispatchEvent(new CustomEvent("gatehouse-change", { detail: { user }, cancelable: true }))
  }

  async function signOut({ target }) {
    // Run once. Disabling the button instead would lose the focus.
    target.onclick = null
    try {
      await call("sign-out", "POST")
      know() && location.reload()
    } catch {
      location = leading("account")
    }
  }

  function show(button) {
    const root = button.shadowRoot
    const focused = root.activeElement
    const german = +/^de\b/i.test(document.documentElement.lang)
    const put = (kind, part, more, textContent = button.getAttribute("label-" + part) || words[part][german]) =>
      root.append(Object.assign(document.createElement(kind), { part, textContent, ...more }))
    // Read the page's URL at the click: an application may have changed it.
    const aim = ({ target }) => (target.href = leading(way))
    root.replaceChildren()
    if (user) {
      put("span", "name", {}, user.name || user.email)
      put("button", "sign-out", { onclick: signOut })
    } else if (far || user === null) put("a", way, { href: leading(way), onclick: aim })
    else put("span", "busy", {}, "…")
    if (focused) root.lastChild.focus()
  }

  customElements.define("gatehouse-auth-button", class extends HTMLElement {
    connectedCallback() {
      this.shadowRoot || (this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet])
      buttons.add(this)
      show(this)
      if (user === undefined) ask()
    }

    disconnectedCallback() {
      buttons.delete(this)
    }
  })
  addEventListener("visibilitychange", () => document.hidden || ask())
})()
