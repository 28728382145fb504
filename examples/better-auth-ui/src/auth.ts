// The only lines about Gatehouse.

import { passkeyClient } from "@better-auth/passkey/client";
import { twoFactorClient } from "better-auth/client/plugins";
import { createAuthClient } from "better-auth/react";

const GATEHOUSE = import.meta.env.VITE_GATEHOUSE_URL ?? "http://localhost:3000";

export const authClient = createAuthClient({ baseURL: GATEHOUSE, plugins: [twoFactorClient(), passkeyClient()] });
