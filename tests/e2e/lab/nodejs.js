// Asks the Lambda Runtime API for work and runs the handler that _HANDLER names.
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const [file, name] = process.env._HANDLER.split(".");
const handler = require(`${process.env.LAMBDA_TASK_ROOT}/${file}`)[name];

(async () => {
  for (;;) {
    const next = await fetch(`${api}/next`);
    const request = next.headers.get("lambda-runtime-aws-request-id");
    const answer = await handler(await next.json(), { awsRequestId: request });
    await fetch(`${api}/${request}/response`, { method: "POST", body: JSON.stringify(answer) });
  }
})();
