// All calls to the service.

import { createAuthClient } from "better-auth/react";

const GATEHOUSE = import.meta.env.VITE_GATEHOUSE_URL ?? "http://localhost:3000";

export const auth = createAuthClient({ baseURL: GATEHOUSE });

export interface Task {
  id: string;
  title: string;
  completed: boolean;
}

/** The newest tasks, fifty at most. */
export const listTasks = async () => (await call<{ tasks: Task[] }>("GET", "")).tasks;

export const addTask = (title: string) => call<Task>("POST", "", { title });

export const completeTask = (id: string, completed: boolean) => call<Task>("PATCH", `/${id}/complete`, { completed });

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(`${GATEHOUSE}/api/tasks${path}`, {
    method,
    credentials: "include",
    headers: body && { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (answer.status === 401) auth.$store.notify("$sessionSignal"); // the session was ended elsewhere: load it again
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.message);
  return said;
}
