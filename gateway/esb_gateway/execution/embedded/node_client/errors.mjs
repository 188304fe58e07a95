// Errors as the Runtime API and the log have them ("Lambda function errors in Node.js").

/** An error of the runtime itself; its name is AWS's `errorType`. */
export class RuntimeError extends Error {
  constructor(name, message) {
    super(message);
    this.name = `Runtime.${name}`;
  }
}

export class UnhandledPromiseRejection extends RuntimeError {
  constructor(reason, promise) {
    super("UnhandledPromiseRejection", text(reason));
    this.reason = reason;
    this.promise = promise;
  }
}

/** The document that answers the caller: `{errorType, errorMessage, trace}`. Any value can be thrown. */
export function errorDocument(error) {
  if (isError(error)) {
    return {
      errorType: String(error.name),
      errorMessage: String(error.message),
      trace: typeof error.stack === "string" ? error.stack.split("\n") : [],
    };
  }
  return { errorType: typeof error, errorMessage: text(error), trace: [] };
}

/** What the log has of it: a tab and JSON with all its properties. */
export function formatted(error) {
  const thrown = isError(error) ? error : new Error(text(error));
  try {
    return `\t${JSON.stringify(thrown, (_key, value) => (isError(value) ? withProperties(value) : value))}`;
  } catch {
    return `\t${JSON.stringify(errorDocument(thrown))}`; // a property refers to itself
  }
}

export function isError(value) {
  // An error of another realm (vm, jest) is not an instance of this one's Error.
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

function withProperties(error) {
  const properties = { errorType: error.name, errorMessage: error.message, code: error.code, ...error };
  if (typeof error.stack === "string") {
    properties.stack = error.stack.split("\n");
  }
  return properties;
}

function text(value) {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value); // it has no toString
  }
}
