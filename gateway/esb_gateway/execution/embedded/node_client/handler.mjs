// Finds and loads the function that `Handler` of the template names ("Define Lambda function handler in Node.js").

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { hasCallbacks } from "./context.mjs";
import { RuntimeError } from "./errors.mjs";
import { isStreaming } from "./response_stream.mjs";

/**
 * The function that `handler` names: `folder/file.export`, or `file.object.method`. `root` is the folder of the code.
 * Throws a RuntimeError, or what the file throws.
 */
export async function loadHandler(root, handler) {
  const { file, names } = split(handler);
  const exported = await load(root, file);
  const found = names.reduce((value, name) => value?.[name], exported);
  if (found === undefined || found === null) {
    throw new RuntimeError("HandlerNotFound", `${handler} is undefined or not exported`);
  }
  if (typeof found !== "function") {
    throw new RuntimeError("HandlerNotFound", `${handler} is not a function`);
  }
  return found;
}

/** Refuse a handler with a third parameter, the callback, for a runtime that has none. Throws a RuntimeError. */
export function checkSignature(handler) {
  if (!hasCallbacks(process.env) && handler.length >= 3 && !isStreaming(handler)) {
    throw new RuntimeError(
      "CallbackHandlerDeprecated",
      `The handler has a callback parameter, which AWS Lambda does not support from Node.js 24 on; make it an async ` +
        `function, or use runtime nodejs22.x.`,
    );
  }
}

function split(handler) {
  if (handler.includes("..")) {
    throw new RuntimeError(
      "MalformedHandlerName",
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const base = path.basename(handler);
  const match = /^([^.]*)\.(.+)$/.exec(base);
  if (!match) {
    throw new RuntimeError("MalformedHandlerName", "Bad handler");
  }
  return { file: path.join(path.dirname(handler), match[1]), names: match[2].split(".") };
}

async function load(root, file) {
  const start = path.resolve(root, file);
  const require = createRequire(import.meta.url);
  try {
    for (const extension of ["", ".js", ".mjs", ".cjs"]) {
      const candidate = start + extension;
      if (isFile(candidate)) {
        return isModule(candidate) ? await importModule(candidate) : require(candidate);
      }
    }
    // A folder with an index, or a package.
    return require(fs.existsSync(start) ? start : require.resolve(file, { paths: [root] }));
  } catch (error) {
    throw asRuntimeError(error);
  }
}

async function importModule(file) {
  return import(pathToFileURL(file));
}

function isFile(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Whether Node takes it as an ES module: by its extension, else by the nearest package.json. */
function isModule(file) {
  const extension = path.extname(file);
  return extension === ".mjs" || (extension !== ".cjs" && nearestType(path.dirname(file)) === "module");
}

function nearestType(folder) {
  const file = path.join(folder, "package.json");
  if (isFile(file)) {
    return JSON.parse(fs.readFileSync(file, "utf8")).type;
  }
  const parent = path.dirname(folder);
  return parent === folder || path.basename(folder) === "node_modules" ? undefined : nearestType(parent);
}

function asRuntimeError(error) {
  if (error instanceof SyntaxError) {
    return withStack(new RuntimeError("UserCodeSyntaxError", String(error)), error);
  }
  if (error?.code === "MODULE_NOT_FOUND" || error?.code === "ERR_MODULE_NOT_FOUND") {
    return withStack(new RuntimeError("ImportModuleError", String(error)), error);
  }
  return error;
}

/** The places of the cause's stack, which are those in the function's files. */
function withStack(error, cause) {
  const places = String(cause.stack)
    .split("\n")
    .filter((line) => line.startsWith("    at "));
  error.stack = [`${error.name}: ${error.message}`, ...places].join("\n");
  return error;
}
