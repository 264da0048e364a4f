// Run by Deno: the package by its own entry there, and the vectors to the byte.
import { readFileSync } from "node:fs";
import process from "node:process";
import { read, step } from "mediafold";
import { diagram } from "mediafold/draw";
import { held } from "../../npm/anywhere.mjs";
import { modulePath, muxBody, vectorFiles, vectorsOf } from "../../npm/shared.mjs";

const module = new WebAssembly.Module(readFileSync(modulePath("mediafold")));
const count = vectorFiles().reduce((sum, file) => sum + held(module, vectorsOf(file)), 0);
const [event] = read(muxBody("ready", "a1", 40)).events;
if (step(null, event).after !== "ready" || !diagram("mux/asset", "svg").startsWith("<svg")) process.exit(1);
console.log(`${count} vectors in Deno`);
