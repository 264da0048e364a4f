import { createHmac } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { callOf } from "./anywhere.mjs";

// The tests run in a copy beside `node_modules`: `.ci/bindings/run` says where they come from.
const data = pathToFileURL(`${process.env.MEDIAFOLD_TESTS}/data/`);
export const vectorsFolder = new URL("bindings/", data);
export const vectorFiles = () => readdirSync(vectorsFolder).sort();
export const vectorsOf = (file) => JSON.parse(readFileSync(new URL(file, vectorsFolder), "utf8"));
export const sample = (name) => readFileSync(new URL(`samples/${name}`, data));

const require = createRequire(import.meta.url);
const dist = join(dirname(require.resolve("mediafold/package.json")), "dist");

export const modulePath = (name) => join(dist, `${name}.wasm`);

/** The module's own `call`: text and bytes in, text out. */
export const raw = (name) => callOf(new WebAssembly.Module(readFileSync(modulePath(name))));

export const SECRET = "not-a-secret";

/** The headers that Mux sends with a body. */
export function muxHeaders(body, at = Date.now()) {
  const time = Math.floor(at / 1000);
  const signature = createHmac("sha256", SECRET).update(`${time}.`).update(body).digest("hex");
  return { "content-type": "application/json", "mux-signature": `t=${time},v1=${signature}` };
}

/** A webhook of Mux about an asset. */
export function muxBody(kind, asset, second, id = `${asset}-${kind}-${second}`) {
  return JSON.stringify({
    type: `video.asset.${kind}`,
    id,
    created_at: new Date(Date.UTC(2026, 2, 2, 9, 0, second)).toISOString(),
    environment: { id: "k7", name: "Production" },
    object: { type: "asset", id: asset },
    data: { id: asset, status: kind === "created" ? "preparing" : kind, duration: 12.5, playback_ids: [{ id: "p1", policy: "public" }] },
  });
}
