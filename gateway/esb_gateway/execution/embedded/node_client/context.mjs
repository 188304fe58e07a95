// The `context` of an invocation ("Using the Lambda context object to retrieve Node.js function information").

/** Whether the runtime that the template names has callbacks and `context.done`: AWS's have none from Node.js 24 on. */
export function hasCallbacks(environment) {
  const [, version] = /nodejs(\d+)/.exec(environment.AWS_EXECUTION_ENV ?? "") ?? [];
  return !(Number(version) >= 24);
}

/**
 * `finish(error, result)` is what `done`, `succeed` and `fail` call. `waiting.forEmptyLoop` is what
 * `callbackWaitsForEmptyEventLoop` reads and sets.
 */
export function newContext(invocation, environment, finish, waiting) {
  const context = {
    functionVersion: environment.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: environment.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed(invocation.clientContext),
    identity: parsed(invocation.identity),
    invokedFunctionArn: invocation.functionArn,
    awsRequestId: invocation.requestId,
    getRemainingTimeInMillis: () => invocation.deadline - Date.now(),
  };
  if (!hasCallbacks(environment)) {
    return context;
  }
  context.done = finish;
  context.succeed = (result) => finish(null, result);
  context.fail = (error) => finish(error ?? "handled", null);
  Object.defineProperty(context, "callbackWaitsForEmptyEventLoop", {
    enumerable: true,
    get: () => waiting.forEmptyLoop,
    set: (value) => {
      waiting.forEmptyLoop = Boolean(value);
    },
  });
  return context;
}

function parsed(json) {
  return json === undefined ? undefined : JSON.parse(json);
}
