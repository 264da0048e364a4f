// XState runs the machines that mediafold wrote for it, and is to be where the fold was after every event.
// usage: node .ci/judges/xstate.mjs DIR; XState itself is taken from target/judges/npm.

import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";

const DIFFERENCES_SHOWN = 10;

const require = createRequire(resolve("target/judges/npm") + "/");
const { createActor, createMachine } = require("xstate");
const { version } = require("xstate/package.json");

const folder = process.argv[2];
const count = { machines: 0, sequences: 0, steps: 0, ended: 0, differences: 0 };

for (const file of readdirSync(folder).filter((file) => file.endsWith(".runs")).sort()) {
  judge(join(folder, basename(file, ".runs")));
}

const ran = `${count.machines} machines, ${number(count.sequences)} sequences, ${number(count.steps)} steps`;
const result = count.differences ? `${number(count.differences)} differ` : "all equal";
console.log(`xstate ${version}: ${ran}, ${number(count.ended)} ended, ${result}`);
process.exitCode = count.differences || !count.steps ? 1 : 0;

function judge(path) {
  const told = JSON.parse(readFileSync(`${path}.runs`, "utf8"));
  const machine = createMachine(JSON.parse(readFileSync(`${path}.xstate`, "utf8")));
  count.machines += 1;
  for (const run of told.runs) {
    count.sequences += 1;
    const actor = createActor(machine).start();
    for (const [at, [event, place]] of run.entries()) {
      actor.send({ type: told.xstate[event] });
      const snapshot = actor.getSnapshot();
      const [{ state, retries }] = Object.values(snapshot.getMeta());
      const [wanted, used, ended] = told.places[place];
      count.steps += 1;
      count.ended += snapshot.status === "done" && at + 1 === run.length;
      if (state !== wanted || retries !== used || (snapshot.status === "done") !== ended) {
        differs(path, run.slice(0, at + 1).map(([event]) => told.xstate[event]), snapshot, told.places[place]);
        break;
      }
    }
  }
}

function differs(path, events, snapshot, wanted) {
  count.differences += 1;
  if (count.differences <= DIFFERENCES_SHOWN) {
    const got = JSON.stringify({ value: snapshot.value, status: snapshot.status, meta: snapshot.getMeta() });
    console.log(`${path}: after ${JSON.stringify(events)} the fold is in ${JSON.stringify(wanted)}, XState in ${got}`);
  }
}

function number(value) {
  return value.toLocaleString("en");
}
