// The worker in workerd, which is what Cloudflare runs.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { SECRET, modulePath, muxBody, muxHeaders, vectorFiles, vectorsOf } from "../../npm/shared.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { resolve } = createRequire(import.meta.url);

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

test("a worker folds what it receives", { timeout: 60_000 }, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "mediafold-"));
  context.after(() => rmSync(folder, { recursive: true }));
  await build({
    entryPoints: [join(here, "worker.ts"), join(here, "vectors.mjs")],
    outdir: folder,
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    external: ["*.wasm"],
    logLevel: "error",
  });
  copyFileSync(modulePath("mediafold"), join(folder, "mediafold.wasm"));
  const [port, vectorsPort] = [await freePort(), await freePort()];
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "vectors", worker = .vectors)],
  sockets = [
    (name = "http", address = "127.0.0.1:${port}", http = (), service = "main"),
    (name = "vectors", address = "127.0.0.1:${vectorsPort}", http = (), service = "vectors"),
  ],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js"), (name = "mediafold.wasm", wasm = embed "mediafold.wasm")],
  compatibilityDate = "2026-01-01",
  durableObjectNamespaces = [(className = "MediaObject", uniqueKey = "media")],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "MEDIA", durableObjectNamespace = "MediaObject"), (name = "MUX_SECRET", text = "${SECRET}")],
);
const vectors :Workerd.Worker = (
  modules = [(name = "vectors.js", esModule = embed "vectors.js"), (name = "mediafold.wasm", wasm = embed "mediafold.wasm")],
  compatibilityDate = "2026-01-01",
);
`,
  );
  const platform = `@cloudflare/workerd-${process.platform}-${process.arch === "x64" ? "64" : process.arch}/bin/workerd`;
  const workerd = spawn(resolve(platform), ["serve", join(folder, "config.capnp")], { stdio: ["ignore", "inherit", "inherit"] });
  context.after(() => workerd.kill());
  const base = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt += 1) {
    const up = await fetch(`${base}/diagram`).catch(() => undefined);
    if (up?.ok) break;
    assert.ok(attempt < 100 && workerd.exitCode === null, `workerd does not answer: ${await up?.text()}`);
    await setTimeout(100);
  }

  const send = (body, headers = muxHeaders(body)) => fetch(`${base}/hooks/mux`, { method: "POST", body, headers });
  const bodies = [muxBody("ready", "a1", 40), muxBody("created", "a1", 10), muxBody("ready", "a1", 40), muxBody("deleted", "a1", 90)];
  for (const body of bodies) assert.equal((await send(body)).status, 204);
  assert.equal((await send(bodies[0], {})).status, 401);
  assert.equal((await send(`${bodies[0]} `, muxHeaders(bodies[0]))).status, 401);
  const media = await (await fetch(`${base}/media/mux/asset/a1`)).json();
  assert.deepEqual([media.state, media.events, media.duplicates, media.late], ["deleted", 3, 1, 1]);
  assert.equal((await fetch(`${base}/media/mux/asset/a2`)).status, 404);
  assert.match(await (await fetch(`${base}/diagram`)).text(), /stateDiagram-v2/);

  let count = 0;
  for (const file of vectorFiles()) {
    const vectors = vectorsOf(file);
    const told = await fetch(`http://127.0.0.1:${vectorsPort}/`, { method: "POST", body: JSON.stringify(vectors) });
    assert.equal(await told.text(), String(vectors.length), file);
    count += vectors.length;
  }
  console.log(`${count} vectors in workerd`);
});
