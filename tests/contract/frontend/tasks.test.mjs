// docs/frontend.md: tasks, with types.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { account, password } from "../support.mjs";
import { Page, snippet } from "./page.mjs";

let tasks;
before(async () => {
  new Page().show();
  const { authClient } = await snippet("auth");
  tasks = await snippet("tasks");
  await authClient.signIn.email({ email: await account(), password });
});

test("a new task is active until it is completed", async () => {
  const { data: milk } = await tasks.add("Buy milk");
  const { data: oats } = await tasks.add("Buy oats");
  assert.deepEqual(await tasks.openTasks(), [oats, milk]);
  assert.equal((await tasks.complete(milk)).data.completed, true);
  assert.deepEqual(await tasks.openTasks(), [oats]);
});

test("with an idempotency key, a repeated request is executed once", async () => {
  const key = crypto.randomUUID();
  const [one, two] = [await tasks.add("Once", key), await tasks.add("Once", key)];
  assert.deepEqual(one.data, two.data);
});

test("a task that was changed concurrently is not completed", async () => {
  const { data: task } = await tasks.add("Paint it red");
  await tasks.api.PATCH("/api/tasks/{task_id}", { params: { path: { task_id: task.id } }, body: { title: "Paint it blue" } });
  const { error, response } = await tasks.complete(task);
  assert.deepEqual([response.status, error.code], [412, "PRECONDITION_FAILED"]);
});

test("all pages are read", async () => {
  await Promise.all(Array.from({ length: 3 }, (_, number) => tasks.add(`Task ${number}`)));
  const { length } = await tasks.openTasks();
  const operations = Array.from({ length: 60 }, (_, number) => ({ op: "create", task: { title: `More ${number}` } }));
  await tasks.api.POST("/api/tasks/bulk", { body: { operations } });
  assert.equal((await tasks.openTasks()).length, length + 60);
});
