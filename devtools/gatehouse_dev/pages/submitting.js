  const query = new URLSearchParams(location.search)
  const status = document.querySelector("[role=status]")

  function rootRelative(path) {
    if (!path || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path)) return null
    const url = new URL(path, location.origin)
    return url.origin === location.origin ? url.href : null
  }

  function offerReturn() {
    const address = rootRelative(query.get("callbackURL"))
    if (!address) return
    const link = document.createElement("a")
    link.href = address
    link.textContent = "Continue"
    status.append(" ", link)
  }

  function submitting(path, more, done) {
    document.querySelector("form").addEventListener("submit", async (event) => {
      event.preventDefault()
      const body = JSON.stringify({ token: query.get("token") ?? "", ...more(event.target) })
      const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body })
      const document_ = await answer.json().catch(() => ({}))
      status.textContent = answer.ok ? done : document_.message ?? `The server answered ${answer.status}.`
      if (answer.ok) {
        event.target.remove()
        offerReturn()
      }
    })
  }
