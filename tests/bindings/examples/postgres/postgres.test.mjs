// A Postgres of its own, and eight connections that store at the same time.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { asset, fold, read } from "mediafold";
import pg from "pg";

const here = dirname(fileURLToPath(import.meta.url));
const versions = readdirSync("/usr/lib/postgresql").sort((a, b) => Number(a) - Number(b));
const bin = join("/usr/lib/postgresql", versions.at(-1), "bin");
// It refuses to run as root.
const as = userInfo().uid === 0 ? ["runuser", "-u", "postgres", "--"] : [];
const command = (...words) => [...as, ...words];

test("rows in Postgres are the fold", { timeout: 120_000 }, async (context) => {
  await build({
    entryPoints: [join(here, "media.ts")],
    outfile: join(here, "made.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    logLevel: "error",
  });
  const { SCHEMA, store } = await import("./made.mjs");
  const folder = mkdtempSync(join(tmpdir(), "mediafold-"));
  chmodSync(folder, 0o777);
  const data = join(folder, "data");
  const [first, ...rest] = command(join(bin, "initdb"), "-D", data, "--auth=trust", "--username=media", "--no-sync");
  execFileSync(first, rest, { stdio: "ignore" });
  const serve = command(join(bin, "postgres"), "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off");
  const postgres = spawn(serve[0], serve.slice(1), { stdio: "ignore" });
  const clients = [];
  context.after(async () => {
    await Promise.all(clients.map((client) => client.end().catch(() => {})));
    const stop = command(join(bin, "pg_ctl"), "-D", data, "-m", "immediate", "stop");
    execFileSync(stop[0], stop.slice(1), { stdio: "ignore" });
    rmSync(folder, { recursive: true, force: true });
  });
  const connect = async () => {
    for (let attempt = 0; ; attempt += 1) {
      const client = new pg.Client({ host: folder, user: "media", database: "postgres" });
      try {
        await client.connect();
        client.on("error", () => {});
        return client;
      } catch (error) {
        if (attempt > 100 || postgres.exitCode !== null) throw error;
        await setTimeout(100);
      }
    }
  };
  for (let number = 0; number < 8; number += 1) clients.push(await connect());
  await clients[0].query(SCHEMA);

  const traffic = readFileSync(process.env.MEDIAFOLD_TRAFFIC);
  const events = traffic.toString().split("\n").flatMap((body) => (body === "" ? [] : read(body).events));
  const turns = clients.map((client, turn) => ({ client, events: events.filter((_, at) => at % clients.length === turn) }));
  const lost = await Promise.all(
    turns.map(async ({ client, events }) => {
      let lost = 0;
      for (const event of events) lost += await store(client, event);
      return lost;
    }),
  );
  const { rows } = await clients[0].query('SELECT entity, id, status, fold FROM media ORDER BY entity COLLATE "C", id COLLATE "C"');
  const whole = fold(traffic, { bound: false });
  const told = ({ duplicates, late, ...known }) => known;
  assert.deepEqual(rows.map(({ id }) => id), whole.map(({ asset }) => asset.id));
  for (const [at, { fold, status }] of rows.entries()) {
    assert.equal(status, whole[at].asset.state);
    assert.deepEqual(told(asset(fold)), told(whole[at].asset));
  }
  const states = new Map();
  const { rows: changes } = await clients[0].query("SELECT asset, before, after FROM outbox ORDER BY id");
  for (const { asset, before, after } of changes) {
    assert.equal(before, states.get(asset) ?? "new");
    states.set(asset, after);
  }
  for (const { id, status } of rows) assert.equal(states.get(id) ?? "new", status);
  console.log(`${events.length} events, ${rows.length} rows; ${lost.reduce((a, b) => a + b)} writes were lost and merged`);
});
