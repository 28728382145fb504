import { AccountView, AuthUIProvider, AuthView, RedirectToSignIn, UserButton } from "@daveyplate/better-auth-ui";
import { StrictMode, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter, Link, Route, Routes, useNavigate, useParams } from "react-router";
import { Toaster } from "sonner";

import { authClient } from "./auth";
import "./style.css";

function Kit({ children }: { children: ReactNode }) {
  const navigate = useNavigate();
  return (
    <AuthUIProvider
      authClient={authClient}
      navigate={navigate}
      replace={(href) => navigate(href, { replace: true })}
      Link={KitLink}
      social={{ providers: ["google"] }}
      twoFactor={["totp", "otp"]}
      passkey
      avatar
      deleteUser
    >
      {children}
    </AuthUIProvider>
  );
}

const KitLink = ({ href, ...props }: { href: string; className?: string; children: ReactNode }) => <Link to={href} {...props} />;

const Home = () => (
  <>
    <RedirectToSignIn />
    <UserButton size="default" />
  </>
);
const Auth = () => <AuthView path={useParams().path} />;
const Account = () => <AccountView path={useParams().path} />;

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <BrowserRouter>
      <Kit>
        <main className="mx-auto flex max-w-4xl flex-col items-center p-6">
          <Routes>
            <Route path="/" element={<Home />} />
            <Route path="/auth/:path" element={<Auth />} />
            <Route path="/account/:path" element={<Account />} />
          </Routes>
        </main>
        <Toaster />
      </Kit>
    </BrowserRouter>
  </StrictMode>,
);
