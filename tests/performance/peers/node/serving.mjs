// better-auth as its manual shows it, answering events of an HTTP API. Limits are on, as in production, and wide.
import { betterAuth } from "better-auth/minimal";
import * as z from "zod";

export function serving(database, keep) {
  const auth = betterAuth({
    baseURL: "https://api.example.com",
    database,
    emailAndPassword: { enabled: true },
    rateLimit: { max: 1_000_000, customRules: { "/sign-in/email": { window: 10, max: 1_000_000 } } },
  });
  return async (event) => answered(await respond(auth, keep, asked(event)));
}

// better-auth has no tasks: this is the least that checks who asks and what is asked, and keeps it.
const newTask = z.object({
  title: z.string().min(1).max(200),
  description: z.string().default(""),
  priority: z.enum(["low", "medium", "high", "urgent"]).default("medium"),
  due_date: z.iso.date().nullable().default(null),
  tags: z.array(z.string()).default([]),
});

async function createTask(auth, keep, request) {
  const session = await auth.api.getSession({ headers: request.headers });
  if (!session) return Response.json({ message: "Unauthorized" }, { status: 401 });
  const sent = newTask.safeParse(await request.json());
  if (!sent.success) return Response.json({ message: "Invalid" }, { status: 422 });
  const about = { id: crypto.randomUUID(), user_id: session.user.id, created_at: new Date().toISOString() };
  const task = { ...about, ...sent.data };
  await keep(task);
  return Response.json(task, { status: 201 });
}

const respond = (auth, keep, request) =>
  new URL(request.url).pathname === "/api/tasks" ? createTask(auth, keep, request) : auth.handler(request);

function asked(event) {
  const { method } = event.requestContext.http;
  const headers = new Headers(event.headers);
  if (event.cookies) headers.set("cookie", event.cookies.join("; "));
  const query = event.rawQueryString && `?${event.rawQueryString}`;
  return new Request(`https://${headers.get("host")}${event.rawPath}${query}`, { method, headers, body: event.body });
}

async function answered(response) {
  const cookies = response.headers.getSetCookie();
  response.headers.delete("set-cookie");
  const headers = Object.fromEntries(response.headers);
  return { statusCode: response.status, headers, cookies, body: await response.text() };
}
