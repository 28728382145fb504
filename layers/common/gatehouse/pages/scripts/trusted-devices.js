// The devices on which the second factor is not asked for, on the account page.

import { $, ask, filled, texts } from "./gatehouse.js"
import { guarded, member } from "./session.js"

function trustedDevices() {
  const load = listing("trusted", "/api/auth/list-trusted-devices", drawTrusted, member.user.twoFactorEnabled && isFresh())
  let was = member.user.twoFactorEnabled
  addEventListener("member", () => {
    if (was !== (was = member.user.twoFactorEnabled)) load(ask).catch(() => {})
  })
}

function drawTrusted(devices) {
  $("[data-none]").hidden = devices.length > 0
  return devices.map(({ id, userAgent, ipAddress, usedAt, isCurrent }) => {
    const title = deviceOf(userAgent)
    const line = lined("trusted-device", { title, address: ipAddress, used: dated(usedAt, "short") }, async () => {
      await post("revoke-trusted-device", { id })
      const list = line.parentNode
      list.focus()
      line.remove()
      $("[data-none]").hidden = list.childElementCount > 0
      return filled(texts.trustEnded, { device: title })
    })
    if (isCurrent) line.dataset.here = id
    return line
  })
}

guarded(accountPage)
