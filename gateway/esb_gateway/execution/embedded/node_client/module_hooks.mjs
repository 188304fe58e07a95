// As in module_paths.mjs, for a Node before 22.15, which runs hooks in a thread of their own.

import { alternatives } from "./module_paths.mjs";

let places;

export function initialize(data) {
  places = data;
}

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    const others = error.code === "ERR_MODULE_NOT_FOUND" ? alternatives(places, specifier, context.parentURL) : [];
    for (const [other, parentURL] of others) {
      try {
        return await next(other, { ...context, parentURL });
      } catch {
        // The next folder may have it.
      }
    }
    throw error;
  }
}
