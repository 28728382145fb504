import { useEffect, useState } from "react";

import { addTask, auth, completeTask, listTasks, type Task } from "./gatehouse";

/** The tasks of the signed-in user. */
export function Tasks({ name }: { name: string }) {
  const [tasks, setTasks] = useState<Task[]>([]);
  const [problem, setProblem] = useState("");

  const attempt = (work: Promise<unknown>) =>
    work.then(() => setProblem("")).catch((error: Error) => setProblem(error.message));

  const show = (loaded: Task[]) => // below tasks that were added in the meantime
    setTasks((all) => [...all, ...loaded.filter(({ id }) => all.every((one) => one.id !== id))]);

  useEffect(() => {
    void attempt(listTasks().then(show));
  }, []);

  const add = (title: string) => addTask(title).then((task) => setTasks((all) => [task, ...all]));
  const toggle = ({ id, completed }: Task) =>
    completeTask(id, !completed).then((task) => setTasks((all) => all.map((one) => (one.id === id ? task : one))));

  return (
    <main>
      <header>
        <h1>{name}</h1>
        <button className="link" onClick={() => void attempt(auth.signOut())}>
          Sign out
        </button>
      </header>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const title = String(new FormData(form).get("title"));
          void attempt(add(title).then(() => form.reset()));
        }}
      >
        <input name="title" placeholder="What needs to be done?" aria-label="New task" maxLength={200} required />
        <button>Add</button>
      </form>
      {problem && <p role="alert">{problem}</p>}
      <ul>
        {tasks.map((task) => (
          <li key={task.id}>
            <label>
              <input type="checkbox" checked={task.completed} onChange={() => void attempt(toggle(task))} />
              <span>{task.title}</span>
            </label>
          </li>
        ))}
      </ul>
    </main>
  );
}
