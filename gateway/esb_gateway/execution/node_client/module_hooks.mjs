// As in module_paths.mjs, for a Node before 22.15, which runs hooks in a thread of their own.

import { isBare } from "./module_paths.mjs";

let parents = [];

export function initialize(data) {
  parents = data;
}

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    for (const parentURL of error.code === "ERR_MODULE_NOT_FOUND" && isBare(specifier) ? parents : []) {
      try {
        return await next(specifier, { ...context, parentURL });
      } catch {
        // The next folder may have it.
      }
    }
    throw error;
  }
}
