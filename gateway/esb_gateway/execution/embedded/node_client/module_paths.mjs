// Where modules are found beside Node's own places: NODE_PATH for `import`, as in AWS's runtimes from Node.js 18 on, and
// the folders of the layers for paths below /opt.

import fs from "node:fs";
import module from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** `nodePath` and `layers` are lists of folders, as in PATH; the first layer goes first. */
export function useModulePaths(nodePath, layers) {
  const places = { parents: parentsOf(folders(nodePath)), layers: folders(layers) };
  if (places.parents.length === 0 && places.layers.length === 0) {
    return;
  }
  requireFromLayers(places.layers);
  if (module.registerHooks) {
    module.registerHooks({ resolve: (specifier, context, next) => resolve(places, specifier, context, next) });
  } else if (module.register) {
    module.register("./module_hooks.mjs", import.meta.url, { data: places });
  }
}

/** What to resolve if the specifier is not found: pairs of a specifier and the URL of the module that imports it. */
export function alternatives({ parents, layers }, specifier, parentURL) {
  const file = specifier.replace(/^file:\/\//, "");
  if (file.startsWith("/opt/")) {
    return layers.map((layer) => [String(pathToFileURL(layer + file.slice("/opt".length))), parentURL]);
  }
  return isPackage(specifier) ? parents.map((parent) => [specifier, parent]) : [];
}

function isPackage(specifier) {
  return !/^(\.{0,2}\/|[a-z]+:|#)/i.test(specifier);
}

function folders(list) {
  return list.split(path.delimiter).filter((folder) => folder !== "" && fs.existsSync(folder));
}

/** Modules that could import from the folders called node_modules. */
function parentsOf(list) {
  const named = list.filter((folder) => path.basename(folder) === "node_modules");
  return named.map((folder) => String(pathToFileURL(path.join(folder, "../_"))));
}

function resolve(places, specifier, context, next) {
  try {
    return next(specifier, context);
  } catch (error) {
    const others = error.code === "ERR_MODULE_NOT_FOUND" ? alternatives(places, specifier, context.parentURL) : [];
    for (const [other, parentURL] of others) {
      try {
        return next(other, { ...context, parentURL });
      } catch {
        // The next folder may have it; if none has, the first error says most.
      }
    }
    throw error;
  }
}

/** `require` has NODE_PATH already. */
function requireFromLayers(layers) {
  const { _resolveFilename: resolveFilename } = module.Module;
  module.Module._resolveFilename = function resolveBelowOpt(request, ...rest) {
    if (request.startsWith("/opt/")) {
      for (const layer of layers) {
        try {
          return resolveFilename.call(this, layer + request.slice("/opt".length), ...rest);
        } catch {
          // The next layer may have it.
        }
      }
    }
    return resolveFilename.call(this, request, ...rest);
  };
}
