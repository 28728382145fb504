import { AccountView, AuthUIProvider, AuthView, RedirectToSignIn, SignedIn, UserButton } from "@daveyplate/better-auth-ui";
import { StrictMode, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter, Link, Route, Routes, useNavigate, useParams } from "react-router";
import { Toaster } from "sonner";

import { authClient } from "./auth";
import "./style.css";

function Provider({ children }: { children: ReactNode }) {
  const navigate = useNavigate();
  return (
    <AuthUIProvider
      authClient={authClient}
      navigate={navigate}
      replace={(href) => navigate(href, { replace: true })}
      Link={({ href, ...props }) => <Link to={href} {...props} />}
      social={{ providers: ["google"] }}
      avatar
      deleteUser
    >
      {children}
    </AuthUIProvider>
  );
}

function Home() {
  return (
    <>
      <RedirectToSignIn />
      <SignedIn>
        <UserButton />
      </SignedIn>
    </>
  );
}

const Auth = () => <AuthView path={useParams().path} />;
const Account = () => <AccountView path={useParams().path} />;

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <BrowserRouter>
      <Provider>
        <main className="mx-auto flex max-w-4xl flex-col items-center p-6">
          <Routes>
            <Route path="/" element={<Home />} />
            <Route path="/auth/:path" element={<Auth />} />
            <Route path="/account/:path" element={<Account />} />
          </Routes>
        </main>
        <Toaster />
      </Provider>
    </BrowserRouter>
  </StrictMode>,
);
