// Compiled, never run: what is to compile does, and behind each `@ts-expect-error` stands what must not.
import {
  DefinitionError,
  LoadError,
  Mediafold,
  UnsignedError,
  asset,
  check,
  diagram,
  fold,
  history,
  merge,
  read,
  receive,
  step,
  type Asset,
  type Entity,
  type Kind,
  type MediaEvent,
  type State,
} from "mediafold";
import { diagram as draw } from "mediafold/draw";

export async function handler(request: Request, row: string | null): Promise<Response> {
  try {
    const { events, findings, answer } = await receive(request, { provider: "mux", secrets: ["a", "b"] });
    if (answer !== null) return new Response(answer.body, answer);
    for (const event of events) {
      if (event.entity === "mux/asset") {
        const kind: Kind<"mux/asset"> | null = event.kind;
        if (kind === "video.asset.ready") continue;
        // @ts-expect-error a kind that is misspelt
        if (event.kind === "video.asset.redy") continue;
        // @ts-expect-error a kind of another entity
        if (event.kind === "video.live_stream.active") continue;
        const stepped = step(row, event);
        if (stepped.after === "ready" && stepped.changed) continue;
        // @ts-expect-error a state that is misspelt
        if (stepped.after === "redy") continue;
        // @ts-expect-error a state of another entity
        if (stepped.asset.state === "idle") continue;
        // @ts-expect-error a flag that there is not
        stepped.asset.flags.includes("redy");
        const state: State<"mux/asset"> = stepped.before;
        void state;
      }
      const { asset, fold } = step(row, event, { bound: { events: 32, age: "720h" } });
      if (asset.entity === "fastpix/media") {
        // @ts-expect-error a state that is misspelt
        if (asset.state === "redy") continue;
      }
      const merged = merge(fold, fold).asset.state;
      void merged;
    }
    // @ts-expect-error an entity that there is not
    if (events[0]?.entity === "mux/aset") return new Response();
    return new Response(findings[0]?.message);
  } catch (error) {
    if (error instanceof UnsignedError) return new Response(error.message, { status: error.status });
    if (error instanceof LoadError && error.reason === "other_asset") return new Response();
    if (error instanceof DefinitionError) return new Response(error.problems[0]?.message);
    throw error;
  }
}

// @ts-expect-error a promise that was forgotten
export const forgotten = step(null, receive(new Request("https://a.example"), { provider: "mux", secrets: "s" }));
// @ts-expect-error secrets are missing
export const unsigned = receive(new Request("https://a.example"), { provider: "mux" });
// @ts-expect-error what was parsed can no longer be verified
export const parsed = read({ type: "video.asset.ready" });
// @ts-expect-error an entity that there is not
export const drawn = diagram("mux/aset");
export const svg: string = draw("mux/asset", "svg");
export const known: Asset<"mux/asset"> = asset<"mux/asset">("");
export const times: (string | null)[] = history("").map(({ at }) => at);
export const lines: (number | null)[] = check(new Uint8Array()).map(({ line }) => line);
export const ids: string[] = fold("").map((row) => row.asset.id);
export const entity: Entity = "vms/content";

/** As `mediafold types` writes it. */
interface Own {
  "acme/job": { state: "new" | "open" | "done"; flag: never; kind: "open" | "done"; data: never };
}
const media = new Mediafold<Own>({ definitions: { "job.toml": "" } });
export function own(event: MediaEvent<never, Own>): boolean {
  if (event.entity !== "acme/job") return media.step(null, event).changed;
  const { after } = media.step(null, event);
  // @ts-expect-error a state that is misspelt
  if (after === "opn") return false;
  return after === "open";
}
export const builtin: State<"mux/asset", Own> = "ready";
