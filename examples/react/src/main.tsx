import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import { auth } from "./gatehouse";
import { Entry } from "./Entry";
import { Tasks } from "./Tasks";
import "./style.css";

function App() {
  const { data, error, isPending, refetch } = auth.useSession();
  const [known, setKnown] = useState(false); // isPending is true again after each sign-up: keep the form mounted
  useEffect(() => setKnown((before) => before || !isPending), [isPending]);

  if (!known) return null;
  if (data) return <Tasks name={data.user.name || data.user.email} />;
  if (error) {
    return (
      <main>
        <p role="alert">The service cannot be reached.</p>
        <button onClick={() => void refetch()}>Try again</button>
      </main>
    );
  }
  return <Entry />;
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
