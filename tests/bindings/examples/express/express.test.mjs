// Eight processes, one table, real traffic with what goes wrong in it: the rows are the fold of all that was sent.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { build } from "esbuild";
import { asset, fold, history } from "mediafold";
import { SECRET, muxHeaders } from "../../npm/shared.mjs";

const WRITERS = 8;
const here = dirname(fileURLToPath(import.meta.url));

test("eight writers leave the fold, and announce each change once", { timeout: 120_000 }, async (context) => {
  await build({
    stdin: { contents: 'export { app } from "./app.js"; export { SCHEMA, table } from "./table.js";', resolveDir: here },
    outfile: join(here, "made.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "error",
  });
  const { SCHEMA } = await import("./made.mjs");
  const folder = mkdtempSync(join(tmpdir(), "mediafold-"));
  const path = join(folder, "media.db");
  const database = new Database(path);
  database.pragma("journal_mode = WAL");
  database.exec(SCHEMA);

  const writers = Array.from({ length: WRITERS }, () => fork(join(here, "writer.mjs"), [path, SECRET]));
  context.after(() => {
    writers.forEach((writer) => writer.kill());
    database.close();
    rmSync(folder, { recursive: true });
  });
  const ports = await Promise.all(writers.map(async (writer) => (await once(writer, "message"))[0].port));

  // The webhooks of an asset are sent to different writers at the same time.
  const traffic = readFileSync(process.env.MEDIAFOLD_TRAFFIC);
  const bodies = traffic.toString().split("\n").filter((line) => line !== "");
  const send = async (body, port) => {
    const response = await fetch(`http://127.0.0.1:${port}/hooks/mux`, { method: "POST", body, headers: muxHeaders(body) });
    assert.equal(response.status, 204);
  };
  for (let at = 0; at < bodies.length; at += 4 * WRITERS) {
    await Promise.all(bodies.slice(at, at + 4 * WRITERS).map((body, turn) => send(body, ports[turn % WRITERS])));
  }
  const forged = await fetch(`http://127.0.0.1:${ports[0]}/hooks/mux`, { method: "POST", body: bodies[0] });
  assert.equal(forged.status, 401);

  const rows = database.prepare("SELECT entity, id, status, fold FROM media ORDER BY entity, id").all();
  const whole = fold(traffic, { bound: false });
  assert.deepEqual(rows.map(({ id }) => id), whole.map(({ asset }) => asset.id));
  const told = ({ duplicates, late, ...known }) => known;
  const events = (fold) => history(fold).map(({ received_at, ...known }) => known);
  for (const [at, { fold, status }] of rows.entries()) {
    assert.equal(status, whole[at].asset.state);
    assert.deepEqual(told(asset(fold)), told(whole[at].asset));
    assert.deepEqual(events(fold), events(whole[at].fold));
  }

  const changes = database.prepare("SELECT asset, before, after FROM outbox ORDER BY id").all();
  const states = new Map();
  for (const { asset, before, after } of changes) {
    assert.equal(before, states.get(asset) ?? "new");
    states.set(asset, after);
  }
  for (const { id, status } of rows) assert.equal(states.get(id) ?? "new", status);

  let lost = 0;
  for (const writer of writers) {
    writer.send("lost");
    lost += (await once(writer, "message"))[0].lost;
  }
  console.log(`${bodies.length} webhooks, ${rows.length} rows, ${changes.length} changes; ${lost} writes were lost and merged`);
  assert.ok(lost > 0, "no two writers met");
  handwritten(bodies, whole);
});

/** What most people write, on the same traffic. */
function handwritten(bodies, whole) {
  const media = new Map();
  let changes = 0;
  for (const body of bodies) {
    let payload;
    try {
      payload = JSON.parse(body);
    } catch {
      continue;
    }
    const { type, data } = payload;
    const id = data?.id;
    const row = media.get(id) ?? { status: "new" };
    media.set(id, row);
    const before = row.status;
    switch (type) {
      case "video.asset.created":
        row.status = "preparing";
        break;
      case "video.asset.ready":
        row.status = "ready";
        break;
      case "video.asset.errored":
        row.status = "errored";
        break;
      case "video.asset.deleted":
        row.status = "deleted";
        break;
    }
    if (row.status !== before) changes += 1;
  }
  const assets = whole.filter(({ asset }) => asset.entity === "mux/asset");
  const wrong = assets.filter(({ asset }) => media.get(asset.id)?.status !== asset.state);
  console.log(`a handler of 30 lines is wrong on ${wrong.length} of ${assets.length} assets after ${changes} changes`);
}
