import ms from "ms";
import { lru } from "tiny-lru";

interface Result {
  own: number;
  of_layer: number;
}

export const handler = async (event: unknown): Promise<Result> => {
  if (event === "fail") throw new Error("on purpose");
  return { own: ms("1m"), of_layer: lru(1).max };
};
