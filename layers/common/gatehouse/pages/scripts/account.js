// The account of whoever is signed in.

function accountPage() {}
