// The only lines about Gatehouse.

import { createAuthClient } from "better-auth/react";

const GATEHOUSE = import.meta.env.VITE_GATEHOUSE_URL ?? "http://localhost:3000";

export const authClient = createAuthClient({ baseURL: GATEHOUSE });
