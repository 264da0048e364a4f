// A Next.js application, built and type-checked by Next.js itself, and started: one route in Node, one in its edge runtime.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SECRET, muxBody, muxHeaders } from "../../npm/shared.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const next = createRequire(import.meta.url).resolve("next/dist/bin/next");
const env = { ...process.env, MUX_SECRET: SECRET, NEXT_TELEMETRY_DISABLED: "1" };

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

test("the routes of a Next.js application fold what they receive", { timeout: 300_000 }, async (context) => {
  const built = spawnSync(process.execPath, [next, "build"], { cwd: here, env, encoding: "utf8" });
  assert.equal(built.status, 0, `${built.stdout}\n${built.stderr}`);
  const port = await freePort();
  const server = spawn(process.execPath, [next, "start", "-H", "127.0.0.1", "-p", String(port)], { cwd: here, env, stdio: ["ignore", "ignore", "inherit"] });
  context.after(() => server.kill());
  for (const route of ["hooks/mux", "edge/mux"]) {
    const address = `http://127.0.0.1:${port}/${route}`;
    for (let attempt = 0; !(await fetch(address).catch(() => undefined))?.ok; attempt += 1) {
      assert.ok(attempt < 300 && server.exitCode === null, `${route} does not answer`);
      await setTimeout(100);
    }
    const send = (body, headers = muxHeaders(body)) => fetch(address, { method: "POST", body, headers });
    const bodies = [muxBody("ready", "a1", 40), muxBody("created", "a1", 10), muxBody("ready", "a1", 40), muxBody("deleted", "a1", 90)];
    for (const body of bodies) assert.equal((await send(body)).status, 204);
    assert.equal((await send(bodies[0], {})).status, 401);
    assert.deepEqual(await (await fetch(address)).json(), { "mux/asset a1": "deleted" });
  }
});
