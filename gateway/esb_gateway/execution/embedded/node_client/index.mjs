// The client of the Lambda Runtime API that runs a Node.js function in embedded mode:
// `node --require aws_guard.cjs index.mjs`.
//
// It behaves as AWS's own client does ("Building Lambda functions with Node.js", AWS Lambda Developer Guide), which
// needs a compiler to install. It uses nothing but Node's own modules; any Node from 18.19 on will do.
//
//   aws_guard        nothing is sent to AWS                    module_paths   NODE_PATH, layers
//   console_lines    what console.log and its like print       handler        finds and loads the handler
//   runtime_api      HTTP                                      context        the `context` of an invocation
//   response_stream  streamed responses, `awslambda`           invocation     runs the handler once
//   errors           errors as JSON

import { logError, patchConsole, setRequestId } from "./console_lines.mjs";
import { errorDocument, UnhandledPromiseRejection } from "./errors.mjs";
import { checkSignature, loadHandler } from "./handler.mjs";
import { runOnce } from "./invocation.mjs";
import { useModulePaths } from "./module_paths.mjs";
import { provideAwslambda } from "./response_stream.mjs";
import { RuntimeApi } from "./runtime_api.mjs";

// The exit codes of AWS's client.
const UNHANDLED_REJECTION = 128;
const UNCAUGHT_EXCEPTION = 129;

const api = new RuntimeApi(process.env.AWS_LAMBDA_RUNTIME_API);
let requestId; // of the invocation that runs; undefined before the first

async function main() {
  patchConsole(process.env);
  useModulePaths(process.env.NODE_PATH ?? "", process.env.ESB_LAYERS ?? "");
  delete process.env.ESB_LAYERS; // it is not the function's
  provideAwslambda(globalThis);
  process.on("uncaughtException", (error) => end("Uncaught Exception", error, UNCAUGHT_EXCEPTION));
  process.on("unhandledRejection", (reason, promise) =>
    end("Unhandled Promise Rejection", new UnhandledPromiseRejection(reason, promise), UNHANDLED_REJECTION),
  );
  const handler = await load();
  try {
    for (;;) {
      const invocation = await api.next();
      requestId = invocation.requestId;
      setRequestId(requestId);
      await runOnce(api, handler, invocation);
    }
  } catch (error) {
    // The gateway has gone, or refuses a response that is too late. It starts another process if it needs one.
    process.stderr.write(`The Runtime API did not take the request: ${error.message}\n`);
    process.exit(1);
  }
}

async function load() {
  try {
    const handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
    checkSignature(handler);
    return handler;
  } catch (error) {
    return end("Uncaught Exception", error, UNCAUGHT_EXCEPTION);
  }
}

/** Report the error that ends the process. */
async function end(label, error, exitCode) {
  logError(label, error);
  try {
    const document = errorDocument(error);
    await (requestId === undefined ? api.failInit(document) : api.fail(requestId, document));
  } catch {
    // The gateway has gone, or has the end of this invocation already.
  }
  process.exit(exitCode);
}

main();
