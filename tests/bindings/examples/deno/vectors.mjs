// Run by Deno: the package by its own entry there, and the vectors to the byte.
import { readFileSync, readdirSync } from "node:fs";
import process from "node:process";
import { read, step } from "mediafold";
import { diagram } from "mediafold/draw";
import { muxBody, raw, vectorsFolder } from "../../npm/shared.mjs";

let count = 0;
const call = raw("mediafold");
for (const file of readdirSync(vectorsFolder)) {
  const module = file === "files.json" ? raw("mediafold") : call;
  for (const { request, answer, body, body_hex: hex } of JSON.parse(readFileSync(new URL(file, vectorsFolder), "utf8"))) {
    const bytes = hex === undefined ? new TextEncoder().encode(body ?? "") : Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
    const told = module(request, bytes);
    if (told !== answer) throw new Error(`${file}: ${request}\n${told}\n${answer}`);
    count += 1;
  }
}
const [event] = read(muxBody("ready", "a1", 40)).events;
if (step(null, event).after !== "ready" || !diagram("mux/asset", "svg").startsWith("<svg")) process.exit(1);
console.log(`${count} vectors in Deno`);
