// Needs a package of its own, and a package and a module of its layer, which only require() finds there.
import { createRequire } from "node:module";
import ms from "ms";

const require = createRequire(import.meta.url);

export const handler = async () => ({
  own: ms("1m"),
  layer: require("/opt/nodejs/layered.js").name,
  of_layer: new (require("tiny-lru").LRU)(1).max,
});
