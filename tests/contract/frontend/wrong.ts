// What the generated types must not let through.

import { api, complete } from "./tasks";

// @ts-expect-error -- a field that is misspelt
void api.POST("/api/tasks", { body: { titel: "Buy milk" } });
// @ts-expect-error -- a value that there is not
void api.GET("/api/tasks", { params: { query: { status: "done" } } });
// @ts-expect-error -- a path that there is not
void api.GET("/api/task");
// @ts-expect-error -- no task
void complete({ id: "1" });
