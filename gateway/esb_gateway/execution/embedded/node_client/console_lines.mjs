// What console.log and its like print: a line with tabs, or of JSON ("Log and monitor Node.js Lambda functions").

import { format } from "node:util";

import { formatted, isError } from "./errors.mjs";

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const METHODS = { trace: "TRACE", debug: "DEBUG", log: "INFO", info: "INFO", warn: "WARN", error: "ERROR", fatal: "FATAL" };

let requestId;
let inJson = false;

/** The request that lines belong to from now on. */
export function setRequestId(id) {
  requestId = id;
}

/** Let `console` print as on AWS. In JSON, lines below AWS_LAMBDA_LOG_LEVEL are left out. */
export function patchConsole(environment) {
  inJson = environment.AWS_LAMBDA_LOG_FORMAT === "JSON";
  const line = inJson ? jsonLine : textLine;
  const lowest = inJson ? LEVELS.indexOf(environment.AWS_LAMBDA_LOG_LEVEL) : 0;
  for (const [method, level] of Object.entries(METHODS)) {
    console[method] = LEVELS.indexOf(level) < lowest ? () => {} : (...values) => print(line(level, values));
  }
}

/** An error that ends an invocation or the process. */
export function logError(label, error) {
  print(inJson ? jsonLine("ERROR", [label, error]) : textLine("ERROR", [label, formatted(error)]));
}

function print(line) {
  process.stdout.write(`${line}\n`);
}

/** Line ends within a message are carriage returns: it is one message of the log. */
function textLine(level, values) {
  return `${new Date().toISOString()}\t${requestId}\t${level}\t${format(...values)}`.replace(/\r?\n/g, "\r");
}

function jsonLine(level, values) {
  const head = { timestamp: new Date().toISOString(), level, requestId };
  const error = values.find(isError);
  try {
    if (values.length === 1 && error === undefined) {
      return JSON.stringify({ ...head, message: values[0] }, withErrors);
    }
  } catch {
    // It refers to itself, or has a BigInt: it is printed as text.
  }
  const others = values.filter((value) => value !== error);
  const message = others.length > 0 ? { message: format(...others) } : {};
  return JSON.stringify({ ...head, ...message, ...(error && described(error)) });
}

function withErrors(_key, value) {
  return isError(value) ? described(value) : value;
}

function described(error) {
  return { errorType: error.name, errorMessage: error.message, stackTrace: String(error.stack).split("\n") };
}
