// Start the current page, unless a script of its own does.

const pages = {
  home,
  "sign-in": signInPage,
  "sign-up": signUpPage,
  "forgot-password": forgotPage,
  error: errorPage,
}

furnish()
pages[page]?.()
