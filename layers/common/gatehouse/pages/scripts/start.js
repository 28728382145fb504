// Start the current page, unless a script of its own does.

const pages = {
  home,
  "sign-in": signInPage,
  "sign-up": signUpPage,
  "verify-email": verifyPage,
  "forgot-password": forgotPage,
  "reset-password": resetPage,
  "undo-email-change": undoPage,
  unsubscribe: unsubscribePage,
  error: errorPage,
}

furnish()
pages[page]?.()
