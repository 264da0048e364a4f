// Prints how long a webhook takes from its bytes to the row, and fails beyond what is promised.
import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { step, unwrap } from "mediafold";
import { SECRET, modulePath, muxBody, muxHeaders } from "./shared.mjs";

/** Microseconds of one event, with room for a machine that is busy. */
const PROMISED = 60 * Number(process.env.MEDIAFOLD_SLACK ?? 3);
const LIMITS = { mediafold: 480_000, draw: 680_000 };

for (const [name, limit] of Object.entries(LIMITS)) {
  const bytes = readFileSync(modulePath(name));
  const size = gzipSync(bytes, { level: 9 }).length;
  console.log(`${name}.wasm: ${bytes.length} bytes, ${size} by gzip, at most ${limit}`);
  if (size > limit) throw new Error(`${name}.wasm is too large`);
}

const options = { provider: "mux", secrets: SECRET };

/** The median of what an event takes onto a row of this many. */
function measure(events) {
  let row = null;
  for (let second = 0; second < events; second += 1) {
    const body = muxBody(second === 0 ? "created" : "updated", "a1", second);
    row = step(row, unwrap(body, muxHeaders(body), options).events[0]).fold;
  }
  const body = Buffer.from(muxBody("ready", "a1", 3_000));
  const headers = muxHeaders(body);
  const once = () => {
    for (const event of unwrap(body, headers, options).events) step(row, event);
  };
  for (let round = 0; round < 2_000; round += 1) once();
  const times = Array.from({ length: 15 }, () => {
    // Of the processor: what else runs on the machine takes no part.
    const begun = process.cpuUsage();
    for (let round = 0; round < 400; round += 1) once();
    return process.cpuUsage(begun).user / 400;
  });
  times.sort((a, b) => a - b);
  return { micros: times[times.length >> 1], bytes: row.length };
}

for (const events of [1, 5, 63]) {
  const { micros, bytes } = measure(events);
  console.log(`verify + read + step + save onto a row of ${events} events (${bytes} bytes): ${micros.toFixed(1)} µs`);
  if (events === 5 && micros > PROMISED) throw new Error(`more than ${PROMISED} µs`);
}
