// A worker that answers how many of the vectors in a request it holds.
import module from "./mediafold.wasm";
import { held } from "../../npm/anywhere.mjs";

export default {
  async fetch(request) {
    try {
      return new Response(String(held(module, await request.json())));
    } catch (error) {
      return new Response(`${error}`, { status: 500 });
    }
  },
};
