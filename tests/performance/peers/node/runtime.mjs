// What Lambda's runtime for Node does, and no more: load the handler, ask for an event, give the answer back.
import { Agent, request } from "node:http";
import { pathToFileURL } from "node:url";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new Agent({ keepAlive: true, maxSockets: 1, noDelay: true });

const call = (method, path, body) =>
  new Promise((resolve, reject) => {
    const asking = request({ host, port, agent, method, path: `/2018-06-01/runtime/${path}` }, async (answer) => {
      let text = "";
      for await (const part of answer.setEncoding("utf8")) text += part;
      resolve({ id: answer.headers["lambda-runtime-aws-request-id"], text });
    });
    asking.on("error", reject).end(body);
  });

const [file, name] = process.env._HANDLER.split(".");
const { [name]: handler } = await import(pathToFileURL(`${process.env.LAMBDA_TASK_ROOT}/${file}.mjs`));
for (;;) {
  const { id, text } = await call("GET", "invocation/next");
  const answer = await handler(JSON.parse(text), { awsRequestId: id });
  await call("POST", `invocation/${id}/response`, JSON.stringify(answer));
}
