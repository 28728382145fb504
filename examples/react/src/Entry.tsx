import { useState } from "react";

import { auth } from "./gatehouse";

const MAILED = "We sent you a link. Open it, then sign in here.";

const REFUSED = "The sign-in with Google failed. Please try again, or sign in with your password."; // never text from the URL

/** Sign-in, sign-up and Google on one card. */
export function Entry() {
  const [isNew, setNew] = useState(false);
  const [notice, setNotice] = useState(new URLSearchParams(location.search).has("error") ? REFUSED : "");
  const [busy, setBusy] = useState(false);

  async function enter(form: FormData) {
    const { name = "", email = "", password = "" } = Object.fromEntries(form) as Record<string, string>;
    setBusy(true);
    setNotice(await (isNew ? signUp(name, email, password) : signIn(email, password)).catch(() => "The service cannot be reached."));
    setBusy(false);
  }

  return (
    <main>
      <h1>{isNew ? "Create an account" : "Welcome back"}</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void enter(new FormData(event.currentTarget));
        }}
      >
        {isNew && <input name="name" placeholder="Name" aria-label="Name" autoComplete="name" required />}
        <input name="email" type="email" placeholder="Email" aria-label="Email" autoComplete="email" required />
        <input
          name="password"
          type="password"
          placeholder="Password"
          aria-label="Password"
          autoComplete={isNew ? "new-password" : "current-password"}
          minLength={8}
          required
        />
        <button disabled={busy}>{isNew ? "Sign up" : "Sign in"}</button>
      </form>
      <button className="other" onClick={() => void auth.signIn.social({ provider: "google", callbackURL: location.origin, errorCallbackURL: location.origin })}>
        Continue with Google
      </button>
      {notice && <p role="status">{notice}</p>}
      <button
        className="link"
        onClick={() => {
          setNew(!isNew);
          setNotice("");
        }}
      >
        {isNew ? "I have an account" : "I am new here"}
      </button>
    </main>
  );
}

/** Returns a message; empty when the user is signed in. */
async function signUp(name: string, email: string, password: string): Promise<string> {
  const { data, error } = await auth.signUp.email({ name, email, password });
  if (error) return error.message ?? error.statusText;
  return data.token ? "" : MAILED;
}

async function signIn(email: string, password: string): Promise<string> {
  const { error } = await auth.signIn.email({ email, password });
  if (error?.code !== "EMAIL_NOT_VERIFIED") return error ? (error.message ?? error.statusText) : "";
  await auth.sendVerificationEmail({ email });
  return MAILED;
}
