// The only lines about Gatehouse.

import { createAuthClient } from "better-auth/react";

export const authClient = createAuthClient({ baseURL: import.meta.env.VITE_GATEHOUSE_URL ?? "http://localhost:3000" });
