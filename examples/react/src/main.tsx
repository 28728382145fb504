import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import { auth } from "./gatehouse";
import { Entry } from "./Entry";
import { Tasks } from "./Tasks";
import "./style.css";

function App() {
  const { data, error, isPending, refetch } = auth.useSession();
  const [known, setKnown] = useState(false); // isPending comes back whenever somebody signs up: the form must outlive it
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
