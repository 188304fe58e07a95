// NODE_PATH for ES modules: `import` finds packages of layers as `require` does, as in AWS's runtimes from Node.js 18 on.

import fs from "node:fs";
import module from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** Let `import` look into the folders of `nodePath` that are called node_modules, after the places where Node looks. */
export function useNodePath(nodePath) {
  const folders = nodePath.split(path.delimiter).filter((each) => path.basename(each) === "node_modules" && fs.existsSync(each));
  const parents = folders.map((each) => String(pathToFileURL(path.join(each, "../_"))));
  if (parents.length === 0) {
    return;
  }
  if (module.registerHooks) {
    module.registerHooks({ resolve: (specifier, context, next) => resolveIn(parents, specifier, context, next) });
  } else if (module.register) {
    module.register("./module_hooks.mjs", import.meta.url, { data: parents });
  }
}

function resolveIn(parents, specifier, context, next) {
  try {
    return next(specifier, context);
  } catch (error) {
    for (const parentURL of error.code === "ERR_MODULE_NOT_FOUND" && isBare(specifier) ? parents : []) {
      try {
        return next(specifier, { ...context, parentURL });
      } catch {
        // The next folder may have it; if none has, the first error says most.
      }
    }
    throw error;
  }
}

/** Whether it names a package: `express`, `@aws-sdk/client-s3`. */
export function isBare(specifier) {
  return !/^(\.{0,2}\/|[a-z]+:|#)/i.test(specifier);
}
