// The tasks of whoever is signed in.

function tasksPage() {}
