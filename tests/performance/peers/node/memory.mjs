// On better-auth's memory adapter. The rows are made with a hash from outside, so that nothing is hashed at the start.
import { memoryAdapter } from "better-auth/adapters/memory";
import { serving } from "./serving.mjs";

const { PEER_EMAIL, PEER_HASH, PEER_TOKEN } = process.env;
const now = new Date();
const made = { createdAt: now, updatedAt: now };
const never = new Date(now.getTime() + 7 * 86_400_000);
const tasks = new Map();

const database = memoryAdapter({
  user: [{ id: "ann", name: "Ann", email: PEER_EMAIL, emailVerified: true, ...made }],
  account: [{ id: "1", accountId: "ann", providerId: "credential", userId: "ann", password: PEER_HASH, ...made }],
  session: [{ id: "1", userId: "ann", token: PEER_TOKEN, expiresAt: never, ...made }],
  verification: [],
});

export const handler = serving(database, (task) => tasks.set(task.id, task));
