// Runs the handler once, and sends its result.

import { logError } from "./console_lines.mjs";
import { newContext } from "./context.mjs";
import { errorDocument, RuntimeError } from "./errors.mjs";
import { highWaterMarkOf, isStreaming, ResponseStream } from "./response_stream.mjs";

let whenLoopIsEmpty; // called once nothing is left to wait for, while an invocation runs
process.on("beforeExit", () => whenLoopIsEmpty?.());

/** Resolves when the Runtime API has the result. */
export async function runOnce(api, handler, invocation) {
  if (invocation.traceId !== undefined && process.env._X_AMZN_TRACE_ID !== invocation.traceId) {
    process.env._X_AMZN_TRACE_ID = invocation.traceId;
  }
  try {
    await (isStreaming(handler) ? runStreaming : runBuffered)(api, handler, invocation);
  } finally {
    whenLoopIsEmpty = undefined;
  }
}

async function runBuffered(api, handler, invocation) {
  let json;
  try {
    json = serialized(await resultOf(handler, invocation));
  } catch (error) {
    await report(api, invocation, error);
    return;
  }
  await api.respond(invocation.requestId, json);
}

/**
 * What the handler returns, resolves to or calls back with. A callback's result counts once the event loop is empty,
 * unless `callbackWaitsForEmptyEventLoop` is false. With an empty loop and no result, it is null.
 */
function resultOf(handler, invocation) {
  return new Promise((resolve, reject) => {
    const waiting = { forEmptyLoop: true };
    const finish = (error, result) => (error === undefined || error === null ? resolve(result) : reject(error));
    const callback = (error, result) => {
      if (waiting.forEmptyLoop) {
        whenLoopIsEmpty = () => finish(error, result);
      } else {
        setImmediate(finish, error, result);
      }
    };
    whenLoopIsEmpty = () => resolve(null);
    const context = newContext(invocation, process.env, finish, waiting);
    const returned = handler(JSON.parse(invocation.body), context, callback);
    if (typeof returned?.then === "function") {
      returned.then(resolve, (error) => finish(error ?? "handled"));
    }
  });
}

async function runStreaming(api, handler, invocation) {
  let stream;
  const answered = new Promise((resolve, reject) => {
    stream = new ResponseStream(
      api,
      invocation.requestId,
      (error) => (error === undefined ? resolve() : reject(error)),
      highWaterMarkOf(handler),
    );
  });
  answered.catch(() => {}); // it is awaited below, unless the handler fails first
  const failed = new Promise((_, reject) => stream.on("error", reject));
  failed.catch(() => {});
  try {
    const returned = handler(JSON.parse(invocation.body), stream, newContext(invocation, process.env, () => {}, {}));
    if (typeof returned?.then !== "function") {
      throw new RuntimeError("InvalidStreamingOperation", "A streaming handler must return a promise.");
    }
    await Promise.race([returned, failed]);
  } catch (error) {
    if (!stream.began) {
      await report(api, invocation, error);
      return;
    }
    logError("Invoke Error", error);
    stream.breakOff(errorDocument(error));
  }
  await answered;
}

async function report(api, invocation, error) {
  logError("Invoke Error", error);
  await api.fail(invocation.requestId, errorDocument(error));
}

function serialized(result) {
  try {
    return JSON.stringify(result) ?? "null";
  } catch (error) {
    throw new Error("Unable to stringify response body", { cause: error });
  }
}
