// Start the code of the current page.

const pages = {
  home,
  "sign-in": signInPage,
  "sign-up": signUpPage,
  "verify-email": verifyPage,
  "forgot-password": forgotPage,
  "reset-password": resetPage,
  "undo-email-change": undoPage,
  "delete-account": () => guarded(deletionPage),
  unsubscribe: unsubscribePage,
  account: () => guarded(accountPage),
  tasks: () => guarded(tasksPage),
  error: errorPage,
}

furnish()
askingAgain()
pages[page]()
